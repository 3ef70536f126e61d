// Chromium kept open: for each line "HTML-FILE<TAB>PDF-FILE" on stdin a new context, one PDF, one line on stdout.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const [modules, profile, ...flags] = process.argv.slice(2);
const { chromium } = createRequire(modules + "/")("playwright-core");
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: flags, env: { ...process.env, HOME: profile } });
console.log("ready");
for await (const line of createInterface({ input: process.stdin })) {
  const [html, pdf] = line.split("\t");
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto("file://" + html);
  await page.pdf({ path: pdf, format: "A4", printBackground: true });
  await context.close();
  console.log("done");
}
await browser.close();
