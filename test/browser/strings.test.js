// Texts that have broken other sites, in every place where people may write: each
// page that shows them stays as wide as a narrow window, nothing of them runs,
// and the policy has nothing to report. All the strings of the corpus go through
// the pages in a test of package web; these are the ones that need a browser.

import assert from "node:assert/strict";
import { test } from "node:test";
import { accessible, api, browser, enter, fits, open, url } from "./lib.js";

const word = (n) => "W".repeat(n);
const nasty = {
  html: `<script>window.ran = 1</script><img src=x onerror="window.ran = 2"><svg/onload="window.ran = 3"><style>body{display:none}</style>`,
  quotes: `"><a href="javascript:window.ran=4" onmouseover='window.ran=5'>x</a> '"\`--> ]]> <!--`,
  braces: "{{7*7}} ${7*7} <%= 7*7 %> { children... } {{ constructor.constructor('window.ran=6')() }}",
  rtl: "שלום \u202eevil\u202c עולם الكل في المجمو عة \u2067x\u2066y",
  zero: "a\u200bb\u200d\ufeff\u00adc" + "\u200b".repeat(500) + "d",
  zalgo: "Ṱ̺̺̕o͞ ̷i̲̬͇̪͙n̝̗͕v̟̜̘̦͟o̶̙̰̠kè͚̮̺̪̹̱̤ ".repeat(20),
  emoji: "👩‍👩‍👧‍👦".repeat(80) + "🔥".repeat(300),
  word: word(4000),
  wide: "﷽".repeat(200),
  address: "https://example.com/" + "a/".repeat(1500),
};
/** What of a text fits into some bytes. */
const cut = (s, bytes) => new TextDecoder().decode(new TextEncoder().encode(s).subarray(0, bytes)).replace(/\ufffd$/, "");
const long = (n) => `${"l".repeat(n - 2)}-x`;
const domain = long(63);
const product = `${domain}.${long(63)}`;
const team = `t${long(62)}`;

async function fill() {
  const all = Object.values(nasty);
  await api("POST", "/teams", { name: team, description: nasty.word });
  await api("POST", "/domains", { name: domain, team, description: cut(all.join(" "), 4096) });
  await api("POST", "/applications", { name: long(63), team, description: nasty.html });
  const schema = { type: "object", description: nasty.html, properties: Object.fromEntries(Object.entries(nasty).map(([k, v]) => [`${k}_${word(200)}`, { type: "string", description: v }])) };
  const texts = (i) => cut(`${all[i % all.length]}\n\n${all[(i + 1) % all.length]}`, 4096);
  await api("POST", "/products", {
    name: product, encoding: "json-schema", schema: JSON.stringify(schema), description: nasty.word, purpose: texts(0), usage: texts(2), limitations: texts(4),
    documentation: all.map((s) => `# ${s.slice(0, 300)}\n\n${s}\n\n- ${s}\n\n\`${s}\`\n\n| a | ${s.slice(0, 300).replaceAll("|", "")} |\n|---|---|\n| b | ${word(10_000)} |\n\n\`\`\`\n${s}\n\`\`\`\n`).join("\n"),
    terms: all.join("\n\n"), tags: all.map((s) => `area:${s.replaceAll(":", ".").slice(0, 30)}`), support: all.map((s) => ({ channel: s.slice(0, 500) })),
    fields: all.map((s, i) => ({ path: `${Object.keys(nasty)[i]}_${word(200)}`, description: s, unit: s.slice(0, 300), tags: [`pii:${word(90)}`] })),
  });
}

test("texts that break other sites", async (t) => {
  await fill();
  const b = await browser(t);
  const page = await open(t, b, { width: 320, expect: [/status of 4\d\d/] });
  page.on("dialog", (d) => assert.fail(`a dialog says ${d.message()}`));
  await enter(page);
  const at = `/products/${product}`;
  const questions = Object.values(nasty).map((s) => `/explore?q=${encodeURIComponent(s.slice(0, 600))}`);
  const paths = [
    ...["", "/fields", `/fields/note?path=html_${word(200)}`, "/records", "/schema", "/readers", "/documentation", "/documentation/edit", "/activity", "/edit", "/access", "/deprecate", "/delete"].map((p) => at + p),
    "/explore", `/explore?f=${encodeURIComponent(`domain=${domain}`)}`, ...questions, `/explore?q=${"l".repeat(61)}`, "/domains", `/domains/${domain}`, `/domains/${domain}/edit`, "/teams", `/teams/${team}`,
    "/applications", `/applications/${long(63)}`, "/activity", "/publish", "/",
  ];
  for (const path of paths) {
    await t.test(path.replace(/(l{4}|W{4}|%[0-9A-F]{2}){3,}/g, "…").slice(0, 100), async () => {
      const res = await page.goto(path);
      assert.equal(res.status(), 200);
      assert.equal(await page.evaluate(() => window.ran), undefined, "something ran");
      assert.ok(await page.locator("main h1").first().isVisible(), "the page is there");
      await fits(page);
      assert.equal(await page.locator('main script:not([src]), main style, main img, main iframe, main [href^="javascript"]').count(), 0);
    });
  }
  await t.test("axe finds nothing", async () => {
    for (const path of [at, `${at}/documentation`, "/explore"]) {
      await page.goto(path);
      await accessible(page);
    }
  });
  await t.test("a name is completed and the list stays in the window", async () => {
    const box = page.getByRole("combobox", { name: "Search products, fields, people" });
    await box.fill(domain.slice(0, 20));
    await page.getByRole("listbox").getByRole("option").first().waitFor();
    await fits(page);
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.waitForURL((to) => to.href.startsWith(`${url}/domains/`) || to.href.startsWith(`${url}/products/`));
    await fits(page);
  });
  await t.test("what was typed into a form comes back as it was", async () => {
    for (const s of Object.values(nasty)) {
      await page.goto("/new/team");
      await page.getByRole("textbox", { name: "Name" }).fill("a");
      await page.getByRole("textbox", { name: /Description/ }).fill(s);
      await page.getByRole("textbox", { name: "Name" }).fill(s.slice(0, 40));
      await page.getByRole("main").locator("form").evaluate((f) => (f.noValidate = true));
      await page.getByRole("main").getByRole("button").first().click();
      await page.getByRole("alert").first().waitFor();
      assert.equal(await page.getByRole("textbox", { name: /Description/ }).inputValue(), s);
      await fits(page);
    }
  });
});
