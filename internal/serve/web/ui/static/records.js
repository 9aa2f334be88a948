// The live tail of a product's records: new ones come at the top of the table,
// ten a second at most. It waits while somebody reads further down, points at a
// record, looks into one or pauses it, says how many wait, and goes on where it
// was. What waits and what is shown is bounded; what is over it is counted and left
// out.

const most = { rows: 200, waiting: 500, bytes: 2_000_000, cell: 160, whole: 65_536 };
const every = 100; // milliseconds for each row: no faster than ten a second

const box = document.querySelector("[data-live]");
const table = document.querySelector("#records tbody");
if (box && table && window.EventSource) start();

function start() {
  const columns = box.dataset.columns ? box.dataset.columns.split(",") : [];
  const toggle = box.querySelector("[data-live-toggle]");
  const word = box.querySelector("[data-live-word]");
  const state = box.querySelector("[data-live-state]");
  const more = box.querySelector("[data-live-waiting]");
  let source = null;
  let waiting = [];
  let bytes = 0;
  let left = 0;
  let timer = 0;

  box.hidden = false;
  toggle.addEventListener("click", () => (source ? stop("Paused") : follow()));
  more.addEventListener("click", () => {
    scrollTo({ top: 0 });
    flush();
  });
  document.addEventListener("scroll", say, { passive: true });

  function follow() {
    source = new EventSource(box.dataset.live);
    word.textContent = "Pause";
    toggle.setAttribute("aria-pressed", "true");
    state.textContent = "Waiting for records";
    source.onopen = () => (state.textContent = "Live");
    source.onmessage = (e) => take(e.data);
    source.addEventListener("end", (e) => {
      const end = JSON.parse(e.data);
      stop(end.error ? `Ended: ${end.error.detail}` : "Ended");
    });
    source.onerror = () => {
      if (source?.readyState === EventSource.CLOSED) stop("The node does not let you follow it, or cannot now");
      else if (source) state.textContent = "The connection broke; it goes on from where it was";
    };
    timer = setInterval(next, every);
  }

  function stop(why) {
    source?.close();
    source = null;
    clearInterval(timer);
    word.textContent = "Follow live";
    toggle.setAttribute("aria-pressed", "false");
    state.textContent = why;
  }

  // A finger leaves no pointer behind, though some browsers say that it hovers.
  const pointed = () => matchMedia("(hover: hover)").matches && table.matches(":hover");
  const reading = () => scrollY > 200 || document.hidden || pointed() || table.querySelector("details[open]") || table.querySelector("tr.here");

  function take(data) {
    waiting.push(data);
    bytes += data.length;
    while (waiting.length > most.waiting || (bytes > most.bytes && waiting.length > 1)) {
      bytes -= waiting.shift().length;
      left++;
    }
    if (reading()) say();
  }

  // next shows the oldest one that waits.
  function next() {
    if (waiting.length === 0 || reading()) return say();
    const data = waiting.shift();
    bytes -= data.length;
    add(data);
    say();
  }

  function flush() {
    table.querySelector("tr.here")?.classList.remove("here");
    for (const d of table.querySelectorAll("details[open]")) d.open = false;
    for (const data of waiting.slice(-most.rows)) add(data);
    left += Math.max(waiting.length - most.rows, 0);
    waiting = [];
    bytes = 0;
    say();
  }

  function say() {
    const n = waiting.length;
    more.hidden = !(n > 0 && reading()) && !(n > 20);
    more.textContent = `${n} waiting` + (left ? `, ${left} left out` : "") + ": show the newest";
  }

  function add(data) {
    const r = JSON.parse(data);
    table.prepend(row(r));
    while (table.rows.length > most.rows) table.lastElementChild.remove();
    document.querySelector(".empty")?.remove();
    table.closest(".table-box").classList.remove("none");
  }

  function row(r) {
    const tr = document.createElement("tr");
    tr.className = "fresh";
    const time = document.createElement("time");
    time.dateTime = r.timestamp ?? "";
    time.title = r.timestamp ?? "";
    time.textContent = "now";
    const place = document.createElement("a");
    place.href = `${box.dataset.record}${r.partition}/${r.offset}`;
    place.textContent = `${r.partition}:${r.offset}`;
    place.title = "The whole record, with its bytes";
    tr.append(cell("Time", time), cell("Place", place), cell("Key", code(text(r.key))));
    const bad = broken(r.value);
    if (bad) {
      const td = cell("Value", document.createTextNode(`not decoded: ${bad.error}`));
      td.className = "undecoded";
      td.colSpan = Math.max(columns.length, 1);
      tr.append(td, cell("Whole", opened(hex(bad.bytes), "bytes")));
      return tr;
    }
    if (columns.length === 0) tr.append(cell("Value", code(text(r.value))));
    for (const c of columns) tr.append(cell(c, code(text(at(r.value, c)))));
    tr.append(cell("Whole", opened(JSON.stringify(r.value, null, 2).slice(0, most.whole), "")));
    return tr;
  }
}

function cell(label, ...inner) {
  const td = document.createElement("td");
  td.dataset.label = label;
  td.append(...inner);
  return td;
}

function code(s) {
  const c = document.createElement("code");
  c.textContent = [...s].length > most.cell ? [...s].slice(0, most.cell).join("") + "…" : s;
  return c;
}

function opened(s, kind) {
  const d = document.createElement("details");
  d.className = "opened";
  const summary = document.createElement("summary");
  summary.textContent = "Open";
  const pre = document.createElement("pre");
  pre.className = kind;
  pre.tabIndex = 0;
  pre.textContent = s;
  d.append(summary, pre);
  return d;
}

// broken is why a value could not be decoded, with its bytes.
function broken(v) {
  return v && typeof v === "object" && Object.keys(v).length === 2 && typeof v.error === "string" && typeof v.bytes === "string" ? v : null;
}

function at(v, path) {
  for (const name of path.split(".")) v = v && typeof v === "object" ? v[name] : undefined;
  return v;
}

function text(v) {
  if (v === undefined) return "";
  return typeof v === "string" ? v : JSON.stringify(v);
}

function hex(base64) {
  const raw = atob(base64);
  const lines = [];
  for (let i = 0; i < Math.min(raw.length, 4096); i += 16) {
    const part = [...raw.slice(i, i + 16)];
    const bytes = part.map((c) => c.charCodeAt(0).toString(16).padStart(2, "0")).join(" ");
    const shown = part.map((c) => (c >= " " && c <= "~" ? c : ".")).join("");
    lines.push(`${i.toString(16).padStart(8, "0")}  ${bytes.padEnd(48)}  |${shown}|`);
  }
  return lines.join("\n");
}
