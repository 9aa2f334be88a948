"""Who reads and writes what, as it is counted: stock clients write and read as
different applications, and usage names each of them with exactly its records,
its client library and its last time. Counts live through kill -9 but for one
flush interval, which is told as a gap; a product that is made again under a name
begins at nothing; who may not watch a product sees sums, no names."""

import datetime
import json
import os
import pathlib
import time

from confluent_kafka import Consumer, Producer
from kafka import KafkaConsumer, KafkaProducer

import lib
from lib import claim, fresh, measure, until


def script():
    n = lib.size(2000)
    node = lib.Node().start()
    begin = now()
    shop, lab = fresh("shop"), fresh("lab")
    node.mesh(shop, shop)
    node.weir("team", "create", lab)
    node.weir("team", "add", shop, "admin")
    name = f"{shop}.orders"
    w = {k: node.app(fresh(f"w-{k}"), shop) for k in ["kcat", "confluent", "python", "sent"]}
    r = {k: node.app(fresh(f"r-{k}"), lab) for k in ["kcat", "confluent", "python"]}
    topic = node.product(name, app=r["kcat"])
    seen = usage(node, name)
    claim(seen["readers"] == [] and seen["writers"] == [] and seen["hours"] == [], f"nothing is counted yet: {seen}")
    facts = node.weir("product", "facts", name, "-o", "json").json()
    claim(facts["records"] == 0 and "last" not in facts and facts["readers"] == 0, f"an empty product: {facts}")

    write(w, topic, n)
    read(r, topic, 3 * n)
    parties(node, name, w, r, n, begin)
    hours(node, name, n)
    facts_of(node, name, r["confluent"], n)
    unacknowledged(node, name, topic, w["sent"])
    over_http(node, name)
    applications(node, name, topic, w, r, n)
    sights(node, name, shop, lab, w, r, n)
    kill(node, name, topic, w["kcat"])
    again(node, name, topic, w["kcat"], r["kcat"])
    published(node, shop, w["kcat"], r["kcat"])
    health(node)
    lost(node, name, topic, w["kcat"])


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def at(text):
    return datetime.datetime.fromisoformat(text)


def usage(node, name, *more, token=None):
    return node.weir("product", "usage", name, "-o", "json", *more, token=token).json()


def write(w, topic, n):
    w["kcat"].produce(topic, [f'{{"n":{i}}}' for i in range(n)])
    p = Producer(w["confluent"].confluent(enable_idempotence=True))
    for i in range(n):
        p.produce(topic, json.dumps({"n": i}))
        p.poll(0)
    claim(p.flush(60) == 0, "confluent-kafka writes all")
    p = KafkaProducer(**w["python"].python(acks="all"))
    sent = [p.send(topic, json.dumps({"n": i}).encode()) for i in range(n)]
    for f in sent:
        f.get(60)
    p.close()


def read(r, topic, n):
    claim(len(r["kcat"].consume(topic)) == n, "kcat reads all")
    c = Consumer(r["confluent"].confluent(group_id=r["confluent"].name, auto_offset_reset="earliest", enable_auto_commit=False))
    c.subscribe([topic])
    got = 0
    end = time.monotonic() + 120
    while got < n and time.monotonic() < end:
        got += len([m for m in c.consume(500, 1.0) if not m.error()])
    claim(got == n, f"confluent-kafka reads all: {got}")
    c.commit(asynchronous=False)
    c.close()
    # With fewer records to a poll than there are, kafka-python drops some that it was sent and asks again; they would count twice.
    c = KafkaConsumer(topic, **r["python"].python(auto_offset_reset="earliest", enable_auto_commit=False, consumer_timeout_ms=10000, max_poll_records=n))
    got = 0
    for _ in c:
        got += 1
        if got == n:
            break
    c.close()
    claim(got == n, f"kafka-python reads all: {got}")


def parties(node, name, w, r, n, begin):
    want = {w[k].name: n for k in ["kcat", "confluent", "python"]} | {app.name: 3 * n for app in r.values()}

    def counted():
        u = usage(node, name)
        got = {}
        for p in u["readers"] + u["writers"]:
            got[p["application"]] = got.get(p["application"], 0) + p["records"]
        return u if got == want else None

    began = time.monotonic()
    try:
        u = until("every count", 20, counted)
    except lib.Failed:
        lib.say(f"wanted {want}; {usage(node, name)}")
        raise
    measure("counted after", time.monotonic() - began, "s")
    libraries = {"kcat": "librdkafka", "confluent": "confluent-kafka-python", "python": "kafka-python"}
    for side, parties, direction in [(w, u["writers"], "write"), (r, u["readers"], "read")]:
        for p in parties:
            kind = next(k for k, a in side.items() if a.name == p["application"])
            claim(p["library"] == libraries[kind] and p["version"], f"{p['application']} uses {p['library']} {p.get('version')}")
            claim(p["direction"] == direction and p["how"] == "gateway" and p["product"] == name and p["team"], f"{p}")
            claim(begin <= at(p["first"]) <= at(p["last"]) <= now(), f"first and last time: {p}")
            claim(p["bytes"] > p["records"], f"bytes: {p}")
    measure("records counted exactly", sum(want.values()))
    claim(u["measured"]["gaps"] == [] and at(u["measured"]["since"]) < begin, f"measured since the node's first start: {u['measured']}")
    text = node.weir("product", "usage", name).out
    for app in want:
        claim(app in text, f"the table names {app}")
    claim("measured at the gateway" in text and "not measured before" in text, f"the table says how, and since when:\n{text}")


