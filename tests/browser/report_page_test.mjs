// The report page as a reader meets it: made by the real command, opened in headless Chromium. Charts are drawn, nothing
// leaves the page, hostile names do nothing, keyboard and small screens work, and the PDF has its pages and its text.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { drawAll, launch, openReport } from "./browser.mjs";

const { FRUGAL_COMMAND: frugal, SCRIPTED_WORKER: worker, SYNTHETIC_REPORT: synthetic } = process.env;
const hostile = `</script><script>alert(1)</script><img src=x onerror=alert(2)>{{7*7}}`;
let folder, browser;

const at = (name) => join(folder, name);
const run = (...words) => execFileSync(frugal, words, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

function study(name, lines) {
  writeFileSync(at(`${name}.yaml`), `${lines.join("\n")}\nenergy: {devices: "sim:power=100W", carbon: DE}\n`);
  run("run", `${name}.yaml`, "--quiet", "--format", "json");
}

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "frugal-browser-"));
  const workload = `workload: {worker: "${worker}"}`;
  study("vanilla", ["name: vanilla", workload, "fixed: {batch_size: 32, learning_rate: 0.1}", "strategy: {name: vanilla}", "limits: {epochs: 4}"]);
  study("sm2", ["name: searched", workload, "space: {batch_size: [16, 32, 64, 128], learning_rate: {low: 0.01, high: 1, log: true, points: 12}}", "strategy: {name: sm2, thorough_epochs: 3, final_epochs: 4}", "limits: {epochs: 12}"]);
  study("random", ["name: random", workload, "space: {batch_size: [16, 32, 64, 128], learning_rate: {low: 0.001, high: 1, log: true}, optimizer: [sgd, adam]}", "strategy: {name: random, trials: 24}", "limits: {epochs: 3}"]);
  study("hostile", [`name: ${JSON.stringify(hostile.replaceAll("/", "|"))}`, workload, "space: {batch_size: [16, 64]}", `fixed: {learning_rate: 0.1, note: ${JSON.stringify(hostile)}}`, "strategy: {name: grid}", "limits: {epochs: 2}", `# ${hostile}`]);
  for (const name of ["searched", "random"]) run("report", name, "-o", `${name}.html`);
  run("report", "-o", "hostile.html");
  browser = await launch();
});

