// Pictures of a report to look at:  node screenshots.mjs REPORT.html FOLDER   (light, dark and 390 px wide)
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { drawAll, launch, openReport } from "./browser.mjs";

const [file, folder] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const browser = await launch();
for (const [name, options] of [
  ["light", { colorScheme: "light" }],
  ["dark", { colorScheme: "dark" }],
  ["phone", { colorScheme: "light", viewport: { width: 390, height: 844 }, isMobile: true, deviceScaleFactor: 2 }],
]) {
  const { page, trouble, close } = await openReport(browser, file, options);
  await drawAll(page);
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
  if (trouble.length) console.error(name, trouble);
  await close();
}
await browser.close();
