// The page: reads the one object of the report and lays out its sections. Formats numbers, computes none.
import { drawAll, redrawAll } from "./charts.js";
import { onPaper } from "./paper.js";
import { h } from "./dom.js";
import { analysis } from "./analysis.js";
import { answer } from "./answer.js";
import { energy } from "./energy.js";
import { measured } from "./measured.js";
import { pipeline } from "./pipeline.js";
import { rounds } from "./rounds.js";
import { search } from "./search.js";
import { trial } from "./trial.js";

const report = JSON.parse(document.getElementById("findings").textContent);
const root = document.documentElement;
if (onPaper) {
  root.classList.add("print");
  root.dataset.theme = "light";
}

function themeButton() {
  const dark = () => (root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const button = h("button", { type: "button", onclick: () => { root.dataset.theme = dark() ? "light" : "dark"; say(); redrawAll(); } });
  const say = () => { button.textContent = dark() ? "Light" : "Dark"; button.setAttribute("aria-label", dark() ? "Switch to light colours" : "Switch to dark colours"); };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { say(); redrawAll(); });
  say();
  return button;
}

const sections = [answer(report), pipeline(report), energy(report), rounds(report), search(report), analysis(report), trial(report), measured(report)].filter(Boolean);
const links = sections.map((s) => h("a", { href: `#${s.id}` }, s.short));
links[0].setAttribute("aria-current", "true");
const under = [`strategy ${report.strategy}`, `seed ${report.seed}`, `begun ${report.method.begun}`].join(" · ");

document.getElementById("page").append(
  h("nav", { "aria-label": "Sections" }, h("div", { class: "inner" }, links, h("span", { class: "space" }), themeButton())),
  h("header", { class: "front" }, h("p", { class: "over" }, "Energy and quality of a training study"), h("h1", {}, report.study), h("p", { class: "under" }, under)),
  h("main", {}, sections.map((s) => h("section", { id: s.id, "aria-labelledby": `${s.id}-title` }, h("h2", { id: `${s.id}-title` }, s.title), s.content))),
  h("footer", {}, `Made by frugal ${report.method.frugal}. This file is complete in itself: it asks nothing of the network. Charts: Apache ECharts (Apache License 2.0).`));

if (onPaper) drawAll();
else if (typeof IntersectionObserver === "function") {
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      links.forEach((link) => (link.getAttribute("href") === `#${entry.target.id}` ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current")));
    }
  }, { rootMargin: "-10% 0px -60% 0px" });
  document.querySelectorAll("section").forEach((s) => seen.observe(s));
}
root.dataset.ready = "true";