after(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

// Every chart holds marks: paths in a drawing, or a canvas that is not of one colour.
async function assertDrawn(page, least) {
  const charts = await page.$$eval(".chart", (boxes) => boxes.map((box) => {
    const canvas = box.querySelector("canvas");
    let marks = box.querySelectorAll("svg path").length;
    if (canvas) {
      const pixels = new Uint32Array(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.buffer);
      marks = new Set(pixels.filter((_, i) => i % 97 === 0)).size;
    }
    return { label: box.getAttribute("aria-label"), role: box.getAttribute("role"), marks };
  }));
  assert.ok(charts.length >= least, `${charts.length} charts, at least ${least} expected`);
  for (const chart of charts) {
    assert.equal(chart.role, "img");
    assert.ok(chart.label, "a chart without a label");
    assert.ok(chart.marks > 5, `'${chart.label}' is not drawn`);
  }
}

test("the page of SM² shows the answer of the JSON, draws every chart, and asks nothing of the network", async () => {
  const { page, trouble, close } = await openReport(browser, at("searched.html"));
  await drawAll(page);
  const report = JSON.parse(run("report", "searched", "--format", "json"));
  assert.equal(await page.textContent("h1"), "searched");
  const lede = await page.textContent(".lede");
  assert.ok(lede.startsWith(`Trial ${report.winner.trial} wins with accuracy ${Number(report.winner.metric.value.toPrecision(4))} after epoch ${report.winner.epochs};`), lede);
  assert.ok(lede.includes("simulated, not measured"), lede);
  await assertDrawn(page, 8);
  const titles = await page.$$eval("section > h2", (heads) => heads.map((h) => h.textContent));
  assert.deepEqual(titles, ["The answer", "Energy and quality", "How the search decided", "The trials", "One trial closely", "How it was measured"]);
  const decisions = await page.$$eval("#rounds > div:last-child tbody tr", (rows) => rows.length);
  assert.equal(decisions, report.rounds.flatMap((r) => r.rows).length);
  assert.ok((await page.textContent("#answer")).includes("'vanilla'"), "parity with the study of the same workload");
  assert.ok((await page.textContent("#answer")).includes("Germany"), "CO2e with its place");
  assert.equal(await page.textContent("pre.verbatim"), report.study_file);
  assert.deepEqual(trouble, []);
  await close();
});

test("the page of a random search has top lists, distributions, slices, parallel coordinates and matrices", async () => {
  const { page, trouble, close } = await openReport(browser, at("random.html"));
  await drawAll(page);
  await assertDrawn(page, 11);
  const captions = (await page.$$eval("figcaption b, .caption b", (all) => all.map((b) => b.textContent.replace(/^\S+ \d+\. /, "")))).join(" ");
  for (const wanted of ["Energy against quality", "Anytime curve", "best accuracy", "least energy", "Distribution of energy", "Slices", "Parallel coordinates", "Levels sorted by", "What changes energy per epoch", "Coefficients for best accuracy", "Parameters and outcomes"]) {
    assert.ok(captions.includes(wanted), `${wanted} is missing: ${captions}`);
  }
  // Another parameter of the slices is drawn anew.
  const before_ = await page.getAttribute('.chart[aria-label^="energy by"]', "aria-label");
  await page.selectOption('label:has-text("Parameter") select', "1");
  assert.notEqual(await page.getAttribute('.chart[aria-label^="energy by"]', "aria-label"), before_);
  assert.deepEqual(trouble, []);
  await close();
});

test("what a study is called is text, and nothing else", async () => {
  const { page, trouble, close } = await openReport(browser, at("hostile.html"));
  await drawAll(page);
  assert.equal(await page.textContent("h1"), hostile.replaceAll("/", "|"));
  assert.equal(await page.$$eval("script", (all) => all.length), 2);
  assert.equal(await page.$$eval("img", (all) => all.length), 0);
  assert.ok((await page.textContent("pre.verbatim")).includes(hostile));
  await page.hover(".chart");
  assert.deepEqual(trouble, []);
  await close();
});

// The time of trials of the scripted worker is short, so their power is read every few milliseconds.
test("power over time is drawn for the trial that is chosen, with its phases, figures and sensors", async () => {
  writeFileSync(at("traced.yaml"), [`name: traced`, `workload: {worker: "${worker} --epoch-ms 80"}`, "space: {batch_size: [16, 32, 64]}", "fixed: {learning_rate: 0.1}", "strategy: {name: grid}", "limits: {epochs: 3}", `energy: {devices: "sim:power=100W;sim:sensor=power,power=40W", interval: 5 ms}`].join("\n"));
  run("run", "traced.yaml", "--quiet", "--format", "json");
  run("report", "traced", "-o", "traced.html");
  const { page, trouble, close } = await openReport(browser, at("traced.html"));
  await drawAll(page);
  const held = await page.evaluate(() => JSON.parse(document.getElementById("findings").textContent).close);
  assert.equal(held.traced, 3);
  assert.equal(held.trials.length, 3);
  const [first] = held.trials;
  assert.deepEqual(first.lines.map((line) => line.device), ["sim0", "sim1"]);
  const told = first.lines[0].mean_w.filter((w) => w !== null);
  assert.ok(told.length > 20 && told.every((w) => w > 90 && w < 110), "the mean of a steady 100 W");
  assert.ok(first.spans.some(([, , phase]) => phase === "train") && first.spans.some(([, , phase]) => phase === "evaluate"));
  const label = () => page.getAttribute('.chart[aria-label^="Power over time"]', "aria-label");
  assert.equal(await label(), `Power over time of trial ${first.trial}: sim0, sim1`);
  assert.ok((await page.$$eval('.chart[aria-label^="Power over time"] svg path', (all) => all.length)) > 5);
  const text = await page.textContent("#trial");
  for (const wanted of ["Shaded: ", "train", "Figures of trial", "Power of trial", "Coverage", "Method", "sim0 (simulated counter)"]) assert.ok(text.includes(wanted), `${wanted} is missing`);
  const [other] = (await page.textContent('label:has-text("Trial") select option[value="1"]')).split(" ");
  await page.selectOption('label:has-text("Trial") select', "1");
  assert.notEqual(other, String(first.trial));
  assert.equal(await label(), `Power over time of trial ${other}: sim0, sim1`);
  assert.ok((await page.textContent("#trial")).includes(`Figures of trial ${other}`));
  await page.hover('.chart[aria-label^="Power over time"]');
  const measured = await page.textContent("#measured");
  for (const wanted of ["Sensors", "Read every", "5\u202fms", "Usable CPUs", "the name of the host"]) assert.ok(measured.includes(wanted), `${wanted} is missing`);
  assert.deepEqual(trouble, []);
  await close();
});

// What the section says is what the JSON of the same study says.
test("the greenscreen pipeline sets baseline, choice and final run side by side, on the page and in the PDF that run writes", async () => {
  study("pipeline", ["name: pipeline", `workload: {worker: "${worker}"}`, "space: {batch_size: [16, 32, 64, 128], learning_rate: {choices: [0.01, 0.1, 0.3]}, optimizer: [sgd, adam]}", "strategy: {name: greenscreen, trials: 16, baseline: {batch_size: 16, learning_rate: 0.01, optimizer: sgd}, final: winners, final_epochs: 6}", "limits: {epochs: 3}", "report: pipeline.pdf"]);
  run("report", "pipeline", "-o", "pipeline.html");
  const held = JSON.parse(run("report", "pipeline", "--format", "json")).pipeline;
  const { page, trouble, close } = await openReport(browser, at("pipeline.html"));
  await drawAll(page);
  const text = await page.textContent("#pipeline");
  assert.ok(text.includes(`${held.considered} of ${held.configurations} random configurations count`), text);
  const stages = held.rows.map((row) => row.stage);
  assert.deepEqual(stages.filter((stage) => stage !== "chosen"), ["baseline", "final"]);
  const [first, levels] = await page.$$eval("#pipeline table", (tables) => tables.map((t) => ({ heads: [...t.querySelectorAll("thead th")].map((th) => th.textContent), rows: [...t.querySelectorAll("tbody tr")].map((tr) => [...tr.children].map((td) => td.textContent)) })));
  const names = { baseline: "Baseline", chosen: "Chosen configuration", final: "Final run" };
  assert.deepEqual(first.heads.slice(1), stages.map((stage) => names[stage]));
  const line = (name) => first.rows.find((row) => row[0] === name)?.slice(1);
  assert.deepEqual(line("Trial"), held.rows.map((row) => row.trials.join(", ")));
  assert.deepEqual(line("Epochs"), held.rows.map((row) => String(row.epochs)));
  assert.deepEqual(line("batch_size"), held.rows.map((row) => String(row.point.batch_size)));
  const last = held.rows.at(-1);
  assert.ok(Math.abs(Number(line("Energy ÷ baseline").at(-1)) - last.energy_ratio) < 0.001, `${line("Energy ÷ baseline")} against ${last.energy_ratio}`);
  assert.ok(text.includes("The final run takes "));
  assert.deepEqual(levels.rows.map((row) => row[0]), held.levels.map((level) => level.parameter));
  assert.deepEqual(levels.rows.map((row) => row[1]), held.levels.map((level) => String(level.value)));
  assert.deepEqual(trouble, []);
  await close();
  const small = await openReport(browser, at("pipeline.html"), { viewport: { width: 390, height: 844 }, isMobile: true });
  assert.equal(await small.page.evaluate(() => document.documentElement.scrollWidth), 390);
  await small.close();
  const printed = execFileSync("pdftotext", ["-layout", at("pipeline.pdf"), "-"], { encoding: "utf8" });
  for (const wanted of ["Baseline, choice and final run", "Final run", "Where the values of the final run come from"]) assert.ok(printed.includes(wanted), `the PDF lacks '${wanted}'`);
});

test("the keyboard reaches the answer, the colours, sorting and the data of a figure", async () => {
  const { page, trouble, close } = await openReport(browser, at("searched.html"), { colorScheme: "light" });
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Skip to the answer");
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await ground();
  await page.focus("nav button");
  await page.keyboard.press("Enter");
  assert.notEqual(await ground(), light);
  assert.equal(await page.getAttribute("nav button", "aria-label"), "Switch to light colours");
  const head = page.locator("#trials thead button", { hasText: "Energy" });
  await head.focus();
  await page.keyboard.press("Enter");
  assert.equal(await page.locator("#trials th[aria-sort=descending]").first().textContent(), "Energy");
  const summary = page.locator("figure summary").first();
  await summary.focus();
  await page.keyboard.press("Enter");
  await page.waitForSelector("figure details[open] table");
  assert.ok(await page.locator("figure details[open] tbody tr").count() > 0);
  assert.deepEqual(trouble, []);
  await close();
});

test("screen readers find a language, landmarks, one first heading, named regions and named columns", async () => {
  const { page, close } = await openReport(browser, at("random.html"));
  const found = await page.evaluate(() => ({
    language: document.documentElement.lang,
    landmarks: ["nav", "main", "header", "footer"].map((tag) => document.querySelectorAll(`body ${tag}`).length),
    firsts: document.querySelectorAll("h1").length,
    unnamed: [...document.querySelectorAll("section")].filter((s) => !document.getElementById(s.getAttribute("aria-labelledby"))).length,
    regions: [...document.querySelectorAll("[role=region]")].filter((r) => !r.getAttribute("aria-label")).length,
    heads: [...document.querySelectorAll("thead th")].filter((th) => th.scope !== "col").length,
    selects: [...document.querySelectorAll("select")].filter((s) => !s.labels.length).length,
  }));
  assert.deepEqual(found, { language: "en", landmarks: [1, 1, 1, 1], firsts: 1, unnamed: 0, regions: 0, heads: 0, selects: 0 });
  await close();
});

// WCAG 2.1, 1.4.3: at least 4.5 to 1 for text.
test("text stands out from its ground in light and dark", async () => {
  for (const colorScheme of ["light", "dark"]) {
    const { page, close } = await openReport(browser, at("searched.html"), { colorScheme });
    const ratios = await page.evaluate(() => {
      const luminance = (hex) => {
        const [r, g, b] = [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16) / 255).map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const style = getComputedStyle(document.documentElement);
      const colour = (name) => style.getPropertyValue(`--${name}`).trim();
      const ratio = (a, b) => { const [x, y] = [luminance(colour(a)), luminance(colour(b))].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05); };
      return [["ink", "ground"], ["soft", "ground"], ["faint", "ground"], ["accent", "ground"], ["ink", "panel"], ["warn", "warn-ground"], ["ink", "warn-ground"]].map(([a, b]) => [`${a} on ${b}`, ratio(a, b)]);
    });
    for (const [pair, ratio] of ratios) assert.ok(ratio >= 4.5, `${colorScheme}: ${pair} is ${ratio.toFixed(2)} to 1`);
    await close();
  }
});

