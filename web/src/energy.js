// 2: energy against quality, the anytime curve, and where the joules went.
import { axis, chart, figure, grid, legend, tip } from "./charts.js";
import { h, mark, table } from "./dom.js";
import { axisJoules, count, joules, method, number, percent, range, seconds, watts } from "./format.js";

const fateNames = { winner: "winner", kept: "kept", running: "running", dropped: "dropped", failed: "failed" };
const phaseText = { explore: "explore", train: "train", evaluate: "evaluate", load: "load", other: "other" };
// Shapes tell fates apart where colours do not.
const shapes = { winner: "diamond", kept: "circle", running: "circle", dropped: "circle", failed: "triangle" };
export const logWorthy = (values) => values.length > 1 && Math.min(...values) > 0 && Math.max(...values) > 20 * Math.min(...values);
const widest = 40;

function tradeoff(report) {
  const { trials, metric } = report;
  const shown = trials.id.map((_, i) => i).filter((i) => trials.best[i] !== null && trials.energy_j[i] !== null);
  if (shown.length < 2) return null;
  const front = shown.filter((i) => trials.front[i]).sort((a, b) => trials.energy_j[a] - trials.energy_j[b]);
  const fates = Object.keys(fateNames).filter((f) => shown.some((i) => trials.fate[i] === f));
  let lowest = Infinity, highest = 0;
  for (const i of shown) { lowest = Math.min(lowest, trials.energy_j[i]); highest = Math.max(highest, trials.energy_j[i]); }
  const log = lowest > 0 && highest > 20 * lowest;
  const point = (i) => [trials.energy_j[i], trials.best[i], i];
  const option = (c) => ({
    grid: grid(), legend: legend(c, { data: [{ name: "Pareto front", icon: "path://M0,4h10v1.6h-10z" }, ...fates.map((f) => ({ name: fateNames[f], icon: shapes[f] }))] }),
    tooltip: tip(c, ({ data, seriesName }) => (data.length < 3 ? [seriesName] : [`Trial ${trials.id[data[2]]} (${trials.fate[data[2]]})`, `${metric.name} ${number(trials.best[data[2]])}`, `energy ${joules(trials.energy_j[data[2]])} (${joules(trials.low_j[data[2]])} to ${joules(trials.high_j[data[2]])})`])),
    xAxis: axis(c, `energy of the trial${log ? " (log scale)" : ""}`, { type: log ? "log" : "value", axisLabel: { ...axis(c).axisLabel, formatter: axisJoules } }),
    yAxis: axis(c, `best ${metric.name}`, { nameGap: 42 }),
    series: [
      { name: "Pareto front", type: "line", step: metric.maximise ? "end" : "end", data: front.map(point), symbol: "none", lineStyle: { color: c.accent, width: 1.5, type: [5, 4] }, itemStyle: { color: c.accent }, z: 3 },
      ...fates.map((fate) => ({ name: fateNames[fate], type: "scatter", symbol: shapes[fate], symbolSize: fate === "winner" ? 15 : shown.length > 1000 ? 4 : 9, large: shown.length > 5000, largeThreshold: 5000,
        data: shown.filter((i) => trials.fate[i] === fate).map(point), itemStyle: fate === "dropped" && shown.length <= 500 ? { color: c.ground, borderColor: c.dropped, borderWidth: 1.6 } : { color: c[fate], opacity: shown.length > 500 ? 0.6 : 1 }, z: fate === "winner" ? 5 : 2 })),
    ],
  });
  const best = front.map((i) => `trial ${trials.id[i]} ${number(trials.best[i])} at ${joules(trials.energy_j[i])}`).slice(0, 6).join("; ");
  return figure({
    title: "Energy against quality", text: `One mark a trial: everything it cost (joules, its explorations and lost attempts too) and its best validated ${metric.name}. ${front.length === 1 ? "One trial is" : `${count(front.length)} trials are`} on the Pareto front: none other has both at least their quality and at most their joules.`,
    parts: chart({ option, canvas: shown.length > 1500, label: `Scatter of energy against ${metric.name} for ${shown.length} trials. Pareto front: ${best}.` }).node,
    data: () => table({ columns: [{ head: "Trial", cell: (i) => String(trials.id[i]) }, { head: metric.name, numeric: true, cell: (i) => number(trials.best[i]), sort: (i) => trials.best[i] }, { head: "Energy", numeric: true, cell: (i) => joules(trials.energy_j[i]), sort: (i) => trials.energy_j[i] }, { head: "Fate", cell: (i) => trials.fate[i] }, { head: "On the front", cell: (i) => (trials.front[i] ? "yes" : "") }], rows: shown }),
  });
}

