// 4: what the trials together show: top lists, distributions, slices, parallel coordinates, matrices of levels.
import { axis, chart, figure, grid, legend, tip } from "./charts.js";
import { onPaper } from "./paper.js";
import { choose, h, mark, table } from "./dom.js";
import { axisJoules, count, fixed, joules, none, number, percent, seconds } from "./format.js";

const titles = (metric) => ({ quality: `best ${metric.name}`, energy: "least energy", eq: "best efficiency quotient (EQ)" });
const levelText = (factor, i) => (factor.level[i] === null ? none : factor.levels[factor.level[i]]);

function configuration(report, i) {
  return report.factors.filter((f) => f.level[i] !== null).map((f) => `${f.name} ${f.numeric ? number(f.values[f.level[i]]) : levelText(f, i)}`).join(", ");
}

function everyTrial(report) {
  const { trials, metric, factors } = report;
  const eq = trials.eq.some((v) => v !== null);
  const narrow = onPaper && factors.length > 6;
  const columns = [
    { head: "Trial", cell: (i) => String(trials.id[i]), sort: (i) => trials.id[i] },
    { head: "Fate", cell: (i) => [mark(trials.fate[i]), trials.fate[i]], sort: (i) => trials.fate[i] },
    ...(trials.stage ? [{ head: "Stage", cell: (i) => trials.stage[i], sort: (i) => trials.stage[i] }] : []),
    { head: `Best ${metric.name}`, numeric: true, cell: (i) => fixed(trials.best[i]), sort: (i) => trials.best[i] },
    { head: "At epoch", numeric: true, cell: (i) => (trials.best[i] === null ? none : String(trials.best_epoch[i])) },
    { head: "Epochs", numeric: true, cell: (i) => String(trials.epochs[i]), sort: (i) => trials.epochs[i] },
    { head: "Energy", numeric: true, cell: (i) => joules(trials.energy_j[i]), sort: (i) => trials.energy_j[i] },
    { head: "Per epoch", numeric: true, cell: (i) => joules(trials.energy_per_epoch_j[i]), sort: (i) => trials.energy_per_epoch_j[i] },
    ...(eq ? [{ head: "EQ, 1/Wh", numeric: true, cell: (i) => fixed(trials.eq[i], 3), sort: (i) => trials.eq[i] }] : []),
    { head: "Time", numeric: true, cell: (i) => seconds(trials.duration_s[i]), sort: (i) => trials.duration_s[i] },
    // Paper is narrow: many parameters stand in one column there.
    ...(narrow ? [] : factors.map((f) => ({ head: f.name, numeric: f.numeric, cell: (i) => (f.numeric && f.level[i] !== null ? number(f.values[f.level[i]]) : levelText(f, i)), sort: (i) => f.level[i] }))),
  ];
  if (Object.keys(trials.failure).length) columns.push({ head: "Failure", wrap: true, cell: (i) => trials.failure[i] ?? "" });
  const constants = report.constants.map(([k, v]) => `${k} = ${v}`).join(", ");
  return table({ title: "Trials", text: `${constants ? `Equal in all: ${constants}. ` : ""}${onPaper ? "" : "Column heads sort. "}EQ is the last validated ${metric.name} by the mean watt-hours of an epoch.`, columns, rows: trials.id.map((_, i) => i), first: onPaper ? 60 : 40, below: narrow ? (i) => configuration(report, i) : null, rowClass: (i) => (trials.fate[i] === "winner" ? "strong" : trials.fate[i] === "failed" ? "out" : null) });
}

function topLists(report) {
  const { trials, metric } = report;
  return report.rankings.map(({ by, top }) => table({
    title: `The ${top.length} trials with the ${titles(metric)[by]}`, first: 10,
    columns: [{ head: "Trial", cell: (i) => String(trials.id[i]) }, { head: metric.name, numeric: true, cell: (i) => fixed(trials.best[i]) }, { head: "Energy", numeric: true, cell: (i) => joules(trials.energy_j[i]) }, { head: "EQ, 1/Wh", numeric: true, cell: (i) => fixed(trials.eq[i], 3) }, { head: "EQ of all its joules, 1/Wh", numeric: true, cell: (i) => fixed(trials.eq_total[i], 3) }, { head: "Configuration", wrap: true, cell: (i) => configuration(report, i) }], rows: top }));
}

