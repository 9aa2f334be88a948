"""A stranger's first quarter of an hour: a team, a domain, a product and two
applications, by commands; records in and out with kcat."""

import time

import lib
from lib import claim, fresh, measure


def script():
    n = lib.size(1000)
    node = lib.Node().start()
    measure("ready", node.ready_seconds, "s")

    sales, web = fresh("sales"), fresh("web")
    node.mesh(sales, sales)
    node.weir("team", "create", web)
    writer, reader = node.app(fresh("shop"), sales), node.app(fresh("report"), web)

    begin = time.monotonic()
    topic = node.product(f"{sales}.orders", app=reader)
    measure("a product's topic is visible to a stranger after", time.monotonic() - begin, "s")

    lines = [f'{{"order":{i}}}' for i in range(n)]
    begin = time.monotonic()
    writer.produce(topic, lines)
    measure("written by kcat", f"{n} records in {time.monotonic() - begin:.2f} s")
    begin = time.monotonic()
    got = reader.consume(topic)
    measure("read by another application's kcat", f"{len(got)} records in {time.monotonic() - begin:.2f} s")
    claim(sorted(got) == sorted(lines), "what was written is read, each once")

    keyed = writer.kcat("-P", "-t", topic, "-K", ":", stdin="k1:one\nk1:two\n")
    claim(keyed.code == 0, f"records with keys: {keyed.err}")
    got = [l for l in reader.consume(topic, "-f", "%k=%s\n") if l.startswith("k1=")]
    claim(got == ["k1=one", "k1=two"], f"keys and order are kept: {got}")

    names = {p["name"] for p in node.weir("product", "list", "-o", "json").json()}
    claim(f"{sales}.orders" in names, f"the product is listed: {names}")
    audit = node.weir("audit", "list", "-o", "json").json()
    claim(len(audit) >= 6, f"every change is in the audit list: {len(audit)} entries")
    measure("audit entries", len(audit))

    other = writer.kcat("-L", mechanism="SCRAM-SHA-512")
    claim(other.code == 0, f"SCRAM-SHA-512 logs in: {other.err}")
    wrong = lib.App(node, "wrong", writer.username, writer.password + "x").kcat("-L", "-m", "5")
    claim(wrong.code != 0 and "uthentication" in wrong.err, f"a wrong password is an authentication error: {wrong.err[-300:]}")

    claim(node.stop() == 0, "SIGTERM ends with exit 0")
    measure("SIGTERM to end", node.stop_seconds, "s")

    node.start()
    again = reader.consume(topic)
    claim(sorted(again) == sorted(lines + ["one", "two"]), f"all {n + 2} records are there after a restart: {len(again)}")


lib.main(script)
