"""A derived record is walked back to its sources, over two queries: what the
trace says is compared with what the producer was told about each record and with
what a stock client reads, headers and all. Ranges of sums count as many records
as the sum has; a record that was set aside leads to the one that could not be
used; who may not read a source gets none of its data; a record whose query is gone still
says what it was made of."""

import collections
import json
import statistics
import time

from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition

import lib
from lib import claim, fresh, measure, until

TRADE = json.dumps({
    "type": "object", "required": ["id", "symbol", "price"],
    "properties": {"id": {"type": "integer"}, "symbol": {"type": "string"}, "price": {"type": "integer"}},
})


def script():
    n = lib.size(1000)
    rng = lib.rng()
    node = lib.Node().start()
    source, desk = fresh("market"), fresh("desk")
    node.mesh(source, source)
    node.mesh(desk, desk)
    for team in (source, desk):
        node.weir("team", "add", team, "admin")
    feeder, reader = node.app(fresh("feeder"), source), node.app(fresh("reader"), desk)
    (node.data.parent / "trade.json").write_text(TRADE)
    topic = node.product(
        f"{source}.trades", "--encoding", "json", "--schema", str(node.data.parent / "trade.json"), "--key", "id", "--partitions", "3",
        "--access", "request", app=feeder)
    trades = produced(feeder, topic, n)
    until("statements are parsed", 120, lambda: "syntax error" in node.weir("query", "explain", "--sql", "SELEC", check=False).err)
    big, sums = f"{desk}.big", f"{desk}.sums"
    node.weir("query", "create", big, "--sql", f'SELECT id, symbol, price, 1000 / (price % 10) AS part FROM "{source}".trades WHERE price >= 50')
    node.weir("query", "create", sums, "--sql", f'SELECT symbol, count(*) AS n, sum(price) AS total FROM "{desk}".big GROUP BY symbol')
    want = collections.Counter(t["symbol"] for t in trades.values() if t["price"] >= 50 and t["price"] % 10)
    latest = until("the sums are there", 60, lambda: done(reader, sums + ".v1", want), pause=0.5)

    rows(node, rng, reader, big, trades, topic)
    ranges(node, sums, latest, want, big, source)
    aside(node, desk, trades)
    forged(reader, desk, big)
    hidden(node, desk, big, source)
    orphan(node, big)


def produced(app, topic, n):
    """Trades by where the cluster says they are."""
    trades, failed = {}, []
    p = Producer(app.confluent(enable_idempotence=True))

    def delivered(err, m):
        if err:
            failed.append(str(err))
        else:
            trades[m.partition(), m.offset()] = json.loads(m.value())

    for i in range(n):
        p.produce(topic, key=str(i), value=json.dumps({"id": i, "symbol": f"S{i % 5}", "price": i * 37 % 101}), on_delivery=delivered)
        p.poll(0)
    claim(p.flush(60) == 0 and not failed and len(trades) == n, f"all trades are acknowledged: {failed[:1]}")
    return trades


def read(app, topic, partitions=3):
    """All committed records of a topic, by a stock client."""
    c = Consumer(app.confluent(group_id=f"{app.name}.trace", enable_auto_commit=False, enable_partition_eof=True, isolation_level="read_committed"))
    got = []
    try:
        c.assign([TopicPartition(topic, p, OFFSET_BEGINNING) for p in range(partitions)])
        ends, deadline = set(), time.monotonic() + 30
        while len(ends) < partitions and time.monotonic() < deadline:
            m = c.poll(1)
            if m is None:
                continue
            if m.error():
                ends.add(m.partition())
            else:
                got.append(m)
    finally:
        c.close()
    return got


def done(reader, topic, want):
    """The latest record of each symbol, once they have all that was to come."""
    latest = {}
    for m in read(reader, topic):
        latest[json.loads(m.value())["symbol"]] = m
    return latest if {s: json.loads(m.value())["n"] for s, m in latest.items()} == dict(want) else None


def trace(node, name, partition, offset, **more):
    return node.weir("trace", name, str(partition), str(offset), "-o", "json", **more).json()


def rows(node, rng, reader, big, trades, topic):
    """A row leads to the one record that it was made of."""
    all_big = read(reader, big + ".v1")
    times = []
    for m in rng.sample(all_big, 20):
        begin = time.monotonic()
        got = trace(node, big, m.partition(), m.offset())
        times.append(time.monotonic() - begin)
        value = json.loads(m.value())
        claim((got["product"], got["partition"], got["offset"], got["value"]) == (big, m.partition(), m.offset(), value), f"it is the record: {got}")
        claim(got["query"] == big and got["current"] is True, f"the query made it by the plan that it has: {got}")
        claim(got["plan"] == dict(m.headers())["weir.plan"].decode(), "the plan is that of the header")
        claim(len(got["from"]) == 1, f"it was made of one record: {got['from']}")
        f = got["from"][0]
        claim(f["topic"] == topic and f["state"] == "read" and "from" not in f, f"of a record of the source: {f}")
        claim(trades[f["partition"], f["offset"]] == f["value"] and f["value"]["id"] == value["id"], f"it is the trade with its id: {f}, {value}")
    claim([q["name"] for q in got["queries"]] == [big] and "1000 / (price % 10)" in got["queries"][0]["statement"], f"its statement: {got['queries']}")
    claim(got["queries"][0]["state"] == "running" and got["queries"][0]["plan"] == got["plan"], "it runs")
    measure("a trace of one query, with the command (p50 of 20)", statistics.median(times), "s")


