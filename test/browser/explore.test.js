// Explore: found as one types, narrowed by facets, by keyboard alone, and all
// of it without a script too.

import assert from "node:assert/strict";
import { test } from "node:test";
import { accessible, api, browser, enter, open, person } from "./lib.js";

const hits = (page) => page.locator(".hit-name").allTextContents();

test("explore", async (t) => {
  const b = await browser(t);
  await t.test("results follow what is typed, and the address has the whole state", async (t) => {
    const page = await open(t, b);
    await enter(page);
    await page.goto("/explore");
    await page.getByText(/^\d+ products in \d+ domains$/).waitFor();
    await page.getByRole("searchbox", { name: "Search products, fields, people, tags…" }).fill("pageid");
    await page.getByText("matched in field pageid").first().waitFor();
    await page.waitForURL(/q=pageid/);
    assert.ok((await hits(page)).includes("edge.pageviews"));
    await accessible(page);
    await page.reload();
    await page.getByText("matched in field pageid").first().waitFor();
  });
  await t.test("hits say how much they are written and read", async (t) => {
    const page = await open(t, b);
    await enter(page);
    await page.goto("/explore?q=pageviews");
    const hit = page.locator(".hit").filter({ has: page.getByRole("link", { name: "edge.pageviews" }) });
    await hit.getByText(/^[\d.]+( k)?\/s$/).waitFor();
    await hit.getByText(/^last record/).waitFor();
    await hit.getByText(/^(no|\d+) readers?$/).waitFor();
  });
  await t.test("a word with an error is corrected, and it is said", async (t) => {
    const page = await open(t, b);
    await enter(page);
    await page.goto("/explore?q=pagevews");
    await page.getByText("Nothing has “pagevews”. This is for “pageviews”.").waitFor();
    assert.ok((await hits(page)).includes("edge.pageviews"));
  });
  await t.test("facets narrow, list the other values, and can be taken back", async (t) => {
    const page = await open(t, b);
    await enter(page);
    await page.goto("/explore");
    await page.getByRole("checkbox", { name: /^edge/ }).check();
    await page.waitForURL(/f=domain%3Dedge/);
    await page.getByText(/^\d+ things? found$/).waitFor();
    const edge = await hits(page);
    assert.ok(edge.includes("edge.pageviews") && edge.every((name) => name.startsWith("edge.")), `${edge}`);
    await page.getByRole("checkbox", { name: /^membership \d/ }).check();
    await page.getByText(`${edge.length + 2} things found`).waitFor();
    await page.getByRole("link", { name: "Clear all choices" }).click();
    await page.getByText(/^\d+ products in \d+ domains$/).waitFor();
  });
  await t.test("without a script", async (t) => {
    const page = await open(t, b, { script: false });
    await enter(page);
    await page.goto("/explore");
    await page.getByRole("searchbox", { name: "Search products, fields, people, tags…" }).fill("trade");
    await page.getByRole("checkbox", { name: /^execution/ }).check();
    await page.locator(".explore").getByRole("button", { name: "Search" }).click();
    assert.match(page.url(), /q=trade.*f=domain%3Dexecution/);
    assert.ok((await hits(page)).includes("execution.stocktrades"));
  });
  await t.test("by keyboard: j goes down, space shows it at the side, Enter opens it", async (t) => {
    const page = await open(t, b);
    await enter(page);
    await page.goto("/explore");
    const [first, second] = await hits(page);
    await page.keyboard.press("j");
    await page.evaluate(() => document.activeElement.blur());
    await page.keyboard.press("Space");
    const side = page.getByRole("complementary", { name: "Preview" });
    await side.getByRole("heading", { name: first, exact: true }).waitFor();
    await side.getByRole("link", { name: "Open" }).waitFor();
    await accessible(page);
    await page.keyboard.press("j");
    await side.getByRole("heading", { name: second, exact: true }).waitFor();
    await page.keyboard.press("Enter");
    await page.waitForURL(`**/products/${second}`);
  });
  await t.test("nothing found says what is near, and how to ask", async (t) => {
    const page = await open(t, b);
    await enter(page);
    await page.goto("/explore?q=pageviews+zzzzqqq");
    await page.getByRole("heading", { name: "Nothing found" }).waitFor();
    await page.getByRole("link", { name: "without “zzzzqqq”" }).click();
    assert.ok((await hits(page)).includes("edge.pageviews"));
  });
  await t.test("what cannot be read as a query is told", async (t) => {
    const page = await open(t, b);
    await enter(page);
    await page.goto("/explore?q=" + encodeURIComponent("color:red"));
    await page.getByText('there is no facet "color"').waitFor();
  });
});

