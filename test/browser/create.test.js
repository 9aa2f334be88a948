// Create: a statement is completed, previewed and mended in the editor, becomes
// a product that runs, and all of that without a script too.

import assert from "node:assert/strict";
import { test } from "node:test";
import { accessible, api, browser, looksRight, open, person, signIn } from "./lib.js";

const views = "SELECT userid, pageid FROM edge.pageviews";

const nameOf = (page) => page.getByRole("textbox", { name: /^Name/ });

/** Types a text in place of what the editor has. */
async function write(page, box, text) {
  await box.focus();
  await page.keyboard.press("ControlOrMeta+A");
  await page.keyboard.insertText(text);
}

test("create", async (t) => {
  const b = await browser(t);
  const edge = await person("lina", "edge");
  const nobody = await person("noam");

  /** Signs in and opens the page; its editor. */
  async function editor(page, as, secret, path = "/create") {
    await signIn(page, as, secret);
    await page.goto(path);
    const box = page.getByRole("textbox", { name: "Statement" });
    await box.waitFor();
    return box;
  }

  await t.test("previews when typing pauses, marks what is wrong under its character, and runs", async (t) => {
    const page = await open(t, b);
    const box = await editor(page, "lina", edge);
    await write(page, box, "SELECT usrid, pageid FROM edge.pageviews");
    const wrong = page.getByRole("alert");
    await wrong.getByText("Line 1, column 8:").waitFor();
    await wrong.getByText("did you mean userid?").waitFor();
    assert.equal(await wrong.locator(".pointed").textContent(), "SELECT usrid, pageid FROM edge.pageviews\n       ^");
    assert.equal(await page.locator(".cm-lintRange-error").textContent(), "usrid", "the editor marks the word");
    await write(page, box, views);
    await page.getByRole("heading", { name: "What it makes" }).waitFor();
    await page.locator(".create-rows").getByRole("cell", { name: /^User_/ }).first().waitFor();
    assert.equal(await page.locator(".cm-lintRange-error").count(), 0);
    await page.getByRole("cell", { name: "edge.pageviews.pageid" }).waitFor();
    await accessible(page);
    await nameOf(page).fill("edge.seen");
    await page.getByRole("button", { name: "Create and run" }).click();
    await page.waitForURL(/\/products\/edge\.seen\/query$/);
    await page.getByText("edge.seen runs.").waitFor();
    assert.equal((await api("GET", "/queries/edge.seen")).statement, views);
  });

  await t.test("completes products, their fields and functions", async (t) => {
    const page = await open(t, b);
    const box = await editor(page, "lina", edge);
    const offered = (name) => page.locator(".cm-tooltip-autocomplete [role=option]").filter({ hasText: name }).first();
    await box.pressSequentially("SELECT * FROM edge.page");
    await offered("edge.pageviews").waitFor();
    await page.keyboard.press("Escape");
    await write(page, box, "SELECT FROM edge.pageviews p");
    await page.keyboard.press("Home");
    for (let i = 0; i < 7; i++) await page.keyboard.press("ArrowRight");
    await page.keyboard.type("p.us");
    await offered("userid").waitFor();
    await page.keyboard.press("Escape");
    for (let i = 0; i < 4; i++) await page.keyboard.press("Backspace");
    await page.keyboard.type("mask_h");
    await offered("mask_hash").waitFor();
  });

  await t.test("an input opens to its fields, and a click writes one", async (t) => {
    const page = await open(t, b);
    const box = await editor(page, "lina", edge, "/create?statement=SELECT%20");
    await box.press("End");
    await page.getByText("edge.pageviews", { exact: true }).click();
    await page.locator("[data-field=userid]").click();
    assert.equal(await box.innerText(), "SELECT userid");
  });

  await t.test("an example opens in the editor, and one click starts it", async (t) => {
    const page = await open(t, b);
    await signIn(page);
    await page.goto("/create");
    await accessible(page);
    const first = page.locator(".create-gallery li").filter({ has: page.getByRole("button") }).first();
    const product = await first.locator("form code").textContent();
    await first.getByRole("link").click();
    await page.locator(".create-rows").waitFor();
    assert.equal(await nameOf(page).inputValue(), product);
    await page.goBack();
    await page.getByRole("button", { name: `Start ${product}` }).click();
    await page.waitForURL(new RegExp(`/products/${product}/query$`));
  });

  await t.test("a refusal keeps what was typed and stands where it belongs", async (t) => {
    const page = await open(t, b, { expect: [/the server responded with a status of 4/] });
    await editor(page, "lina", edge, `/create?${new URLSearchParams({ statement: views, name: "execution.mine" })}`);
    await page.getByRole("button", { name: "Create and run" }).click();
    await page.locator("#making").getByRole("alert").waitFor();
    assert.equal(await nameOf(page).inputValue(), "execution.mine");
    assert.equal(await page.locator("textarea[name=statement]").inputValue(), views);
  });

  await t.test("without a script", async (t) => {
    const page = await open(t, b, { script: false });
    await signIn(page, "lina", edge);
    await page.goto("/create");
    await page.getByLabel("Statement").fill("SELECT nothing FROM edge.pageviews");
    await page.getByRole("button", { name: "Preview" }).click();
    await page.getByText("there is no column nothing").waitFor();
    await page.getByLabel("Statement").fill(views);
    await page.getByRole("button", { name: "Preview" }).click();
    await page.getByRole("cell", { name: /^User_/ }).first().waitFor();
    await nameOf(page).fill("edge.seen-too");
    await page.getByRole("button", { name: "Create and run" }).click();
    await page.waitForURL(/\/products\/edge\.seen-too\/query$/);
  });

  await t.test("the preview has the rights of who looks", async (t) => {
    const page = await open(t, b);
    const box = await editor(page, "noam", nobody);
    await api("PATCH", "/products/membership.users", { access: "request" });
    await write(page, box, "SELECT userid FROM membership.users");
    await page.getByRole("alert").getByText(/noam/).waitFor();
    assert.equal(await page.locator(".create-rows").count(), 0);
  });

  await t.test("looks right", async (t) => {
    const page = await open(t, b);
    await signIn(page, "lina", edge);
    await looksRight(page, `/create?${new URLSearchParams({ statement: views })}`);
  });
});