def ranges(node, sums, latest, want, big, source):
    """A sum leads to ranges that count its records, and over them to the source."""
    times = []
    for symbol, m in sorted(latest.items()):
        begin = time.monotonic()
        got = trace(node, sums, m.partition(), m.offset())
        times.append(time.monotonic() - begin)
        claim(got["value"]["n"] == want[symbol], f"it is the last sum of {symbol}")
        claim(sum(f.get("count", 1) for f in got["from"]) == want[symbol], f"the ranges count its {want[symbol]} records: {got['from']}")
        for f in got["from"]:
            claim(f["product"] == big and (f["state"] == "range") == ("count" in f), f"of the first query's product: {f}")
            claim(all(r["value"]["symbol"] == symbol for r in f.get("records", [f])) or f["count"] == f["last"] - f["offset"] + 1, f"records that count: {f}")
            for r in f.get("records", [f]):
                claim(r["state"] == "read" and r["query"] == big, f"a record of it: {r}")
                claim([s["product"] for s in r["from"]] == [source + ".trades"] and r["from"][0]["value"]["id"] == r["value"]["id"], f"made of its trade: {r}")
        claim([q["name"] for q in got["queries"]] == [sums, big], "both queries")
    measure("a trace of two queries and ranges (p50)", statistics.median(times), "s")
    text = node.weir("trace", sums, str(m.partition()), str(m.offset())).out
    claim(f"{source}.trades" in text and "the one that it has now" in text, f"as a tree: {text}")
    print("\n".join("  " + line[:150] for line in text.splitlines()[:8]))


def aside(node, desk, trades):
    """What was set aside leads to the record that could not be used."""
    name = f"{desk}._private.big-aside"
    first = json.loads(node.weir("read", name, "--from", "earliest", "-n", "1", "-o", "json").out.splitlines()[0])
    got = trace(node, name, first["partition"], first["offset"])
    f = got["from"][0]
    claim(got["stream"] == name and got["step"] == "compute" and "division by zero" in got["failed"], f"it says why: {got}")
    claim(trades[f["partition"], f["offset"]] == f["value"] and f["value"]["price"] % 10 == 0, f"and of what: {f}")


def forged(reader, desk, big):
    """Nobody else writes what a query makes, so nobody invents where it comes from."""
    for topic in (f"{big}.v1", f"{desk}._private.big-aside"):
        told = []
        p = Producer(reader.confluent(message_timeout_ms=30_000))
        p.produce(topic, value=b'{"id":1}', headers={"weir.from": b"hr.salaries.v1/0/0"}, on_delivery=lambda e, m: told.append(e))
        p.flush(40)
        claim(len(told) == 1 and told[0] and told[0].name() == "TOPIC_AUTHORIZATION_FAILED", f"a forged record of {topic}: {told}")


def hidden(node, desk, big, source):
    """Who may not read a source gets none of its data."""
    third = fresh("third")
    node.weir("team", "create", third)
    node.weir("product", "publish", big)
    node.weir("access", "allow", big, "--app", node.app(fresh("other"), third).name)
    token = person(node, "eve", third)
    first = json.loads(node.weir("read", big, "--from", "earliest", "-n", "1", "-o", "json").out.splitlines()[0])
    r = node.weir("trace", big, str(first["partition"]), str(first["offset"]), "-o", "json", token=token)
    f = r.json()["from"][0]
    claim(f["state"] == "hidden" and "may not read" in f["why"] and f["product"] == source + ".trades", f"the source is named as hidden: {f}")
    claim("value" not in f and "key" not in f and "timestamp" not in f, f"without its data: {f}")
    claim(r.json()["queries"] == [] and "query" not in r.json(), "nor does she know of the query")
    r = node.weir("trace", big, "0", "0", token=person(node, "bob"), check=False)
    claim(r.code == 1 and "may not read the records" in r.err, f"who may not read a product does not trace it: {r.err}")
    r = node.weir("trace", f"{desk}.sums", "0", "0", token=person(node, "kim"), check=False)
    claim(r.code == 1 and "there is no product" in r.err, f"who may not know of a product does not trace it: {r.err}")
    r = node.weir("trace", big, "0", "99999999", check=False)
    claim(r.code == 1 and "has no record at partition 0, offset 99999999" in r.err, f"a record that is not there: {r.err}")


def person(node, name, *teams):
    """Makes a person in some teams; gives a token."""
    node.weir("person", "create", name)
    for team in teams:
        node.weir("team", "add", team, name)
    return node.weir("token", "create", "--for", name, "-o", "json").json()["token"]


def orphan(node, big):
    """A record whose query is gone still leads to what it was made of."""
    first = json.loads(node.weir("read", big, "--from", "earliest", "-n", "1", "-o", "json").out.splitlines()[0])
    node.weir("query", "delete", big)
    got = trace(node, big, first["partition"], first["offset"])
    claim(got["queries"] == [] and "query" not in got and "no query makes it now" in got["why"], f"its query is gone: {got}")
    claim(got["from"][0]["state"] == "read", "what it was made of is still told")


if __name__ == "__main__":
    lib.main(script)
