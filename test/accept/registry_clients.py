"""Stock clients of schema registries, unchanged: franz-go, confluent-kafka of Go
and Python, both of npm's, and Flink's with Confluent's Java client. Each writes
through the gateway with a schema that it registers, follows it with a second
one, reads all back, and is refused a third with a sentence that says what is
wrong: for values, for keys, and for Protobuf that imports a file, which the
serialiser registers first. Then each reads what all of them wrote."""

import concurrent.futures
import json
import os
import time

from confluent_kafka import Consumer, TopicPartition

import lib
import registry
from lib import claim, fresh, measure

CLIENTS = lib.TOP / ".cache" / "clients"
NODE = ["node", str(lib.TOP / "test" / "clients" / "node" / "main.mjs")]
JAVA = [
    "java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx256m", "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
    "-cp", f"{CLIENTS}/java/classes:{CLIENTS}/java/libs/*", "Client",
]
FORMATS = ["avro", "json", "protobuf"]

# program and formats. Java has Avro alone: Confluent's serialisers are not on
# Maven Central, Flink's are, and carry Confluent's client.
PROGRAMS = {
    "franz-go": ([lib.FRANZGO], FORMATS),
    "confluent-kafka-go": ([str(CLIENTS / "confluentgo")], FORMATS),
    "confluent-kafka": ([str(lib.TOP / ".cache" / "venv" / "bin" / "python"), str(lib.TOP / "test" / "clients" / "python" / "main.py")], FORMATS),
    "npm-confluent": ([*NODE, "confluent"], FORMATS),
    "npm-kafkajs": ([*NODE, "kafkajs"], FORMATS),
    "java": (JAVA, ["avro"]),
}

# What the sentence of a refusal must name: the field, the rule, what to do.
REFUSAL = {
    "avro": ["grade", "READER_FIELD_MISSING_DEFAULT_VALUE", "default"],
    "json": ["name", "TYPE", "string"],
    "protobuf": ["name", "KIND", "number"],
}

# Those whose serialisers know keys from values, and those that register an
# imported file by themselves.
ON_KEYS = ["confluent-kafka-go", "confluent-kafka", "npm-confluent", "npm-kafkajs"]
IMPORTING = ["confluent-kafka-go", "confluent-kafka", "npm-confluent"]
KEY_ENCODINGS = {"avro": "avro", "json": "json", "protobuf": "protobuf"}
KEY_REFUSAL = {
    "avro": ["grade", "READER_FIELD_MISSING_DEFAULT_VALUE", "default"],
    "json": ["id", "TYPE", "integer"],
    "protobuf": ["id", "KIND", "number"],
}


def script():
    n = lib.size(5)
    node = lib.Node().start()
    team, others = fresh("shop"), fresh("others")
    node.mesh(team, team)
    node.weir("team", "create", others)
    pool = concurrent.futures.ThreadPoolExecutor(3)

    jobs = [(name, format_) for name, (_, formats) in PROGRAMS.items() for format_ in formats]
    apps = {name: node.app(f"{team}-{name}", team) for name in PROGRAMS}
    topics = {(name, f): node.product(f"{team}.{name}-{f}", "--encoding", registry.ENCODINGS[f]) for name, f in jobs}
    for name, app in apps.items():
        for f in PROGRAMS[name][1]:
            node.topic(topics[name, f], app)
    for (name, f), seen in zip(jobs, pool.map(lambda j: walk(apps[j[0]], *j, topics[j], n), jobs)):
        judge(name, f, seen, n)
    measure("clients × formats that registered, wrote, read, followed, and were refused", len(jobs))

    readers = {name: node.app(f"{others}-{name}", others) for name in PROGRAMS}
    for f in FORMATS:
        cross(node, pool, team, apps, readers, f, n)
    ids(node, apps["franz-go"], team)
    keys(node, pool, team, apps, n)
    imports(node, pool, team, apps, n)


def client(app, name, *args):
    """Runs a client as an application; gives what it left."""
    env = dict(os.environ, REGISTRY=app.node.registry, KAFKA=app.node.kafka, USERNAME=app.username, PASSWORD=app.password, NODE_MODULES=str(CLIENTS / "node"))
    return lib.run([*PROGRAMS[name][0], *map(str, args)], env=env, timeout=120)


def run(app, name, *args):
    """Runs a client that must not fail; gives what it printed."""
    r = client(app, name, *args)
    claim(r.code == 0, f"{name} {' '.join(map(str, args))}: exit {r.code}: {(r.err or r.out)[-1500:]}")
    return r.out


