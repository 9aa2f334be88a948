// Drawing: where dagre puts the boxes, the SVG of it, and the same as a file of
// SVG or PNG, with the colours of the page.

import dagre from "@dagrejs/dagre";
import { called, declared, faded } from "./graph.js";

const wide = 224;
const head = 48;
const row = 20;
const mostRows = 10;
const svgSpace = "http://www.w3.org/2000/svg";

/** Puts boxes and edges in their places. */
export function layout(shown, fieldsOf) {
  const g = new dagre.graphlib.Graph();
  const large = shown.boxes.length > 120;
  g.setGraph({ rankdir: "LR", nodesep: 16, edgesep: 6, ranksep: 56, marginx: 16, marginy: 16, ranker: large ? "longest-path" : "network-simplex" });
  g.setDefaultEdgeLabel(() => ({}));
  for (const b of shown.boxes) {
    b.rows = fieldsOf(b);
    b.hidden = Math.max(0, b.rows.length - mostRows);
    b.rows = b.rows.slice(0, mostRows);
    b.width = wide;
    b.height = head + b.rows.length * row + (b.hidden ? row : 0) + (b.rows.length ? 6 : 0);
    g.setNode(b.key, { width: b.width, height: b.height });
  }
  for (const e of shown.edges) g.setEdge(e.from.key, e.to.key, {});
  dagre.layout(g);
  for (const b of shown.boxes) {
    const at = g.node(b.key);
    b.x = at.x - b.width / 2;
    b.y = at.y - b.height / 2;
  }
  for (const e of shown.edges) e.points = ends(e, g.edge(e.from.key, e.to.key).points);
  const size = g.graph();
  return { width: Math.max(size.width || 0, wide), height: Math.max(size.height || 0, head) };
}

/** An edge leaves a box at the side where the other one is, and arrives so. */
function ends({ from, to }, points) {
  const right = to.x >= from.x;
  const first = { x: right ? from.x + from.width : from.x, y: from.y + from.height / 2 };
  const last = { x: right ? to.x : to.x + to.width, y: to.y + to.height / 2 };
  return [first, ...points.slice(1, -1), last];
}

function make(name, attrs = {}, ...children) {
  const el = document.createElementNS(svgSpace, name);
  for (const [k, v] of Object.entries(attrs)) if (v !== undefined && v !== null && v !== false) el.setAttribute(k, v);
  el.append(...children);
  return el;
}

const cut = (s, n) => ([...s].length > n ? `${[...s].slice(0, n - 1).join("")}…` : s);

/** How wide an edge is: by its records, as a logarithm. */
const thick = (records) => (records > 0 ? Math.min(1 + Math.log10(records + 1) * 0.6, 5).toFixed(1) : "1.2");

/** A line through points that leaves and arrives level. */
function line(points) {
  let d = `M${points[0].x.toFixed(1)} ${points[0].y.toFixed(1)}`;
  for (let i = 1; i < points.length; i++) {
    const [a, b] = [points[i - 1], points[i]];
    const half = ((a.x + b.x) / 2).toFixed(1);
    d += `C${half} ${a.y.toFixed(1)} ${half} ${b.y.toFixed(1)} ${b.x.toFixed(1)} ${b.y.toFixed(1)}`;
  }
  return d;
}

function arrow(points) {
  const [a, b] = points.slice(-2);
  const way = b.x >= a.x ? 1 : -1;
  return `M${b.x.toFixed(1)} ${b.y.toFixed(1)}l${-8 * way} -4v8z`;
}

/** The picture as SVG elements: edges first, so that boxes are over them. */
export function draw(shown) {
  const edges = make("g", { "aria-hidden": "true" });
  for (const e of shown.edges) {
    const style = e.style === declared ? " declared" : e.style === faded ? " faded" : "";
    e.el = make("g", { class: `lineage-edge${style}` }, make("path", { d: line(e.points), "stroke-width": thick(e.records), class: "line" }), make("path", { d: arrow(e.points), class: "arrow" }));
    edges.append(e.el);
  }
  const boxes = make("g");
  for (const b of shown.boxes) boxes.append((b.el = drawBox(b)));
  return make("g", {}, edges, boxes);
}

const nameFits = 27;

/** What stands over the name of a box, and its name. */
function titles(b) {
  const t = b.thing;
  if (b.group) return [`${b.members.length.toLocaleString("en")}${b.more ? " more" : ""} things`, b.group === "closed" ? "not for you to see" : b.group];
  if (t.kind === "closed") return ["closed", called(t)];
  return [[t.kind, t.state, t.gone && "gone"].filter(Boolean).join(" · "), called(t)];
}

/** What a box is, in words: as it is drawn, and what was cut. */
function words(b) {
  const [above, name] = titles(b);
  const drawn = cut(name, nameFits);
  return [`${above} ${drawn}`, drawn !== name && name, b.thing?.team && `team ${b.thing.team}`].filter(Boolean).join(", ");
}

