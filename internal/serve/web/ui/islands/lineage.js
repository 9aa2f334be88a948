// The picture of a lineage: boxes and edges that one can move, search and follow
// by pointer and by keys. It draws what stands on the page, and asks nobody.
// Without it the page's tables say the same.

import { called, closedAtFirst, follow, groups, read, shown } from "./lineage/graph.js";
import { alone, asPNG, asSVG, draw, layout } from "./lineage/draw.js";

const place = document.getElementById("lineage");
function start(graph) {
  const state = { closed: closedAtFirst(graph), wanted: new Set(), opened: new Set(), chosen: null, field: "", here: null };
  const ui = furniture(graph);
  place.hidden = false;
  const view = { x: 0, y: 0, scale: 1 };
  let now = null; // what is drawn
  let size = { width: 1, height: 1 };

  // Drawing.

  const fieldsOf = (b) => {
    if (!b.thing || b.thing.kind === "closed") return [];
    const lit = litFields(b.thing);
    return state.opened.has(b.thing) ? [...b.thing.has] : lit;
  };

  function litFields(t) {
    if (!state.chosen || !state.field) return [];
    if (t === state.chosen) return [state.field];
    const r = state.trace.up.reached.get(t) ?? state.trace.down.reached.get(t);
    return r && !r.whole ? [...r.fields] : [];
  }

  function redraw() {
    now = shown(graph, state.closed, state.wanted, state.chosen);
    size = layout(now, fieldsOf);
    const content = draw(now);
    ui.content.replaceWith(content);
    ui.content = content;
    light();
    move();
    const more = now.thinner > 0 ? ` ${now.thinner.toLocaleString("en")} thinner edges are not drawn.` : "";
    ui.counts.textContent = `${many(graph.things.length, "thing", "things")} and ${many(graph.edges.length, "edge", "edges")}, in ${many(now.boxes.length, "box", "boxes")}.${more}`;
    if (!now.boxes.some((b) => b.key === state.here)) state.here = now.boxes[0].key;
    focusable();
  }

  function light() {
    const all = state.trace ? new Set([...state.trace.up.reached.keys(), ...state.trace.down.reached.keys(), state.chosen]) : null;
    const lit = state.trace ? new Set([...state.trace.up.lit, ...state.trace.down.lit]) : null;
    for (const b of now.boxes) {
      b.el.classList.toggle("dim", !!all && !b.members.some((t) => all.has(t)));
      b.el.classList.toggle("chosen", b.thing === state.chosen && !!state.chosen);
      b.el.classList.toggle("root", b.thing === graph.things[0]);
      b.face.setAttribute("aria-pressed", String(b.thing === state.chosen && !!state.chosen));
      const fields = b.thing && state.field ? new Set(litFields(b.thing)) : new Set();
      for (const r of b.el.querySelectorAll(".lineage-field")) r.classList.toggle("lit", fields.has(r.dataset.field));
    }
    for (const e of now.edges) e.el.classList.toggle("dim", !!lit && !e.of.some((o) => lit.has(o)));
  }

  // Where one looks.

  function move() {
    ui.content.setAttribute("transform", `translate(${view.x.toFixed(1)} ${view.y.toFixed(1)}) scale(${view.scale.toFixed(4)})`);
  }

  function zoom(by, at) {
    const r = ui.svg.getBoundingClientRect();
    const p = at ?? { x: r.width / 2, y: r.height / 2 };
    const scale = Math.min(4, Math.max(0.02, view.scale * by));
    view.x = p.x - ((p.x - view.x) * scale) / view.scale;
    view.y = p.y - ((p.y - view.y) * scale) / view.scale;
    view.scale = scale;
    move();
  }

  function fit() {
    const r = ui.svg.getBoundingClientRect();
    view.scale = Math.min(1, r.width / size.width, r.height / size.height) || 1;
    view.x = (r.width - size.width * view.scale) / 2;
    view.y = (r.height - size.height * view.scale) / 2;
    move();
  }

  const legible = 0.4; // as small as names can be guessed

  /** All of it, or, of much, what is around the thing that was asked about. */
  function begin() {
    fit();
    if (view.scale >= legible) return;
    const r = ui.svg.getBoundingClientRect();
    const b = now.boxes[0];
    view.scale = legible;
    view.x = r.width / 3 - (b.x + b.width / 2) * legible;
    view.y = r.height / 2 - (b.y + b.height / 2) * legible;
    move();
  }

  /** Moves as little as shows a box. */
  function reveal(b) {
    const r = ui.svg.getBoundingClientRect();
    if (view.scale < 0.5) {
      view.scale = 1;
      view.x = r.width / 2 - (b.x + b.width / 2);
      view.y = r.height / 2 - (b.y + b.height / 2);
    }
    const [left, top] = [b.x * view.scale + view.x, b.y * view.scale + view.y];
    const [right, low] = [left + b.width * view.scale, top + b.height * view.scale];
    if (left < 8) view.x += 8 - left;
    else if (right > r.width - 8) view.x -= right - r.width + 8;
    if (top < 8) view.y += 8 - top;
    else if (low > r.height - 8) view.y -= low - r.height + 8;
    move();
  }

  // Choosing.

  function choose(thing, field = "") {
    state.chosen = thing;
    state.field = field;
    state.trace = thing ? follow(graph, thing, field) : null;
    if (thing && field) for (const t of [...state.trace.up.reached.keys(), ...state.trace.down.reached.keys()]) state.wanted.add(t);
    if (thing) state.wanted.add(thing);
    redraw();
    ui.tell(state, { choose, show: toggleFields });
    const b = thing && now.box.get(thing);
    if (b) {
      state.here = b.key;
      focusable();
      reveal(b);
    }
  }

  function toggleFields(thing) {
    if (!state.opened.delete(thing)) state.opened.add(thing);
    redraw();
    ui.tell(state, { choose, show: toggleFields });
  }

  function toggleGroup(key) {
    if (!state.closed.delete(key)) state.closed.add(key);
    redraw();
    begin();
    ui.folds(graph, state, toggleGroup);
  }

  function press(b, field) {
    state.here = b.key;
    if (b.group) {
      if (b.more) return; // the busiest stand alone already
      toggleGroup(b.group);
    } else choose(field || b.thing !== state.chosen || state.field ? b.thing : null, field);
    focusHere();
  }

  // Keys: one box is in the order of the page, arrows go on from it.

  const hereBox = () => now.boxes.find((b) => b.key === state.here);

  function focusable() {
    for (const b of now.boxes) b.face.setAttribute("tabindex", b.key === state.here ? "0" : "-1");
  }

  function focusHere() {
    focusable();
    const b = hereBox();
    if (!b) return;
    b.face.focus({ preventScroll: true });
    reveal(b);
  }

  /** The nearest box in a direction, by how far it is aside, too. */
  function beside(b, dx, dy) {
    const far = (o) => {
      const [x, y] = [o.x + o.width / 2 - b.x - b.width / 2, o.y + o.height / 2 - b.y - b.height / 2];
      const ahead = x * dx + y * dy;
      return ahead > 4 ? ahead + 3 * Math.abs(x * dy + y * dx) : Infinity;
    };
    const next = now.boxes.filter((o) => o !== b).sort((o, p) => far(o) - far(p))[0];
    return next && far(next) < Infinity ? next : null;
  }

  const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

  function key(e) {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    const b = hereBox();
    const field = e.target.closest?.(".lineage-field")?.dataset.field;
    if (arrows[e.key]) step(b, field, e.key);
    else if (e.key === "Enter" || e.key === " ") press(b, field);
    else if (e.key === "f" && b.thing) toggleFields(b.thing), focusHere();
    else if (e.key === "Escape" && state.chosen) choose(null), focusHere();
    else if (e.key === "+" || e.key === "=") zoom(1.25);
    else if (e.key === "-") zoom(0.8);
    else if (e.key === "0") fit();
    else return;
    e.preventDefault();
    e.stopPropagation();
  }

  function step(b, field, name) {
    const rows = [...b.el.querySelectorAll(".lineage-field")];
    const at = field === undefined ? -1 : rows.findIndex((r) => r.dataset.field === field);
    if (name === "ArrowDown" && at + 1 < rows.length) return rows[at + 1].focus({ preventScroll: true });
    if (name === "ArrowUp" && at > 0) return rows[at - 1].focus({ preventScroll: true });
    if (name === "ArrowUp" && at === 0) return focusHere();
    const next = beside(b, ...arrows[name]);
    if (next) {
      state.here = next.key;
      focusHere();
    }
  }

  // Pointer.

  const boxAt = (e) => {
    const el = e.target.closest?.(".lineage-box");
    return el && now.boxes.find((b) => b.el === el);
  };
  let held = null;
  ui.svg.addEventListener("pointerdown", (e) => {
    if (e.button !== 0) return;
    held = { x: e.clientX - view.x, y: e.clientY - view.y, from: [e.clientX, e.clientY], moved: false, on: boxAt(e), field: e.target.closest?.(".lineage-field")?.dataset.field };
  });
  ui.svg.addEventListener("pointermove", (e) => {
    if (!held) return;
    if (!held.moved && Math.hypot(e.clientX - held.from[0], e.clientY - held.from[1]) < 4) return;
    if (!held.moved) ui.svg.setPointerCapture(e.pointerId);
    held.moved = true;
    view.x = e.clientX - held.x;
    view.y = e.clientY - held.y;
    move();
  });
  ui.svg.addEventListener("pointerup", () => {
    const was = held;
    held = null;
    if (!was || was.moved) return;
    if (was.on) press(was.on, was.field);
    else if (state.chosen) choose(null);
  });
  ui.svg.addEventListener("pointercancel", () => (held = null));
  ui.svg.addEventListener("click", (e) => {
    if (e.detail === 0 && boxAt(e)) press(boxAt(e), e.target.closest?.(".lineage-field")?.dataset.field); // of a screen reader
  });
  ui.svg.addEventListener("wheel", (e) => {
    if (!e.ctrlKey && !e.metaKey) return; // the page is scrolled
    e.preventDefault();
    const r = ui.svg.getBoundingClientRect();
    zoom(Math.exp(-e.deltaY / 300), { x: e.clientX - r.left, y: e.clientY - r.top });
  }, { passive: false });
  ui.svg.addEventListener("keydown", key);

  // Finding.

  function find(text) {
    const t = text.trim().toLowerCase();
    if (!t) return;
    const found = graph.things.find((o) => o.name.toLowerCase() === t) ?? graph.things.find((o) => o.name.toLowerCase().includes(t));
    const field = found ? "" : t;
    const of = found ?? graph.things.find((o) => [...o.has].some((f) => f.toLowerCase() === field));
    ui.found.textContent = of ? "" : `Nothing here is called ${text.trim()}.`;
    if (!of) return;
    choose(of, found ? "" : [...of.has].find((f) => f.toLowerCase() === field));
    focusHere();
  }

  ui.on({
    find, fit, in: () => zoom(1.25), out: () => zoom(0.8),
    svg: () => save(asSVG(alone(ui.content, size)), "svg"),
    png: async () => save(await asPNG(alone(ui.content, size)), "png"),
  });
  ui.folds(graph, state, toggleGroup);
  redraw();
  const wide = ui.svg.getBoundingClientRect().width;
  ui.svg.style.height = `${Math.round(Math.min(520, Math.max(280, size.height * Math.min(1, wide / size.width) + 120)))}px`;
  begin();
  if (graph.field) choose(graph.things[0], graph.field);
  else ui.tell(state, {});
  new ResizeObserver(() => state.chosen || begin()).observe(ui.svg);
  place.dataset.ready = "true";
}