function distribution(report, histogram) {
  const isEnergy = histogram.of === "energy";
  const show = isEnergy ? axisJoules : (v) => number(v, 3);
  const name = isEnergy ? "energy of the trial" : `best ${report.metric.name}`;
  const labels = histogram.counts.map((_, i) => `${show(histogram.edges[i])} to ${show(histogram.edges[i + 1])}`);
  const option = (c) => ({
    grid: grid({ top: 12 }), tooltip: tip(c, ([p]) => [labels[Math.min(p.dataIndex, labels.length - 1)], `${count(p.value[1])} trials`], { trigger: "axis" }),
    xAxis: axis(c, name, { min: histogram.edges[0], max: histogram.edges[histogram.edges.length - 1], splitLine: { show: false }, axisLabel: { ...axis(c).axisLabel, formatter: show, showMinLabel: false } }),
    yAxis: axis(c, "trials", { scale: false, minInterval: 1 }),
    series: [{ type: "line", step: "end", symbol: "none", data: histogram.edges.map((edge, i) => [edge, histogram.counts[Math.min(i, histogram.counts.length - 1)]]), lineStyle: { color: isEnergy ? c.explore : c.accent, width: 1.5 }, itemStyle: { color: isEnergy ? c.explore : c.accent }, areaStyle: { opacity: 0.25 } }],
  });
  return figure({ title: `Distribution of ${isEnergy ? "energy" : report.metric.name}`, parts: chart({ option, size: "low", label: `Histogram of ${name}` }).node,
    data: () => table({ columns: [{ head: name, cell: (i) => labels[i] }, { head: "Trials", numeric: true, cell: (i) => count(histogram.counts[i]) }], rows: histogram.counts.map((_, i) => i) }) });
}

// A dozen numbers or fewer stand side by side, each with its name.
const continuous = (factor) => factor.numeric && factor.levels.length > 12;
const names = (factor) => (factor.numeric ? factor.values.map((v) => number(v)) : factor.levels);

// Room at both ends of an axis, so that no mark sits on its edge.
function ends(factor) {
  const low = factor.values[0], high = factor.values[factor.values.length - 1];
  const room = factor.log ? (high / low) ** 0.04 : (high - low) * 0.04;
  return factor.log ? { min: low / room, max: high * room } : { min: low - room, max: high + room };
}

function slices(report) {
  const { trials, factors, metric } = report;
  if (factors.length === 0) return null;
  let factor = factors[0];
  const many = trials.id.length > 1500;
  const panel = (name, value, colour, show) => {
    const option = (c) => ({
      grid: grid({ top: 16 }), tooltip: tip(c, ({ value: v }) => [`Trial ${trials.id[v[2]]}`, `${factor.name} ${levelText(factor, v[2])}`, `${name} ${show(v[1])}`]),
      xAxis: axis(c, `${factor.name}${factor.log && continuous(factor) ? " (log scale)" : ""}`, continuous(factor) ? { type: factor.log ? "log" : "value", ...ends(factor), axisLabel: { ...axis(c).axisLabel, formatter: (v) => number(v, 3), showMinLabel: false, showMaxLabel: false } } : { type: "category", data: names(factor), splitLine: { show: false } }),
      yAxis: axis(c, name, { nameGap: 46, axisLabel: { ...axis(c).axisLabel, formatter: show } }),
      series: [{ type: "scatter", symbolSize: many ? 3 : 7, large: many, data: trials.id.map((_, i) => i).filter((i) => factor.level[i] !== null && value[i] !== null).map((i) => [continuous(factor) ? factor.values[factor.level[i]] : factor.level[i], value[i], i]), itemStyle: { color: c[colour], opacity: many ? 0.4 : 0.75 } }],
    });
    return chart({ option, canvas: many, size: "low", label: `${name} by ${factor.name}` });
  };
  const quality = panel(`best ${metric.name}`, trials.best, "accent", (v) => number(v, 3));
  const cost = panel("energy", trials.energy_j, "explore", axisJoules);
  const controls = choose("Parameter", factors.map((f) => f.name), (i) => { factor = factors[i]; quality.redraw(`best ${metric.name} by ${factor.name}`); cost.redraw(`energy by ${factor.name}`); });
  return figure({ title: "Slices: quality and energy by one parameter", text: "One mark a trial; the other parameters vary along with it.", parts: [onPaper ? null : controls, h("div", { class: "row" }, quality.node, cost.node)] });
}