function anytime(report) {
  const { anytime: curve, metric } = report;
  if (curve.length < 2) return null;
  const inJoules = curve.every((p) => p.spent_j !== null);
  const x = (p) => (inJoules ? p.spent_j : p.time_s);
  const show = inJoules ? joules : seconds;
  const option = (c) => ({
    grid: grid(), tooltip: tip(c, ([{ dataIndex }]) => { const p = curve[dataIndex]; return [`${metric.name} ${number(p.value)}`, `after ${show(x(p))}`, dataIndex === curve.length - 1 ? "end of the study" : `trial ${p.trial}, epoch ${p.epoch}`]; }, { trigger: "axis", axisPointer: { lineStyle: { color: c.faint } } }),
    xAxis: axis(c, inJoules ? "joules spent by the whole study" : "time of the whole study", { scale: false, min: 0, axisLabel: { ...axis(c).axisLabel, formatter: inJoules ? axisJoules : seconds } }),
    yAxis: axis(c, `best ${metric.name} so far`, { nameGap: 42 }),
    series: [{ type: "line", step: "end", data: curve.map((p) => [x(p), p.value]), symbol: "circle", symbolSize: 5, showSymbol: curve.length < 60, lineStyle: { color: c.accent, width: 2 }, itemStyle: { color: c.accent }, areaStyle: { color: c["accent-soft"], opacity: 0.55, origin: "start" } }],
  });
  const last = curve[curve.length - 2];
  return figure({
    title: "Anytime curve", text: `The best validated ${metric.name} of the study after so many ${inJoules ? "joules, everything included" : "seconds (no energy was measured)"}. The last improvement came after ${show(x(last))} of ${show(x(curve[curve.length - 1]))}.`,
    parts: chart({ option, label: `Best ${metric.name} against ${inJoules ? "joules" : "time"} spent: from ${number(curve[0].value)} to ${number(last.value)}.` }).node,
    data: () => table({ columns: [{ head: inJoules ? "Spent" : "Time", numeric: true, cell: (p) => show(x(p)) }, { head: metric.name, numeric: true, cell: (p) => number(p.value) }, { head: "Trial", cell: (p) => String(p.trial) }, { head: "Epoch", numeric: true, cell: (p) => String(p.epoch) }], rows: curve }),
  });
}

// One horizontal bar a row, stacked by phase. value(row, phase) → joules or null.
function stacked(report, rows, names, value, label) {
  const phases = report.phases.map((p) => p.name);
  const option = (c, width) => ({
    grid: grid({ left: width < 500 ? 86 : 110, bottom: 40, top: 30 }), legend: legend(c),
    tooltip: tip(c, (params) => [params[0].name, ...params.filter((p) => p.value).map((p) => `${p.seriesName} ${joules(p.value)}`)], { trigger: "axis", axisPointer: { type: "shadow", shadowStyle: { color: c.grid, opacity: 0.5 } } }),
    xAxis: axis(c, "", { scale: false, axisLabel: { ...axis(c).axisLabel, formatter: axisJoules } }),
    yAxis: axis(c, "", { type: "category", inverse: true, data: names, splitLine: { show: false } }),
    series: phases.map((phase) => ({ name: phaseText[phase] ?? phase, type: "bar", stack: "all", barMaxWidth: 26, data: rows.map((r) => value(r, phase)), itemStyle: { color: c[phase] || c.other, borderColor: c.ground, borderWidth: 0.5 } })),
  });
  const made = chart({ option, label });
  made.node.style.height = `${Math.max(150, 84 + rows.length * (rows.length > 12 ? 20 : 34))}px`;
  return made.node;
}

