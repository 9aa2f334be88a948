// The preview at the side of the explore page: space opens it for the hit that
// the keyboard is on, and closes it; it follows j and k. Without a script one
// opens the product itself.

let open = false;
let asked = 0;

const aside = () => document.getElementById("preview");
const hit = () => document.querySelector(".hits > .here[data-preview]") ?? document.activeElement?.closest?.(".hit[data-preview]");

async function show(item) {
  const mine = ++asked;
  const to = aside();
  if (!item || !to) return close();
  open = true;
  to.hidden = false;
  document.querySelector(".explore-results").classList.add("with-preview");
  const answer = await fetch(item.dataset.preview, { headers: { "HX-Request": "true" } });
  const text = await answer.text();
  if (mine === asked && open) to.innerHTML = text;
}

function close() {
  open = false;
  asked++;
  document.querySelector(".explore-results")?.classList.remove("with-preview");
  const to = aside();
  if (to) to.hidden = true;
}

document.addEventListener("keydown", (e) => {
  if (e.ctrlKey || e.metaKey || e.altKey || e.target.matches("input, textarea, select, button, summary, [contenteditable]")) return;
  if (e.key === " " && hit()) {
    e.preventDefault();
    if (open) close();
    else show(hit());
  } else if (e.key === "Escape" && open) {
    close();
  } else if (open && (e.key === "j" || e.key === "k")) {
    queueMicrotask(() => show(hit()));
  }
});

// On a narrow screen the choices stand over what was found: they are closed
// until somebody wants them.
function fold() {
  if (!matchMedia("(max-width: 860px)").matches) return;
  for (const f of document.querySelectorAll(".facet[open]")) if (!f.querySelector(":checked")) f.open = false;
}

// New results have no preview yet.
document.addEventListener("htmx:afterSwap", () => {
  if (open) close();
  fold();
});
fold();
