// What the frame can do with a script, on every page: keys, copying, light and
// dark without a new page, menus that close. Every page works without it.

const typing = (el) => el.matches("input, textarea, select, [contenteditable]");
const nav = JSON.parse(document.body.dataset.keys || "{}");

// Copying.

function showButtons(root) {
  if (!navigator.clipboard) return; // the browser only offers it in safe places
  for (const b of root.querySelectorAll("[data-copy][hidden]")) b.hidden = false;
}

async function copy(button) {
  await navigator.clipboard.writeText(button.dataset.copy);
  button.classList.add("copied");
  button.title = "Copied";
  say("Copied");
  setTimeout(() => {
    button.classList.remove("copied");
    button.title = "Copy";
  }, 1500);
}

// What screen readers are told.
const live = document.createElement("p");
live.className = "hidden";
live.setAttribute("aria-live", "polite");
document.body.append(live);

function say(text) {
  live.textContent = text;
}

// Light and dark.

function shown() {
  return document.documentElement.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
}

async function switchTheme(form) {
  const theme = shown() === "dark" ? "light" : "dark";
  document.documentElement.dataset.theme = theme;
  say(theme === "dark" ? "Dark" : "Light");
  await fetch(form.action, { method: "POST", redirect: "manual", body: new URLSearchParams({ theme, next: "/" }) });
}

// Lines of lists, by j and k.

const lines = () => [...document.querySelectorAll("[data-keys='rows'] tbody tr, .things[data-keys] > li, [data-keys='items'] > *")];

function step(by) {
  const all = lines();
  if (all.length === 0) return;
  const now = all.findIndex((l) => l.classList.contains("here"));
  const next = all[Math.min(Math.max(now + by, 0), all.length - 1)];
  all[now]?.classList.remove("here");
  next.classList.add("here");
  next.scrollIntoView({ block: "nearest" });
  next.querySelector("a")?.focus({ preventScroll: true });
}

function openKeys() {
  const d = document.getElementById("keys");
  if (d && !d.open) d.showModal();
}

// Esc leaves what is open, the innermost first.
function leave(target) {
  const menu = document.querySelector("details.menu[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  } else if (typing(target)) {
    target.blur();
  } else {
    const drawer = document.querySelector("details.drawer[open]");
    if (drawer) drawer.open = false;
    for (const l of lines()) l.classList.remove("here");
  }
}

let prefix = 0; // when g was pressed

function pressed(e) {
  if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing || e.defaultPrevented) return;
  const target = e.composedPath()[0]; // inside an editor too, which has a root of its own
  if (e.key === "Escape") return leave(target);
  if (typing(target) || document.querySelector("dialog[open]")) return;
  if (e.timeStamp - prefix < 1000 && nav[e.key]) {
    location.assign(nav[e.key]);
    return;
  }
  prefix = 0;
  switch (e.key) {
    case "g":
      prefix = e.timeStamp;
      return;
    case "/":
      e.preventDefault();
      document.getElementById("search")?.focus();
      document.getElementById("search")?.select();
      return;
    case "?":
      e.preventDefault();
      openKeys();
      return;
    case "j":
      return step(1);
    case "k":
      return step(-1);
  }
}

// The search box completes names: arrows go through them, Enter opens the one
// that is chosen, or searches when none is; Esc closes the list. Without a script
// the box is a plain search.

const box = document.getElementById("search");
const names = document.getElementById("search-names");
let asked = 0;
let chosen = -1;

function choose(n) {
  const all = names.children;
  chosen = n;
  for (const [i, o] of [...all].entries()) o.setAttribute("aria-selected", String(i === n));
  if (n < 0) return box.removeAttribute("aria-activedescendant");
  box.setAttribute("aria-activedescendant", all[n].id);
  all[n].scrollIntoView({ block: "nearest" });
}

function closeNames() {
  asked++;
  names.hidden = true;
  box.setAttribute("aria-expanded", "false");
  choose(-1);
}

async function complete() {
  const mine = ++asked;
  const text = box.value.trim();
  if (!text) return closeNames();
  await new Promise((done) => setTimeout(done, 120));
  if (mine !== asked) return;
  const answer = await fetch(`${box.dataset.names}?${new URLSearchParams({ q: text })}`, { headers: { "HX-Request": "true" } }).catch(() => null);
  if (mine !== asked) return;
  const list = answer?.ok ? await answer.text() : "";
  if (mine !== asked) return;
  names.innerHTML = list; // as the pages write them: every name is escaped
  choose(-1);
  const n = names.children.length;
  names.hidden = n === 0;
  box.setAttribute("aria-expanded", String(n > 0));
  say(n === 0 ? "" : `${n} ${n === 1 ? "name" : "names"}; arrows go through them`);
}

function completing(e) {
  const n = names.children.length;
  if (e.isComposing || names.hidden || n === 0) return;
  if (e.key === "ArrowDown") choose(chosen + 1 < n ? chosen + 1 : -1);
  else if (e.key === "ArrowUp") choose(chosen < 0 ? n - 1 : chosen - 1);
  else if (e.key === "Enter" && chosen >= 0) location.assign(names.children[chosen].dataset.href);
  else if (e.key === "Escape") closeNames();
  else return;
  e.preventDefault();
  e.stopPropagation();
}

if (box && names) {
  for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-expanded", "false"], ["aria-controls", names.id]]) box.setAttribute(name, value);
  box.addEventListener("input", complete);
  box.addEventListener("keydown", completing);
  box.addEventListener("blur", closeNames);
  names.addEventListener("mousedown", (e) => e.preventDefault()); // the box keeps the focus
  names.addEventListener("click", (e) => {
    const option = e.target.closest("[data-href]");
    if (option) location.assign(option.dataset.href);
  });
}

// Relative times grow older while a page is looked at.

const units = [[60, 1, "s"], [3600, 60, "min"], [48 * 3600, 3600, "h"], [30 * 86400, 86400, "days"]];

function older() {
  for (const t of document.querySelectorAll("time[datetime]")) {
    const s = (Date.now() - Date.parse(t.dateTime)) / 1000;
    const unit = units.find(([limit]) => s < limit);
    if (unit && s >= 1 && / ago$|^now$/.test(t.textContent)) t.textContent = `${Math.floor(s / unit[1])} ${unit[2]} ago`;
  }
}

document.addEventListener("keydown", pressed);
document.addEventListener("click", (e) => {
  const button = e.target.closest("[data-copy]");
  if (button) copy(button);
  if (e.target.closest("[data-open='keys']")) openKeys();
  for (const m of document.querySelectorAll("details.menu[open]")) if (!m.contains(e.target)) m.open = false;
});
document.addEventListener("submit", (e) => {
  if (!e.target.matches(".theme")) return;
  e.preventDefault();
  switchTheme(e.target);
});
document.addEventListener("htmx:afterSwap", (e) => showButtons(e.target));
for (const b of document.querySelectorAll("[data-open][hidden]")) b.hidden = false;
showButtons(document);
setInterval(older, 10000);
