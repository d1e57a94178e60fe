// A figure: caption with number, title and unit; a chart that is drawn when it comes into view; its data as a table.
// Colours come from the style sheet, so that light, dark and paper are one set of rules.
import * as echarts from "echarts/core";
import { BarChart, HeatmapChart, LineChart, ParallelChart, ScatterChart } from "echarts/charts";
import { GridComponent, LegendComponent, MarkAreaComponent, MarkLineComponent, ParallelComponent, TooltipComponent, VisualMapComponent } from "echarts/components";
import { CanvasRenderer, SVGRenderer } from "echarts/renderers";
import { h } from "./dom.js";
import { onPaper } from "./paper.js";

echarts.use([BarChart, HeatmapChart, LineChart, ParallelChart, ScatterChart, GridComponent, LegendComponent, MarkAreaComponent,
  MarkLineComponent, ParallelComponent, TooltipComponent, VisualMapComponent, CanvasRenderer, SVGRenderer]);

const sans = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Helvetica Neue", Arial, sans-serif';
const charts = new Set();

export function colours() {
  const style = getComputedStyle(document.documentElement);
  return new Proxy({}, { get: (_, name) => style.getPropertyValue(`--${String(name)}`).trim() });
}
// Trials of one chart: told apart by hue, and by their names in tip and table; the first is the accent.
export const palette = ["accent", "evaluate", "explore", "load", "failed", "lost", "other", "soft"];

export const axis = (c, name, more = {}) => ({
  type: "value", name, nameLocation: "middle", nameGap: 34, scale: true,
  nameTextStyle: { color: c.soft, fontSize: 12, fontFamily: sans },
  axisLabel: { color: c.soft, fontSize: 11, fontFamily: sans, hideOverlap: true },
  axisLine: { show: true, lineStyle: { color: c.line } }, axisTick: { show: false },
  splitLine: { lineStyle: { color: c.grid } }, minorSplitLine: { show: false },  ...more,
});
export const grid = (more = {}) => ({ left: 58, right: 18, top: 34, bottom: 52, outerBoundsMode: "none", ...more });
export const legend = (c, more = {}) => ({ top: 0, left: 0, icon: "circle", itemWidth: 9, itemHeight: 9, itemGap: 14, type: "scroll", textStyle: { color: c.soft, fontSize: 12, fontFamily: sans }, pageTextStyle: { color: c.soft }, pageIconColor: c.soft, ...more });
// lines(params) gives the lines of a tip; they are text, never markup.
export const tip = (c, lines, more = {}) => ({
  confine: true, backgroundColor: c.ground, borderColor: c.line, textStyle: { color: c.ink, fontSize: 12, fontFamily: sans }, transitionDuration: 0,
  formatter: (params) => h("div", {}, lines(params).map((line, i) => h("div", { style: i === 0 ? "font-weight:600" : "" }, line))), ...more,
});

function draw(chart) {
  if (chart.instance) chart.instance.dispose();
  chart.instance = echarts.init(chart.box, null, { renderer: chart.canvas && !onPaper ? "canvas" : "svg" });
  chart.instance.setOption({ animation: false, textStyle: { fontFamily: sans }, ...chart.option(colours(), chart.box.clientWidth) });
  chart.box.dataset.drawn = "true";
}

const watcher = typeof IntersectionObserver === "function" && !onPaper
  ? new IntersectionObserver((entries) => {
      for (const entry of entries) {
        if (!entry.isIntersecting) continue;
        watcher.unobserve(entry.target);
        for (const chart of charts) if (chart.box === entry.target && !chart.instance) draw(chart);
      }
    }, { rootMargin: "400px" })
  : null;

// option(colours, width) → ECharts option. `canvas` for many points. Returns {node, redraw}.
export function chart({ option, label, size = "", canvas = false }) {
  const box = h("div", { class: `chart ${size}`, role: "img", "aria-label": label });
  const held = { box, option, canvas, instance: null };
  charts.add(held);
  if (watcher) watcher.observe(box);
  return { node: box, redraw: (newLabel) => { if (newLabel) box.setAttribute("aria-label", newLabel); if (held.instance) draw(held); } };
}

let figures = 0;
export function figure({ title, text = "", parts, data = null }) {
  const details = data && h("details", { class: "data", ontoggle: () => { if (details.open && details.children.length === 1) details.append(data()); } }, h("summary", {}, "Data as a table"));
  return h("figure", {}, h("figcaption", {}, h("b", {}, `Figure ${++figures}. ${title}. `), text), parts, details);
}

export function drawAll() { for (const held of charts) if (!held.instance) draw(held); }
export function redrawAll() { for (const held of charts) if (held.instance) draw(held); }

let width = window.innerWidth;
window.addEventListener("resize", () => {
  if (window.innerWidth === width) return;
  width = window.innerWidth;
  redrawAll();
});
// Printed by hand: everything, at the width of a page.
window.addEventListener("beforeprint", () => { drawAll(); if (!onPaper) for (const held of charts) held.instance.resize({ width: 660 }); });
window.addEventListener("afterprint", redrawAll);
