"""The examples on the demo: each runs by one command, and what it makes is what its
text says, counted again from its inputs; a program in Go and one in Python are
triggered by a derived product; a product is copied into a PostgreSQL, through
kill -9, and anew from the beginning.

The rows of every example are compared with DuckDB's by make oracle."""

import collections
import datetime
import glob
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from decimal import Decimal

import lib
from lib import claim, measure, until

PROGRAMS = lib.TOP / "examples" / "programs"
BUILT = lib.TOP / ".cache" / "accept"
DOMAIN = "analytics"


def script():
    built = lib.run(["go", "build", "-o", str(BUILT) + "/", "./..."], cwd=PROGRAMS, timeout=500)
    claim(built.code == 0, f"the example programs build: {built.err[-1500:]}")
    http, registry, kafka = (f"127.0.0.1:{lib.free_port(n)}" for n in (1, 1, 8))  # the same ones when it starts again
    node = lib.Node(demo=True, cluster="", http=http, kafka=kafka, args=["--registry", registry]).start()
    names = started(node)
    begin = time.monotonic()
    app = node.app("case-desk", DOMAIN)
    programs = triggered(node, app)
    until("a case of fraud makes both programs act", 300, lambda: all(p.runs() and p.lines for p in programs), pause=0.2)
    measure("a case of fraud was acted upon", time.monotonic() - begin, "s after the query was made")
    until("every example but that of whole minutes has rows", 300, lambda: all(
        (q.get("status") or {}).get("rowsOut") for n, q in queries(node).items() if not n.endswith("most-popular-stock")), pause=0.5)
    measure("resident with all of them", node.rss(), "MB")
    settle(node)
    counted(node)
    acted(node, programs)
    copied(node, app)
    measure("examples", len(names))


def started(node):
    """Each example by one command; all are ready on the demo."""
    until("statements are understood", 300, lambda: node.weir("query", "explain", "--sql", "SELECT symbol FROM execution.stocktrades", timeout=120, check=False).code == 0)
    listed = node.weir("query", "example", "list", "-o", "json", timeout=120).json()
    claim(len(listed) >= 10 and all(e["ready"] and not e["missing"] for e in listed), f"all can run: {[e['name'] for e in listed if not e['ready']]}")
    for e in listed:
        made = node.weir("query", "example", "create", e["name"], "-o", "json", timeout=180).json()
        claim(made["name"] == e["product"] == f"{DOMAIN}.{e['name']}" and sorted(made["inputs"]) == sorted(e["inputs"]), f"it makes its product: {made}")
    return [e["name"] for e in listed]


class Program:
    """A program that runs beside the node."""

    def __init__(self, name, argv, env, folder):
        self.name, self.lines = name, []
        self.blocked = folder / "blocked-cards.txt"
        self.p = subprocess.Popen(argv, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=open(folder / "err", "w"), text=True)
        self.folder = folder
        threading.Thread(target=lambda: [self.lines.append(json.loads(l)) for l in self.p.stdout], daemon=True).start()

    def runs(self):
        """True, or the script ends: a program that ended acts no more."""
        if self.p.poll() is not None:
            lib.say(f"FAILED: {self.name} ended: {(self.folder / 'err').read_text()[-800:]}")
            sys.exit(1)
        return True

    def end(self):
        self.runs()
        self.p.send_signal(signal.SIGINT)
        self.p.wait(20)


def environment(node, app, **more):
    return dict(os.environ, WEIR_APP=app.username, WEIR_PASSWORD=app.password, WEIR_KAFKA=node.kafka, WEIR_REGISTRY=node.registry, **more)


def triggered(node, app):
    """The two programs, each in a group and with a file of its own."""
    node.topic(f"{DOMAIN}.suspected-fraud.v1", app)
    return [
        Program(name, argv, environment(node, app, GROUP=f"{app.username}.{name}"), lib.folder())
        for name, argv in {"go": [str(BUILT / "block-cards")], "python": [sys.executable, str(PROGRAMS / "block-cards" / "block_cards.py")]}.items()
    ]


def queries(node):
    return {q["name"]: q for q in node.weir("query", "list", "-o", "json", timeout=120).json()}


def settle(node):
    """Starts the node again without the demo's producers, so that inputs come to an
    end, and waits until every query has read all."""
    claim(node.stop(timeout=20) == 0, "it ends well")
    node.demo = False
    node.start()

    def read_all():
        qs = queries(node)
        return all(q["state"] == "running" and (q.get("status") or {}).get("lag") == 0 and q["status"]["running"] for q in qs.values())

    until("every query has read all", 300, read_all, pause=0.5)
    claim(all((q["status"]["aside"], q["status"]["late"]) == (0, 0) for q in queries(node).values()), "nothing was set aside or late")


