// The greenscreen pipeline: baseline, chosen configuration and final run side by side.
import { h, table } from "./dom.js";
import { fixed, joules, none, number } from "./format.js";

const stages = { baseline: "Baseline", chosen: "Chosen configuration", final: "Final run" };
const signed = (v) => (v === null ? none : `${v >= 0 ? "+" : ""}${number(v, 3)}`);
const p = (v) => (v === null ? none : v < 0.001 ? "< 0.001" : v.toFixed(3));

// One line a figure, then one a parameter.
function lines(rows, metric) {
  const parameters = [...new Set(rows.flatMap((row) => Object.keys(row.point)))];
  return [
    { name: "Trial", show: (r) => r.trials.join(", ") }, { name: "Epochs", show: (r) => String(r.epochs) },
    { name: `Last ${metric}`, show: (r) => fixed(r.quality) }, { name: `Best ${metric}`, show: (r) => fixed(r.best) },
    { name: "Energy per epoch", show: (r) => joules(r.energy_per_epoch_j) }, { name: "EQ, 1/Wh", show: (r) => fixed(r.eq_per_wh, 3) },
    { name: "Energy ÷ baseline", show: (r) => fixed(r.energy_ratio, 3) }, { name: `Last ${metric} − baseline`, show: (r) => signed(r.quality_difference) }, { name: "EQ ÷ baseline", show: (r) => fixed(r.eq_ratio, 3) },
    ...parameters.map((name) => ({ name, show: (r) => (name in r.point ? String(r.point[name]) : none) })),
  ];
}

function sentence(report) {
  const { rows } = report.pipeline;
  const last = rows.find((r) => r.stage === "final");
  if (!last || last.energy_ratio === null) return null;
  const quality = last.quality_difference === null ? "" : `, ${report.metric.name} ${signed(last.quality_difference)}`;
  const eq = last.eq_ratio === null ? "" : `, the efficiency quotient ${number(last.eq_ratio, 3)} times`;
  return h("p", { class: "lede" }, h("strong", {}, `The final run takes ${number(last.energy_ratio, 3)} times the baseline's energy an epoch`), `${quality}${eq} (both last validated, single runs).`);
}

export function pipeline(report) {
  const held = report.pipeline;
  if (!held) return null;
  const metric = report.metric.name;
  return { id: "pipeline", short: "Pipeline", title: "Baseline, choice and final run", content: [
    sentence(report),
    h("p", {}, `${held.considered} of ${held.configurations} random configurations count: they did not fail and reach the threshold, where there is one. The final run goes by ${held.choice}.${held.note ? ` Note: ${held.note}.` : ""}`),
    table({ title: "The pipeline", text: `EQ is the last validated ${metric} by the mean watt-hours of an epoch.`, first: 60,
      columns: [{ head: "", cell: (line) => line.name }, ...held.rows.map((row) => ({ head: stages[row.stage] ?? row.stage, numeric: true, cell: (line) => line.show(row) }))],
      rows: lines(held.rows, metric) }),
    held.levels.length ? table({ title: "Where the values of the final run come from", text: "A winner is the level with the smallest significant coefficient of its parameter in the regression of energy per epoch.", first: 30,
      columns: [{ head: "Parameter", cell: (l) => l.parameter }, { head: "Value", cell: (l) => String(l.value) }, { head: "Source", cell: (l) => l.source }, { head: "coef, Wh per epoch", numeric: true, cell: (l) => fixed(l.coef, 3) }, { head: "p", numeric: true, cell: (l) => p(l.p_value) }],
      rows: held.levels }) : null] };
}
