// Elements without markup in strings: what a study is called can never become HTML here.
import { onPaper } from "./paper.js";

export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "style") element.style.cssText = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((c) => c !== null && c !== undefined && c !== false));
  return element;
}

// A mark in the colour of a fate or phase; the word stands beside it, the colour alone says nothing.
export const mark = (name) => h("span", { class: "mark", style: `background: var(--${name})`, "aria-hidden": "true" });

export const hue = mark;

// A long name may be cut after its underscores.
const breakable = (text) => text.split("_").flatMap((part, i) => (i === 0 ? [part] : ["_", h("wbr"), part]));

let tables = 0;
let named = 0;
// columns: {head, cell(row) → text or node, numeric, wrap, sort(row) → number or text}; rows: any.
// More than `first` rows are shown on request, so that the page stays light.
// A table that is made anew when another trial is chosen has no number.
export function table({ title, text = "", columns, rows, first = 50, numbered = true, rowClass = () => null, below = null }) {
  let shown = first;
  let sorted = rows;
  let by = null;
  let down = true;
  const body = h("tbody");
  const row = (item) =>
    h("tr", { class: [rowClass(item), below ? "upper" : null].filter(Boolean).join(" ") || null }, columns.map((column, i) => {
      const kind = [column.numeric ? "n" : "", column.wrap ? "wrap" : ""].join(" ").trim() || null;
      return i === 0 ? h("th", { scope: "row", class: kind }, column.cell(item)) : h("td", { class: kind }, column.cell(item));
    }));
  const more = h("button", { type: "button", onclick: () => { shown += 200; fill(); } });
  const fill = () => {
    body.replaceChildren(...sorted.slice(0, shown).flatMap((item) => (below ? [row(item), h("tr", { class: "below" }, h("td", { class: "wrap", colspan: columns.length }, below(item)))] : [row(item)])));
    more.hidden = sorted.length <= shown;
    more.textContent = `Show more: ${Math.min(shown, sorted.length)} of ${sorted.length} shown`;
  };
  const sortBy = (column) => {
    down = by === column ? !down : true;
    by = column;
    const key = column.sort;
    sorted = rows.slice().sort((a, b) => {
      const x = key(a), y = key(b);
      if (x === y) return 0;
      if (x === null || x === undefined) return 1;
      if (y === null || y === undefined) return -1;
      return (x < y ? -1 : 1) * (down ? -1 : 1);
    });
    heads.forEach((head, i) => head.setAttribute("aria-sort", columns[i] === by ? (down ? "descending" : "ascending") : "none"));
    fill();
  };
  const heads = columns.map((column) =>
    h("th", { scope: "col", class: column.numeric ? "n" : null, "aria-sort": column.sort ? "none" : null },
      column.sort && !onPaper ? h("button", { type: "button", onclick: () => sortBy(column) }, breakable(column.head)) : breakable(column.head)));
  fill();
  // Beside the table and not in it: a caption would be as wide as the table, and scroll away with it.
  const id = `table-${++tables}`;
  const caption = title && h("p", { class: "caption", id }, h("b", {}, `${numbered ? `Table ${++named}. ` : ""}${title}. `), text);
  const name = title ?? "Data of the figure";
  return h("div", { class: rows.length <= 16 ? "short" : null }, caption, h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": name },
    h("table", { class: columns.length > 11 ? "wide" : null, "aria-labelledby": title ? id : null }, h("thead", {}, h("tr", {}, heads)), body)), h("p", { class: "controls" }, more));
}

export const facts = (pairs) => h("dl", { class: "facts" }, pairs.filter(([, v]) => v !== null && v !== undefined && v !== "").map(([k, v]) => [h("dt", {}, k), h("dd", {}, v)]));

export function choose(label, options, onchange) {
  const select = h("select", { onchange: () => onchange(Number(select.value)) }, options.map((text, i) => h("option", { value: i }, text)));
  return h("div", { class: "controls" }, h("label", {}, label, select));
}
