// Every page of every family, as each sort of person sees it: narrow and wide,
// light and dark (colours as the admin, whose pages have all that others have),
// with and without a script; that links lead somewhere; that what somebody may not
// know of is on none of them; and forms that are sent too late. pages.json lists
// them; a test of package web holds it against the routes.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { accessible, api, browser, enter, looksRight, open, password, people, person, signIn, token, url, user } from "./lib.js";

const pages = JSON.parse(readFileSync(new URL("pages.json", import.meta.url), "utf8"));
const parts = new Set(["GET /explore/preview", "GET /explore/names", "GET /create/fields", "GET /create/words"]); // of pages, not pages

/** The addresses of all routes, with what is named in them. */
function addresses(names) {
  return Object.entries(pages).flatMap(([route, all]) =>
    all.map((path) => ({ route, path: path.replace(/\{(\w+)\}/g, (_, noun) => encodeURIComponent(names[noun])) })),
  );
}

const demo = { product: "edge.pageviews", derived: "edge.looks", stream: "edge._private.clicks", domain: "edge", team: "edge", application: "web-tracker" };

// What some may not see at all; every other page is there for everybody.
const refusals = { analyst: [`/publish/${demo.stream}`, `/products/${demo.derived}/query`, `/products/${demo.derived}/query/delete`, `/products/${demo.derived}/publish`] };

/** A product that a query makes, proposed to its domain, of what the demo has. */
const derive = (name, column = "pageid") => api("POST", "/queries", { name, statement: `SELECT pageid AS ${column}, viewtime FROM edge.pageviews` });

