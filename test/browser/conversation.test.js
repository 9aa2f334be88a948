// What people say about a product: somebody asks, the owner finds it on the first
// page and answers, and announces something to those who will read it.

import { test } from "node:test";
import { accessible, api, browser, enter, open, person } from "./lib.js";

const product = "edge.pageviews";
const at = `/products/${product}/questions`;

test("a question is asked, found, answered and read; an announcement arrives", async (t) => {
  const b = await browser(t);
  await api("POST", "/teams", { name: "curious" });
  const [asker, owner] = [await person("quentin", "curious"), await person("olivia", "edge")];
  await api("POST", "/applications", { name: "curious-app", team: "curious" });
  await api("PUT", `/products/${product}/plans/curious-app`, {});

  const theirs = await open(t, b, { script: false });
  await enter(theirs, "quentin", asker);
  await theirs.goto(`/products/${product}`);
  await theirs.getByRole("link", { name: "Ask", exact: true }).click();
  await theirs.getByLabel("Your question").fill("Are views by bots in it?");
  await theirs.getByRole("button", { name: "Ask" }).click();
  await theirs.getByText("It is asked.").waitFor();

  const page = await open(t, b, { expect: [/status of 400/] });
  await enter(page, "olivia", owner);
  await page.goto("/");
  const mine = page.locator("section").filter({ has: page.getByRole("heading", { name: "For you" }) });
  await mine.getByText("Are views by bots in it?").waitFor();
  await accessible(page);
  await mine.getByRole("link", { name: product }).click();
  await page.getByText("Answer question 1").click();
  await page.getByLabel("The answer to question 1").fill(" ");
  await page.getByRole("button", { name: "Send the answer" }).click();
  await page.getByRole("alert").getByText(/empty/).waitFor();
  await page.getByLabel("The answer to question 1").fill("Yes, all of them.");
  await page.getByRole("button", { name: "Send the answer" }).click();
  await page.getByText("It is answered.").waitFor();
  await page.getByLabel("What they should know").fill("From March on, pageid may be null.");
  await page.getByRole("button", { name: "Announce" }).click();
  await page.getByText("It is announced to curious.").waitFor();
  await accessible(page);

  await theirs.goto("/");
  await theirs.getByText("Yes, all of them.").waitFor();
  await theirs.getByText("From March on, pageid may be null.").waitFor();
  await theirs.goto(`/products/${product}`);
  await theirs.getByText("olivia announced").waitFor();
  await theirs.goto(at);
  await theirs.getByText("Yes, all of them.").waitFor();
});
