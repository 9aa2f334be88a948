// The editor of statements: it stands in for the text area of the form, keeps
// it up to date, completes products, fields and functions, previews when typing
// pauses, and marks what a preview says is wrong. The form works without it.

import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { PostgreSQL, sql } from "@codemirror/lang-sql";
import { bracketMatching, HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { setDiagnostics } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import { EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const pause = 600; // ms without a key, after which a preview is asked for
const text = document.querySelector("textarea[data-editor]");
const form = text?.form;
const out = document.getElementById("preview");

// What can be completed.

const plain = /^[a-z_][a-z0-9_]*$/;
const quoted = (name) => (plain.test(name) ? name : `"${name.replaceAll('"', '""')}"`);
const products = [...document.querySelectorAll("[data-product]")].map((d) => d.dataset.product);
const inSQL = (product) => {
  const dot = product.indexOf(".");
  return `${quoted(product.slice(0, dot))}.${quoted(product.slice(dot + 1))}`;
};
const names = products.map((p) => ({ label: inSQL(p), type: "class", detail: "product" }));
const asked = new Map(); // the fields of a product, once somebody needs them
let functions = null;

async function part(path) {
  const answer = await fetch(path, { headers: { "HX-Request": "true" } }).catch(() => null);
  const page = new DOMParser().parseFromString(answer?.ok ? await answer.text() : "", "text/html");
  return [...page.querySelectorAll("li")];
}

function words() {
  functions ??= part(form.dataset.words).then((all) =>
    all.filter((li) => /^[a-z_0-9]+$/.test(li.dataset.word)).map((li) => ({ label: li.dataset.word, type: "function", detail: li.dataset.form, info: li.dataset.doc })),
  );
  return functions;
}

function fields(product) {
  if (!asked.has(product)) {
    const path = `${form.dataset.fields}?${new URLSearchParams({ product })}`;
    asked.set(product, part(path).then((all) => all.map((li) => ({ label: li.dataset.field.split(".").map(quoted).join("."), type: "property", detail: li.dataset.type, info: product }))));
  }
  return asked.get(product);
}

// The inputs that a statement names, with the names that it gives them.
function inputs(statement) {
  const found = [];
  for (const p of products) {
    const name = inSQL(p);
    for (let at = statement.indexOf(name); at >= 0 && found.length < 16; at = statement.indexOf(name, at + 1)) {
      const after = statement.slice(at + name.length).match(/^(?:\s*,[^()]*\))?\s+(?:AS\s+)?([a-z_][a-z0-9_]*)/i);
      found.push({ product: p, alias: after?.[1] });
    }
  }
  return found;
}

async function complete(context) {
  const word = context.matchBefore(/[\w".-]*/);
  if (!word || (word.from === word.to && !context.explicit)) return null;
  const used = inputs(context.state.doc.toString());
  const dot = word.text.lastIndexOf(".");
  const of = dot < 0 ? null : used.find((i) => i.alias === word.text.slice(0, dot));
  if (of) return { from: word.from + dot + 1, options: await fields(of.product), validFor: /^[\w"]*$/ };
  const options = [...names];
  if (dot < 0) {
    options.push(...(await words()));
    for (const i of new Set(used.map((u) => u.product))) options.push(...(await fields(i)));
    for (const i of used) if (i.alias) options.push({ label: i.alias, type: "variable", detail: i.product });
  }
  return { from: word.from, options, validFor: /^[\w".-]*$/ };
}

// Previews, one at a time: the newest statement wins.

let timer = 0;
let running = null;

function later(view) {
  clearTimeout(timer);
  timer = setTimeout(() => ask(view), pause);
}

async function ask(view) {
  running?.abort();
  const mine = (running = new AbortController());
  out.setAttribute("aria-busy", "true");
  let page = null;
  try {
    const answer = await fetch(form.dataset.preview, { method: "POST", headers: { "HX-Request": "true" }, body: new URLSearchParams(new FormData(form)), signal: mine.signal });
    if (!answer.ok || answer.redirected) throw new Error(answer.statusText);
    page = await answer.text();
  } catch (e) {
    if (e.name === "AbortError") return;
    page = null;
  }
  if (running !== mine) return;
  running = null;
  out.removeAttribute("aria-busy");
  if (page === null) return; // what was shown stays; the button says more
  out.innerHTML = page; // as the pages write them: everything of others is escaped
  marks(view);
}

// marks puts what the preview says is wrong under its character.
function marks(view) {
  const wrong = out.querySelector("[data-line]");
  const found = [];
  if (wrong) {
    const doc = view.state.doc;
    const line = doc.line(Math.min(Number(wrong.dataset.line), doc.lines));
    const from = Math.min(line.from + offset(line.text, Number(wrong.dataset.column)), line.to);
    const rest = doc.sliceString(from, line.to).match(/^((\w+|"[^"]*")(\.(\w+|"[^"]*"))*|.)/);
    found.push({ from, to: Math.min(from + (rest?.[0].length ?? 1), doc.length), severity: "error", message: wrong.dataset.message });
  }
  view.dispatch(setDiagnostics(view.state, found));
}

// offset is a column, which counts characters, in the units of the editor.
function offset(line, column) {
  return [...line].slice(0, column - 1).join("").length;
}

// The editor stands in a shadow root: there its styles are sheets that a script
// made, which the policy of the pages allows, and not elements, which it forbids.
// The colours are the tokens of the pages, which reach into it.

const colours = HighlightStyle.define([
  { tag: tags.keyword, fontWeight: "600" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--good)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--warning)" },
  { tag: tags.comment, color: "var(--soft)" },
]);

const look = EditorView.theme({
  "&": { color: "var(--text)", backgroundColor: "var(--panel)", border: "1px solid var(--line-strong)", borderRadius: "var(--radius)", fontSize: "14px" },
  "&.cm-focused": { outline: "2px solid var(--accent)", outlineOffset: "1px" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "20px", minHeight: "240px", maxHeight: "60vh" },
  ".cm-content": { caretColor: "var(--text)" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  ".cm-gutters": { backgroundColor: "var(--raised)", color: "var(--soft)", borderRight: "1px solid var(--line)" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--raised)" },
  "&.cm-focused .cm-matchingBracket": { backgroundColor: "var(--accent-soft)" },
  ".cm-tooltip": { backgroundColor: "var(--panel)", color: "var(--text)", border: "1px solid var(--line-strong)", borderRadius: "var(--radius)" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]": { backgroundColor: "var(--accent)", color: "var(--on-accent)" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected] .cm-completionDetail": { color: "var(--on-accent)" },
  ".cm-completionDetail": { color: "var(--soft)", fontStyle: "normal" },
  ".cm-diagnostic-error": { borderLeftColor: "var(--failing)" },
  ".cm-lintRange-error": { backgroundImage: "none", textDecoration: "underline wavy var(--failing)" },
});

// What is typed over a selection goes into the text by this, not by the browser,
// which would keep the style of what it replaces in an attribute; the policy of
// the pages forbids those.
const over = EditorView.domEventHandlers({
  beforeinput(e, view) {
    const { from, to, empty } = view.state.selection.main;
    if (e.inputType !== "insertText" || empty || e.data == null || view.composing) return false;
    e.preventDefault();
    const insert = () => view.state.update(view.state.replaceSelection(e.data), { userEvent: "input.type", scrollIntoView: true });
    if (!view.state.facet(EditorView.inputHandler).some((handle) => handle(view, from, to, e.data, insert))) view.dispatch(insert());
    return true;
  },
});

function edit() {
  const label = document.querySelector(`label[for="${text.id}"]`);
  const host = document.createElement("div");
  const root = host.attachShadow({ mode: "open" });
  text.before(host);
  text.hidden = true;
  const view = new EditorView({
    parent: root,
    root,
    state: EditorState.create({
      doc: text.value,
      extensions: [
        lineNumbers(), history(), bracketMatching(), closeBrackets(), highlightActiveLine(), syntaxHighlighting(colours), look, over,
        sql({ dialect: PostgreSQL, upperCaseKeywords: true }), PostgreSQL.language.data.of({ autocomplete: complete }), autocompletion({ icons: false }),
        keymap.of([{ key: "Mod-Enter", run: (v) => (ask(v), true) }, ...closeBracketsKeymap, ...completionKeymap, ...defaultKeymap, ...historyKeymap]),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ "aria-label": label.textContent }),
        EditorView.updateListener.of((u) => {
          if (!u.docChanged) return;
          text.value = u.state.doc.toString();
          later(u.view);
        }),
      ],
    }),
  });
  label.addEventListener("click", (e) => {
    e.preventDefault();
    view.focus();
  });
  form.querySelector("[value=preview]").addEventListener("click", (e) => {
    e.preventDefault();
    ask(view);
  });
  if (text.value.trim()) marks(view);
  else ask(view); // about nothing: the node gets ready for the first statement
  return view;
}

// A click on a product or a field writes its name.
function writes(view) {
  document.querySelector(".create-inputs")?.addEventListener("click", (e) => {
    const field = e.target.closest("[data-field]");
    if (!field) return;
    view.dispatch(view.state.replaceSelection(field.dataset.field.split(".").map(quoted).join(".")));
    view.focus();
  });
}

if (text && form && out) writes(edit());