function drawBox(b) {
  const [above, name] = titles(b);
  const kind = b.group ? "group" : b.thing.kind;
  const el = make("g", { class: `lineage-box ${kind}`, transform: `translate(${b.x.toFixed(1)} ${b.y.toFixed(1)})` });
  b.face = make("g", { class: "lineage-face", role: "button", tabindex: "-1", "aria-label": words(b) },
    make("rect", { class: "frame", width: b.width, height: b.height, rx: kind === "query" ? 18 : 6 }),
    make("text", { class: "above", x: 12, y: 18 }, cut(above, 34)), " ",
    make("text", { class: "name", x: 12, y: 37 }, cut(name, nameFits)),
  );
  el.append(make("title", {}, words(b)), b.face);
  b.rows.forEach((field, i) => el.append(drawField(b, field, head + i * row)));
  if (b.hidden) el.append(make("text", { x: 20, y: head + b.rows.length * row + 14, class: "above" }, `and ${b.hidden} more`));
  return el;
}

function drawField(b, field, y) {
  const drawn = cut(field, 28);
  const label = [drawn, drawn !== field && field, `field of ${called(b.thing)}`].filter(Boolean).join(", ");
  return make("g", { class: "lineage-field", role: "button", tabindex: "-1", "aria-label": label, "data-field": field },
    make("title", {}, field), make("rect", { x: 4, y, width: b.width - 8, height: row, rx: 3, class: "field-frame" }), make("text", { x: 20, y: y + 14, class: "field" }, drawn));
}

// Files. What the page's sheet says of each element is written into it.

const taken = ["fill", "stroke", "stroke-width", "stroke-dasharray", "opacity", "font-family", "font-size", "font-weight"];

function styled(from, to) {
  const style = getComputedStyle(from);
  for (const name of taken) to.setAttribute(name, style.getPropertyValue(name));
  for (const name of ["class", "role", "tabindex", "data-field", "aria-label", "aria-pressed", "aria-hidden"]) to.removeAttribute(name);
  [...from.children].forEach((c, i) => styled(c, to.children[i]));
}

/** The whole picture by itself, as an SVG element. */
export function alone(content, size) {
  const copy = content.cloneNode(true);
  styled(content, copy);
  copy.removeAttribute("transform");
  const ground = make("rect", { width: size.width, height: size.height, fill: getComputedStyle(document.body).getPropertyValue("--panel") });
  return make("svg", { xmlns: svgSpace, width: Math.ceil(size.width), height: Math.ceil(size.height), viewBox: `0 0 ${Math.ceil(size.width)} ${Math.ceil(size.height)}` }, ground, copy);
}

/** An SVG element as a file. */
export const asSVG = (svg) => new Blob([`<?xml version="1.0" encoding="UTF-8"?>\n${new XMLSerializer().serializeToString(svg)}`], { type: "image/svg+xml" });

const mostPixels = 64e6;

/**
 * An SVG element of those that are drawn here, as a PNG. The policy of the pages
 * lets no picture be loaded that a script made, so the shapes are painted one by
 * one.
 */
export function asPNG(svg) {
  const [width, height] = [Number(svg.getAttribute("width")), Number(svg.getAttribute("height"))];
  const scale = Math.min(2, Math.sqrt(mostPixels / (width * height)), 16000 / Math.max(width, height));
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [Math.ceil(width * scale), Math.ceil(height * scale)];
  const to = canvas.getContext("2d");
  to.scale(scale, scale);
  paint(svg, to);
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}

function paint(el, to) {
  to.save();
  const get = (name) => el.getAttribute(name);
  const move = get("transform")?.match(/translate\(([-\d.]+) ([-\d.]+)\)/);
  if (move) to.translate(Number(move[1]), Number(move[2]));
  if (get("opacity")) to.globalAlpha *= Number(get("opacity"));
  if (el.tagName === "text") {
    to.font = `${get("font-weight")} ${get("font-size")} ${get("font-family")}`;
    to.fillStyle = get("fill");
    to.fillText(el.textContent, Number(get("x")), Number(get("y")));
  } else if (el.tagName === "path") {
    shape(new Path2D(get("d")), el, to);
  } else if (el.tagName === "rect") {
    const p = new Path2D();
    p.roundRect(Number(get("x") ?? 0), Number(get("y") ?? 0), Number(get("width")), Number(get("height")), Number(get("rx") ?? 0));
    shape(p, el, to);
  } else {
    for (const c of el.children) paint(c, to);
  }
  to.restore();
}

const seen = (colour) => colour && colour !== "none";

function shape(path, el, to) {
  const get = (name) => el.getAttribute(name);
  if (seen(get("fill"))) {
    to.fillStyle = get("fill");
    to.fill(path);
  }
  if (seen(get("stroke"))) {
    to.strokeStyle = get("stroke");
    to.lineWidth = parseFloat(get("stroke-width")) || 1;
    const dashes = get("stroke-dasharray");
    to.setLineDash(dashes && dashes !== "none" ? dashes.split(/[ ,]+/).map(parseFloat) : []);
    to.stroke(path);
  }
}