// What the reference of the commands says, by command: weir product show.
const reference = Object.fromEntries(
  readFileSync(new URL("../../docs/reference/cli.md", import.meta.url), "utf8").split(/^## /m).slice(1).map((text) => [text.slice(0, text.indexOf("\n")).trim(), text]),
);

/** What of a command there is not: itself, or its flags. */
function missing(command) {
  const words = command.split(/\s+/);
  const name = [4, 3, 2, 1].map((n) => words.slice(0, n).join(" ")).find((name) => name in reference);
  const known = `${reference.weir}${reference[name]}`.split(/[\s,]+/);
  return name === "weir" ? [command] : words.filter((w) => /^--?[a-z]/.test(w) && !known.includes(w));
}

test("every page", async (t) => {
  const b = await browser(t);
  const secrets = { [user]: password, ...people() };
  await derive(demo.derived);
  const links = new Set();
  const commands = new Set();
  for (const who of [user, "edge-owner", "analyst"]) {
    await t.test(`as ${who}`, async (t) => {
      const page = await open(t, b, { expect: [/status of 40[34]/] });
      await enter(page, who, secrets[who]);
      for (const { route, path } of addresses({ ...demo, person: who })) {
        await t.test(path, async () => {
          const res = await page.goto(path);
          const want = refusals[who]?.includes(path) ? 404 : 200;
          assert.equal(res.status(), want);
          if (parts.has(route)) return;
          assert.ok((await page.getByRole("heading", { level: 1 }).allTextContents()).length > 0, "it has a heading");
          await looksRight(page, page.url().slice(url.length), { colours: who === user });
          for (const text of await page.locator(".drawer-body pre").allTextContents()) if (text.startsWith("weir ")) commands.add(text);
          for (const href of await page.locator("a[href^='/']").evaluateAll((all) => all.map((a) => a.getAttribute("href").split("#")[0]))) links.add(href);
        });
      }
      if (who !== user) return;
      await t.test("every command of a drawer is there, with its flags", () => {
        assert.ok(commands.size > 30, `${commands.size} commands`);
        assert.deepEqual([...commands].filter((c) => missing(c).length > 0).map((c) => `${c}: ${missing(c)}`), []);
      });
      await t.test("every link leads somewhere", async () => {
        const gone = [];
        for (const href of [...links].slice(0, 400)) {
          const { status } = await page.request.get(href).then((r) => ({ status: r.status() }));
          if (status >= 400) gone.push(`${status} ${href}`);
        }
        t.diagnostic(`${links.size} links`);
        assert.deepEqual(gone, []);
      });
    });
  }
});

test("every page without a script", async (t) => {
  const b = await browser(t);
  const page = await open(t, b, { script: false });
  await enter(page);
  const wrong = [];
  for (const { route, path } of addresses({ ...demo, person: user })) {
    if (parts.has(route)) continue;
    const res = await page.goto(path, { waitUntil: "commit" });
    const heads = await page.locator("main h1").count();
    if (res.status() !== 200 || heads === 0) wrong.push(`${path}: ${res.status()}, ${heads} headings`);
  }
  assert.deepEqual(wrong, []);
});

// Two words: one in the names of what is hidden, one in all its texts and in
// nothing that anybody types. Addresses that say the name may say it back.
test("what somebody may not know of is on no page", async (t) => {
  const b = await browser(t);
  const [name, text] = ["ocelot", "pangolin"];
  await api("POST", "/teams", { name: "burrow" });
  await api("POST", "/teams", { name: "elsewhere" });
  await api("POST", "/domains", { name: "burrows", team: "burrow" });
  const inside = await person("digger", "burrow");
  const outside = await person("stranger", "elsewhere");
  await api("POST", "/applications", { name: "burrow-app", team: "burrow" });
  const product = `burrows.${name}`;
  const words = `mandrill ${text}`;
  await api("POST", "/products", {
    name: product, encoding: "json-schema", visibility: "domain", access: "request", owner: "digger", description: words,
    schema: JSON.stringify({ type: "object", properties: { [text]: { type: "string", description: words } } }),
    purpose: words, usage: words, limitations: words, documentation: `# ${words}`, terms: words, tags: ["area:mandrill", `area:${text}`],
    fields: [{ path: text, description: words, tags: [`pii:${text}`], classification: "personal" }],
  });
  await api("POST", "/streams", { name: `burrows._private.${name}`, description: words });
  await derive(`burrows.${name}-looks`, text);
  await api("PUT", `/products/${product}/access/burrow-app`);
  const names = { product, derived: `burrows.${name}-looks`, stream: `burrows._private.${name}`, domain: "burrows", team: "burrow", application: "burrow-app", person: "digger" };
  const finding = ["/explore?q=mandrill", "/explore?q=ocel", "/explore?q=tag%3Aarea%3Dmandrill", "/explore?q=owner%3Adigger", "/explore?q=domain%3Aburrows",
    "/explore?f=domain%3Dburrows", "/explore/names?q=oce", "/explore/names?q=burrows", "/explore/names?q=mand", "/activity?by=admin", "/activity?noun=product",
    "/activity?noun=stream", "/activity?about=domain/burrows", "/products/edge.pageviews", "/products/edge.pageviews/activity", "/domains/burrows", "/people/digger"];
  const all = [...addresses({ ...demo, person: "stranger" }), ...addresses(names)].map((a) => a.path).concat(finding).filter((p, i, all) => all.indexOf(p) === i);
  const seen = async (who, secret) => {
    const page = await open(t, b, { script: false, expect: [/status of 4\d\d/] });
    await enter(page, who, secret);
    const out = [];
    for (const path of all) {
      const body = (await (await page.request.get(path)).text()).toLowerCase();
      if (body.includes(text) || (body.includes(name) && !path.includes(name) && !path.includes("ocel"))) out.push(path);
    }
    return out;
  };
  const found = await seen("digger", inside);
  assert.ok(found.length >= 15, `an insider finds it on ${found.length} pages: ${found}`);
  assert.deepEqual(await seen("stranger", outside), [], "a stranger finds it on none");
  const page = await open(t, b, { script: false, expect: [/status of 404/] });
  await enter(page, "stranger", outside);
  for (const { path } of addresses(names).filter((a) => a.path.includes(name))) {
    const hidden = await page.request.get(path);
    const absent = await page.request.get(path.replaceAll(name, "margay"));
    assert.equal(hidden.status(), absent.status(), path);
    const whole = (text) => text.replaceAll(/<button[^>]*data-copy=[^>]*>/g, ""); // whose names are cut
    const [got, want] = [whole(await hidden.text()).replaceAll(name, "margay"), whole(await absent.text())];
    const at = [...want].findIndex((c, i) => got[i] !== c);
    assert.ok(got === want, `${path} does not say what one says that is not there: ${got.slice(at - 60, at + 200)} -- instead of -- ${want.slice(at - 60, at + 200)}`);
  }
});

test("a session that ends while somebody types", async (t) => {
  const b = await browser(t);
  const secret = people()["edge-owner"];
  // away takes the cookie, and gives what signs in again.
  const away = async (page) => {
    await page.context().clearCookies({ name: /^weir-session/ });
    return async () => {
      await page.getByRole("heading", { name: "Sign in" }).waitFor();
      await page.getByText("Your session had ended").waitFor();
      await page.getByLabel("Name").fill("edge-owner");
      await page.getByLabel("Password").fill(secret);
      await page.getByRole("button", { name: "Sign in" }).click();
    };
  };
  await t.test("the form for publishing holds all of it again", async (t) => {
    const page = await open(t, b);
    await enter(page, "edge-owner", secret);
    await page.goto(`/publish/${demo.stream}`);
    const typed = {
      Name: "edge.clicked", Description: "Clicks,\nand <b>more</b> of \"them\"", Tags: "area:web, source:tracker", Purpose: "Für später 🙂", Limitations: "None",
      Schema: '{"type":"object"}', "Fields that the key holds": "userid", "Field with the event's time": "clicktime", Reason: "a test",
    };
    const chosen = { "Quality tier": "raw", "SLA tier": "tier-2", "Encoding of the values": "json", Visibility: "domain", Access: "request", Kind: "table", Type: "aggregate" };
    const field = (label) => page.getByRole("main").getByLabel(new RegExp(`^\\s*${label}(\\s+optional)?\\s*$`));
    for (const [label, value] of Object.entries(typed)) await field(label).fill(value);
    for (const [label, value] of Object.entries(chosen)) await field(label).selectOption(value);
    await page.getByRole("checkbox", { name: /I accept these terms/ }).check();
    const signBackIn = await away(page);
    await page.getByRole("button", { name: "Publish", exact: true }).click();
    await signBackIn();
    await page.getByRole("heading", { name: `Publish ${demo.stream}` }).waitFor();
    for (const [label, value] of Object.entries({ ...typed, ...chosen })) assert.equal(await field(label).inputValue(), value, label);
    assert.ok(await page.getByRole("checkbox", { name: /I accept these terms/ }).isChecked());
    await accessible(page);
  });
  await t.test("a password is not kept", async (t) => {
    const page = await open(t, b);
    await enter(page, "edge-owner", secret);
    await page.goto("/people/edge-owner");
    await page.getByText("Another password").click();
    await page.getByLabel(/^\s*Password/).fill("a new secret of mine");
    const signBackIn = await away(page);
    await page.getByRole("button", { name: "Set the password" }).click();
    await signBackIn();
    await page.getByRole("heading", { name: "edge-owner" }).waitFor();
    assert.equal(await page.getByLabel(/^\s*Password/).inputValue(), "");
    assert.doesNotMatch(await page.content(), /a new secret of mine/);
  });
  await t.test("somebody else who signs in on the same browser does not get it", async (t) => {
    const page = await open(t, b);
    await signIn(page, "edge-owner", secret);
    await page.goto("/products/edge.pageviews/edit");
    await page.getByRole("textbox", { name: /^Purpose/ }).fill("typed by the owner");
    const cookies = await page.context().cookies();
    await fetch(`${url}/sign-out`, { method: "POST", headers: { Cookie: cookies.map((c) => `${c.name}=${c.value}`).join("; ") }, redirect: "manual" });
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Your session had ended").waitFor();
    await page.getByLabel("Name").fill(user);
    await page.getByLabel("Password").fill(password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { name: "Edit edge.pageviews" }).waitFor();
    assert.notEqual(await page.getByRole("textbox", { name: /^Purpose/ }).inputValue(), "typed by the owner");
    assert.notEqual((await api("GET", "/products/edge.pageviews")).purpose, "typed by the owner", "nothing is stored by it");
  });
});

test("two people edit the same", async (t) => {
  const b = await browser(t);
  const at = "/products/edge.pageviews/documentation/edit";
  const secret = people()["edge-owner"];
  const both = [];
  for (const [who, word] of [["edge-owner", secret], [user, password]]) {
    const page = await open(t, b, { expect: [/status of 412/] });
    await enter(page, who, word);
    await page.goto(at);
    both.push(page);
  }
  const [first, second] = both;
  const stored = () => fetch(`${url}/api/v1/products/edge.pageviews/documentation`, { headers: { Authorization: `Bearer ${token}` } }).then((r) => r.text());
  const area = (page) => page.getByLabel("Text, in Markdown");
  const before = await area(first).inputValue();
  await area(first).fill(`${before}\nThe first was faster.`);
  await area(second).fill(`${before}\nThe second typed this.`);
  await first.getByRole("button", { name: "Save" }).click();
  await first.waitForURL(/documentation$/);
  await second.getByRole("button", { name: "Save" }).click();
  await second.getByText("Somebody else changed the product since you opened this page").waitFor();
  await second.getByRole("main").getByText("The first was faster.").first().waitFor();
  assert.equal(await area(second).inputValue(), `${before}\nThe second typed this.`, "nothing typed is lost");
  assert.match(await stored(), /The first was faster\./, "nothing is overwritten");
  await accessible(second);
  await second.getByRole("button", { name: "Save" }).click();
  await second.waitForURL(/documentation$/);
  assert.match(await stored(), /The second typed this\./);
});
