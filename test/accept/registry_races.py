"""Many clients that register at the same moment: one schema gets one id and one
version, however many register it and in however many subjects; of schemas that
exclude each other exactly those get in that may follow one another."""

import concurrent.futures
import json
import threading

import avro.compatibility
import avro.schema

import lib
import registry
from lib import claim, fresh, measure

WIDE = 64
TYPES = ["int", "long", "float", "double", "string", "bytes", "boolean"]


def script():
    rounds = lib.size(2)
    node = lib.Node().start()
    team = fresh("racers")
    node.mesh(team, team)
    app = node.app(fresh("racer"), team)
    pool = concurrent.futures.ThreadPoolExecutor(WIDE)
    clients = [registry.Registry(node.registry, (app.username, app.password), timeout=60) for _ in range(WIDE)]

    for i in range(rounds):
        for f, kind in registry.KINDS.items():
            one_subject(pool, clients, f"{team}._private.one-{f}-{i}", registry.schema(f, f"One{i}", "a"), kind)
            many_subjects(pool, clients, f"{team}._private.many-{f}-{i}", registry.schema(f, f"Many{i}", "a"), kind)
    measure(f"{rounds} schemas of each format, {WIDE} clients register each in one subject at once", "one id, one version")
    measure(f"{rounds} schemas of each format, {WIDE} clients register each in {WIDE} subjects at once", "one id")

    for i in range(rounds):
        followers(pool, clients, f"{team}._private.all-{i}")
    measure(f"{rounds} subjects, {WIDE} schemas at once that may all follow one another", f"{WIDE} versions each, no gap")

    won = [chain(pool, clients, f"{team}._private.chain-{i}") for i in range(rounds)]
    measure(f"{rounds} subjects, {WIDE} schemas at once that may not all follow one another: versions", won)
    unique(clients[0])
    r = node.weir("audit", "verify", check=False)
    claim(r.code == 0, f"the chain of entries verifies: {r.err}")


def at_once(pool, clients, call):
    """Calls of all clients, begun at the same moment on connections that are
    open."""
    for c in clients:
        if c.connection is None:
            claim(c.ask("GET", "/schemas/types")[0] == 200, "every client is known")
    gate = threading.Barrier(len(clients))

    def one(i):
        gate.wait(30)
        return call(i, clients[i])

    return list(pool.map(one, range(len(clients))))


def one_subject(pool, clients, subject, schema, kind):
    answers = at_once(pool, clients, lambda i, c: c.register(subject, schema, kind))
    claim(all(s == 200 for s, _ in answers), f"{subject}: {[a for a in answers if a[0] != 200][:2]}")
    ids = {a["id"] for _, a in answers}
    claim(len(ids) == 1, f"{subject}: one schema has {len(ids)} ids: {ids}")
    status, versions = clients[0].ask("GET", f"/subjects/{subject}/versions")
    claim((status, versions) == (200, [1]), f"{subject}: versions {versions}")


def many_subjects(pool, clients, prefix, schema, kind):
    answers = at_once(pool, clients, lambda i, c: c.register(f"{prefix}-{i}", schema, kind))
    claim(all(s == 200 for s, _ in answers), f"{prefix}: {[a for a in answers if a[0] != 200][:2]}")
    ids = {a["id"] for _, a in answers}
    claim(len(ids) == 1, f"{prefix}: one schema has {len(ids)} ids: {ids}")
    status, places = clients[0].ask("GET", f"/schemas/ids/{ids.pop()}/versions")
    claim(status == 200 and len(places) == len(clients), f"{prefix}: the schema is in {len(places)} subjects")


def followers(pool, clients, subject):
    """Everybody registers something else, and all may follow all: nobody is
    refused because another was faster."""
    status, got = clients[0].ask("PUT", f"/config/{subject}", {"compatibility": "FULL_TRANSITIVE"})
    claim(status == 200, f"{subject}: {status} {got}")
    claim(clients[0].register(subject, registry.avro())[0] == 200, "the first version")
    answers = at_once(pool, clients, lambda i, c: c.register(subject, registry.avro(registry.optional(f"f{i}"))))
    wrong = [a for a in answers if a[0] != 200]
    claim(not wrong, f"{subject}: {len(wrong)} of {len(answers)} were refused: {wrong[:2]}")
    status, versions = clients[0].ask("GET", f"/subjects/{subject}/versions")
    claim(versions == list(range(1, len(clients) + 2)), f"{subject}: versions {versions}")
    claim(len({a["id"] for _, a in answers}) == len(clients), f"{subject}: every schema has its own id")


def chain(pool, clients, subject):
    """All register their own idea of the field x; the level compares with every
    version. Apache's own checker judges what got in, and what did not."""
    status, got = clients[0].ask("PUT", f"/config/{subject}", {"compatibility": "BACKWARD_TRANSITIVE"})
    claim(status == 200, f"{subject}: {status} {got}")
    claim(clients[0].register(subject, registry.avro())[0] == 200, "the first version")
    texts = [registry.avro({"name": "x", "type": ["null", TYPES[i % len(TYPES)]], "default": None}, registry.optional(f"f{i // len(TYPES)}")) for i in range(len(clients))]
    answers = at_once(pool, clients, lambda i, c: c.register(subject, texts[i]))
    claim({s for s, _ in answers} <= {200, 409}, f"{subject}: {[a for a in answers if a[0] not in (200, 409)][:2]}")

    status, versions = clients[0].ask("GET", f"/subjects/{subject}/versions")
    claim(versions == list(range(1, len(versions) + 1)), f"{subject}: versions have no gap: {versions}")
    history = []
    for v in versions:
        _, got = clients[0].ask("GET", f"/subjects/{subject}/versions/{v}")
        history.append((got["id"], got["schema"]))
    for new in range(1, len(history)):
        for old in range(new):
            claim(reads(history[new][1], history[old][1]), f"{subject}: version {new + 1} cannot read what version {old + 1} wrote: {history[new][1]} {history[old][1]}")
    won = {a["id"] for s, a in answers if s == 200}
    claim(won == {i for i, _ in history[1:]}, f"{subject}: whoever was answered with an id has a version, and nobody else: {won} {history}")
    claim(len(won) == sum(s == 200 for s, _ in answers), f"{subject}: every schema has its own id")
    for (status, _), text in zip(answers, texts):
        if status == 409:
            claim(any(not reads(text, old) for _, old in history), f"{subject}: was refused, and could have followed all: {text}")
    return len(versions)


def reads(reader, writer):
    check = avro.compatibility.ReaderWriterCompatibilityChecker()
    got = check.get_compatibility(avro.schema.parse(reader), avro.schema.parse(writer))
    return got.compatibility == avro.compatibility.SchemaCompatibilityType.compatible


def unique(client):
    """Over the whole registry: no id is two schemas, no schema two ids."""
    status, all_ = client.ask("GET", "/schemas?deleted=true")
    claim(status == 200, f"{status} {all_}")
    by_id, by_text = {}, {}
    for s in all_:
        by_id.setdefault(s["id"], set()).add(s["schema"])
        by_text.setdefault(json.dumps([s.get("schemaType", "AVRO"), s["schema"]]), set()).add(s["id"])
    claim(all(len(t) == 1 for t in by_id.values()), "no id is two schemas")
    claim(all(len(i) == 1 for i in by_text.values()), f"no schema has two ids: {[i for i in by_text.values() if len(i) > 1][:3]}")
    measure("versions, schemas", f"{len(all_)}, {len(by_id)}")


lib.main(script)
