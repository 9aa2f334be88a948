"""One process at a time on a folder: the second is refused and says so, the
first goes on."""

import lib
from lib import claim, measure


def script():
    node = lib.Node().start()
    r = lib.run([lib.BIN, "up", "--data", str(node.data), "--http", "127.0.0.1:0", "--kafka", "127.0.0.1:0"], timeout=20)
    claim(r.code == 1, f"a second weir up on the folder exits 1: {r.code}")
    claim("ready " not in r.out, "and never says that it is ready")
    claim(str(node.data) in r.err, f"and names the folder: {r.err}")
    measure("the second is told", r.err.strip().splitlines()[-1])
    node.weir("team", "create", "after")
    claim("after" in node.weir("team", "list").out, "the first goes on")
    node.kill9()
    node.start()
    measure("after kill -9 the folder is free; ready", node.ready_seconds, "s")


lib.main(script)
