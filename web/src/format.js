// Numbers as people read them. Nothing here computes a finding: a unit is chosen, digits are cut.
const thin = "\u202f";
export const none = "–";
const absent = (v) => v === null || v === undefined || !Number.isFinite(v);

function digits(v, significant) {
  if (v === 0) return "0";
  const size = Math.abs(v);
  if (size >= 1e6 || size < 1e-3) return v.toExponential(significant - 1).replace(/(\.\d*?)0+e/, "$1e").replace(".e", "e").replace("e+", "e");
  const text = v.toPrecision(significant);
  return text.includes("e") ? String(Number(text)) : text;
}

export const number = (v, significant = 4) => {
  if (absent(v)) return none;
  const text = digits(v, significant);
  return (text.includes("e") ? text : String(Number(text))).replaceAll("-", "−");
};
// Keeps trailing zeros, so that a column of them lines up.
export const fixed = (v, significant = 4) => (absent(v) ? none : digits(v, significant).replaceAll("-", "−"));
export const percent = (v) => (absent(v) ? none : `${v === 0 ? "0" : v >= 0.99995 ? number(100 * v, 3) : digits(100 * v, 3)}${thin}%`);
export const count = (v) => (absent(v) ? none : String(v).replace(/\B(?=(\d{3})+$)/g, thin));

function scaled(v, steps) {
  if (v === 0) return `0${thin}${steps[steps.length - 2][2]}`;
  for (const [at, factor, unit] of steps) if (Math.abs(v) >= at) return `${digits(v / factor, 3)}${thin}${unit}`;
  const [, factor, unit] = steps[steps.length - 1];
  return `${digits(v / factor, 3)}${thin}${unit}`;
}
export const joules = (v) => (absent(v) ? none : scaled(v, [[999.5e6, 1e9, "GJ"], [999.5e3, 1e6, "MJ"], [999.5, 1e3, "kJ"], [0.9995, 1, "J"], [0, 1e-3, "mJ"]]));
export const wattHours = (j) => (absent(j) ? none : scaled(j / 3600, [[999.5e3, 1e6, "MWh"], [999.5, 1e3, "kWh"], [0.9995, 1, "Wh"], [0, 1e-3, "mWh"]]));
export const watts = (v) => (absent(v) ? none : scaled(v, [[999.5, 1e3, "kW"], [0.9995, 1, "W"], [0, 1e-3, "mW"]]));
export const grams = (v) => (absent(v) ? none : scaled(v, [[999.5e3, 1e6, "t"], [999.5, 1e3, "kg"], [0.9995, 1, "g"], [0, 1e-3, "mg"]]));
// Axis labels: no trailing zeros.
export const axisJoules = (v) => joules(v).replace(/(\.\d*?)0+(?=\u202f)/, "$1").replace(/\.(?=\u202f)/, "");

export function seconds(v) {
  if (absent(v)) return none;
  if (v < 0.9995) return `${number(1000 * v, 3)}${thin}ms`;
  if (v < 59.95) return `${v.toFixed(1)}${thin}s`;
  const whole = Math.round(v);
  if (whole < 3600) return `${Math.floor(whole / 60)}${thin}min ${whole % 60}${thin}s`;
  return `${Math.floor(whole / 3600)}${thin}h ${Math.floor((whole % 3600) / 60)}${thin}min`;
}

export const isSimulated = (figure) => figure.sensor.includes("simulated");
export function method(figure) {
  if (isSimulated(figure)) return "simulated, not measured";
  return figure.method === "model" ? "modelled, not measured" : figure.method === "counter" ? "energy counter" : "power readings, integrated";
}
export const range = (figure, unit = joules) => `${unit(figure.low_j)} to ${unit(figure.high_j)}`;
