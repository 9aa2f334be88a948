// What every browser test needs: a browser, a page that fails its test when the
// console, the policy or a request says that something is wrong, axe, and the
// widths that pages must fit. The node runs already; see run.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after } from "node:test";
import { chromium } from "playwright-core";

export const url = process.env.WEIR_URL;
export const user = process.env.WEIR_USER;
export const password = process.env.WEIR_PASSWORD;
export const token = process.env.WEIR_TOKEN;

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const shots = process.env.WEIR_SHOTS;

/** The widths that every page fits without a horizontal bar. */
const widths = [1280, 2560, 360];

let launched;
after(async () => (await launched)?.close());

/** The browser of the test file, which ends with it; what is open in it ends with its test. */
export function browser() {
  launched ??= chromium.launch({ executablePath: process.env.WEIR_CHROMIUM || "/usr/bin/chromium", args: ["--no-sandbox"] });
  return launched;
}

/**
 * A page in a context of its own. When its test ends, it fails if the console
 * had an error, the policy refused something, or a script threw. expect holds
 * expressions for what is expected, such as the status of a refusal.
 */
export async function open(t, b, { width = 1280, height = 900, theme = "light", script = true, expect = [] } = {}) {
  const context = await b.newContext({ baseURL: url, viewport: { width, height }, colorScheme: theme, javaScriptEnabled: script });
  const wrong = [];
  if (script) {
    await context.addInitScript(() => {
      document.addEventListener("securitypolicyviolation", (e) => console.error(`policy: ${e.violatedDirective} ${e.blockedURI} ${e.sourceFile}:${e.lineNumber}`));
    });
  }
  const page = await context.newPage();
  page.on("console", (m) => {
    if (m.type() === "error" || m.type() === "warning") wrong.push(`${page.url()}: ${m.text()}`);
  });
  page.on("pageerror", (e) => wrong.push(`${page.url()}: ${e.message}`));
  t.after(async () => {
    await context.close();
    assert.deepEqual(wrong.filter((w) => !expect.some((e) => e.test(w))), [], "the console says that something is wrong");
  });
  return page;
}

/** Signs in by the form, as a person does. */
export async function signIn(page, as = user, secret = password) {
  await page.goto("/sign-in");
  await page.getByLabel("Name").fill(as);
  await page.getByLabel("Password").fill(secret);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("navigation", { name: "Places" }).waitFor();
}

const sessions = new Map();

/**
 * Gives a page the session of somebody who signed in by the form before, or
 * signs in by it. The page is still to be opened; whoever signs out, or reads what
 * follows on signing in, uses signIn.
 */
export async function enter(page, as = user, secret = password) {
  const kept = sessions.get(as);
  if (kept) return page.context().addCookies(kept);
  await signIn(page, as, secret);
  sessions.set(as, (await page.context().cookies()).filter((c) => c.name.startsWith("weir-session")));
}

/** The people of the demo with their passwords: analyst, edge-owner. */
export function people() {
  const made = JSON.parse(readFileSync(join(process.env.WEIR_DATA, "demo-credentials.json"), "utf8"));
  return Object.fromEntries(made.people.map((p) => [p.name, p.password]));
}

/** Calls the API with the admin's token: for what a test needs to be there. */
export async function api(method, path, body, as = token) {
  const res = await fetch(url + "/api/v1" + path, {
    method,
    headers: { Authorization: `Bearer ${as}`, ...(body ? { "Content-Type": "application/json" } : {}) },
    body: body ? JSON.stringify(body) : undefined,
  });
  const text = await res.text();
  assert.ok(res.ok, `${method} ${path}: ${res.status} ${text}`);
  return text ? JSON.parse(text) : undefined;
}

/** A person with a password, in teams that are there. */
export async function person(name, ...teams) {
  const made = await api("POST", "/people", { name });
  for (const team of teams) await api("PUT", `/teams/${team}/members/${name}`);
  return made.password;
}