test("at 390 pixels nothing is wider than the screen", async () => {
  for (const name of ["searched.html", "random.html", "hostile.html"]) {
    const { page, trouble, close } = await openReport(browser, at(name), { viewport: { width: 390, height: 844 }, isMobile: true });
    await drawAll(page);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390, name);
    assert.deepEqual(trouble, []);
    await close();
  }
});

test("the PDF has pages of A4 with the answer, every section, the figures and the study file", () => {
  run("report", "searched", "--format", "pdf", "-o", "searched.pdf");
  const info = execFileSync("pdfinfo", [at("searched.pdf")], { encoding: "utf8" });
  const pages = Number(/Pages:\s+(\d+)/.exec(info)[1]);
  assert.ok(pages >= 4 && pages <= 12, `${pages} pages`);
  assert.match(info, /Page size:.*A4/);
  const text = execFileSync("pdftotext", ["-layout", at("searched.pdf"), "-"], { encoding: "utf8" });
  for (const wanted of ["searched", "The answer", "Energy and quality", "How the search decided", "The trials", "How it was measured", "Figure 1. Energy against quality", "Figure 5.", "Decision log", "strategy: {name: sm2, thorough_epochs: 3", "best accuracy so far"]) {
    assert.ok(text.includes(wanted), `the PDF lacks '${wanted}'`);
  }
});

