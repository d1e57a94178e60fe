// The greenscreen pipeline: baseline, chosen configuration and final run side by side.
import { h, table } from "./dom.js";
import { fixed, joules, none, number } from "./format.js";

const stages = { baseline: "Baseline", chosen: "Chosen configuration", final: "Final run" };
const signed = (v) => (v === null ? none : `${v >= 0 ? "+" : ""}${number(v, 3)}`);
const p = (v) => (v === null ? none : v < 0.001 ? "< 0.001" : v.toFixed(3));
const point = (row) => Object.entries(row.point).map(([k, v]) => `${k} = ${v}`).join(", ");

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
    table({ title: "The pipeline", text: `Last validated ${metric}; EQ is that by the mean watt-hours of an epoch. Ratios and differences are against the baseline.`, first: 10,
      columns: [{ head: "Stage", cell: (r) => stages[r.stage] ?? r.stage }, { head: "Trial", cell: (r) => r.trials.join(", ") }, { head: "Epochs", numeric: true, cell: (r) => String(r.epochs) }, { head: metric, numeric: true, cell: (r) => fixed(r.quality) }, { head: "Energy per epoch", numeric: true, cell: (r) => joules(r.energy_per_epoch_j) }, { head: "EQ, 1/Wh", numeric: true, cell: (r) => fixed(r.eq_per_wh, 3) },
        { head: "Energy ÷ baseline", numeric: true, cell: (r) => fixed(r.energy_ratio, 3) }, { head: `${metric} − baseline`, numeric: true, cell: (r) => signed(r.quality_difference) }, { head: "EQ ÷ baseline", numeric: true, cell: (r) => fixed(r.eq_ratio, 3) }, { head: "Configuration", wrap: true, cell: point }],
      rows: held.rows }),
    held.levels.length ? table({ title: "Where the values of the final run come from", text: "A winner is the level with the smallest significant coefficient of its parameter in the regression of energy per epoch.", first: 30,
      columns: [{ head: "Parameter", cell: (l) => l.parameter }, { head: "Value", cell: (l) => String(l.value) }, { head: "Source", cell: (l) => l.source }, { head: "coef, Wh per epoch", numeric: true, cell: (l) => fixed(l.coef, 3) }, { head: "p", numeric: true, cell: (l) => p(l.p_value) }],
      rows: held.levels }) : null] };
}