const many = (n, one, more) => `${n.toLocaleString("en")} ${n === 1 ? one : more}`;

function save(blob, kind) {
  const a = document.createElement("a");
  a.href = URL.createObjectURL(blob);
  a.download = `lineage-${place.dataset.name.replace(/[^\w.-]+/g, "_").slice(0, 150)}.${kind}`;
  a.click();
  setTimeout(() => URL.revokeObjectURL(a.href), 10_000);
}

// What stands around the picture.

function el(name, attrs = {}, ...children) {
  const out = document.createElement(name);
  for (const [k, v] of Object.entries(attrs)) if (v !== undefined) out.setAttribute(k, v);
  out.append(...children);
  return out;
}

function furniture(graph) {
  const input = el("input", { type: "search", list: "lineage-things", placeholder: "Find a product, application or field", "aria-label": "Find in the picture", autocomplete: "off", spellcheck: "false" });
  const names = el("datalist", { id: "lineage-things" }, ...graph.things.filter((t) => t.name).slice(0, 500).map((t) => el("option", { value: t.name })));
  const button = (text, label) => el("button", { type: "button", class: "button", "aria-label": label, title: label }, text);
  const buttons = { in: button("+", "Nearer"), out: button("−", "Farther"), fit: button("Fit", "Fit all of it"), svg: button("SVG", "Save as SVG"), png: button("PNG", "Save as PNG") };
  const form = el("form", { class: "lineage-find", role: "search", "aria-label": "In the picture" }, input, el("button", { type: "submit", class: "button" }, "Find"));
  const found = el("p", { class: "soft", "aria-live": "polite" });
  const counts = el("p", { class: "soft", id: "lineage-counts" });
  const fold = el("div", { class: "lineage-folds" });
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "lineage-map");
  svg.setAttribute("role", "group");
  svg.setAttribute("aria-label", "Lineage: arrows go from box to box, Enter follows one, f shows its fields, Esc lets it go");
  const content = document.createElementNS("http://www.w3.org/2000/svg", "g");
  svg.append(content);
  const side = el("aside", { class: "lineage-side", "aria-label": "What was chosen", "aria-live": "polite" });
  const keys = el("p", { class: "soft" }, "Arrows go from box to box, Enter follows one, f shows its fields, + and − zoom, 0 shows all, Esc lets go. A broken line is only declared, a pale one was not seen for a day.");
  place.append(el("div", { class: "lineage-tools" }, form, names, ...Object.values(buttons)), found, fold, el("div", { class: "lineage-body" }, svg, side), counts, keys);
  return {
    svg, content, counts, found,
    on(does) {
      form.addEventListener("submit", (e) => (e.preventDefault(), does.find(input.value)));
      for (const [name, b] of Object.entries(buttons)) b.addEventListener("click", () => does[name]());
    },
    folds: (g, state, toggle) => fold.replaceChildren(...folds(g, state, toggle)),
    tell: (state, does) => side.replaceChildren(...told(state, does)),
  };
}

