// Says how many entries came since the page was made. It never moves what is
// read: a link shows them.

const news = document.getElementById("news");
let count = 0;

function follow() {
  const events = new EventSource(news.dataset.live);
  events.onmessage = () => {
    count++;
    const link = document.createElement("a");
    link.href = news.dataset.here;
    link.textContent = count === 1 ? "1 new entry: show it" : `${count} new entries: show them`;
    news.replaceChildren(link);
    news.hidden = false;
  };
  addEventListener("pagehide", () => events.close(), { once: true });
}

if (news) {
  follow();
  addEventListener("pageshow", (e) => e.persisted && follow());
}
