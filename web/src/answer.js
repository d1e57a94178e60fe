// 1: who won, at what quality, at what cost, and what to keep in mind.
import { h } from "./dom.js";
import { count, grams, isSimulated, joules, method, number, percent, range, seconds, wattHours } from "./format.js";

const stops = {
  "": "The study is not over.", patience: "It ended when no better epoch came within the patience.", target: "It ended when the target was reached.",
  epochs: "It ended at the limit of epochs.", energy: "It ended when the energy budget was spent.", time: "It ended when the time budget was spent.",
  exhausted: "It ended when every configuration had been tried.", failed: "It ended because every trial failed.",
};

function tile(name, value, note, first = false) {
  return h("div", { class: first ? "tile first" : "tile" }, h("dt", {}, name), h("dd", {}, h("span", { class: "value" }, value), note && h("span", { class: "note" }, note)));
}

function lede(report) {
  const { answer, metric } = report;
  if (!answer.winner) return h("p", { class: "lede" }, `No trial was ever validated. ${stops[report.stopped_by] ?? ""}`);
  const parts = [h("strong", {}, `Trial ${answer.winner.trial} wins with ${metric.name} ${number(answer.winner.value)}`), ` after epoch ${answer.winner.epoch}`];
  if (answer.winner.energy) {
    parts.push(`; its trial cost ${joules(answer.winner.energy.energy_j)}`, ` of the ${joules(answer.total.energy_j)} that the whole study of ${count(answer.trials)} trial${answer.trials === 1 ? "" : "s"} and ${count(answer.epochs)} epochs took (${method(answer.total)}).`);
  } else parts.push(". No energy was measured.");
  return h("p", { class: "lede" }, parts, ` ${stops[report.stopped_by] ?? report.stopped_by}`);
}

function parityTile(report) {
  const pair = report.parity?.pairs.find((p) => p.energy_a_over_b !== null);
  if (!pair) return null;
  const runs = pair.manual_runs === 1 ? "one ordinary run" : `${number(pair.manual_runs)} ordinary runs`;
  const quality = pair.quality_difference === null ? "" : `; quality ${pair.quality_difference >= 0 ? "+" : ""}${number(pair.quality_difference, 3)}`;
  return tile("Parity: energy of this ÷ ordinary training", number(pair.energy_a_over_b, 3), `of '${pair.b}', its inverse ${number(pair.energy_b_over_a, 3)}; within the joules of ${runs}${quality}`);
}

function carbonTile({ carbon }) {
  if (carbon.absent_because) return tile("CO2e", "not stated", carbon.absent_because);
  return tile("CO2e", grams(carbon.co2e_g), `${grams(carbon.low_g)} to ${grams(carbon.high_g)}; ${number(carbon.intensity_g_per_kwh)} g/kWh, ${carbon.place}${carbon.year ? ` ${carbon.year}` : ""}, × PUE ${number(carbon.pue)}; ${carbon.source}`);
}

export function answer(report) {
  const { answer: a, metric, caveats } = report;
  const tiles = [];
  if (a.winner) tiles.push(tile(`Best ${metric.name}`, number(a.winner.value), `${metric.maximise ? "higher" : "lower"} is better; trial ${a.winner.trial}, epoch ${a.winner.epoch}`, true));
  if (a.winner?.energy) tiles.push(tile("Energy of the winner's trial", joules(a.winner.energy.energy_j), `${range(a.winner.energy)}; ${percent(a.winner_share)} of the study`));
  if (a.total) {
    tiles.push(tile("Energy of the whole study", joules(a.total.energy_j), `${range(a.total)}; ${wattHours(a.total.energy_j)}; ${method(a.total)}`));
    tiles.push(tile("Did not lead to the winner's weights", percent(a.wasted_share), `${joules(a.wasted_j)}: other trials, epochs after the best or rolled back, lost attempts`));
  }
  tiles.push(parityTile(report), carbonTile(report), tile("Time of all steps", seconds(a.duration_s), `${count(a.trials)} trials, ${count(a.epochs)} epochs`));
  const keep = caveats.slice();
  if (a.total && isSimulated(a.total) && !keep.some((c) => c.includes("simulated"))) keep.push("the energy comes from a simulated sensor: its joules are not real");
  if (a.better_but_dropped !== null) keep.push(`trial ${report.trials.id[a.better_but_dropped]} once reached ${number(report.trials.best[a.better_but_dropped])}, but was dropped, and its weights are gone`);
  if (report.parity) keep.push(...report.parity.caveats.filter((c) => !keep.includes(c)).map((c) => `parity: ${c}`));
  const point = a.winner && h("p", { class: "small" }, h("b", {}, "Winning configuration: "), a.winner.point.map(([k, v]) => `${k} = ${v}`).join(", "));
  const noParity = !report.parity && h("p", { class: "small" }, "Parity with ordinary training is not stated: the store holds no study of the strategy vanilla with the same workload, and none was named with --against.");
  return { id: "answer", short: "Answer", title: "The answer", content: [
    lede(report), h("dl", { class: "tiles" }, tiles.filter(Boolean)), point,
    keep.length ? h("div", { class: "caveats", role: "note" }, h("strong", {}, "To keep in mind"), h("ul", {}, keep.map((c) => h("li", {}, c)))) : null, noParity] };
}