test("without a browser a PDF is refused with a sentence that says how", () => {
  const made = spawnSync(frugal, ["report", "searched", "--format", "pdf", "-o", "none.pdf"], { cwd: folder, encoding: "utf8", env: { ...process.env, PATH: folder } });
  assert.equal(made.status, 1);
  assert.equal(made.stderr, "frugal: error: a PDF is printed by Chromium or Chrome, and none was found on PATH (chromium, chromium-browser, google-chrome)\n  try: apt-get install chromium; or frugal report --format html, open it in any browser and print it to PDF\n");
  assert.throws(() => readFileSync(at("none.pdf")));
});

for (const [trials, epochs] of [[2000, 50], [46000, 2]]) {
  test(`${trials} trials of ${epochs} epochs open and draw`, async (t) => {
    const made = JSON.parse(execFileSync(synthetic, [String(trials), String(epochs), at("large.html")], { encoding: "utf8" }));
    const { page, trouble, close } = await openReport(browser, at("large.html"));
    const paint = await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime);
    const begun = Date.now();
    await drawAll(page);
    t.diagnostic(`findings ${made.find_ms} ms, page ${made.render_ms} ms, ${(made.bytes / 1e6).toFixed(1)} MB; first paint ${paint?.toFixed(0)} ms; scrolled through with every chart in ${Date.now() - begun} ms`);
    await assertDrawn(page, 10);
    assert.deepEqual(trouble, []);
    await close();
  });
}