def rows(node, product):
    """The values of a product in the order of their partitions, with key and time;
    Weir reads no record of a transaction that did not end."""
    out = node.weir("read", product, "--from", "earliest", "--limit", "100000", "-o", "json", timeout=120).out
    return [json.loads(line) for line in out.splitlines()]


def values(node, product):
    return [r["value"] for r in rows(node, product)]


def table(node, product):
    """The latest value of each key."""
    latest = {}
    for r in rows(node, product):
        latest[json.dumps(r["key"])] = r["value"]
    return [v for v in latest.values() if v is not None]


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def quarter(text):
    at = moment(text)
    return at.replace(minute=at.minute // 15 * 15, second=0, microsecond=0)


def counted(node):
    """What the inputs hold, counted again."""
    trades, views = rows(node, "execution.stocktrades"), values(node, "edge.pageviews")
    shares = collections.Counter()
    for t in trades:
        shares[t["value"]["symbol"], quarter(t["timestamp"])] += t["value"]["quantity"]
    got = {(r["symbol"], moment(r["window_start"])): int(r["quantity"]) for r in table(node, f"{DOMAIN}.trending-stocks")}
    claim(got == shares, f"trending-stocks: {len(got)} rows, {len(shares)} expected")
    seen = collections.defaultdict(list)
    for v in views:
        seen[v["userid"]].append(v["pageid"])
    got = {r["userid"]: (r["views"], r["pages"]) for r in table(node, f"{DOMAIN}.pageviews-by-user")}
    claim(got == {u: (len(p), len(set(p))) for u, p in seen.items()}, "pageviews-by-user")
    prices = {q["symbol"]: q for q in sorted(values(node, "execution.quotes"), key=lambda q: moment(q["quoted"]))}
    got = {r["symbol"]: (Decimal(str(r["bid"])), Decimal(str(r["ask"]))) for r in table(node, f"{DOMAIN}.latest-prices")}
    claim(got == {s: (Decimal(str(q["bid"])), Decimal(str(q["ask"]))) for s, q in prices.items()}, f"latest-prices: {got}")
    joined(node, trades, views)
    measure("records counted again", len(trades) + len(views))


def joined(node, trades, views):
    """Rows of joins are those of the stream, with what the table said at some time."""
    lived = collections.defaultdict(set)
    for u in values(node, "membership.users"):
        lived[u["userid"]].add(u["regionid"])
    high = sorted((t["value"]["symbol"], t["value"]["quantity"], t["value"]["userid"]) for t in trades if t["value"]["price"] > 500 and t["value"]["quantity"] > 2500)
    got = values(node, f"{DOMAIN}.high-value-stock-trades")
    claim(sorted((r["symbol"], r["quantity"], r["userid"]) for r in got) == high, f"high-value-stock-trades: {len(got)} rows, {len(high)} expected")
    claim(all(r["regionid"] in lived[r["userid"]] for r in got), "each with a region where the trader lived")
    got = values(node, f"{DOMAIN}.pageviews-enriched")
    ours, theirs = (sorted((moment(v["viewtime"]), v["userid"], v["pageid"]) for v in of) for of in (got, views))
    claim(ours == theirs, f"pageviews-enriched: {len(ours)} rows, {len(theirs)} expected: {[r for r in ours if r not in theirs][:3]}")
    got = values(node, f"{DOMAIN}.orders-enriched")
    orders = {o["orderid"]: o for o in values(node, "shop.orders")}
    claim(sorted(r["orderid"] for r in got) == sorted(orders), "orders-enriched")
    claim(all(r["lines"] == len(orders[r["orderid"]]["items"]) and r["first_sku"] == orders[r["orderid"]]["items"][0]["sku"] for r in got), "its fields within JSON")
    total = sum(Decimal(str(r["total"])) for r in table(node, f"{DOMAIN}.sales-by-country"))
    claim(total == sum(Decimal(str(o["total"])) for o in orders.values()), f"sales-by-country: {total}")


def acted(node, programs):
    """Both programs blocked exactly the cards of the product."""
    cases = values(node, f"{DOMAIN}.suspected-fraud")
    cards = {c["card"] for c in cases}
    claim(cards and all(c["payments"] >= 5 and Decimal(str(c["amount"])) < 3 * c["payments"] for c in cases), f"cases: {cases[:3]}")
    small = collections.Counter(p["card"] for p in values(node, "shop.payments") if Decimal(str(p["amount"])) < 3)
    claim(all(small[c["card"]] >= c["payments"] for c in cases), "each case is there in the payments")
    for p in programs:
        until(f"{p.name} has blocked all of them", 60, lambda: set(p.blocked.read_text().split()) == cards, pause=0.2)
        p.end()
        claim(sorted(l["card"] for l in p.lines) == sorted(cards), f"{p.name} acted once for each card: {p.lines}")
    measure("cards blocked by each program", len(cards))


class Postgres:
    """Debian's PostgreSQL, in a folder of its own; it refuses to run as root."""

    def __init__(self, bin):
        self.bin, self.dir = bin, tempfile.mkdtemp(prefix="pg")
        self.who = {"user": "nobody"} if os.geteuid() == 0 else {}
        if self.who:
            shutil.chown(self.dir, "nobody")
        self.call("initdb", "-D", self.dir + "/data", "-A", "trust", "-U", "weir", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        self.p = subprocess.Popen(
            [bin / "postgres", "-D", self.dir + "/data", "-k", self.dir, "-c", "listen_addresses=", "-c", "fsync=off"],
            cwd=self.dir, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **self.who)
        self.url = f"postgres://weir@/postgres?host={self.dir}"
        until("PostgreSQL is ready", 60, lambda: subprocess.run([bin / "pg_isready", "-q", "-h", self.dir]).returncode == 0, pause=0.1)

    def call(self, name, *args):
        r = subprocess.run([self.bin / name, *args], cwd=self.dir, capture_output=True, text=True, timeout=120, **self.who)
        claim(r.returncode == 0, f"{name}: {r.stderr[-800:]}")
        return r.stdout

    def ask(self, sql):
        return [line.split("|") for line in self.call("psql", "-X", "-q", "-A", "-t", "-h", self.dir, "-U", "weir", "-d", "postgres", "-c", sql).splitlines()]

    def end(self):
        self.p.send_signal(signal.SIGINT)
        self.p.wait(30)
        shutil.rmtree(self.dir, ignore_errors=True)


def copied(node, app):
    """Two products in PostgreSQL: a table from outside and one that a query makes."""
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"))
    if not found:
        claim(os.environ.get("CI") != "true", "there is a PostgreSQL: scripts/tools --install")
        lib.say("SKIPPED: THERE IS NO POSTGRESQL TO COPY INTO: scripts/tools --install")
        return
    db = Postgres(pathlib.Path(found[-1]).parent)
    try:
        env = environment(node, app, DATABASE_URL=db.url)
        killed(db, env)
        for product, name in ((f"membership.users", "users"), (f"{DOMAIN}.pageviews-by-user", "views")):
            copy(env, product, name)
        same(node, db)
        db.ask("DELETE FROM users WHERE userid < 'User_3'")
        copy(env, "membership.users", "users")
        claim(db.ask("SELECT count(*) FROM users WHERE userid < 'User_3'") == [["0"]], "what was read is not read again")
        copy(env, "membership.users", "users", "-again")
        same(node, db)
        joined = db.ask("SELECT u.regionid, sum(v.views) FROM users AS u JOIN views AS v ON v.userid = u.userid GROUP BY u.regionid")
        claim(sum(int(n) for _, n in joined) == len(values(node, "edge.pageviews")), f"joined in PostgreSQL: {joined}")
        measure("rows of membership.users in PostgreSQL", int(db.ask("SELECT count(*) FROM users")[0][0]))
    finally:
        db.end()


def copy(env, product, name, *more):
    r = lib.run([BUILT / "to-postgres", "-product", product, "-table", name, "-once", *more], env=env, timeout=120)
    claim(r.code == 0, f"to-postgres {product}: exit {r.code}: {r.err[-800:]}")


def killed(db, env):
    """A copy that is ended by kill -9 as soon as it has written something."""
    p = subprocess.Popen([BUILT / "to-postgres", "-product", "membership.users", "-table", "users"], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until("something is copied", 60, lambda: db.ask("SELECT to_regclass('users')") != [[""]] and db.ask("SELECT count(*) FROM users") != [["0"]])
    finally:
        p.kill()
        p.wait()


def same(node, db):
    users = {u["userid"]: (u["regionid"], u["gender"], moment(u["registertime"])) for u in table(node, "membership.users")}
    got = {k: (r, g, moment(t + ":00" if t[-3] in "+-" else t)) for k, r, g, t in db.ask("SELECT _key, regionid, gender, registertime FROM users")}
    claim(got == users, f"users: {len(got)} rows in PostgreSQL, {len(users)} in the product")
    views = {v["userid"]: (v["views"], v["pages"]) for v in table(node, f"{DOMAIN}.pageviews-by-user")}
    got = {u: (int(n), int(p)) for u, n, p in db.ask("SELECT userid, views, pages FROM views")}
    claim(got == views, f"views: {len(got)} rows in PostgreSQL, {len(views)} in the product")


lib.main(script)