const manyThings = 30;

/** Buttons that open and close the largest groups. */
function folds(graph, state, toggle) {
  const all = [...groups(graph)].filter(([key]) => key !== "closed").slice(0, 16);
  if (all.length < 2 || graph.things.length < manyThings) return [];
  return all.map(([key, of]) => {
    const b = el("button", { type: "button", class: "button quiet", "aria-expanded": String(!state.closed.has(key)) }, `${key} (${of.length.toLocaleString("en")})`);
    b.addEventListener("click", () => {
      toggle(key);
      [...document.querySelectorAll(".lineage-folds button")].find((o) => o.textContent === b.textContent)?.focus();
    });
    return b;
  });
}

const mostTold = 100;

/** What was chosen, and what is up and down of it. */
function told(state, does) {
  const t = state.chosen;
  if (!t) return [el("p", { class: "soft" }, "Choose a box or a field: what it comes from and what it reaches is lit, and listed here.")];
  const out = [el("h2", {}, state.field ? `${called(t)}#${state.field}` : called(t))];
  const links = el("p", { class: "lineage-links" });
  if (t.page) links.append(el("a", { href: t.page }, "Its page"));
  if (t.follow) links.append(el("a", { href: state.field ? `${t.follow}?${new URLSearchParams({ field: state.field })}` : t.follow }, "Its lineage"));
  if (t.has.size > 0) {
    const b = el("button", { type: "button", class: "button quiet" }, state.opened.has(t) ? "Hide its fields" : "Show its fields");
    b.addEventListener("click", () => does.show(t));
    links.append(b);
  }
  out.push(links);
  out.push(...listed("Depends on", state.trace.up.reached, (o) => o.out, does));
  out.push(...listed(state.field ? "Hurts" : "A failure here reaches", state.trace.down.reached, (o) => o.in, does));
  return out;
}

