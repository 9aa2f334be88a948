"""The embedded broker refuses writes when it holds as much as it may: it says
so where people look, drops nothing, goes on reading, and takes records again
when there is room. SIZE is the limit in MB; 2048 is what a node has."""

import json

import lib
from lib import claim, fresh, measure, until

VALUE = 1000


def script():
    if lib.CLUSTER:
        lib.say("  a real cluster has its own limits: nothing to show here")
        return
    limit = lib.size(20) * 1_000_000
    node = lib.Node(args=["--broker-limit", str(limit)]).start()
    team = fresh("team")
    node.mesh(team, team)
    app = node.app(fresh("app"), team)
    big = node.product(f"{team}.big", app=app)
    small = node.product(f"{team}.small", app=app)
    app.produce(small, ["before"])

    written, refusal = fill(app, big, limit)
    measure("written until refused", written / 1e6, "MB")
    measure("limit", limit / 1e6, "MB")
    claim("olicy violation" in refusal, f"the client is told, and not to try again: {refusal}")
    used = json.loads(node.weir("mesh", "show", "-o", "json").out)["cluster"]
    claim(any("takes no more records" in p and "--destroy-data" in p for p in used["problems"]), f"weir mesh show says what to do: {used}")
    claim("writes are refused" in node.log.read_text(), "the log says it")
    measure("held", used["used"] / 1e6, "MB")

    claim(app.consume(small) == ["before"], "reading goes on")
    r = app.kcat("-P", "-t", small, "-X", "message.timeout.ms=5000", stdin="refused\n")
    claim(r.code != 0, "another product is refused too")
    node.stop()
    node.start()
    app.node = node
    claim(app.consume(small) == ["before"], "nothing was dropped, and nothing half written, over a restart")
    r = app.kcat("-P", "-t", small, "-X", "message.timeout.ms=5000", stdin="refused\n")
    claim(r.code != 0, "it is still full after a restart")

    node.weir("product", "delete", f"{team}.big", "--destroy-data")
    until("there is room again", 30, lambda: app.kcat("-P", "-t", small, "-X", "message.timeout.ms=5000", stdin="after\n").code == 0)
    claim(sorted(app.consume(small)) == ["after", "before"], "what was refused is not there, what was acknowledged is")

    def cluster():
        return json.loads(node.weir("mesh", "show", "-o", "json").out)["cluster"]

    until("nothing is wrong any more", 5, lambda: not cluster().get("problems"))
    measure("held after the product's data was destroyed", cluster()["used"] / 1e6, "MB")


def fill(app, topic, limit):
    """Writes chunks until one is refused; gives bytes and what was said."""
    written = 0
    chunk = "".join(f"{i:08d}{'x' * (VALUE - 9)}\n" for i in range(max(1, limit // 25 // VALUE)))
    while written < 3 * limit:
        r = app.kcat("-P", "-t", topic, "-X", "message.timeout.ms=10000", stdin=chunk, timeout=60)
        if r.code != 0 or "ailed" in r.err:
            return written, r.err
        written += len(chunk)
    raise lib.Failed(f"{written} bytes were written beyond a limit of {limit}")


lib.main(script)
