// Lineage: the picture and the tables of it; a field is followed back to where it
// comes from, and asked whom it would hurt; what one may not know of is a closed
// box; much is folded by domain; all of it by keyboard, and without a script.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { accessible, api, browser, enter, looksRight, open, person } from "./lib.js";

const enriched = "execution.regions";
const statement = "SELECT t.symbol, t.userid, u.regionid FROM execution.stocktrades t JOIN membership.users u ON u.userid = t.userid WHERE t.price > 0";

const box = (page, name) => page.locator(".lineage-box").filter({ has: page.getByRole("button", { name }) });
const face = (page, name) => page.locator(".lineage-face").and(page.getByRole("button", { name }));
const lit = (page) => page.locator(".lineage-box:not(.dim) .lineage-face").evaluateAll((all) => all.map((b) => b.getAttribute("aria-label").split(",")[0]).sort());
const search = (page) => page.getByRole("combobox", { name: "Find in the picture" });

async function drawn(page, path) {
  await page.goto(path);
  await page.locator("#lineage[data-ready]").waitFor();
}

/** The bytes of what a button saves. */
async function saved(page, name) {
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name }).click()]);
  return { name: file.suggestedFilename(), bytes: readFileSync(await file.path()) };
}

test("the lineage of a product", async (t) => {
  const b = await browser(t);
  await api("POST", "/queries", { name: enriched, statement });
  await t.test("begins by a name or a choice, and g l leads there", async (t) => {
    const page = await open(t, b);
    await enter(page);
    await page.goto("/explore");
    await page.keyboard.press("g");
    await page.keyboard.press("l");
    await page.getByRole("heading", { name: "Lineage", exact: true }).waitFor();
    await page.getByLabel("Of").fill(`${enriched}#userid`);
    await page.getByRole("button", { name: "Follow" }).click();
    await page.getByRole("heading", { name: `Lineage of ${enriched}#userid` }).waitFor();
  });
  await t.test("userid is followed back to membership.users, by hand and in the tables", async (t) => {
    const page = await open(t, b);
    await enter(page);
    await drawn(page, `/lineage/${enriched}`);
    await face(page, `product ${enriched}`).focus();
    await page.keyboard.press("f");
    await box(page, `product ${enriched}`).getByRole("button", { name: "userid, field of" }).click();
    const side = page.getByRole("complementary", { name: "What was chosen" });
    await side.getByRole("heading", { name: `${enriched}#userid` }).waitFor();
    await side.getByRole("listitem").filter({ hasText: "membership.users" }).filter({ hasText: "userid" }).waitFor();
    assert.ok((await lit(page)).includes("product membership.users"));
    await page.getByRole("table", { name: "Where the data of" }).getByRole("row", { name: /membership\.users/ }).waitFor();
    await accessible(page);
  });
  await t.test("what a change of a field hurts, near and far", async (t) => {
    const page = await open(t, b);
    await enter(page);
    await drawn(page, "/lineage/membership.users?field=regionid&direction=down");
    const hurt = page.getByRole("table", { name: "What depends on membership.users#regionid" });
    await hurt.getByRole("row", { name: new RegExp(`query ${enriched}`) }).waitFor();
    await page.getByText("The teams to talk to:").waitFor();
    assert.ok((await lit(page)).includes(`product ${enriched}`));
    await looksRight(page, "/lineage/membership.users?field=regionid&direction=down");
  });
  await t.test("a field that no column shows, and a condition asks for, goes into every column", async (t) => {
    const page = await open(t, b);
    await enter(page);
    await drawn(page, "/lineage/execution.stocktrades?field=price&direction=down");
    assert.ok((await lit(page)).includes(`product ${enriched}`));
    await page.getByText("Field by field").click();
    await page.getByRole("table", { name: "Which field is made of which" }).getByRole("row", { name: /stocktrades#price.*regions#\*.*condition/ }).waitFor();
  });
  await t.test("by keyboard: arrows, Enter, Esc, zoom, and search", async (t) => {
    const page = await open(t, b);
    await enter(page);
    await drawn(page, `/lineage/${enriched}`);
    const here = () => page.evaluate(() => document.activeElement.getAttribute("aria-label"));
    await face(page, `product ${enriched}`).focus();
    await page.keyboard.press("ArrowLeft");
    assert.match(await here(), new RegExp(`query.* ${enriched}`));
    await page.keyboard.press("ArrowLeft");
    assert.match(await here(), /product (membership\.users|execution\.stocktrades)/);
    await page.keyboard.press("Enter");
    await page.locator(".lineage-box.chosen").waitFor();
    await page.keyboard.press("Escape");
    assert.equal(await page.locator(".lineage-box.chosen").count(), 0);
    const scale = () => page.locator(".lineage-map > g").getAttribute("transform");
    const before = await scale();
    await page.keyboard.press("+");
    assert.notEqual(await scale(), before);
    await search(page).fill("stocktrades");
    await page.keyboard.press("Enter");
    assert.match(await here(), /product execution\.stocktrades/);
    await search(page).fill("zzzz");
    await page.keyboard.press("Enter");
    await page.getByText("Nothing here is called zzzz.").waitFor();
  });
  await t.test("is moved by pointer, and saved as SVG and PNG", async (t) => {
    const page = await open(t, b);
    await enter(page);
    await drawn(page, `/lineage/${enriched}`);
    const map = page.locator(".lineage-map");
    const at = () => map.locator("> g").getAttribute("transform");
    const before = await at();
    const r = await map.boundingBox();
    await page.mouse.move(r.x + 5, r.y + 5);
    await page.mouse.down();
    await page.mouse.move(r.x + 60, r.y + 40);
    await page.mouse.up();
    assert.notEqual(await at(), before);
    const svg = await saved(page, "Save as SVG");
    assert.equal(svg.name, `lineage-${enriched}.svg`);
    assert.match(svg.bytes.toString(), /<svg [^]*membership\.users[^]*<\/svg>/);
    assert.doesNotMatch(svg.bytes.toString(), /var\(--|class=/, "the colours are in the file");
    const png = await saved(page, "Save as PNG");
    assert.equal(png.bytes.subarray(1, 4).toString(), "PNG");
    assert.ok(png.bytes.readUInt32BE(16) > 400 && png.bytes.length > 4000, "the picture has something on it");
  });
  await t.test("without a script the tables say it, and lead on", async (t) => {
    const page = await open(t, b, { script: false });
    await enter(page);
    await page.goto(`/lineage/${enriched}`);
    assert.ok(await page.locator("#lineage").isHidden());
    await page.getByLabel(/^Field/).selectOption("userid");
    await page.getByRole("button", { name: "Show", exact: true }).click();
    await page.getByRole("heading", { name: `Lineage of ${enriched}#userid` }).waitFor();
    await page.getByRole("table", { name: "Where the data of" }).getByRole("link", { name: "The lineage of membership.users" }).click();
    await page.getByRole("heading", { name: "Lineage of membership.users" }).waitFor();
  });
  await t.test("as of a time, and what is no time", async (t) => {
    const page = await open(t, b, { expect: [/status of 40\d/] });
    await enter(page);
    await page.goto("/lineage/membership.users");
    await page.getByLabel("As of, in UTC").fill("yesterday");
    await page.getByRole("button", { name: "Show", exact: true }).click();
    await page.getByText('"yesterday" is no time').waitFor();
    await page.getByLabel("As of, in UTC").fill(new Date().toISOString());
    await page.getByRole("button", { name: "Show", exact: true }).click();
    await page.getByText("This is how it was at").waitFor();
    assert.equal((await page.goto("/lineage/membership.users?field=nothing")).status(), 404);
    await page.getByText("has no field nothing").waitFor();
  });
});

// What somebody may not know of is in the picture without a name, and so is what
// is saved of it.
test("what one may not know of is a closed box", async (t) => {
  const b = await browser(t);
  await api("POST", "/teams", { name: "cellar" });
  await api("POST", "/domains", { name: "cellars", team: "cellar" });
  await api("POST", "/queries", { name: "cellars.quince", statement: "SELECT userid FROM membership.users WHERE gender = 'FEMALE'" });
  const outside = await person("lineage-outsider");
  const page = await open(t, b);
  await enter(page, "lineage-outsider", outside);
  await drawn(page, "/lineage/membership.users?direction=down");
  assert.doesNotMatch(await page.content(), /quince|cellar/);
  await page.locator(".lineage-box.closed").first().waitFor();
  assert.doesNotMatch((await saved(page, "Save as SVG")).bytes.toString(), /quince|cellar/);
  const insider = await open(t, b);
  await enter(insider);
  await drawn(insider, "/lineage/membership.users?direction=down");
  assert.match(await insider.content(), /cellars\.quince/);
});

// Ten thousand things with fifty thousand edges, as canned data.
test("much is folded by domain, and stays usable", async (t) => {
  const b = await browser(t);
  const page = await open(t, b);
  await drawn(page, "/_stories/lineage/large");
  await page.getByText("10,000 things and 50,000 edges, in 21 boxes").waitFor();
  await page.getByRole("button", { name: /^domain domain3 \(\d+\)$/ }).click();
  await page.getByText("10,000 things and 50,000 edges, in 81 boxes").waitFor();
  await search(page).fill("app5000");
  await page.keyboard.press("Enter");
  await page.locator(".lineage-box.chosen").getByRole("button", { name: "application app5000, team team0" }).waitFor();
  await page.getByRole("button", { name: "Farther" }).click();
});