function parallel(report) {
  const { trials, factors, metric } = report;
  if (factors.length < 2) return null;
  const shown = trials.id.map((_, i) => i).filter((i) => trials.best[i] !== null).slice(0, 5000);
  if (shown.length < 3) return null;
  const axes = factors.slice(0, 10);
  let low = Infinity, high = -Infinity;
  for (const i of shown) { low = Math.min(low, trials.best[i]); high = Math.max(high, trials.best[i]); }
  const option = (c) => ({
    parallel: { left: 40, right: 60, top: 36, bottom: 54, parallelAxisDefault: { nameLocation: "start", nameGap: 16, nameTextStyle: { color: c.soft, fontSize: 11 }, axisLine: { lineStyle: { color: c.faint } }, axisTick: { show: false }, axisLabel: { color: c.soft, fontSize: 10 }, splitLine: { show: false } } },
    parallelAxis: [...axes.map((f, dim) => ({ dim, name: f.name, ...(continuous(f) ? { type: f.log ? "log" : "value", scale: true, min: f.values[0], max: f.values[f.values.length - 1], axisLabel: { color: c.soft, fontSize: 10, formatter: (v) => number(v, 3) } } : { type: "category", data: names(f) }) })), { dim: axes.length, name: metric.name, scale: true, axisLabel: { color: c.soft, fontSize: 10, formatter: (v) => number(v, 3) } }],
    visualMap: { show: true, type: "continuous", dimension: axes.length, min: low, max: high === low ? low + 1 : high, inRange: { color: metric.maximise ? [c.dropped, c.accent] : [c.accent, c.dropped] }, orient: "horizontal", left: "center", bottom: 0, itemHeight: 120, itemWidth: 10, text: [number(high, 3), number(low, 3)], textStyle: { color: c.soft, fontSize: 11 }, formatter: (v) => number(v, 3) },
    series: [{ type: "parallel", smooth: false, lineStyle: { width: 1, opacity: shown.length > 300 ? 0.15 : 0.5 }, progressive: 500, data: shown.map((i) => [...axes.map((f) => (f.level[i] === null ? null : continuous(f) ? f.values[f.level[i]] : names(f)[f.level[i]])), trials.best[i]]) }],
  });
  return figure({ title: "Parallel coordinates", text: `One line a validated trial through its values, coloured by its best ${metric.name}.${shown.length === 5000 ? " The first 5,000 trials." : ""}`, parts: chart({ option, size: "tall", canvas: true, label: `Parallel coordinates of ${shown.length} trials over ${axes.length} parameters` }).node });
}

function matrix(report, ranking) {
  const { trials, factors, metric } = report;
  const shown = ranking.spread;
  if (shown.length < 5 || factors.length === 0) return null;
  const cells = [];
  shown.forEach((i, x) => factors.forEach((f, y) => { if (f.level[i] !== null) cells.push([x, y, f.levels.length > 1 ? f.level[i] / (f.levels.length - 1) : 0]); }));
  const option = (c, width) => ({
    grid: grid({ left: width < 500 ? 84 : 112, top: 8, bottom: 40 }),
    tooltip: tip(c, ({ value }) => { const i = shown[value[0]]; return [`Trial ${trials.id[i]}`, `${factors[value[1]].name} ${levelText(factors[value[1]], i)}`, `${metric.name} ${number(trials.best[i])}, ${joules(trials.energy_j[i])}`]; }),
    xAxis: axis(c, "better  ←  trials  →  worse", { type: "category", nameGap: 14, data: shown.map((_, x) => String(x + 1)), axisLabel: { show: false }, splitLine: { show: false } }),
    yAxis: axis(c, "", { type: "category", inverse: true, data: factors.map((f) => f.name), splitLine: { show: false } }),
    visualMap: { show: false, min: 0, max: 1, inRange: { color: [c.low, c.high] } },
    series: [{ type: "heatmap", data: cells, itemStyle: { borderColor: c.ground, borderWidth: shown.length > 120 ? 0 : 0.6 }, progressive: 4000 }],
  });
  const made = chart({ option, canvas: cells.length > 1500, label: `Levels of ${factors.length} parameters, trials sorted by ${titles(metric)[ranking.by]}` });
  made.node.style.height = `${70 + factors.length * 30}px`;
  return figure({ title: `Levels sorted by ${titles(metric)[ranking.by]}`, text: `One column a trial, best on the left${ranking.every > 1 ? `, every ${ranking.every}th of ${count(ranking.count)}` : ""}; pale is the first level of a parameter, dark its last. After Figure 7 of greenscreen (Burmester et al. 2023).`, parts: made.node });
}

export function search(report) {
  const several = report.trials.id.length >= 5;
  return { id: "trials", short: "Trials", title: "The trials", content: [
    everyTrial(report),
    ...(several ? [h("h3", {}, "Best by each outcome"), topLists(report), report.histograms.length ? h("div", { class: "row" }, report.histograms.map((g) => distribution(report, g))) : null, slices(report), parallel(report), report.rankings.map((r) => matrix(report, r))] : [])] };
}
