// The course (docs/course), step by step, as a newcomer does it: each step of
// the documents is a step of this test, by its title and in their order.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { accessible, api, browser, open, people, picture, signIn, url } from "./lib.js";

const parts = ["1-set-up.md", "2-explore.md", "3-create.md", "4-publish.md", "5-lineage.md"];
const read = (name) => readFileSync(new URL(`../../${name}`, import.meta.url), "utf8");
const documents = parts.map((name) => read(`docs/course/${name}`));
const sections = documents.flatMap((text) => text.split(/^## /m).slice(1));
const titles = sections.map((text) => text.slice(0, text.indexOf("\n")).trim());

/** What a step tells to press, open or look at, as it is written there. */
const labels = (section) => [...section.replace(/```[^]*?```/g, "").matchAll(/(?<![*\w])\*([^*]+)\*(?![*\w])/g)].map((m) => m[1].replace(/\s+/g, " "));

/** The commands that a step tells to run. */
const commands = (title) => [...sections[titles.indexOf(title)].matchAll(/```sh\n([^]*?)```/g)].map((m) => m[1].trim());

const enriched = "analytics.pageviews-enriched";

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

/** Fails if axe finds anything, light or dark. */
async function bothWays(page) {
  await accessible(page);
  await page.emulateMedia({ colorScheme: "dark" });
  await accessible(page, { rules: ["color-contrast"] });
  await page.emulateMedia({ colorScheme: "light" });
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
  const { analyst, owner, shoot } = state;
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
      await page.getByRole("heading", { name: "How to read it" }).waitFor();
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
    "3.1 Begin with a use case": async () => {
      await link(page, "Create").click();
      await link(page, "Page views with who looked").waitFor();
      await shoot("3.1");
      await link(page, "Page views with who looked").click();
      await page.getByRole("textbox", { name: "Statement" }).getByText("LEFT JOIN").waitFor();
    },
    "3.2 Preview it": async () => {
      await page.locator(".create-rows").getByRole("cell", { name: /^User_/ }).first().waitFor();
      await page.getByRole("heading", { name: "What it makes" }).waitFor();
      await page.getByText("userid (personal)").waitFor();
      await page.getByText(/of computing for .* of records/).waitFor();
      await page.getByRole("table", { name: "Columns of the result" }).getByRole("row").filter({ hasText: "regionid" }).getByText("membership.users.regionid").waitFor();
      assert.equal((await fetch(`${url}/api/v1/products/${enriched}`, { headers: { Authorization: `Bearer ${state.token}` } })).status, 404, "nothing was made yet");
    },
    "3.3 Make a mistake": async () => {
      const editor = page.getByRole("textbox", { name: "Statement" });
      const right = (await page.locator("textarea[name=statement]").inputValue()).trim();
      const type = async (text) => {
        await editor.focus();
        await page.keyboard.press("ControlOrMeta+A");
        await page.keyboard.insertText(text);
      };
      await type(right.replace("u.regionid", "u.region"));
      const wrong = page.getByRole("alert");
      await wrong.getByText(/^Line 1, column \d+:/).waitFor();
      await wrong.getByText("did you mean u.regionid?").waitFor();
      assert.equal(await page.locator(".cm-lintRange-error").allTextContents().then((all) => all.join("")), "u.region", "the word is underlined");
      await page.keyboard.press("Escape"); // what is offered for the word at the cursor
      const [line, mark] = (await wrong.locator(".pointed").textContent()).split("\n");
      assert.equal(line.slice(mark.indexOf("^")).match(/^[\w.]+/)[0], "u.region");
      await shoot("3.3");
      await type(right);
      await page.locator(".create-rows").waitFor();
    },
    "3.4 Create it, and watch it run": async () => {
      assert.equal(await page.getByRole("textbox", { name: /^Name/ }).inputValue(), enriched);
      await page.getByRole("button", { name: "Create and run" }).click();
      await page.waitForURL(new RegExp(`/products/${enriched}/query$`));
      await page.locator("#query-live[data-state=running]").waitFor({ timeout: 60_000 });
      for (const name of ["rows in", "rows out"]) await page.locator("#query-live .fact", { hasText: name }).locator(".value", { hasText: /^[1-9]/ }).waitFor({ timeout: 60_000 });
    },
    "3.5 See its rows": async () => {
      await link(page, "Records").click();
      const rows = page.getByRole("table", { name: `Records of ${enriched}` });
      await eventually(async () => /Region_\d/.test(await rows.innerText()) || (await page.reload(), false));
    },
    "4.1 Publish what you made": async () => {
      await link(page, "Query").click();
      await page.getByRole("heading", { name: "Let others find it" }).waitFor();
      await page.locator("#query-do").getByRole("link", { name: "Publish", exact: true }).click();
      await page.getByText("userid (personal)").waitFor();
      assert.match(await page.getByLabel("Description").inputValue(), /region and the gender/);
      await page.getByLabel("Purpose").fill("To see which regions look at what.");
      await shoot("4.1");
      await page.getByRole("button", { name: "Publish", exact: true }).click();
      await page.getByText(`${enriched} is published`).waitFor();
    },
    "4.2 Find it as somebody else": async () => {
      await signOut(page);
      await signIn(page, "edge-owner", owner);
      await search(page, "region gender");
      await link(hits(page), enriched).waitFor();
    },
    "4.3 Find what is not yet published": async () => {
      await link(page, "Publish").click();
      await link(page, "edge._private.clicks").waitFor();
      const res = await fetch(`${url}/api/v1/topics/unpublished`, { headers: { Authorization: `Bearer ${state.token}` } });
      assert.equal(res.status, 200);
      assert.doesNotMatch(await res.text(), /clicks/, "the analyst does not see it");
    },
    "4.4 Try to publish it without accepting the terms": async () => {
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
    "4.5 Accept the terms, and publish": async () => {
      state.before = Date.now();
      await page.getByRole("checkbox", { name: /I accept these terms/ }).check();
      await page.getByRole("button", { name: "Publish", exact: true }).click();
      await page.getByRole("heading", { name: "edge.clicks" }).waitFor();
      await page.getByText("edge.clicks is published").waitFor();
      await page.getByRole("main").getByText(description).first().waitFor();
    },
    "4.6 See it as somebody else": async () => {
      await signOut(page);
      await signIn(page, "analyst", analyst);
      await search(page, "clicks");
      await link(hits(page), "edge.clicks").waitFor();
    },
    "4.7 Read it": async () => {
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
    "4.8 Take it back": async () => {
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
    "4.9 Find all that on record": async () => {
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
    "5.1 Follow the lineage": async () => {
      await signOut(page);
      await signIn(page, "analyst", analyst);
      await search(page, enriched);
      await link(hits(page), enriched).click();
      await page.getByRole("main").getByRole("link", { name: "Lineage", exact: true }).click();
      await page.locator("#lineage[data-ready]").waitFor();
      await page.getByRole("table", { name: `Where the data of ${enriched} comes from` }).getByRole("row", { name: /edge\.pageviews/ }).first().waitFor();
    },
    "5.2 Follow a field back": async () => {
      await page.getByRole("combobox", { name: /^Field/ }).selectOption("userid");
      await page.getByRole("button", { name: "Show", exact: true }).click();
      await page.getByRole("heading", { name: `Lineage of ${enriched}#userid` }).waitFor();
      for (const source of [/edge\.pageviews/, /membership\.users/]) await page.getByRole("table", { name: "Where the data of" }).getByRole("row", { name: source }).first().waitFor();
      await page.locator("#lineage[data-ready]").waitFor();
    },
    "5.3 Ask what dropping a field would break": async () => {
      const [command] = commands("5.3 Ask what dropping a field would break");
      const said = execFileSync("sh", ["-c", command.replace("./weir", process.env.WEIR_PROGRAM)], { env: { ...process.env, WEIR_URL: url, WEIR_TOKEN: state.token }, encoding: "utf8" });
      for (const name of [`query ${enriched}`, `product ${enriched}`, "analytics"]) assert.ok(said.includes(name), said);
      await search(page, "membership.users");
      await link(hits(page), "membership.users").click();
      await page.getByRole("main").getByRole("link", { name: "Lineage", exact: true }).click();
      await page.getByRole("combobox", { name: /^Field/ }).selectOption("regionid");
      await page.getByRole("button", { name: "Show", exact: true }).click();
      await page.getByRole("heading", { name: "What a failure or a change reaches" }).waitFor();
      await page.getByRole("table", { name: "What depends on membership.users#regionid" }).getByRole("row", { name: new RegExp(enriched) }).first().waitFor();
      await page.locator("#lineage[data-ready]").waitFor();
    },
  };
}

test("the course", async (t) => {
  const who = people();
  const b = await browser(t);
  const page = await open(t, b, { expect: [/status of 4(00|22)/] });
  page.setDefaultTimeout(15_000);
  const taken = new Set(["1.1"]); // which is in a terminal
  const shoot = async (number) => taken.has(number) || (taken.add(number), await picture(page, `docs/course/pictures/${number}`));
  const steps = walk(page, { analyst: who.analyst, owner: who["edge-owner"], shoot });
  assert.deepEqual(Object.keys(steps), titles, "this test and docs/course have the same steps");
  for (const [n, text] of documents.entries()) {
    const next = parts[n + 1];
    if (next) assert.ok(text.includes(`](${next})`), `${parts[n]} leads on to ${next}`);
  }
  for (const [n, title] of titles.entries()) {
    const step = steps[title].toString();
    assert.deepEqual(labels(sections[n]).filter((l) => !step.includes(l)), [], `step ${title} of docs/course names what this test does not do there`);
    const number = title.split(" ")[0];
    if (!taken.has(number)) assert.ok(sections[n].includes(`](pictures/${number}.webp)`) && existsSync(new URL(`../../docs/course/pictures/${number}.webp`, import.meta.url)), `step ${number} shows its picture`);
  }
  let failed = false;
  for (const [title, step] of Object.entries(steps)) {
    await t.test(title, { skip: failed && "an earlier step failed" }, async () => {
      failed = true;
      await step();
      await shoot(title.split(" ")[0]);
      if (/^([35]|4\.[19])/.test(title)) await bothWays(page); // the pages of the others are looked at in pages.test.js
      failed = false;
    });
  }
});
