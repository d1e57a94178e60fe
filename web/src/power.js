// Power of one trial over time, its phases shaded, and every figure of it with coverage, method and sensor.
import { axis, chart, figure, grid, legend, palette, tip } from "./charts.js";
import { h, mark, table } from "./dom.js";
import { joules, method, none, percent, range, seconds, watts } from "./format.js";

const axisWatts = (v) => watts(v).replace(/(\.\d*?)0+(?=\u202f)/, "$1").replace(/\.(?=\u202f)/, "");
const timeOf = (close, k) => k * close.bucket_s;

// A bucket is drawn from its begin to its end, so that a gap is as wide as it was; null is a gap.
function steps(close, values) {
  const points = [];
  values.forEach((v, k) => points.push([timeOf(close, k), v], [timeOf(close, k + 1), v]));
  return points;
}

// From the least to the most, as an area on top of an invisible one.
function band(close, line, colour, name) {
  const common = { type: "line", symbol: "none", silent: true, lineStyle: { opacity: 0 }, stack: `band ${line.device}`, stackStrategy: "all", tooltip: { show: false } };
  const height = line.most_w.map((v, k) => (v === null || line.least_w[k] === null ? null : v - line.least_w[k]));
  return [
    { ...common, name: `${name} floor`, data: steps(close, line.least_w), areaStyle: { opacity: 0 } },
    { ...common, name: `${name} band`, data: steps(close, height), areaStyle: { color: colour, opacity: 0.22 } },
  ];
}

function shades(close, c) {
  const span = ([begin, end, phase], opacity) => [{ xAxis: begin, itemStyle: { color: c[phase] || c.other, opacity }, name: "" }, { xAxis: end }];
  return { silent: true, label: { show: false }, data: [...close.spans.filter(([, , phase]) => phase !== "other").map((s) => span(s, 0.16)), ...close.lost.map(([b, e]) => span([b, e, "lost"], 0.3))] };
}

export function powerOption(close) {
  return (c) => ({
    grid: grid({ left: 66 }),
    legend: legend(c, { data: close.lines.map((line) => line.device) }),
    tooltip: tip(c, (ps) => {
      const k = Math.min(Math.floor(ps[0].value[0] / close.bucket_s + 1e-9), close.lines[0].mean_w.length - 1);
      const at = timeOf(close, k) + close.bucket_s / 2;
      const phase = close.spans.find(([begin, end]) => begin <= at && at < end)?.[2] ?? "other";
      return [`${seconds(timeOf(close, k))} to ${seconds(timeOf(close, k + 1))}: ${phase}`,
        ...close.lines.map((line) => (line.mean_w[k] === null ? `${line.device} not measured` : `${line.device} mean ${watts(line.mean_w[k])}${line.least_w[k] === null ? "" : `, ${watts(line.least_w[k])} to ${watts(line.most_w[k])}`}`))];
    }, { trigger: "axis", axisPointer: { lineStyle: { color: c.faint } } }),
    xAxis: axis(c, "time of the trial", { scale: false, min: 0, max: close.length_s, axisLabel: { ...axis(c).axisLabel, formatter: seconds, showMaxLabel: false }, splitLine: { show: false } }),
    yAxis: axis(c, "power", { nameGap: 50, scale: false, min: 0, axisLabel: { ...axis(c).axisLabel, formatter: axisWatts } }),
    series: close.lines.flatMap((line, i) => {
      const colour = c[palette[i % palette.length]];
      return [...band(close, line, colour, line.device),
        { name: line.device, type: "line", symbol: "none", connectNulls: false, data: steps(close, line.mean_w), lineStyle: { color: colour, width: 1.6, type: line.whole_machine ? [5, 4] : "solid" }, itemStyle: { color: colour }, z: 4, markArea: i === 0 ? shades(close, c) : undefined }];
    }),
  });
}

const label = (report, close) => `Power over time of trial ${close.trial}: ${close.lines.map((line) => line.device).join(", ")}`;

function phaseKey(close) {
  const phases = [...new Set(close.spans.map(([, , phase]) => phase))].filter((p) => p !== "other");
  if (close.lost.length) phases.push("lost");
  return h("p", { class: "small" }, "Shaded: ", phases.map((p, i) => [i ? ", " : "", mark(p), p === "lost" ? "attempts that were lost" : p]), phases.length ? "; " : "", "not shaded: other.");
}

