// What the browser tests share: a headless Chromium, and a page of it that takes note of every error and request.
import { accessSync, constants } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const require = createRequire(join(here, "../../web/package.json"));
const { chromium } = require("playwright-core");

export function browserPath() {
  for (const name of ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]) {
    for (const folder of (process.env.PATH ?? "").split(delimiter)) {
      try {
        accessSync(join(folder, name), constants.X_OK);
        return join(folder, name);
      } catch { /* the next */ }
    }
  }
  throw new Error("no Chromium or Chrome on PATH (chromium, chromium-browser, google-chrome): scripts/setup installs one");
}

export const launch = () =>
  chromium.launch({ executablePath: browserPath(), args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"] });

// A page with what went wrong on it: errors of the console and of scripts, and requests other than for the file itself.
export async function openReport(browser, file, { hash = "", ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1200, height: 900 }, deviceScaleFactor: 1, ...options });
  const page = await context.newPage();
  const trouble = [];
  const address = pathToFileURL(file).href;
  page.on("console", (message) => { if (["error", "warning"].includes(message.type())) trouble.push(`console: ${message.text()}`); });
  page.on("pageerror", (error) => trouble.push(`script: ${error.stack ?? error}`));
  page.on("dialog", (dialog) => { trouble.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on("request", (request) => { if (request.url().split("#")[0] !== address && !request.url().startsWith("data:")) trouble.push(`request: ${request.url()}`); });
  await page.goto(address + hash);
  await page.waitForSelector("html[data-ready]", { timeout: 30_000 });
  return { page, trouble, close: () => context.close() };
}

// Scrolls through the page until every chart is drawn.
export async function drawAll(page) {
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  for (let y = 0; y <= height; y += 500) {
    await page.evaluate((to) => window.scrollTo({ top: to, behavior: "instant" }), y);
    await page.waitForTimeout(30);
  }
  await page.waitForFunction(() => [...document.querySelectorAll(".chart")].every((c) => c.dataset.drawn), null, { timeout: 20_000 });
  await page.evaluate(() => window.scrollTo({ top: 0, behavior: "instant" }));
  await page.waitForTimeout(60);
}
