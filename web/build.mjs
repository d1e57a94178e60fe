// Bundles the page of `frugal report --format html` into one file that needs nothing beside it, and writes it as C++
// so that it is compiled into the command:  node build.mjs OUT_DIR  makes OUT_DIR/report.html and OUT_DIR/page.cc.
// The page's policy lets no request leave and no script run but this one (by its hash).
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2] ?? join(here, "dist");

async function bundle(entry) {
  const built = await build({
    entryPoints: [join(here, entry)],
    bundle: true,
    minify: true,
    write: false,
    format: "iife",
    target: ["es2020", "chrome100", "firefox100", "safari15"],
    charset: "utf8",
    legalComments: "none",
    logLevel: "warning",
  });
  return built.outputFiles[0].text;
}

const script = (await bundle("src/main.js")).replaceAll("</script", "<\\/script").replaceAll("<!--", "<\\!--");
const style = await bundle("src/style.css");
const hash = createHash("sha256").update(script, "utf8").digest("base64");
const parts = { "@@script@@": script, "@@style@@": style, "@@hash@@": hash };
const page = readFileSync(join(here, "src/report.html"), "utf8").replace(/@@(script|style|hash)@@/g, (mark) => parts[mark]);
for (const mark of ["title", "summary", "findings"]) {
  if (page.split(`@@frugal:${mark}@@`).length !== 2) throw new Error(`report.html must hold @@frugal:${mark}@@ once`);
}

// Raw strings of 8 kB: no compiler sets a lower limit, and the delimiter never occurs in the page.
if (page.includes(")frugal\"")) throw new Error("the page holds the delimiter of the raw string");
const chunks = [];
for (let at = 0; at < page.length; ) {
  let end = Math.min(at + 8000, page.length);
  if (end < page.length && page.charCodeAt(end - 1) >= 0xd800 && page.charCodeAt(end - 1) <= 0xdbff) --end;
  chunks.push(`R"frugal(${page.slice(at, end)})frugal"`);
  at = end;
}
mkdirSync(out, { recursive: true });
writeFileSync(join(out, "report.html"), page);
writeFileSync(
  join(out, "page.cc"),
  `// Made by web/build.mjs.\n#include "page.h"\n\nnamespace frugal::web {\n\n` +
    `const std::string_view kReportPage =\n${chunks.join("\n")};\n}  // namespace frugal::web\n`,
);