// The box of the frame, on a page of another family: an ARIA combobox.
test("the search box of every page completes names", async (t) => {
  const b = await browser(t);
  const page = await open(t, b);
  await enter(page);
  await page.goto("/nodes");
  const box = page.getByRole("combobox", { name: "Search products, fields, people" });
  const list = page.getByRole("listbox", { name: "Names that begin so" });
  const chosen = page.getByRole("option", { selected: true });
  const expanded = () => box.getAttribute("aria-expanded");
  await t.test("as one types, with the keyboard left in the box", async () => {
    assert.equal(await expanded(), "false");
    await page.keyboard.press("/");
    await page.keyboard.type("page");
    await list.getByRole("option", { name: "edge.pageviews" }).waitFor();
    assert.equal(await expanded(), "true");
    assert.equal(await chosen.count(), 0, "nothing is chosen until somebody chooses");
    await accessible(page);
  });
  await t.test("arrows go round, through the box", async () => {
    await page.keyboard.press("ArrowDown");
    assert.equal(await chosen.innerText(), await list.getByRole("option").first().innerText());
    assert.equal(await box.getAttribute("aria-activedescendant"), await chosen.getAttribute("id"));
    assert.ok(await box.evaluate((e) => e === document.activeElement));
    await page.keyboard.press("ArrowUp");
    assert.equal(await chosen.count(), 0);
    assert.equal(await box.getAttribute("aria-activedescendant"), null);
    await page.keyboard.press("ArrowUp");
    assert.equal(await chosen.count(), 1);
  });
  await t.test("Esc closes the list first, and leaves the box next", async () => {
    await page.keyboard.press("Escape");
    await list.waitFor({ state: "hidden" });
    assert.equal(await expanded(), "false");
    assert.equal(await box.inputValue(), "page");
    assert.ok(await box.evaluate((e) => e === document.activeElement));
    await page.keyboard.press("Escape");
    assert.ok(await box.evaluate((e) => e !== document.activeElement));
  });
  await t.test("Enter opens what is chosen, and searches when nothing is", async () => {
    await box.fill("pagev");
    await list.getByRole("option").first().waitFor();
    await page.keyboard.press("ArrowDown");
    const name = (await chosen.innerText()).split("\n")[0];
    await page.keyboard.press("Enter");
    await page.waitForURL(`**/products/${name}`);
    await box.fill("pagev");
    await list.getByRole("option").first().waitFor();
    await page.keyboard.press("Enter");
    await page.waitForURL("**/explore?q=pagev");
  });
  await t.test("a click opens one", async () => {
    await box.fill("pagev");
    await list.getByRole("option", { name: "edge.pageviews" }).click();
    await page.waitForURL("**/products/edge.pageviews");
  });
  await t.test("nothing that begins so: no list", async () => {
    await box.fill("pagev");
    await list.getByRole("option").first().waitFor();
    await box.fill("zzzz");
    await list.waitFor({ state: "hidden" });
    assert.equal(await expanded(), "false");
  });
});

// Two principals: what one of them may not know of is on no page of the other,
// in no count, facet, completion or error. Nobody types the words that are looked
// for, so that no page merely repeats them.
test("what somebody may not see is on no page", async (t) => {
  const b = await browser(t);
  await api("POST", "/teams", { name: "vault" });
  await api("POST", "/domains", { name: "vaults", team: "vault" });
  const name = "vaults.zanzibar";
  await api("POST", "/products", { name, encoding: "json", visibility: "domain", description: "Tulips of hyacinth", tags: ["area:hyacinth"], documentation: "# hyacinth" });
  await api("POST", "/applications", { name: "hyacinth-app", team: "vault" });
  const insider = await person("insider", "vault");
  const outsider = await person("outsider");
  const finding = ["/explore", "/explore?q=tulips", "/explore?q=zanz", "/explore?f=domain%3Dvaults", "/explore/names?q=zanz", "/products/edge.pageviews", "/products/edge.pageviews/readers", "/products/edge.pageviews/activity"];
  const parts = ["", "/fields", "/records", "/records/0/0", "/schema", "/readers", "/documentation", "/activity", "/edit", "/documentation/edit", "/fields/note?path=x", "/access", "/deprecate", "/unpublish", "/delete"];
  const direct = [...parts.map((p) => `/products/${name}${p}`), `/explore/preview?name=${name}`];
  const seen = async (who, password) => {
    const page = await open(t, b, { script: false, expect: [/status of 4\d\d/] });
    await enter(page, who, password);
    const out = [];
    for (const path of [...finding, ...direct]) {
      const res = await page.goto(path);
      const text = (await res.text()).toLowerCase();
      out.push({ path, status: res.status(), has: text.includes("hyacinth") || (finding.includes(path) && text.includes("zanzibar")) });
    }
    return out;
  };
  const inside = await seen("insider", insider);
  assert.ok(inside.filter((p) => p.status === 200 && p.has).length >= 8, `the insider sees it: ${JSON.stringify(inside)}`);
  const outside = await seen("outsider", outsider);
  assert.deepEqual(outside.filter((p) => p.has), [], "the outsider sees none of it");
  assert.deepEqual(outside.filter((p) => direct.includes(p.path) && p.status !== 404 && p.path !== `/products/${name}/records/0/0`), [], "and nothing there");
});
