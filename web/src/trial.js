// 6: one trial closely: its epochs, its power over time, its joules by phase, and how they were found.
import { axis, chart, figure, grid, legend, tip } from "./charts.js";
import { onPaper } from "./paper.js";
import { choose, facts, h } from "./dom.js";
import { axisJoules, joules, number, percent, seconds } from "./format.js";
import { powerOf } from "./power.js";

export function trial(report) {
  const { trials, courses, metric } = report;
  const shown = Object.keys(courses).map(Number).filter((i) => courses[i].epoch.length > 0);
  if (shown.length === 0) return null;
  const winner = shown.findIndex((i) => trials.fate[i] === "winner");
  shown.unshift(...shown.splice(Math.max(0, winner), 1));
  let at = shown[0];
  const option = (c) => {
    const course = courses[at];
    const line = (name, data, colour, axisIndex) => ({ name, type: "line", yAxisIndex: axisIndex, data: data.map((v, k) => [k + 1, v]), symbol: "circle", showSymbol: data.length < 40, symbolSize: 5, lineStyle: { color: colour, width: 2 }, itemStyle: { color: colour } });
    return {
      grid: grid({ right: 72 }), legend: legend(c),
      tooltip: tip(c, (ps) => { const k = ps[0].value[0] - 1; return [`epoch ${course.epoch[k]}${course.rolled_back?.includes(k) ? " (rolled back)" : ""}`, `${metric.name} ${number(course.metric[k])}`, `training loss ${number(course.loss[k])}`, `energy ${joules(course.energy_j[k])}`]; }, { trigger: "axis" }),
      xAxis: axis(c, "epochs trained", { scale: false, min: 1, max: Math.max(2, course.epoch.length), minInterval: 1, splitLine: { show: false } }),
      yAxis: [axis(c, metric.name, { nameGap: 42 }), axis(c, "energy of the epoch", { nameGap: 48, splitLine: { show: false }, axisLabel: { ...axis(c).axisLabel, formatter: axisJoules } })],
      series: [line(metric.name, course.metric, c.accent, 0), line("energy of the epoch", course.energy_j, c.explore, 1)],
    };
  };
  const held = chart({ option, label: `Course of trial ${trials.id[at]}` });
  const course = figure({ title: "Course of the trial", text: `Validated ${metric.name} and joules of each epoch (training and evaluation).`, parts: held.node });
  const power = powerOf(report);
  const box = h("div", { "aria-live": "polite" });
  const tell = () => {
    const phases = Object.keys(trials.by_phase).filter((p) => trials.by_phase[p][at] !== null).map((p) => `${p} ${joules(trials.by_phase[p][at])}`).join(", ");
    box.replaceChildren(facts([
      ["Configuration", [...report.constants, ...report.factors.filter((f) => f.level[at] !== null).map((f) => [f.name, f.levels[f.level[at]]])].map(([k, v]) => `${k} = ${v}`).join(", ")],
      ["Fate", trials.fate[at] + (trials.failure[at] ? `: ${trials.failure[at]}` : "")],
      ["Energy", trials.energy_j[at] === null ? "not measured" : `${joules(trials.energy_j[at])} (${joules(trials.low_j[at])} to ${joules(trials.high_j[at])}), method ${trials.method[at]}, coverage ${percent(trials.coverage[at])}`],
      ["By phase", phases], ["Time", seconds(trials.duration_s[at])],
    ]));
    power.show(at);
  };
  tell();
  const controls = choose("Trial", shown.map((i) => `${trials.id[i]} (${trials.fate[i]})`), (k) => { at = shown[k]; tell(); held.redraw(`Course of trial ${trials.id[at]}`); });
  const partly = shown.length < trials.epochs.filter((n) => n > 0).length;
  return { id: "trial", short: "One trial", title: "One trial closely", content: [
    onPaper ? null : controls, box,
    course,
    partly ? h("p", { class: "small" }, `The page holds the epochs of ${shown.length} trials: the winner, the Pareto front, the top lists, then by number up to 150,000 epochs. The store and \`frugal export\` hold all.`) : null,
    power.box] };
}
