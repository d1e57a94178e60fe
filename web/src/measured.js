// 7: how it was measured, and what is needed to run it again.
import { facts, h, table } from "./dom.js";
import { joules, method, none, number, percent, range, seconds, watts } from "./format.js";

// What is assumed of each method unless a sensor says otherwise (docs/methods.md, section 1).
const budget = { counter: "the error that the sensor states, plus one tick at each edge of a window", integral: "the error that the sensor states, plus the time between readings", model: "±50 %: computed from CPU load and the processor's nominal power, not measured" };

function cards(sensors) {
  const counts = (s) => (s.whole_machine ? "no" : "yes");
  return table({
    title: "Sensors", text: "What is known of each before it is read, and what its joules are computed with. Readings come at the mean distance; a sensor without a period has a new value whenever it is read.",
    columns: [{ head: "Device", cell: (s) => s.device }, { head: "Sensor", wrap: true, cell: (s) => s.sensor }, { head: "Method", cell: (s) => s.method }, { head: "Read every", numeric: true, cell: (s) => seconds(s.interval_s) }, { head: "New value every", numeric: true, cell: (s) => (s.period_s > 0 ? seconds(s.period_s) : none) }, { head: "Looks back", numeric: true, cell: (s) => (s.window_s > 0 ? seconds(s.window_s) : none) },
      { head: "Error of joules", numeric: true, cell: (s) => `±${percent(s.relative_error)}` }, { head: "In totals", cell: counts }, { head: "At most", numeric: true, cell: (s) => watts(s.max_power_w) }, ...(sensors.some((s) => s.counter_range_j !== null) ? [{ head: "Counter wraps at", numeric: true, cell: (s) => joules(s.counter_range_j) }] : [])],
    rows: sensors,
  });
}

export function measured(report) {
  const { method: m, answer } = report;
  const total = answer.total;
  const energy = m.plan_energy ?? {};
  const content = [
    facts([
      ["Devices asked for", energy.devices], ["Mean time between readings", typeof energy.interval === "string" ? energy.interval : null],
      ["Sensors", m.sensors.length ? m.sensors.map((s) => h("div", {}, s)) : "none"],
      ["Method of the total", total ? `${method(total)}; coverage ${percent(total.coverage)} of ${seconds(total.duration_s)}` : "nothing was measured"],
      ["Bounds of the total", total ? range(total) : null],
      ["Error budget", total ? budget[total.method] : null],
      ["Worker", m.workers.length ? m.workers.map((w) => h("div", {}, w)) : "not recorded"],
      ...m.host.map((fact) => [fact.name[0].toUpperCase() + fact.name.slice(1), fact.value]),
      ["Begun", m.begun], ["Strategy and seed", `${report.strategy}, seed ${report.seed}`], ["Report written by", `frugal ${m.frugal}`],
      ["Not recorded", m.host.length ? "the name of the host" : "the host: an older version ran the study"],
    ]),
    m.cards.length ? cards(m.cards) : null,
    h("p", { class: "small" }, "Bounds are not confidence intervals: errors of sensors are taken as systematic and add up. One run says nothing of the spread between runs."),
  ];
  if (m.lost.length) {
    content.push(table({ title: "Attempts that gave nothing", text: "Their joules count in every total.", columns: [{ head: "Step", cell: (l) => String(l.step) }, { head: "Trial", cell: (l) => String(l.trial) }, { head: "Why", cell: (l) => l.why }, { head: "Energy", numeric: true, cell: (l) => joules(l.energy_j) }, { head: "Time", numeric: true, cell: (l) => seconds(l.duration_s) }], rows: m.lost }));
  }
  if (report.parity) {
    content.push(table({ title: "Studies compared", text: "The first is this one; ratios are of total energy, everything included.", columns: [{ head: "Study", wrap: true, cell: (s) => s.study }, { head: "Strategy", cell: (s) => s.strategy }, { head: "Metric", cell: (s) => s.metric }, { head: "Quality", numeric: true, cell: (s) => number(s.value) }, { head: "Energy", numeric: true, cell: (s) => joules(s.energy_j) }, { head: "Method", cell: (s) => s.method ?? none }], rows: report.parity.studies }));
  }
  content.push(h("h3", {}, "The study file"), h("p", { class: "small" }, "Verbatim: ", h("code", {}, "frugal run FILE"), " on it runs the study again."), h("pre", { class: "verbatim", tabindex: "0" }, m.study_file));
  return { id: "measured", short: "Measurement", title: "How it was measured", content };
}
