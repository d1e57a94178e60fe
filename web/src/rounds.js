// 3: SM². Quality, energy per epoch and learning rate over the epochs (Figure 2 of Geissler et al. 2024, arXiv
// 2412.08526), the range tests with the chosen window (its Figure 1), and every round's decision.
import { axis, chart, figure, grid, palette, tip } from "./charts.js";
import { onPaper } from "./paper.js";
import { choose, h, hue, table } from "./dom.js";
import { axisJoules, fixed, joules, number } from "./format.js";

const most = 8;

function followed(report) {
  const { trials, courses } = report;
  return Object.keys(courses).map(Number).sort((a, b) => (trials.fate[b] === "winner") - (trials.fate[a] === "winner") || trials.epochs[b] - trials.epochs[a] || a - b).slice(0, most);
}

// One of the three columns. line(course) → values by epoch; probe(exploration) → value.
function column(report, shown, name, line, probe, more, show) {
  const { trials, courses } = report;
  const option = (c) => {
    const hues = palette.map((name) => c[name]);
    return {
      grid: grid({ top: 14, left: 54, right: 12 }),
      tooltip: tip(c, (p) => [p.seriesName, `${name} ${show(p.value[1])}`, p.value[2] ? `exploration of round ${p.value[2]}` : `epoch ${p.value[0]} of its training`]),
      xAxis: axis(c, "epochs trained", { scale: false, min: 0, minInterval: 1, splitLine: { show: false } }), yAxis: axis(c, "", more(c)),
      series: shown.flatMap((i, n) => {
        const colour = hues[n % hues.length];
        const course = courses[i];
        const probes = (course.explorations ?? []).map((e) => [e.after, probe(e), e.round]).filter((p) => p[1] !== null);
        const label = `trial ${trials.id[i]}`;
        const wins = trials.fate[i] === "winner";
        return [
          { name: label, type: "line", data: line(course).map((v, at) => [at + 1, v]), symbol: "circle", showSymbol: course.epoch.length < 25, symbolSize: 4, lineStyle: { color: colour, width: wins ? 2.4 : 1.5 }, itemStyle: { color: colour }, z: wins ? 4 : 3 },
          { name: label, type: "scatter", data: probes, symbol: "diamond", symbolSize: 9, itemStyle: { color: c.ground, borderColor: colour, borderWidth: 1.5 }, z: 5 },
        ];
      }),
    };
  };
  return h("div", {}, h("p", { class: "small" }, h("b", {}, name)), chart({ option, label: `${name} over epochs for ${shown.length} configurations; diamonds are explorations.` }).node);
}

function ratesOf(course) {
  const values = [];
  course.rates.forEach(([from, rate], k) => { const to = course.rates[k + 1]?.[0] ?? course.epoch.length; for (let i = from; i < to; ++i) values.push(rate); });
  return values;
}

function columns(report) {
  const shown = followed(report);
  const label = (c, formatter) => ({ axisLabel: { ...axis(c).axisLabel, formatter } });
  const rows = shown.flatMap((i) => { const rates = ratesOf(report.courses[i]); return report.courses[i].epoch.map((e, at) => ({ i, e, at, rate: rates[at] })); });
  return figure({
    title: "Quality, energy and learning rate over the epochs", text: `Lines are full epochs, diamonds are explorations (P, E and the rate they led to, placed where they happened). The winner is drawn thicker${Object.keys(report.courses).length > most ? `; of ${Object.keys(report.courses).length} configurations the ${most} that trained longest` : ""}. Layout after Figure 2 of SM² (Geissler et al. 2024).`,
    parts: [h("div", { class: "keys" }, shown.map((i, n) => h("span", {}, hue(palette[n % palette.length]), `trial ${report.trials.id[i]}, ${report.trials.fate[i]}`))), h("div", { class: "row three" },
      column(report, shown, `validated ${report.metric.name}`, (course) => course.metric, (e) => e.quality, () => ({}), number),
      column(report, shown, "energy per epoch", (course) => course.energy_j, (e) => e.energy_per_epoch_j, (c) => label(c, axisJoules), joules),
      column(report, shown, "learning rate (log scale)", ratesOf, (e) => e.rate, (c) => ({ type: "log", ...label(c, (v) => number(v, 2)) }), (v) => number(v, 3)))],
    data: () => table({ columns: [{ head: "Trial", cell: (r) => String(report.trials.id[r.i]) }, { head: "Epoch", numeric: true, cell: (r) => String(r.e) }, { head: report.metric.name, numeric: true, cell: (r) => number(report.courses[r.i].metric[r.at]) }, { head: "Energy", numeric: true, cell: (r) => joules(report.courses[r.i].energy_j[r.at]) }, { head: "Learning rate", numeric: true, cell: (r) => number(r.rate, 3) }, { head: "", cell: (r) => (report.courses[r.i].rolled_back?.includes(r.at) ? "rolled back" : "") }], rows }),
  });
}