function powerRows(close) {
  return table({
    title: `Power of trial ${close.trial} by phase`, text: "The mean is the joules over the time that was measured.", numbered: false,
    columns: [{ head: "Device", cell: (r) => r.device }, { head: "Phase", cell: (r) => [mark(r.phase), r.phase] }, { head: "Time", numeric: true, cell: (r) => seconds(r.time_s) }, { head: "Least", numeric: true, cell: (r) => watts(r.least_w) }, { head: "Mean", numeric: true, cell: (r) => watts(r.mean_w) }, { head: "Most", numeric: true, cell: (r) => watts(r.most_w) }],
    rows: close.lines.flatMap((line) => line.phases.map((p) => ({ ...p, device: line.device }))),
  });
}

function figureRows(close) {
  const rows = [...close.figures.map((p) => ({ ...p, kind: "phase" })), ...close.devices.map((p) => ({ ...p, kind: "device" })), ...(close.total ? [{ ...close.total, kind: "total" }] : [])];
  if (rows.length === 0) return h("p", {}, "No energy was measured in this trial.");
  return table({
    title: `Figures of trial ${close.trial}`, text: "Each with its bounds, and how it was found.", numbered: false,
    rowClass: (r) => (r.kind === "total" ? "strong" : null),
    columns: [{ head: "Part", cell: (r) => (r.kind === "phase" ? [mark(r.name), r.name] : r.kind === "device" ? `device ${r.name}` : "total") }, { head: "Energy", numeric: true, cell: (r) => joules(r.figure.energy_j) }, { head: "Bounds", numeric: true, cell: (r) => range(r.figure) }, { head: "Time", numeric: true, cell: (r) => seconds(r.figure.duration_s) }, { head: "Mean power", numeric: true, cell: (r) => watts(r.mean_power_w) }, { head: "Coverage", numeric: true, cell: (r) => percent(r.figure.coverage) }, { head: "Method", cell: (r) => method(r.figure) }, { head: "Sensor", wrap: true, cell: (r) => r.figure.sensor || none }],
    rows,
  });
}

// What the page knows of the trial at `position`; `show` puts it into `box`.
export function powerOf(report) {
  const closes = new Map(report.close.trials.map((close) => [close.position, close]));
  let shown = [...closes.values()].find((close) => close.lines.length > 0);
  const option = (c) => (shown ? powerOption(shown)(c) : {});
  const held = shown && chart({ option, label: label(report, shown) });
  const key = h("div");
  const drawn = held && figure({
    title: "Power over time", parts: [held.node, key],
    text: "Lines are means, shades behind them reach from the least to the most. The time is that of the trial's own steps, one after the other; where a line breaks, nothing was measured. Dashed: a meter of the whole machine.",
  });
  const rows = h("div");
  const box = h("div", {}, drawn, rows);
  const name = (position) => report.trials.id[position];
  const show = (position) => {
    const close = closes.get(position);
    const draws = close && close.lines.length > 0;
    if (drawn) drawn.hidden = !draws;
    if (draws) {
      shown = close;
      held.redraw(label(report, close));
      key.replaceChildren(phaseKey(close), coarse(close));
    }
    rows.replaceChildren(...[
      close ? figureRows(close) : null, draws ? powerRows(close) : h("p", { class: "small power-missing" }, missing(report, close, name(position)))].filter(Boolean));
  };
  return { box, show };
}

function coarse(close) {
  const counters = close.lines.filter((line) => line.fine_s > 0);
  const parts = [`One point is ${seconds(close.bucket_s)}; ${close.readings} readings.`];
  if (counters.length) parts.push(` Of counters of joules (${counters.map((l) => l.device).join(", ")}) the least and the most are means over at least ${seconds(Math.max(...counters.map((l) => l.fine_s)))}.`);
  return h("p", { class: "small" }, parts);
}

function missing(report, close, id) {
  if (close || report.close.traced === 0) return "No readings are kept of this trial: nothing was metered, the study file says energy: {trace: false}, or an older version ran it.";
  return [`The page holds the readings of ${report.close.trials.length} of ${report.close.traced} trials. This one is shown by `, h("code", {}, `frugal report ${report.study} --trace ${id}`), "."];
}