/**
 * Fails if axe finds anything on the page as it is: by the rules that are named
 * alone, or by all but those that are left out.
 */
export async function accessible(page, { rules, without = [] } = {}) {
  const options = { resultTypes: ["violations"], preload: false, rules: Object.fromEntries(without.map((r) => [r, { enabled: false }])), ...(rules && { runOnly: rules }) };
  if (!(await page.evaluate("'axe' in window"))) await page.evaluate(axeSource);
  const found = await page.evaluate(`axe.run(document, ${JSON.stringify(options)})`);
  const told = found.violations.map((v) => `${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map((n) => `${n.target} (${n.failureSummary})`).join("; ")}`);
  assert.deepEqual(told, [], `axe finds something on ${page.url()}`);
}

/** Fails if the page is wider than the window. */
export async function fits(page) {
  const wide = await page.evaluate(() => {
    const most = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= most) return [];
    const sticksOut = [...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > most + 1 && !e.closest(".hidden, .table-box, .pre, .tabs"));
    return ["the whole page", ...sticksOut.slice(0, 5).map((e) => `${e.tagName.toLowerCase()}.${e.className}`)];
  });
  assert.deepEqual(wide, [], `${page.url()} is wider than ${page.viewportSize().width} px`);
}

const themes = new WeakMap();

/** Makes a page light or dark, and as wide; what is so already costs nothing. */
async function as(page, theme, width) {
  if (themes.get(page) !== theme) await page.emulateMedia({ colorScheme: theme });
  if (page.viewportSize().width !== width) await page.setViewportSize({ width, height: 900 });
  themes.set(page, theme);
}

/**
 * Looks at a path: all of axe on a wide light page, every width, and on a narrow
 * dark one the rules whose answer depends on colours and places; the others would
 * say the same of the same document. Without colours, which take half of the
 * time: for a page that was looked at in the same colours already.
 */
export async function looksRight(page, path, { colours = true } = {}) {
  await as(page, "light", 1280);
  if (page.url() !== url + path) await page.goto(path);
  await accessible(page, { without: colours ? [] : ["color-contrast"] });
  for (const width of widths) {
    await as(page, "light", width);
    await fits(page);
    await shot(page, path, "light", width);
  }
  if (!colours) return;
  await as(page, "dark", 360);
  await accessible(page, { rules: ["color-contrast", "scrollable-region-focusable"] });
  for (const width of shots ? widths : []) {
    await as(page, "dark", width);
    await shot(page, path, "dark", width);
  }
}

async function shot(page, path, theme, width) {
  if (!shots) return;
  mkdirSync(shots, { recursive: true });
  const name = path.replace(/[^a-zA-Z0-9]+/g, "_").replace(/^_|_$/g, "") || "home";
  await page.screenshot({ path: join(shots, `${name}-${theme}-${width}.png`), fullPage: true });
}

/**
 * Keeps a picture of the window for the documents, as WebP, when the test is
 * asked to renew them by WEIR_PICTURES; path is one of the repository, without its
 * ending.
 */
export async function picture(page, path) {
  if (!process.env.WEIR_PICTURES) return;
  const png = (await page.screenshot({ animations: "disabled" })).toString("base64");
  const blank = await page.context().browser().newPage();
  const webp = await blank.evaluate(async (data) => {
    const image = await createImageBitmap(new Blob([Uint8Array.from(atob(data), (c) => c.charCodeAt(0))], { type: "image/png" }));
    const canvas = new OffscreenCanvas(image.width, image.height);
    canvas.getContext("2d").drawImage(image, 0, 0);
    const blob = await canvas.convertToBlob({ type: "image/webp", quality: 0.5 });
    return [...new Uint8Array(await blob.arrayBuffer())];
  }, png);
  await blank.close();
  const to = new URL(`../../${path}.webp`, import.meta.url);
  mkdirSync(new URL(".", to), { recursive: true });
  writeFileSync(to, Buffer.from(webp));
}