function rateTests(report) {
  const tests = report.rate_tests;
  if (tests.length === 0) return null;
  const winner = report.answer.winner?.trial;
  let at = Math.max(0, tests.findIndex((t) => t.trial === winner));
  const name = (t) => `round ${t.round}, trial ${t.trial}${t.trial === winner ? " (winner)" : ""}`;
  const option = (c) => {
    const t = tests[at];
    const [begin, end] = t.window;
    const line = (rate, text, style, position) => ({ xAxis: rate, lineStyle: { color: c.accent, type: style, width: 1.5 }, label: { formatter: text, color: c.accent, fontSize: 11, position } });
    const lines = [line(t.selected, `selected ${number(t.selected, 3)}`, "solid", "end")];
    if (t.used !== null && t.used !== t.selected) lines.push(line(t.used, `used ${number(t.used, 3)}`, "dashed", "start"));
    return {
      grid: grid({ top: 44 }), tooltip: tip(c, (p) => (p.value ? [`learning rate ${number(p.value[0], 3)}`, `loss ${number(p.value[1])}`] : [p.name])),
      xAxis: axis(c, "learning rate (log scale)", { type: "log", min: t.rates[0], max: t.rates[t.rates.length - 1], axisLabel: { ...axis(c).axisLabel, formatter: (v) => number(v, 2) }, splitLine: { show: false } }),
      yAxis: axis(c, "training loss, mean of the cycles", { nameGap: 42 }),
      series: [{ type: "line", data: t.rates.map((rate, i) => [rate, t.losses[i]]), symbol: "circle", symbolSize: 5, lineStyle: { color: c.ink, width: 1.5 }, itemStyle: { color: c.ink }, connectNulls: false,
        markArea: end > begin ? { silent: true, itemStyle: { color: c["accent-soft"], opacity: 0.8 }, data: [[{ xAxis: t.rates[begin] }, { xAxis: t.rates[end - 1] }]] } : undefined,
        markLine: { symbol: "none", data: [...lines, ...(t.loss_before === null ? [] : [{ yAxis: t.loss_before, lineStyle: { color: c.faint, type: [2, 3] }, label: { formatter: "loss before", color: c.soft, fontSize: 11, position: "insideStartTop" } }])] } }],
    };
  };
  const say = () => { const t = tests[at]; return `Range test of ${name(t)}: the rule selects ${number(t.selected, 3)}.`; };
  const held = chart({ option, label: say() });
  const note = h("p", { class: "small", "aria-live": "polite" });
  const tell = () => { note.textContent = `${say()} ${tests[at].note ? `${tests[at].note}.` : ""}`; };
  tell();
  const controls = choose("Exploration", tests.map(name), (i) => { at = i; tell(); held.redraw(say()); });
  controls.querySelector("select").value = String(at);
  return figure({
    title: "Learning-rate range test", text: "Mean loss by rate. The shaded window is what the study's rule went by, the line the rate that it selects; a rate that a cap or an earlier phase held is drawn dashed. After Figure 1 of SM².",
    parts: [onPaper ? null : controls, held.node, note],
    data: () => table({ columns: [{ head: "Round", cell: (t) => String(t.round) }, { head: "Trial", cell: (t) => String(t.trial) }, { head: "Selected", numeric: true, cell: (t) => fixed(t.selected, 3) }, { head: "Used", numeric: true, cell: (t) => fixed(t.used, 3) }, { head: "Losses by rate", wrap: true, cell: (t) => t.rates.map((r, i) => `${number(r, 3)}: ${number(t.losses[i], 4)}`).join(", ") }], rows: tests }),
  });
}

export function rounds(report) {
  if (report.rounds.length === 0) return null;
  return { id: "rounds", short: "Rounds", title: "How the search decided", content: [
    columns(report), rateTests(report),
    table({ title: "Decision log", text: "Every configuration in every round: quality P, energy per epoch E, learning rate LR, objective f = α·P̂ + (1−α)·(β·Ê + (1−β)·L̂R). Later rows of the same trial and round are roll-backs or lowered rates.", first: 80,
      rowClass: (r) => (r.kept ? null : "out"),
      columns: [{ head: "Round", cell: (r) => String(r.round) }, { head: "Trial", cell: (r) => String(r.trial) }, { head: "P", numeric: true, cell: (r) => fixed(r.p) }, { head: "E per epoch", numeric: true, cell: (r) => joules(r.e_j) }, { head: "LR", numeric: true, cell: (r) => fixed(r.lr, 3) }, { head: "f", numeric: true, cell: (r) => (r.f === null ? "–" : r.f.toFixed(3)) }, { head: "Kept", cell: (r) => (r.kept ? "yes" : "dropped") }, { head: "Note", wrap: true, cell: (r) => r.note }],
      rows: report.rounds })] };
}