function byFate(report) {
  if (!report.fates.some((f) => f.total_j !== null)) return null;
  const { fates } = report;
  const names = fates.map((f) => (f.fate === "lost attempts" ? f.fate : `${f.fate} (${f.trials})`));
  const said = fates.filter((f) => f.share !== null).map((f) => `${f.fate} ${percent(f.share)}`).join(", ");
  return figure({
    title: "Joules by fate and phase", text: `What was spent on the trial that won, on those kept and on those dropped; the number of trials in brackets. Shares: ${said}.`,
    parts: stacked(report, fates, names, (f, phase) => f.by_phase[phase] ?? null, `Joules by fate of the trial: ${said}.`),
    data: () => table({ columns: [{ head: "Fate", cell: (f) => f.fate }, { head: "Trials", numeric: true, cell: (f) => count(f.trials) }, ...report.phases.map((p) => ({ head: p.name, numeric: true, cell: (f) => joules(f.by_phase[p.name]) })), { head: "Total", numeric: true, cell: (f) => joules(f.total_j) }, { head: "Share", numeric: true, cell: (f) => percent(f.share) }], rows: fates }),
  });
}

function byTrial(report) {
  const { trials } = report;
  let shown = trials.id.map((_, i) => i).filter((i) => trials.energy_j[i] !== null);
  if (shown.length < 2) return null;
  const cut = shown.length > widest;
  if (cut) shown = shown.sort((a, b) => trials.energy_j[b] - trials.energy_j[a]).slice(0, 25);
  return figure({
    title: "Joules by trial and phase", text: cut ? `The 25 most expensive of ${count(trials.id.length)} trials.` : "Everything each trial cost, its explorations and lost attempts too; starts of the worker are booked as load with the trial that came next.",
    parts: stacked(report, shown, shown.map((i) => `${trials.id[i]} · ${trials.fate[i]}`), (i, phase) => trials.by_phase[phase]?.[i] ?? null, `Joules by trial, ${shown.length} trials.`),
  });
}

function costs(report) {
  const rows = [...report.phases.map((p) => ({ ...p, kind: "phase" })), ...report.devices.map((d) => ({ ...d, kind: "device" }))];
  const total = { name: "total", kind: "total", figure: report.answer.total, share: null, mean_power_w: report.answer.mean_power_w };
  return table({
    title: "Energy by phase and device", text: "Phases add up to the total, and so do devices. Mean power is the joules over the time of the phase.",
    rowClass: (r) => (r.kind === "total" ? "strong" : null),
    columns: [{ head: "Part", cell: (r) => (r.kind === "phase" ? [mark(r.name), r.name] : r.kind === "device" ? `device ${r.name}` : "total") }, { head: "Energy", numeric: true, cell: (r) => joules(r.figure.energy_j) }, { head: "Bounds", numeric: true, cell: (r) => range(r.figure) }, { head: "Share", numeric: true, cell: (r) => percent(r.share) },
      { head: "Time", numeric: true, cell: (r) => seconds(r.figure.duration_s) }, { head: "Mean power", numeric: true, cell: (r) => watts(r.mean_power_w) }, { head: "Coverage", numeric: true, cell: (r) => percent(r.figure.coverage) }, { head: "Method", cell: (r) => method(r.figure) }],
    rows: [...rows, total],
  });
}

export function energy(report) {
  const content = [tradeoff(report), anytime(report)];
  if (report.answer.total) content.push(h("div", { class: "row" }, byFate(report), byTrial(report)), costs(report));
  else content.push(h("p", {}, "No energy was measured: nothing can be said about joules."));
  return { id: "energy", short: "Energy", title: "Energy and quality", content };
}
