// 5: what the parameters do to energy and quality: least squares with intervals, contrasts, correlations.
import { axis, chart, figure, grid, tip } from "./charts.js";
import { h, table } from "./dom.js";
import { fixed, none, number, percent } from "./format.js";

const p = (v) => (v === null ? none : v < 0.001 ? "< 0.001" : v.toFixed(3));
const outcomeName = (report, outcome) => (outcome === "quality" ? `best ${report.metric.name}` : "energy per epoch, Wh");

// Slopes of numbers, and levels against the first level of their factor.
function effects(regression) {
  const slopes = regression.coefficients.filter((c) => !c.name.includes("=") && c.name !== "intercept").map((c) => ({ ...c, name: `${c.name}, per 1` }));
  return [...slopes, ...regression.contrasts.filter((c) => c.identified)];
}

function plot(report, regression) {
  const rows = effects(regression);
  if (rows.length === 0) return null;
  const name = outcomeName(report, regression.outcome);
  const sure = (c) => c.ci_low > 0 || c.ci_high < 0;
  const option = (c, width) => ({
    grid: grid({ left: width < 500 ? 150 : 230, top: 8, bottom: 46 }),
    tooltip: tip(c, ({ dataIndex }) => { const r = rows[dataIndex]; return [r.name, `${number(r.coef, 3)} (${number(r.ci_low, 3)} to ${number(r.ci_high, 3)})`, `p ${p(r.p_value)}`]; }),
    xAxis: axis(c, `difference in ${name}, with 95 % intervals`, { scale: true, axisLabel: { ...axis(c).axisLabel, formatter: (v) => number(v, 3) } }),
    yAxis: axis(c, "", { type: "category", inverse: true, data: rows.map((r) => r.name), axisLabel: { ...axis(c).axisLabel, interval: 0, width: width < 500 ? 140 : 220, overflow: "truncate" }, splitLine: { show: false } }),
    series: [
      { type: "line", silent: true, symbol: "none", data: rows.flatMap((r, y) => [[r.ci_low, y], [r.ci_high, y], ["-", "-"]]), lineStyle: { color: c.faint, width: 2 }, markLine: { silent: true, symbol: "none", label: { show: false }, lineStyle: { color: c.faint, type: [3, 3] }, data: [{ xAxis: 0 }] } },
      { type: "scatter", symbolSize: 9, data: rows.map((r, y) => ({ value: [r.coef, y], itemStyle: sure(r) ? { color: c.accent } : { color: c.ground, borderColor: c.faint, borderWidth: 1.6 } })) },
    ],
  });
  const made = chart({ option, label: `Effects on ${name}: ${rows.map((r) => `${r.name} ${number(r.coef, 3)}`).join("; ")}` });
  made.node.style.height = `${70 + rows.length * 24}px`;
  return figure({ title: `What changes ${name}`, text: "Levels against the first level of their parameter, numbers by their slope; filled where the interval leaves out 0. p-values are not corrected for their number.", parts: made.node,
    data: () => coefficients(rows, null) });
}

function coefficients(rows, title, text) {
  return table({ title, text, first: 60, columns: [
    { head: "Term", cell: (c) => c.name, sort: (c) => c.name }, { head: "coef", numeric: true, cell: (c) => fixed(c.coef, 3), sort: (c) => c.coef }, { head: "std err", numeric: true, cell: (c) => fixed(c.std_err, 3) }, { head: "t", numeric: true, cell: (c) => (c.t === null ? none : c.t.toFixed(2).replace("-", "−")) },
    { head: "p", numeric: true, cell: (c) => p(c.p_value), sort: (c) => c.p_value }, { head: "95 % interval", numeric: true, cell: (c) => `${fixed(c.ci_low, 3)} to ${fixed(c.ci_high, 3)}` }], rows });
}

