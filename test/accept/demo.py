"""The demo mesh: ready within a second, data of each product within three, the
commands that it prints work as printed."""

import concurrent.futures
import json
import subprocess
import time

import lib
from lib import App, claim, measure

PRODUCTS = {
    "membership.users": {"userid", "regionid", "gender", "registertime"},
    "execution.stocktrades": {"side", "quantity", "symbol", "price", "account", "userid"},
    "edge.pageviews": {"viewtime", "userid", "pageid"},
}
SECONDS = lib.size(10)


def script():
    node = lib.Node(demo=True)
    if node.cluster:
        # Topics outlive a node on a cluster: what an earlier run left is ended.
        node.start()
    else:
        begin = time.monotonic()
        node.start()
        measure("ready", node.ready_seconds, "s; the promise is less than 1")
        claim(node.ready_seconds < 1, f"ready after {node.ready_seconds:.2f} s")
    try:
        look(node, begin if not node.cluster else None)
    finally:
        if node.cluster and node.alive():
            for p in PRODUCTS:
                node.weir("product", "delete", p, "--destroy-data", check=False)
            time.sleep(3)


def look(node, begin):
    credentials = json.loads((node.data / "demo-credentials.json").read_text())["applications"]
    everything = [a for a in credentials if set(a["reads"]) >= set(PRODUCTS)]
    claim(len(everything) == 1, f"one application reads all three products: {[a['name'] for a in credentials]}")
    app = App(node, everything[0]["name"], everything[0]["username"], everything[0]["password"])
    for p in PRODUCTS:
        first = app.kcat("-C", "-t", p + ".v1", "-o", "beginning", "-c", "1", "-q", timeout=20)
        claim(first.code == 0 and first.out.strip(), f"{p} has data: {first.err}")
    if begin:
        took = time.monotonic() - begin
        measure("data from each product", took, "s from the start; the promise is less than 3")
        claim(took < 3, f"data after {took:.2f} s")


    for name in ("admin.json", "demo-credentials.json"):
        claim((node.data / name).stat().st_mode & 0o777 == 0o600, f"{name} is readable by its owner alone")

    printed = commands(node)
    claim(len(printed) == 3, f"three commands are printed: {printed}")
    for c in printed:
        works(c)
    rates(app)
    measure("resident while it runs", node.rss(), "MB; the promise is less than 200")
    claim(node.rss() < 200, f"{node.rss():.0f} MB")


def commands(node):
    """The commands to try, as they were printed."""
    def printed():
        lines = node.lines + node.log.read_text().splitlines()
        return [l.strip() for l in lines if l.strip().startswith(("kcat ", "weir ", "./weir ", "WEIR_", "curl "))]
    return lib.until("commands to try are printed", 5, printed) and printed()


def works(command):
    """Runs a printed command in a shell; one that follows a stream is ended
    once it has shown something."""
    command_line = command.replace("./weir", lib.BIN) if command.startswith("./weir") else command
    p = subprocess.Popen(["timeout", "8", "bash", "-c", command_line], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=lib.TOP)
    begin = time.monotonic()
    line = p.stdout.readline()
    took = time.monotonic() - begin
    p.terminate()
    _, err = p.communicate()
    claim(line.strip(), f"as printed it shows nothing: {command}: {err[-500:]}")
    measure(f"{command.split()[0]} as printed", f"first line after {took:.2f} s: {line.strip()[:60]}")


def rates(app):
    """What flows in a while, and that it is what was promised."""
    follow = ["timeout", str(SECONDS), "kcat", *app.kcat_login(), "-C", "-o", "end", "-q", "-u", "-f", "%k\t%s\n", "-t"]
    with concurrent.futures.ThreadPoolExecutor(len(PRODUCTS)) as pool:
        seen = dict(zip(PRODUCTS, pool.map(lambda p: lib.run([*follow, p + ".v1"], timeout=SECONDS + 20).out.splitlines(), PRODUCTS)))
    users = {json.loads(line)["userid"] for line in app.consume("membership.users.v1")}
    total = 0
    for product, lines in seen.items():
        rate = len(lines) / SECONDS
        total += rate
        measure(product, rate, "records/s")
        claim(rate >= 4, f"{product}: at least 5 records a second, got {rate:.1f}")  # one second goes by until the client follows
        for line in lines:
            key, _, value = line.partition("\t")
            judge(product, key, json.loads(value), users)
    measure("all three", total, "records/s; about 50 are promised")
    claim(30 <= total <= 80, f"about 50 records a second: {total:.0f}")


def judge(product, key, r, users):
    claim(set(r) == PRODUCTS[product], f"{product} has the fields {sorted(r)}")
    if product == "membership.users":
        claim(key == r["userid"], f"keyed by userid: {key} {r}")
        claim(r["gender"] in ("MALE", "FEMALE", "OTHER"), f"gender: {r}")
    else:
        claim(r["userid"] in users, f"{product} refers to a user: {r}")
    if product == "execution.stocktrades":
        claim(1 <= r["quantity"] <= 5000 and 5 <= r["price"] <= 999, f"bounds: {r}")


lib.main(script)
