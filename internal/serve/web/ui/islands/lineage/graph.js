// The graph of a picture: what is where, what belongs to one group when there is
// too much to look at, and what is up and down of a box or of one field. Nothing
// here knows how it is drawn.

const few = 80; // things that are shown one by one
const inGroup = 60; // of an opened group; the others stay in it
const mostBoxes = 400;
const mostEdges = 250; // of those drawn between boxes
const edgesOfBox = 2.5; // on the average, where there are more than few

export const declared = 1;
export const faded = 2;

/** Reads the picture that the page holds. */
export function read(data) {
  const things = data.boxes.map((b, id) => ({
    id, kind: b.k, name: b.n ?? "", domain: b.d ?? "", team: b.t ?? "", state: b.s ?? "", count: b.c ?? 0, gone: b.g ?? false, page: b.p, follow: b.f,
    has: new Set(b.h ?? []), in: [], out: [], made: [], makes: [],
  }));
  const edges = data.edges.map(([from, to, text, style, records, last]) => ({ from: things[from], to: things[to], how: data.texts[text], style, records, last }));
  for (const e of edges) {
    e.from.out.push(e);
    e.to.in.push(e);
  }
  const fields = data.fields.map((f) => ({ from: things[f.a], field: f.x ?? "", to: things[f.b], column: f.y ?? "", query: things[f.q], direct: f.v ?? false }));
  for (const f of fields) {
    f.from.makes.push(f);
    f.to.made.push(f);
    if (f.field) f.from.has.add(f.field);
    if (f.column && f.column !== "*") f.to.has.add(f.column);
  }
  return { things, edges, fields, at: data.at, field: data.field ?? "" };
}

/** What a thing is called. */
export function called(t) {
  if (t.kind === "closed") return t.count > 1 ? `${t.count} not for you to see` : "not for you to see";
  return t.name;
}

// Groups: by domain, and by team what has none.

function groupOf(t) {
  if (t.kind === "closed") return "closed";
  if (t.domain) return `domain ${t.domain}`;
  return t.team ? `team ${t.team}` : `others`;
}

/** Every group with more than one thing, the largest first. */
export function groups(graph) {
  const all = new Map();
  for (const t of graph.things.slice(1)) {
    const key = groupOf(t);
    if (!all.has(key)) all.set(key, []);
    all.get(key).push(t);
  }
  const busy = (t) => t.in.length + t.out.length;
  for (const [key, of] of all) {
    if (of.length < 2) all.delete(key);
    else of.sort((a, b) => busy(b) - busy(a) || a.id - b.id);
  }
  return new Map([...all].sort((a, b) => b[1].length - a[1].length));
}

/** The groups that are closed at first: none of few things, all of many. */
export function closedAtFirst(graph) {
  return graph.things.length <= few ? new Set() : new Set(groups(graph).keys());
}

/**
 * What is drawn: a box for each thing and each closed group, and between two
 * boxes one edge each way. Things of wanted stand alone, whatever their group.
 * Bounded: of an opened group the busiest things stand alone, and of edges those of
 * the chosen thing are kept, the widest of each box, and then the widest.
 */
export function shown(graph, closed, wanted = new Set(), chosen = null) {
  const box = new Map(); // by thing
  const boxes = [];
  const alone = (t) => {
    if (box.has(t)) return;
    box.set(t, { key: `thing ${t.id}`, thing: t, members: [t] });
    boxes.push(box.get(t));
  };
  alone(graph.things[0]);
  for (const t of [...wanted].slice(0, inGroup)) alone(t);
  for (const [key, all] of groups(graph)) {
    const rest = all.filter((t) => !box.has(t));
    const one = closed.has(key) ? [] : rest.slice(0, Math.max(0, Math.min(inGroup, mostBoxes - boxes.length)));
    one.forEach(alone);
    const others = rest.slice(one.length);
    if (others.length === 0) continue;
    const b = { key, members: others, group: key, more: one.length > 0 };
    boxes.push(b);
    for (const t of others) box.set(t, b);
  }
  for (const t of graph.things) {
    if (!box.has(t) && boxes.length < mostBoxes) alone(t);
  }
  return { boxes, box, ...kept(between(graph, box), boxes, box.get(chosen)) };
}