def hours(node, name, n):
    u = usage(node, name, "--since", "6h")
    claim(sum(h["written"] for h in u["hours"]) == 3 * n and sum(h["read"] for h in u["hours"]) == 9 * n, f"by the hour: {u['hours']}")
    claim(all(h["seconds"] == 3600 and at(h["start"]).minute == 0 for h in u["hours"]), f"hours begin with the hour: {u['hours']}")


def facts_of(node, name, reader, n):
    f = node.weir("product", "facts", name, "-o", "json").json()
    claim(f["records"] == 3 * n, f"as many records as were written: {f['records']}")
    claim(f["readers"] == 3 and f["writers"] == 3, f"readers and writers: {f['readers']} {f['writers']}")
    claim(now() - at(f["last"]) < datetime.timedelta(minutes=5) and at(f["first"]) <= at(f["last"]), f"{f['first']} {f['last']}")
    pace = f["pace"]
    claim(0 < pace["seconds"] <= 60 and sum(h["written"] for h in pace["hours"]) == 3 * n, f"the pace: {pace}")

    def committed():
        groups = node.weir("product", "facts", name, "-o", "json").json()["groups"]
        return next((g for g in groups if g["name"] == reader.name and g.get("lag") == 0), None)

    g = until("the group without a lag", 30, committed, pause=0.3)
    claim(g["application"] == reader.name and g["members"] == 0 and not g.get("unread"), f"the group: {g}")


def unacknowledged(node, name, topic, app):
    r = app.kcat("-P", "-t", topic, "-X", "acks=0", "-X", "queue.buffering.max.ms=5", stdin="".join(f"x{i}\n" for i in range(50)))
    claim(r.code == 0, f"kcat without acknowledgement: {r.err}")
    p = until("what was sent", 20, lambda: next((p for p in usage(node, name)["writers"] if p["application"] == app.name), None))
    claim(p["how"] == "unacknowledged" and p["records"] == 50, f"told apart from what the cluster has: {p}")


def over_http(node, name):
    got = node.weir("read", name, "--from", "earliest", "-n", "40", "-o", "json").out.splitlines()
    claim(len(got) == 40, "a person reads 40 rows")
    p = until("the person", 20, lambda: next((p for p in usage(node, name)["readers"] if p.get("person") == "admin"), None))
    claim(p["how"] == "http" and p["records"] >= 40 and p["library"] == "weir", f"a person who reads over HTTP: {p}")


def applications(node, name, topic, w, r, n):
    u = node.weir("app", "usage", r["python"].name, "-o", "json").json()
    claim([(p["product"], p["direction"], p["records"], p["library"]) for p in u["usage"]] == [(name, "read", 3 * n, "kafka-python")], f"{u['usage']}")
    claim(sum(h["read"] for h in u["hours"]) == 3 * n, f"{u['hours']}")
    claim(name in node.weir("app", "usage", w["kcat"].name).out, "the table names the product")


def sights(node, name, shop, lab, w, r, n):
    """Members of the reading team see their applications, and sums of the rest;
    a stranger sees sums; of a product that is hidden, nobody else sees any."""
    tokens = {}
    for person, team in [("reader", lab), ("owner", shop), ("stranger", None)]:
        login = fresh(person)
        node.weir("person", "create", login)
        if team:
            node.weir("team", "add", team, login)
        tokens[person] = node.weir("token", "create", "--for", login, "-o", "json").json()["token"]
    u = usage(node, name, token=tokens["reader"])
    claim({p["application"] for p in u["readers"]} == {a.name for a in r.values()} and u["writers"] == [], f"the reading team sees its own: {u}")
    claim(u["hiddenWriters"]["count"] == 4 and u["hiddenWriters"]["records"] == 3 * n + 50, f"and sums of the rest: {u['hiddenWriters']}")
    u = usage(node, name, token=tokens["stranger"])
    claim(u["readers"] == [] and u["writers"] == [] and u["hiddenReaders"]["count"] == 4, f"a stranger sees sums: {u}")
    names = [a.name for a in [*w.values(), *r.values()]]
    for path in [f"/api/v1/products/{name}/usage", f"/api/v1/products/{name}/facts"]:
        status, _, body = node.api("GET", path, token=tokens["stranger"])
        claim(status == 200 and not any(a.encode() in body for a in names), f"no name in {path} for a stranger")
    claim(len(usage(node, name, token=tokens["owner"])["writers"]) == 4, "the owning team sees everybody")
    node.weir("product", "edit", name, "--visibility", "domain")
    for who in ["reader", "stranger"]:
        for path in [f"/api/v1/products/{name}/usage", f"/api/v1/products/{name}/facts"]:
            claim(node.api("GET", path, token=tokens[who])[0] == 404, f"{who}: {path} does not exist any more")
        for app in names:
            status, _, body = node.api("GET", f"/api/v1/applications/{app}/usage", token=tokens[who])
            claim(status == 200 and name.encode() not in body and json.loads(body)["hours"] == [], f"{who}: {app} read nothing that may be known")
    node.weir("product", "edit", name, "--visibility", "mesh")