def walk(app, name, format_, topic, n):
    begin = time.monotonic()
    seen = json.loads(run(app, name, "walk", format_, topic, f"{app.name}.{format_}", n))
    seen["seconds"] = time.monotonic() - begin
    return seen


def judge(name, format_, seen, n):
    what = f"{name}, {format_}"
    claim(seen["versions"] == [1, 2], f"{what}: versions {seen['versions']}")
    claim(len(set(seen["ids"])) == 2, f"{what}: two schemas have two ids: {seen['ids']}")
    want = [(i, f"first-{i}", None) for i in range(n)] + [(i, f"second-{i}", f"note {i}") for i in range(n)]
    got = [(r["id"], r["name"], r["note"]) for r in seen["records"]]
    claim(sorted(got, key=str) == sorted(want, key=str), f"{what}: read {got}, not {want}")
    told = seen["refused"]
    claim(told, f"{what}: a schema that may not follow was not refused")
    for word in REFUSAL[format_]:
        claim(word in told, f"{what}: the refusal does not say {word!r}: {told}")
    measure(f"{what} ({seen['client']})", f"{seen['seconds']:.1f} s")
    if name == "confluent-kafka":
        measure("  it shows", told)


def cross(node, pool, team, apps, readers, format_, n):
    """Everybody writes to one topic with its newest schema, and applications of
    another domain read all of it, with every client."""
    file = lib.folder() / {"avro": "user.avsc", "json": "user.json", "protobuf": "user.proto"}[format_]
    file.write_text(user(format_))
    names = [name for name, (_, formats) in PROGRAMS.items() if format_ in formats and (name, format_) not in APART]
    topic = node.product(f"{team}.shared-{format_}", "--encoding", registry.ENCODINGS[format_], "--schema", str(file))
    for name in names:
        node.topic(topic, apps[name])
        node.topic(topic, readers[name])
    list(pool.map(lambda name: run(apps[name], name, "write", format_, topic, n, name), names))
    want = sorted((i, f"{name}-{i}") for name in names for i in range(n))

    def read(name):
        out = run(readers[name], name, "read", format_, topic, f"{readers[name].name}.{format_}", len(want))
        got = sorted((r["id"], r["name"]) for r in map(json.loads, out.splitlines()))
        claim(got == want, f"{name} reads what all wrote in {format_}: {len(got)} of {len(want)}: {sorted(set(want) - set(got))[:3]}")

    list(pool.map(read, names))
    carried = ids_of(readers["franz-go"], topic)
    claim(len(carried) == 1, f"all records of {topic} carry one schema id: {carried}")
    measure(f"{format_}: {len(names)} clients read what all of them wrote", f"{len(want)} records, one schema id")


# npm-kafkajs writes Protobuf without the index of the message, which all others
# have between the id and the record, so it can only read its own.
APART = {("npm-kafkajs", "protobuf")}


def ids_of(app, topic):
    """The ids before the records of a topic."""
    c = Consumer(app.confluent(group_id=app.name + ".ids", auto_offset_reset="earliest", enable_auto_commit=False))
    found = set()
    for p in c.list_topics(topic, 10).topics[topic].partitions:
        low, high = c.get_watermark_offsets(TopicPartition(topic, p), 10)
        c.assign([TopicPartition(topic, p, low)])
        end = time.monotonic() + 20
        while low < high and time.monotonic() < end:
            m = c.poll(0.2)
            if m is not None and m.error() is None:
                found.add(m.value()[:5])
                low = m.offset() + 1
    c.close()
    return found


def user(format_):
    if format_ == "avro":
        return registry.avro({"name": "name", "type": "string"})
    if format_ == "json":
        return json.dumps({
            "$schema": "http://json-schema.org/draft-07/schema#", "title": "User", "type": "object",
            "properties": {"id": {"type": "integer"}, "name": {"type": "string"}}, "required": ["id", "name"], "additionalProperties": False,
        })
    return registry.proto("User", "string name")


def ids(node, app, team):
    """The same schema has the same id, whichever client registered it: the
    texts differ in layout, the Protobuf ones even in kind."""
    api = registry.Registry(node.registry, (app.username, app.password))
    found = {}
    for name, (_, formats) in PROGRAMS.items():
        for f in formats:
            status, got = api.ask("GET", f"/subjects/{registry.quote(f'{team}.{name}-{f}.v1-value')}/versions/1")
            claim(status == 200, f"version 1 of {name} {f}: {status} {got}")
            found.setdefault(f, {})[name] = got["id"]
    for f, by in found.items():
        # what confluent-kafka-go makes of a Go type is another JSON Schema
        same = {name: i for name, i in by.items() if (name, f) != ("confluent-kafka-go", "json")}
        claim(len(set(same.values())) == 1, f"{f}: the same schema has the same id, whoever registers it: {by}")
    measure("ids of the same schema from different clients", {f: sorted(set(by.values())) for f, by in found.items()})