function regression(report, r) {
  const name = outcomeName(report, r.outcome);
  const form = r.form === "one-hot" ? "every level one-hot, no intercept, Moore–Penrose inverse (after greenscreen): single coefficients depend on that inverse, differences within a parameter do not" : "intercept, first levels left out";
  return [
    h("h3", {}, `Regression of ${name}`),
    h("p", { class: "small" }, `Ordinary least squares over ${r.n} trials${r.dropped ? ` (${r.dropped} without this outcome left out)` : ""}, rank ${r.rank}; ${form}. R² ${number(r.r_squared, 3)}, adjusted ${number(r.r_squared_adj, 3)}, of runs left out ${number(r.r_squared_predicted, 3)}; F ${number(r.f_statistic, 3)}, p ${p(r.f_p_value)}.`),
    r.warnings.length ? h("div", { class: "caveats", role: "note" }, h("strong", {}, "Read with care"), h("ul", {}, r.warnings.map((w) => h("li", {}, w)))) : null,
    plot(report, r),
    coefficients(r.coefficients, `Coefficients for ${name}`, ""),
  ];
}

function importance(report, found) {
  const name = outcomeName(report, found.outcome);
  const rows = found.parameters.slice().sort((a, b) => b.share - a.share);
  const option = (c, width) => ({
    grid: grid({ left: width < 500 ? 110 : 130, top: 8, bottom: 46 }),
    tooltip: tip(c, ([{ dataIndex }]) => [rows[dataIndex].parameter, `share ${percent(rows[dataIndex].share)}`, `divergence ${number(rows[dataIndex].divergence, 3)}`], { trigger: "axis", axisPointer: { type: "shadow", shadowStyle: { color: c.grid, opacity: 0.5 } } }),
    xAxis: axis(c, "share of the divergence", { scale: false, min: 0, axisLabel: { ...axis(c).axisLabel, formatter: (v) => percent(v) } }),
    yAxis: axis(c, "", { type: "category", inverse: true, data: rows.map((r) => r.parameter), splitLine: { show: false } }),
    series: [{ type: "bar", barMaxWidth: 18, data: rows.map((r) => r.share), itemStyle: { color: found.outcome === "quality" ? c.accent : c.explore } }],
  });
  const made = chart({ option, label: `Importance for ${name}: ${rows.map((r) => `${r.parameter} ${percent(r.share)}`).join(", ")}` });
  made.node.style.height = `${70 + rows.length * 28}px`;
  return figure({ title: `Importance for ${name}`, text: `How the values of the best ${found.best} of ${found.n} trials differ from those of all (PED-ANOVA, Watanabe et al. 2023).`, parts: made.node,
    data: () => table({ columns: [{ head: "Parameter", cell: (r) => r.parameter }, { head: "Divergence", numeric: true, cell: (r) => number(r.divergence, 3) }, { head: "Share", numeric: true, cell: (r) => percent(r.share) }], rows }) });
}

export function analysis(report) {
  const a = report.analysis;
  if (!a) return null;
  const content = a.regressions.map((r) => regression(report, r));
  if (a.importances.length) content.push(h("h3", {}, "Importance"), h("div", { class: "row" }, a.importances.map((i) => importance(report, i))));
  if (a.correlations.length) {
    content.push(h("h3", {}, "Correlations"), table({ title: "Parameters and outcomes", text: "Spearman's ρ with its 95 % interval, Pearson's r beside it; each over the trials that have both.", columns: [
      { head: "Parameter", cell: (c) => c.parameter, sort: (c) => c.parameter }, { head: "Outcome", cell: (c) => outcomeName(report, c.outcome), sort: (c) => c.outcome }, { head: "n", numeric: true, cell: (c) => String(c.n) }, { head: "ρ", numeric: true, cell: (c) => fixed(c.rho, 3), sort: (c) => c.rho },
      { head: "95 % interval", numeric: true, cell: (c) => (c.ci_low === null ? none : `${fixed(c.ci_low, 2)} to ${fixed(c.ci_high, 2)}`) }, { head: "p", numeric: true, cell: (c) => p(c.p_value), sort: (c) => c.p_value }, { head: "r", numeric: true, cell: (c) => fixed(c.pearson_r, 3) }, { head: "p of r", numeric: true, cell: (c) => p(c.pearson_p_value) }], rows: a.correlations }));
  }
  if (a.notes.length) content.push(h("p", { class: "small" }, a.notes.join(". "), "."));
  return { id: "analysis", short: "Effects", title: "What the parameters do", content };
}
