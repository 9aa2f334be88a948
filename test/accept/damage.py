"""A damaged ledger stops the node before it serves anything: it says what is
damaged and where, and exits 1. So does a ledger that lost its end."""

import shutil
import sqlite3

import lib
from lib import claim, fresh, measure


def script():
    flips = lib.size(4)
    node = lib.Node().start()
    marker = fresh("marked")
    for i in range(20):
        node.weir("team", "create", f"{marker}-{i}")
    node.stop()
    ledger = node.data / "ledger.db"
    whole = ledger.read_bytes()

    # One bit of a stored entry. SQLite may keep an old copy of a page that it
    # moved; only the one in use counts, so each copy gets the same flip.
    names = [f"{marker}-{i}\"".encode() for i in range(20)]
    claim(all(n in whole for n in names), "entries are stored as readable JSON")
    rng = lib.rng()
    for name in rng.sample(names, min(flips, len(names))):
        flipped = bytes([name[0] ^ 1]) + name[1:]
        ledger.write_bytes(whole.replace(name, flipped))
        refused(node, f"one bit of the entry of {name.decode()[:-1]} flipped")

    # Anywhere: whatever SQLite makes of it, nothing is served from it.
    stopped = 0
    for _ in range(flips):
        at = rng.randrange(100, len(whole))
        ledger.write_bytes(whole[:at] + bytes([whole[at] ^ 0x40]) + whole[at + 1:])
        stopped += either(node, at)
    measure(f"{flips} bits flipped anywhere", f"{stopped} stopped the node, {flips - stopped} were in free space and the chain is whole")

    ledger.write_bytes(whole)
    cut(node, ledger)
    ledger.write_bytes(whole)
    node.start()
    claim(f"{marker}-19" in node.weir("team", "list").out, "put right, the ledger serves again")


def up(node):
    return lib.run([lib.BIN, "up", "--data", str(node.data), "--http", "127.0.0.1:0", "--kafka", "127.0.0.1:0"], timeout=30)


def refused(node, how):
    r = up(node)
    claim(r.code == 1 and "ready " not in r.out, f"{how}: weir up exits 1, not {r.code}")
    claim("ledger" in r.err and "amaged" in r.err, f"{how}: it names the ledger: {r.err}")
    measure(how, r.err.strip().splitlines()[-1])


def either(node, at):
    """A flip outside the entries may be in free space; then all must be there.
    Whether it stopped the node."""
    try:
        r = up_or_ready(node)
    finally:
        node.kill9()
    claim(r in (None, 1), f"byte {at} flipped: exit {r}")
    return r == 1


def up_or_ready(node):
    """None if the node became ready and still has a whole chain, else its exit code."""
    node.spawn()

    def over():
        code = node.process.poll()
        return ("ended", code) if code is not None else ("ready", None) if any(l.startswith("ready ") for l in node.lines) else None

    what, code = lib.until("weir is ready or ends", 30, over)
    if what == "ended":
        claim("ledger" in node.log.read_text(errors="replace"), "it names the ledger")
        return code
    line = next(l for l in node.lines if l.startswith("ready "))
    node.http = dict(p.split("=", 1) for p in line.split()[1:])["http"]
    r = node.weir("audit", "verify", check=False)
    claim(r.code == 0, f"a node that is ready has a chain that verifies: {r.err}")
    return None


def cut(node, ledger):
    """The last entries are gone; the state knows that there were more."""
    db = sqlite3.connect(ledger)
    table, = db.execute("select name from sqlite_master where type = 'table' and sql like '%hash%'").fetchone()
    column = next(c[1] for c in db.execute(f"pragma table_info({table})") if c[5] or c[1] in ("offset", "id"))
    db.execute(f'delete from {table} where "{column}" > (select max("{column}") - 3 from {table})')
    db.commit()
    db.close()
    refused(node, "the last 3 entries removed")


lib.main(script)