def total(node, name, app):
    return sum(p["records"] for p in usage(node, name)["writers"] if p["application"] == app.name)


def kill(node, name, topic, app):
    before = total(node, name, app)
    app.produce(topic, ["{}"] * 100)
    until("100 more", 20, lambda: total(node, name, app) == before + 100)
    app.produce(topic, ["{}"] * 7)
    node.kill9()
    node.start()
    after = total(node, name, app)
    claim(before + 100 <= after <= before + 107, f"kill -9 loses at most what came since the last write: {after - before} of 107 counted")
    m = usage(node, name)["measured"]
    claim(len(m["gaps"]) == 1 and m["gaps"][0]["atMost"] == "2s", f"and says so: {m}")
    measure("counted of 107 records around kill -9", after - before)
    claim("missing up to 2s" in node.weir("product", "usage", name).out, "the table says so")
    claim(node.stop() == 0, "the node stops")
    node.start()
    claim(total(node, name, app) == after and len(usage(node, name)["measured"]["gaps"]) == 1, "an orderly end loses nothing")


def again(node, name, topic, writer, reader):
    node.weir("product", "delete", name, "--destroy-data")
    u = node.weir("app", "usage", writer.name, "-o", "json").json()
    claim(u["usage"] and u["usage"][0]["gone"], f"a deleted product is told as gone to a mesh admin: {u['usage']}")
    until("the name to be free", 30, lambda: node.weir("product", "create", name, check=False).code == 0, pause=0.3)
    node.topic(topic, reader)
    u = usage(node, name)
    claim(u["readers"] == [] and u["writers"] == [] and u["hours"] == [], f"what is made again inherits no count: {u}")
    writer.produce(topic, ["{}"] * 3)
    until("three records", 20, lambda: total(node, name, writer) == 3)


def published(node, shop, writer, reader):
    """A private stream that is published is counted as the product, by either
    of its names; what was counted before stays the stream's."""
    stream, product = f"{shop}._private.clicks", f"{shop}.clicks"
    node.weir("stream", "create", stream)
    node.topic(stream, writer)
    writer.produce(stream, ["{}"] * 4)
    count = lambda noun, name, side: sum(p["records"] for p in node.weir(noun, "usage", name, "-o", "json").json()[side])
    until("four of the stream", 20, lambda: count("stream", stream, "writers") == 4)
    node.weir(
        "product", "publish", stream, "--as", product, "--owner", "admin", "--description", "Clicks", "--quality", "raw", "--sla", "tier-3",
        "--type", "source-aligned", "--encoding", "json", "--accept-terms",
    )
    node.topic(product + ".v1", reader)
    writer.produce(stream, ["{}"] * 5)
    writer.produce(product + ".v1", ["{}"] * 6)
    claim(len(reader.consume(product + ".v1")) == 15 and len(reader.consume(stream)) == 15, "both names give all records")
    until("eleven of the product", 20, lambda: count("product", product, "writers") == 11)
    until("thirty read of it", 20, lambda: count("product", product, "readers") == 30)
    facts = node.weir("product", "facts", product, "-o", "json").json()
    claim(facts["records"] == 15 and facts["readers"] == 1, f"the facts of a published product: {facts}")
    measure("a published topic is counted by either name", "as one product")


def health(node):
    h = node.weir("mesh", "health", "-o", "json").json()
    claim(h["nodes"][0]["state"] == h["nodes"][0]["ledger"] > 0 and h["nodes"][0]["memory"] > 1e6, f"{h['nodes']}")
    claim(h["brokers"] and all("problem" not in b and b["address"] for b in h["brokers"]), f"{h['brokers']}")
    claim(h["nodes"][0]["measures"]["bytes"] > 0 and not h.get("problems"), f"{h}")


def lost(node, name, topic, app):
    """A file of counts that is damaged is put aside, and counting starts anew."""
    claim(node.stop() == 0, "the node stops")
    file = pathlib.Path(node.data) / "measure.db"
    raw = bytearray(file.read_bytes())
    raw[: len(raw) // 2] = os.urandom(len(raw) // 2)
    file.write_bytes(raw)
    begin = now()
    node.start()
    u = usage(node, name)
    claim(u["writers"] == [] and at(u["measured"]["since"]) >= begin, f"counting began anew and says when: {u}")
    claim((file.parent / "measure.db.damaged").exists(), "the damaged file is put aside")
    app.produce(topic, ["{}"] * 5)
    until("five records", 20, lambda: total(node, name, app) == 5)


lib.main(script)