function listed(title, reached, edges, does) {
  const all = [...reached].filter(([t]) => t.kind !== "query").sort((a, b) => a[1].depth - b[1].depth);
  const list = el("ul", { class: "plain" });
  for (const [t, r] of all.slice(0, mostTold)) {
    const name = el("button", { type: "button", class: "lineage-name" }, called(t));
    name.addEventListener("click", () => does.choose(t));
    const last = Math.max(...edges(t).map((e) => e.last), 0);
    const facts = [t.kind === "closed" || t.kind === "product" ? "" : t.kind, !r.whole && [...r.fields].slice(0, 5).join(", "), t.team && `team ${t.team}`, last ? `last seen ${ago(last)}` : ""].filter(Boolean).join(" · ");
    list.append(el("li", {}, name, el("span", { class: "soft" }, facts ? ` ${facts}` : "")));
  }
  const more = all.length > mostTold ? [el("p", { class: "soft" }, `and ${all.length - mostTold} more`)] : [];
  return [el("h3", {}, `${title} (${all.length})`), all.length ? list : el("p", { class: "soft" }, "Nothing that is known."), ...more];
}

function ago(seconds) {
  const s = Math.max(0, Date.now() / 1000 - seconds);
  if (s < 90) return "just now";
  if (s < 5400) return `${Math.round(s / 60)} min ago`;
  return s < 172_800 ? `${Math.round(s / 3600)} h ago` : new Date(seconds * 1000).toISOString().slice(0, 10);
}

if (place?.dataset.picture) start(read(JSON.parse(place.dataset.picture))); // last: it needs all of the above
