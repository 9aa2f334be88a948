"""The state is a projection: deleted, it is made again from the ledger, the
same to the byte, and nothing in the world is done twice."""

import json

import lib
from lib import claim, fresh, measure


def script():
    products = lib.size(5)
    node = lib.Node().start()
    team = fresh("team")
    node.mesh(team, team)
    writer = node.app(fresh("writer"), team)
    topics = [node.product(f"{team}.p{i}", app=writer) for i in range(products)]
    node.weir("product", "delete", f"{team}.p0", "--destroy-data")
    gone, topics = topics[0], topics[1:]
    lib.until("the topic of a destroyed product goes", 30, lambda: gone not in writer.topics(), pause=0.2)
    for t in topics:
        writer.produce(t, [f"{t} {i}" for i in range(10)])
    node.weir("app", "revoke", node.app(fresh("gone"), team).name)

    ids = topic_ids(writer, topics)
    before = node.export()
    claim(before.code == 0 and len(before.out) > 500, f"weir export works: {before.err}")
    node.stop()

    for how in ("state.db deleted", "state.db emptied"):
        for f in node.data.glob("state.db*"):
            f.unlink()
        if how == "state.db emptied":
            (node.data / "state.db").write_bytes(b"")
        node.start()
        after = node.export()
        claim(after.out == before.out, f"{how}: the export is the same to the byte")
        claim(topic_ids(writer, topics) == ids, f"{how}: no topic was made again")
        claim(gone not in writer.topics(), f"{how}: no topic came back")
        for t in topics:
            got = writer.consume(t)
            claim(sorted(got) == sorted(f"{t} {i}" for i in range(10)), f"{how}: the records of {t} are there: {len(got)}")
        measure(f"{how}: ready", node.ready_seconds, "s")
        claim(node.weir("audit", "verify").code == 0, "the chain verifies")
        node.stop()
    measure("exported bytes, equal before and after", len(before.out))


def topic_ids(app, topics):
    got = {}
    for t in topics:
        r = app.franzgo("topicid", t)
        claim(r.code == 0, f"the id of {t}: {r.err}")
        got[t] = r.out.strip()
    return got


lib.main(script)