def keys(node, pool, team, apps, n):
    """Serialisers on keys: records whose keys and values both have schemas."""
    jobs = [(name, f) for name in ON_KEYS for f in FORMATS]
    topics = {
        (name, f): node.product(f"{team}.keys-{name}-{f}", "--encoding", registry.ENCODINGS[f], "--key-encoding", KEY_ENCODINGS[f], "--key", "id")
        for name, f in jobs
    }
    for job in jobs:
        node.topic(topics[job], apps[job[0]])

    def one(job):
        name, f = job
        return json.loads(run(apps[name], name, "keys", f, topics[job], f"{apps[name].name}.keys-{f}", n))

    for (name, f), seen in zip(jobs, pool.map(one, jobs)):
        judge_keys(f"{name}, {f} keys", f, seen, n)
        status, got = registry.Registry(node.registry, (apps[name].username, apps[name].password)).ask(
            "GET", f"/subjects/{registry.quote(topics[name, f])}-value/versions")
        claim((status, got) == (200, [1]), f"{name}, {f}: what keys register is not the values': {status} {got}")
    measure("clients × formats of keys that registered, wrote, read, followed, and were refused", len(jobs))


def judge_keys(what, format_, seen, n):
    claim(seen["versions"] == [1, 2] and len(set(seen["ids"])) == 2, f"{what}: versions {seen['versions']}, ids {seen['ids']}")
    want = [((i, region(i)), i, f"{name}-{i}") for name, region in (("first", lambda _: None), ("second", lambda i: f"region {i}")) for i in range(n)]
    got = [((r["key"]["id"], r["key"]["region"]), r["id"], r["name"]) for r in seen["records"]]
    claim(sorted(got, key=str) == sorted(want, key=str), f"{what}: read {got}, not {want}")
    claim(seen["refused"], f"{what}: a schema that may not follow was not refused")
    for word in KEY_REFUSAL[format_]:
        claim(word in seen["refused"], f"{what}: the refusal does not say {word!r}: {seen['refused']}")


def imports(node, pool, team, apps, n):
    """Protobuf with an import, which every serialiser registers under a subject
    named like the file: one that is the team's own takes it, another one only
    what the mesh's admin registered there before."""
    own, foreign = f"{team}._shared.money.proto", f"{team}/money.proto"
    for file, title in ((own, "own"), (foreign, "foreign")):
        topics = {name: node.product(f"{team}.{title}-{name}", "--encoding", "protobuf") for name in IMPORTING}
        for name in IMPORTING:
            node.topic(topics[name], apps[name])
        if file == foreign:
            before = client(apps["confluent-kafka"], "confluent-kafka", "imports", file, topics["confluent-kafka"], fresh("refused"), n)
            claim(before.code != 0 and "admin" in before.err and "_shared" in before.err, f"another's file was not refused with a reason: {before.code} {before.err[-800:]}")
            measure("  it shows", before.err.strip().splitlines()[-1])
            admin = registry.Registry(node.registry, node.admin["token"])
            for fields in (), ("string currency",):
                status, got = admin.register(file, registry.proto("Money", *fields).replace("int64 id", "int64 units"), "PROTOBUF")
                claim(status == 200, f"the admin registers {file}: {status} {got}")

        def one(name, file=file, topics=topics, title=title):
            return json.loads(run(apps[name], name, "imports", file, topics[name], f"{apps[name].name}.{title}", n))

        for name, seen in zip(IMPORTING, pool.map(one, IMPORTING)):
            judge_imports(f"{name}, importing {file}", seen, n)
    measure("clients that registered what a Protobuf file imports: under the team's own subject, and found under the admin's", len(IMPORTING))


def judge_imports(what, seen, n):
    claim((seen["versions"], seen["imported"]) == ([1, 2], [1, 2]), f"{what}: versions {seen['versions']}, of the import {seen['imported']}")
    want = [(i, i, currency) for currency in ("", "EUR") for i in range(n)]
    got = [(r["id"], r["units"], r["currency"]) for r in seen["records"]]
    claim(sorted(got) == sorted(want), f"{what}: read {got}, not {want}")
    claim(seen["refused"], f"{what}: an import that may not follow was not refused")


lib.main(script)