function between(graph, box) {
  const all = new Map();
  for (const e of graph.edges) {
    const [from, to] = [box.get(e.from), box.get(e.to)];
    if (!from || !to || from === to) continue;
    const key = `${from.key} > ${to.key}`;
    const old = all.get(key);
    if (!old) {
      all.set(key, { key, from, to, of: [e], records: e.records, style: e.style });
      continue;
    }
    old.of.push(e);
    old.records += e.records;
    if (e.style !== old.style) old.style = Math.min(e.style, old.style);
  }
  return [...all.values()].sort((a, b) => b.records - a.records || b.of.length - a.of.length);
}

/** The edges that are drawn, and how many are not. */
function kept(sorted, boxes, chosen) {
  const most = Math.min(mostEdges, Math.max(few, Math.ceil(boxes.length * edgesOfBox)));
  if (sorted.length <= most) return { edges: sorted, thinner: 0 };
  const has = new Set();
  const first = sorted.filter((e) => {
    const keep = e.from === chosen || e.to === chosen || !has.has(e.from) || !has.has(e.to);
    if (keep) has.add(e.from).add(e.to);
    return keep;
  });
  const edges = [...new Set([...first, ...sorted])].slice(0, most);
  return { edges, thinner: sorted.length - edges.length };
}

// Following.

/** Whether one field is the other, in it, or around it; without a name it may be. */
function related(a, b) {
  if (!a || !b || a === b) return true;
  const [short, long] = a.length < b.length ? [a, b] : [b, a];
  return long.startsWith(short) && (long[short.length] === "." || long[short.length] === "[");
}

/**
 * All that is up and down of a thing, or of one of its fields: the things, each
 * with the fields that were reached (none: the whole), and how far away.
 */
export function follow(graph, thing, field = "") {
  return { up: walk(graph, thing, field, true), down: walk(graph, thing, field, false) };
}

function walk(graph, thing, field, up) {
  const reached = new Map([[thing, { fields: new Set(field ? [field] : []), whole: !field, depth: 0 }]]);
  const lit = new Set(); // edges
  const queue = [[thing, field, 0]];
  const go = (t, f, depth) => {
    let r = reached.get(t);
    if (!r) reached.set(t, (r = { fields: new Set(), whole: false, depth }));
    if (r.whole || (f && r.fields.has(f))) return;
    if (f) r.fields.add(f);
    else r.whole = true;
    queue.push([t, f, depth]);
  };
  for (let i = 0; i < queue.length; i++) {
    const [t, f, depth] = queue[i];
    if (f) alongFields(t, f, depth, up, go, reached, lit);
    for (const e of up ? t.in : t.out) {
      const other = up ? e.from : e.to;
      if (f && other.kind === "query" && (other.made.length > 0 || usedBy(graph, other))) continue;
      lit.add(e);
      go(other, f && passes(other, f) ? f : "", depth + 1);
    }
  }
  reached.delete(thing);
  return { reached, lit };
}

/** A stream or topic that was published has the same fields. */
const passes = (t, f) => f && (t.kind === "stream" || t.kind === "topic");

/** Whether it is known which fields a query uses. */
function usedBy(graph, query) {
  graph.told ??= new Set(graph.fields.map((f) => f.query));
  return graph.told.has(query);
}

function alongFields(t, f, depth, up, go, reached, lit) {
  for (const m of up ? t.made : t.makes) {
    if (!(up ? m.column === "*" || related(m.column, f) : related(m.field, f))) continue;
    const [other, field] = up ? [m.from, m.field] : [m.to, m.column === "*" ? "" : m.column];
    if (m.query) {
      if (!reached.has(m.query)) reached.set(m.query, { fields: new Set(), whole: true, depth: depth + 1 });
      for (const e of m.query.in) if (e.from === m.from) lit.add(e);
      for (const e of m.query.out) if (e.to === m.to) lit.add(e);
    }
    go(other, field, depth + 1);
  }
}
