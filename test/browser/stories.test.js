// Every page in every state, with canned data: empty, one, many, long names,
// failing, no rights, unknown. Nothing here changes the mesh, so run does it
// beside the other files.

import assert from "node:assert/strict";
import { test } from "node:test";
import { browser, enter, looksRight, open } from "./lib.js";

test("every story looks right", async (t) => {
  const b = await browser(t);
  const page = await open(t, b, { expect: [/status of 4\d\d/, /status of 5\d\d/] });
  await enter(page);
  await page.goto("/_stories");
  const paths = await page.locator(".stories a:first-child").evaluateAll((all) => all.map((a) => a.getAttribute("href")));
  assert.ok(paths.length > 5, "there are stories");
  for (const path of paths) {
    await t.test(path, async () => looksRight(page, path));
  }
});
