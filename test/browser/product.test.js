// The pages of a product: what it is, its fields, records, schemas, readers and
// texts, and the forms of who owns it.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { accessible, api, browser, enter, open, people, person, token, url } from "./lib.js";

const at = "/products/edge.pageviews";

/** Writes a text into a topic by Kafka, as an application of the demo. */
function writeAs(name, topic, text) {
  const kafka = readFileSync(process.env.WEIR_OUT, "utf8").match(/ kafka=(\S+)/)[1];
  const app = JSON.parse(readFileSync(join(process.env.WEIR_DATA, "demo-credentials.json"), "utf8")).applications.find((a) => a.name === name);
  const settings = { "security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "SCRAM-SHA-256", "sasl.username": app.username, "sasl.password": app.password };
  execFileSync("kcat", ["-P", "-b", kafka, "-t", topic, ...Object.entries(settings).flatMap(([k, v]) => ["-X", `${k}=${v}`])], { input: text });
}

test("a product", async (t) => {
  const b = await browser(t);
  await t.test("tells what it is, and what is not measured", async (t) => {
    const page = await open(t, b);
    await enter(page);
    await page.goto(at);
    await page.getByRole("heading", { name: "edge.pageviews" }).waitFor();
    await page.getByText("not measured").first().waitFor();
    await page.getByText("weir:weir/edge/pageviews/v1").first().waitFor();
    await page.getByRole("link", { name: "execution.stocktrades" }).waitFor();
  });
  await t.test("the curl snippet of the page works as it is", async (t) => {
    const page = await open(t, b);
    await enter(page);
    await page.goto(at);
    await page.getByText("curl", { exact: true }).click();
    const text = await page.locator('.snippet[data-language="curl"] pre').innerText();
    const reader = await person("snippet-reader", "edge");
    assert.ok(reader);
    const theirs = await api("POST", "/tokens", { person: "snippet-reader" });
    const out = execFileSync("sh", ["-c", text], { env: { ...process.env, WEIR_TOKEN: theirs.token }, encoding: "utf8" });
    assert.ok(out.trim().split("\n").every((line) => JSON.parse(line).value.userid), out);
  });
  await t.test("fields: types, where each text comes from, and a profile of a sample", async (t) => {
    const page = await open(t, b);
    await enter(page);
    await page.goto(`${at}/fields`);
    await page.getByText(/sampled of the newest [\d,]+ records/).waitFor();
    const row = page.getByRole("row").filter({ hasText: "userid" });
    assert.match(await row.innerText(), /personal/);
    assert.match(await row.innerText(), /User_\d+/);
    await page.getByRole("searchbox", { name: "Find a field by path, tag or text" }).fill("pageid");
    await page.getByRole("button", { name: "Find" }).click();
    assert.equal(await page.locator(".fields-table tbody tr").count(), 1);
  });
  await t.test("records: looked at, filtered, opened, with older and newer ones, without a script", async (t) => {
    const page = await open(t, b, { script: false });
    await enter(page);
    await page.goto(`${at}/records`);
    const newest = await page.locator("#records tbody tr").count();
    assert.ok(newest > 0 && newest <= 60, `${newest} rows`);
    const first = await page.locator("#records tbody tr td:nth-child(2)").first().innerText();
    await page.goto(`${at}/records?at=earliest`);
    await page.getByRole("link", { name: "Newer" }).click();
    assert.match(page.url(), /from=/);
    await page.goto(`${at}/records?at=1h&where=${encodeURIComponent("value.userid == 'User_1'")}&c=userid`);
    for (const text of await page.locator("#records tbody tr td:nth-child(4)").allInnerTexts()) assert.equal(text.trim(), "User_1");
    await page.goto(`${at}/records`);
    await page.locator("#records tbody tr td:nth-child(2) a").first().click();
    await page.getByRole("heading", { name: "Bytes of the value" }).waitFor();
    assert.ok(first);
  });
  await t.test("a condition that cannot be read is told, beside the form", async (t) => {
    const page = await open(t, b);
    await enter(page);
    await page.goto(`${at}/records?where=${encodeURIComponent("value.userid ==")}`);
    await page.getByRole("alert").waitFor();
    assert.equal(await page.getByLabel("Only those for which this holds").inputValue(), "value.userid ==");
  });
  await t.test("the live tail shows new records, ten a second at most, and waits while one reads", async (t) => {
    const page = await open(t, b);
    await enter(page);
    await page.goto(`${at}/records`);
    const before = await page.locator("#records tbody tr").count();
    await page.getByRole("button", { name: "Follow live" }).click();
    await page.locator("#records tr.fresh").nth(4).waitFor();
    assert.ok((await page.locator("#records tbody tr").count()) > before);
    const start = Date.now();
    const from = await page.locator("#records tr.fresh").count();
    await page.waitForTimeout(2000);
    const more = (await page.locator("#records tr.fresh").count()) - from;
    const rate = more / ((Date.now() - start) / 1000);
    assert.ok(rate <= 11, `${rate} rows a second`);
    const rows = await page.locator("#records tbody").boundingBox();
    await page.mouse.move(rows.x + 20, rows.y + 20);
    await page.locator("[data-live-waiting]:not([hidden])").waitFor(); // so that one can click
    await page.locator("#records details.opened summary").nth(3).click();
    await page.mouse.move(1, 1);
    const shown = await page.locator("#records tbody tr").count();
    await page.waitForTimeout(1000);
    assert.equal(await page.locator("#records tbody tr").count(), shown, "nothing moves while a record is open");
    await page.locator("[data-live-waiting]").click();
    assert.ok((await page.locator("#records tbody tr").count()) > shown);
    await page.getByRole("button", { name: "Pause" }).click();
    await page.getByText("Paused").waitFor();
    await accessible(page);
  });
  await t.test("the live tail shows a record that cannot be decoded as its bytes, with the reason", async (t) => {
    const page = await open(t, b);
    await enter(page);
    await page.goto(`${at}/records`);
    await page.getByRole("button", { name: "Follow live" }).click();
    await page.locator("#records tr.fresh").first().waitFor();
    writeAs("web-tracker", "edge.pageviews.v1", "no Avro at all\n");
    const row = page.locator("#records tr.fresh").filter({ hasText: /not decoded: \S+/ }).first();
    await row.waitFor();
    await page.getByRole("button", { name: "Pause" }).click();
    await row.getByText("Open", { exact: true }).click();
    const bytes = (await row.locator("pre").innerText()).replaceAll(/\s/g, "");
    assert.ok(bytes.includes(Buffer.from("no Avro").toString("hex")) || bytes.includes("noAvro"), bytes);
  });
  await t.test("who may not read is told so, and sees no value", async (t) => {
    await api("PATCH", "/products/membership.preferences", { access: "request" });
    const secret = await person("no-reader");
    const page = await open(t, b);
    await enter(page, "no-reader", secret);
    await page.goto("/products/membership.preferences/records");
    await page.getByRole("heading", { name: "You may not read its records" }).waitFor();
    assert.equal(await page.locator("#records").count(), 0);
    await page.goto("/products/membership.preferences/fields");
    await page.getByText("no profile").waitFor();
    assert.equal(await page.getByText(/User_\d/).count(), 0);
    assert.equal(await page.getByText("Manage").count(), 0);
  });
  await t.test("two people edit at once: the second is told, and nothing typed is lost", async (t) => {
    const page = await open(t, b, { expect: [/status of 412/] });
    await enter(page);
    await page.goto(`${at}/edit`);
    await page.getByRole("textbox", { name: "Purpose" }).fill("What I think it is for");
    await api("PATCH", at, { purpose: "What they think", usage: "As they say" });
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Somebody else changed the same meanwhile").waitFor();
    await page.getByRole("cell", { name: "What they think" }).waitFor();
    assert.equal(await page.getByRole("textbox", { name: "Purpose" }).inputValue(), "What I think it is for");
    assert.equal(await page.getByRole("textbox", { name: "How to use it" }).inputValue(), "As they say");
    await accessible(page);
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("What it tells is changed.").waitFor();
    assert.equal((await api("GET", at)).purpose, "What I think it is for");
    assert.equal((await api("GET", at)).usage, "As they say");
  });
  await t.test("HTML, scripts and links of others are shown and never run", async (t) => {
    const page = await open(t, b);
    const evil = `<script>alert(1)</script><img src=x onerror=alert(1)>"'>`;
    await api("PATCH", at, {
      limitations: evil, documentation: `# Doc ${evil}\n\n[bad](javascript:alert(1)) [good](https://example.com) ![p](http://example.com/p.png)\n\n<iframe src="//example.com"></iframe>`,
      terms: evil, fields: [{ path: "userid", description: evil }],
    });
    await enter(page);
    for (const part of ["", "/fields", "/documentation", "/activity", "/edit", "/documentation/edit"]) {
      await page.goto(at + part);
      assert.equal(await page.locator('main script:not([src]), main img, main iframe, main [href^="javascript"]').count(), 0, part);
    }
    await page.goto(at + "/documentation");
    await page.getByRole("link", { name: "good" }).waitFor();
  });
  await t.test("ten megabytes of documentation are refused in words", async (t) => {
    const page = await open(t, b, { expect: [/status of 4\d\d/] });
    await enter(page);
    await page.goto(`${at}/documentation/edit`);
    await page.locator("textarea").evaluate((e) => {
      e.hidden = true; // a browser takes a minute to break such a line
      e.value = "x".repeat(10_000_000);
    });
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("heading", { name: "That is too much" }).waitFor();
    await page.getByText("262144 bytes").waitFor();
    await page.goto(`${at}/documentation/edit`);
    await page.locator("textarea").evaluate((e) => (e.value = "x".repeat(400_000)));
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("alert").waitFor();
    assert.equal((await page.locator("textarea").inputValue()).length, 400_000, "what was typed stays");
  });
  await t.test("deprecated by the page, and active again", async (t) => {
    const page = await open(t, b);
    await enter(page);
    await page.goto(at);
    await page.locator("summary", { hasText: "Manage" }).click();
    await page.getByRole("link", { name: "Deprecate" }).click();
    await page.getByRole("textbox", { name: "Use instead" }).fill("membership.users");
    await page.getByRole("button", { name: "Deprecate" }).click();
    await page.getByText("It is deprecated: who reads it may go on").waitFor();
    await page.locator("summary", { hasText: "Manage" }).click();
    await page.getByRole("button", { name: "Make it active again" }).click();
    await page.getByText("edge.pageviews is active again.").waitFor();
  });
  await t.test("deleting asks for the name, and says who is hurt", async (t) => {
    await api("POST", "/products", { name: "edge.gone", encoding: "json" });
    const page = await open(t, b, { expect: [/status of 400/] });
    await enter(page);
    await page.goto("/products/edge.gone/delete");
    await page.getByText(/Nobody read it in the last 30 days|This hurts/).waitFor();
    await page.getByRole("textbox", { name: /Write edge.gone/ }).fill("edge");
    await page.getByRole("button", { name: "Delete" }).click();
    await page.getByText("the name is not the product's").waitFor();
    await page.getByRole("textbox", { name: /Write edge.gone/ }).fill("edge.gone");
    await page.getByRole("button", { name: "Delete" }).click();
    await page.getByText("edge.gone is deleted").waitFor();
  });
  assert.ok(token);
});

test("a product that a query makes", async (t) => {
  const b = await browser(t);
  const statement = "SELECT userid, pageid FROM edge.pageviews WHERE pageid <> 'Page_1'";
  await api("POST", "/queries", { name: "edge.watched", statement });
  await t.test("shows its query: what it says, how it runs, what each column is made of", async (t) => {
    const page = await open(t, b);
    await enter(page);
    await page.goto("/products/edge.watched");
    await page.getByRole("link", { name: "Query", exact: true }).click();
    await page.getByText(statement).waitFor();
    const columns = page.getByRole("table", { name: "Columns of edge.watched" });
    await columns.getByRole("row").filter({ hasText: "userid" }).filter({ hasText: "personal" }).getByRole("link", { name: "edge.pageviews.userid" }).waitFor();
    await page.locator("#query-live[data-state=running]").waitFor({ timeout: 60_000 }); // the page hears of it by itself
    await page.getByText("running", { exact: true }).waitFor();
    await page.locator("#query-live .fact", { hasText: "rows out" }).locator(".value", { hasText: /^[1-9]/ }).waitFor({ timeout: 60_000 });
    await page.getByText("The same by command").click();
    for (const command of ["weir query show edge.watched", "weir query pause edge.watched", "weir query start edge.watched", "weir query stop edge.watched"]) await page.getByText(command, { exact: true }).last().waitFor();
  });
  await t.test("who owns it pauses it, starts it and stops it", async (t) => {
    const page = await open(t, b);
    await enter(page, "edge-owner", people()["edge-owner"]);
    await page.goto("/products/edge.watched/query");
    await page.getByRole("button", { name: "Pause" }).click();
    await page.getByText("It rests, and keeps its place.", { exact: true }).first().waitFor();
    await page.getByText("paused", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Start" }).click();
    await page.getByText("It goes on.", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByText("It is stopped.", { exact: true }).waitFor();
    assert.equal((await api("GET", "/queries/edge.watched")).state, "stopped");
  });
  await t.test("who watches it sees what another does, and the records that failed with the reason", async (t) => {
    await api("POST", "/queries", { name: "edge.odd", statement: "SELECT userid, 1 / (length(pageid) - 6) AS odd FROM edge.pageviews" });
    const page = await open(t, b);
    await enter(page, "edge-owner", people()["edge-owner"]);
    await page.goto("/products/edge.odd/query");
    const failed = page.getByRole("table", { name: "Records that were set aside" });
    await failed.getByText("division by zero").first().waitFor({ timeout: 60_000 });
    await failed.getByRole("link", { name: /^edge.pageviews \d+:\d+$/ }).first().waitFor();
    await api("POST", "/queries/edge.odd/pause");
    await page.getByRole("button", { name: "Begin anew" }).waitFor();
    await page.getByText("paused", { exact: true }).waitFor();
    await accessible(page);
    await page.getByRole("link", { name: "Remove", exact: true }).click();
    await page.getByRole("textbox", { name: /Write edge.odd/ }).fill("edge.odd");
    await page.getByRole("checkbox", { name: /Destroy the product/ }).check();
    await page.getByRole("button", { name: "Remove" }).click();
    await page.getByText("The query is removed").waitFor();
    const gone = await fetch(`${url}/api/v1/products/edge.odd`, { headers: { Authorization: `Bearer ${token}` } });
    assert.equal(gone.status, 404);
  });
  await t.test("who may read the product and not its query is shown none", async (t) => {
    await api("POST", "/products/edge.watched/publish", { quality: "raw", sla: "tier-3" });
    const page = await open(t, b, { expect: [/status of 404/] });
    await enter(page, "analyst", people().analyst);
    assert.equal((await page.goto("/products/edge.watched")).status(), 200);
    assert.equal(await page.getByRole("link", { name: "Query", exact: true }).count(), 0);
    assert.equal((await page.goto("/products/edge.watched/query")).status(), 404);
  });
});
