// The course (docs/course), step by step, as a newcomer does it: each step of
// the documents is a step of this test, by its title and in their order.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { api, browser, open, people, signIn, url } from "./lib.js";

const parts = ["1-set-up.md", "2-explore.md", "3-publish.md"];
const read = (name) => readFileSync(new URL(`../../${name}`, import.meta.url), "utf8");
const documents = parts.map((name) => read(`docs/course/${name}`));
const titles = documents.flatMap((text) => [...text.matchAll(/^## (\d+\.\d+ .+)$/gm)].map((m) => m[1].trim()));

const description = "Every click on the web site: who, where, on what. Made for the course.";
const box = (page) => page.getByRole("combobox", { name: "Search products, fields, people", exact: true });
const link = (page, name) => page.getByRole("link", { name, exact: true });
const hits = (page) => page.getByRole("main").locator("ol").first().getByRole("listitem");

async function search(page, text) {
  await box(page).fill(text);
  await box(page).press("Enter");
  await page.getByRole("status").filter({ hasText: /\d products?/ }).waitFor();
}

async function signOut(page) {
  await page.locator("summary").filter({ hasText: /^\s*(analyst|edge-owner)/ }).click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
}

// eventually is the first answer that is one; it is asked again for a while.
async function eventually(ask) {
  for (const until = Date.now() + 20_000; ; await sleep(100)) {
    const got = await ask();
    if (got || Date.now() > until) return got || assert.fail("it did not come in 20 seconds");
  }
}

// readAs reads the new product as somebody does, over HTTP.
const readAs = (token, from, limit) => fetch(`${url}/api/v1/products/edge.clicks/records?from=${from}&limit=${limit}`, { headers: { Authorization: `Bearer ${token}` } });

/** What is done at each step, by its title. */
function walk(page, state) {
  const { analyst, owner } = state;
  return {
    "1.1 Start the demo mesh": async () => {
      assert.match(read("Makefile"), /up --demo/);
      const said = [process.env.WEIR_OUT, process.env.WEIR_ERR].map((name) => readFileSync(name, "utf8")).join("");
      assert.match(said, /^ready http=http:\S+ kafka=\S+ registry=http:\S+$/m);
      assert.match(said, /sign in as edge-owner \(team edge\) with /);
      assert.match(said, /sign in as analyst \(team analytics\) with /);
      assert.ok(analyst && owner, "their passwords stand in the file too");
    },
    "1.2 Sign in as the analyst": async () => {
      await signIn(page, "analyst", analyst);
      assert.equal(page.url(), `${url}/`);
      await page.getByText("The same by command").waitFor();
      await page.keyboard.press("/");
      assert.ok(await box(page).evaluate((e) => e === document.activeElement), "/ goes to the search box");
      await page.keyboard.press("Escape");
      await page.keyboard.press("?");
      await page.getByRole("dialog", { name: "Keys" }).waitFor();
      await page.keyboard.press("Escape");
    },
    "2.1 Search for a word of the description": async () => {
      await box(page).fill("page");
      await page.getByRole("listbox").getByRole("option", { name: "edge.pageviews" }).waitFor();
      await search(page, "looked at");
      const hit = hits(page).filter({ has: link(page, "edge.pageviews") });
      await hit.getByText("Every page that a user looked at.").waitFor();
      assert.deepEqual(await hit.getByText("Every page that a user").locator("mark").allTextContents(), ["looked", "at"]);
      await hit.getByText(/matched in .*description/).waitFor();
    },
    "2.2 Search by a tag": async () => {
      await search(page, "tag:area=web");
      await link(hits(page), "edge.pageviews").waitFor();
    },
    "2.3 Open the product": async () => {
      await link(hits(page), "edge.pageviews").click();
      await page.getByRole("heading", { name: "edge.pageviews" }).waitFor();
      for (const part of ["What it is for", "What it promises", "How to read it", "Whom to ask"]) await page.getByRole("heading", { name: part }).waitFor();
      await page.getByText("not measured").first().waitFor();
    },
    "2.4 See a record arrive": async () => {
      await link(page, "Records").click();
      const rows = page.getByRole("table", { name: "Records of edge.pageviews" }).getByRole("row");
      await rows.nth(1).waitFor();
      const before = await rows.nth(1).innerText();
      await page.getByRole("button", { name: "Follow live" }).click();
      await page.waitForFunction((was) => document.querySelector("#records tbody tr").innerText !== was, before);
      await page.getByRole("button", { name: "Pause" }).click();
      await rows.nth(1).getByText("Open", { exact: true }).click();
      await rows.nth(1).getByText('"userid"').waitFor();
      await rows.nth(1).getByRole("link").first().click();
      for (const label of ["Key", "Partition", "Offset"]) await page.getByText(label, { exact: true }).waitFor();
      await page.getByRole("heading", { name: "Value", exact: true }).waitFor();
    },
    "2.5 Narrow to fields that are personal": async () => {
      await link(page, "Fields").click();
      await page.getByRole("navigation", { name: "Sensitivity" }).getByRole("link", { name: /^personal/ }).click();
      await page.waitForURL(/class=personal/);
      const rows = page.getByRole("table", { name: "Fields of edge.pageviews" }).getByRole("row");
      assert.equal(await rows.count(), 2, "one field, below the heads of the columns");
      assert.match(await rows.nth(1).innerText(), /userid/);
      assert.match(await rows.nth(1).innerText(), /personal/);
    },
    "2.6 Copy the snippet for curl, and run it": async () => {
      await page.context().grantPermissions(["clipboard-read", "clipboard-write"], { origin: url });
      await link(page, "Overview").click();
      await page.getByText("curl", { exact: true }).click();
      await page.locator('.snippet[data-language="curl"]').getByRole("button", { name: /Copy/ }).click();
      const snippet = await page.waitForFunction(() => navigator.clipboard.readText()).then((h) => h.jsonValue());
      assert.match(snippet, /^curl .*\$WEIR_TOKEN/);
      await page.locator("summary").filter({ hasText: /^\s*(analyst|edge-owner)/ }).click();
      await link(page, "You and your tokens").click();
      await page.getByRole("button", { name: "Make a token" }).click();
      state.token = (await page.getByRole("status").filter({ hasText: "shown this once" }).locator("pre").innerText()).trim();
      const out = execFileSync("sh", ["-c", snippet], { env: { ...process.env, WEIR_TOKEN: state.token }, encoding: "utf8" });
      const lines = out.trim().split("\n").map((line) => JSON.parse(line));
      assert.ok(lines.length > 0 && lines.every((l) => /^User_\d+$/.test(l.value.userid)), out);
    },
    "3.1 Sign in as the edge team": async () => {
      await signOut(page);
      await signIn(page, "edge-owner", owner);
    },
    "3.2 Find what is not yet published": async () => {
      await link(page, "Publish").click();
      await link(page, "edge._private.clicks").waitFor();
      const res = await fetch(`${url}/api/v1/topics/unpublished`, { headers: { Authorization: `Bearer ${state.token}` } });
      assert.equal(res.status, 200);
      assert.doesNotMatch(await res.text(), /clicks/, "the analyst does not see it");
    },
    "3.3 Try to publish it without accepting the terms": async () => {
      await link(page, "edge._private.clicks").click();
      await page.getByLabel("Description").fill(description);
      await page.getByLabel("Quality tier").selectOption("raw");
      await page.getByLabel("SLA tier").selectOption("tier-3");
      await page.getByLabel("Encoding of the values").selectOption("json");
      await page.getByRole("button", { name: "Publish", exact: true }).click();
      await page.getByRole("alert").waitFor();
      await page.getByRole("main").getByText(/terms.*(not|accept)/i).first().waitFor();
      assert.equal(await page.getByLabel("Description").inputValue(), description);
      assert.equal(await page.getByLabel("Quality tier").inputValue(), "raw");
      assert.equal(await page.getByLabel("SLA tier").inputValue(), "tier-3");
      assert.equal(await page.getByLabel("Encoding of the values").inputValue(), "json");
      assert.equal(await page.getByLabel("Name", { exact: true }).inputValue(), "edge.clicks");
    },
    "3.4 Accept the terms, and publish": async () => {
      state.before = Date.now();
      await page.getByRole("checkbox", { name: /I accept these terms/ }).check();
      await page.getByRole("button", { name: "Publish", exact: true }).click();
      await page.getByRole("heading", { name: "edge.clicks" }).waitFor();
      await page.getByText("edge.clicks is published").waitFor();
      await page.getByRole("main").getByText(description).first().waitFor();
    },
    "3.5 See it as somebody else": async () => {
      await signOut(page);
      await signIn(page, "analyst", analyst);
      await search(page, "clicks");
      await link(hits(page), "edge.clicks").waitFor();
    },
    "3.6 Read it": async () => {
      await link(hits(page), "edge.clicks").click();
      await link(page, "Records").click();
      const table = page.getByRole("table", { name: "Records of edge.clicks" });
      await table.getByRole("row").nth(1).waitFor();
      assert.match(await table.innerText(), /User_\d+/);
      const res = await readAs(state.token, "earliest", 1);
      const [first] = await res.json();
      assert.equal(res.status, 200);
      assert.ok(new Date(first.timestamp) < state.before, "what was written before it was published is there");
    },
    "3.7 Take it back": async () => {
      await signOut(page);
      await signIn(page, "edge-owner", owner);
      await search(page, "clicks");
      await link(hits(page), "edge.clicks").click();
      await page.getByText("Manage", { exact: true }).click();
      await link(page, "Take back").click();
      const told = page.getByRole("table", { name: "Who is hurt" }).getByRole("row").filter({ hasText: "analyst" });
      await eventually(async () => (await told.count()) > 0 || (await page.reload(), false)); // counts are kept a moment later
      await page.getByRole("textbox", { name: /Write edge.clicks/ }).fill("edge.clicks");
      await page.getByRole("button", { name: "Take back" }).click();
      await page.getByText("edge.clicks is taken back").waitFor();
      await link(page, "edge._private.clicks").waitFor();
      const found = await api("GET", "/search?q=clicks", undefined, state.token);
      assert.doesNotMatch(JSON.stringify(found.items), /clicks/, "the analyst finds it no more");
      assert.equal((await readAs(state.token, "earliest", 1)).status, 404);
    },
    "3.8 Find all that on record": async () => {
      await link(page, "Activity").click();
      const entries = page.getByRole("main").getByRole("listitem").filter({ hasText: "edge.clicks" });
      const lines = [entries.filter({ hasText: "product.unpublish" }), entries.filter({ hasText: "product.publish" }).filter({ hasNotText: "refused" })];
      for (const line of lines) {
        const entry = line.first();
        await entry.getByRole("link", { name: "edge-owner", exact: true }).waitFor();
        const at = new Date(await entry.locator("time").first().getAttribute("datetime"));
        assert.ok(at > state.before - 5000 && at <= Date.now() + 5000, `${at} is when it was done`);
        await entry.getByText(/through pages/).first().click();
        await entry.getByRole("heading", { name: /edge/ }).first().waitFor();
      }
    },
  };
}

test("the course", async (t) => {
  const who = people();
  const b = await browser(t);
  const page = await open(t, b, { expect: [/status of 4(00|22)/] });
  page.setDefaultTimeout(15_000);
  const steps = walk(page, { analyst: who.analyst, owner: who["edge-owner"] });
  assert.deepEqual(Object.keys(steps), titles, "this test and docs/course have the same steps");
  for (const [n, text] of documents.entries()) {
    const next = parts[n + 1];
    if (next) assert.ok(text.includes(`](${next})`), `${parts[n]} leads on to ${next}`);
  }
  let failed = false;
  for (const [title, step] of Object.entries(steps)) {
    await t.test(title, { skip: failed && "an earlier step failed" }, async () => {
      failed = true;
      await step();
      failed = false;
    });
  }
});
