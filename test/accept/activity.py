"""weir.activity: what happens in the mesh as CloudEvents. Changes through the
API while the node is killed again and again; an application that a steward
allowed reads every event of the ledger once and in order, and each record is
what its JSON Schema says. Who was not allowed reads nothing, and nobody writes."""

import json
import threading
import time

import jsonschema
from confluent_kafka import Consumer, KafkaException, TopicPartition

import lib
from lib import claim, fresh, measure

TOPIC = "weir.activity.v1"


def script():
    rounds = lib.size(3)
    rng = lib.rng()
    node = lib.Node(kafka=f"127.0.0.1:{lib.free_port(8)}").start()
    team = fresh("audit")
    node.mesh(team, team)
    auditor, stranger = node.app(fresh("auditor"), team), node.app(fresh("stranger"), team)
    own = node.app(fresh("of-weir"), "weir")
    node.topic(TOPIC, auditor)
    rights(node, team, auditor, stranger, own)
    secrets = people(node)

    done = 0
    for i in range(rounds):
        changes = Changes(node, f"{team}-{i}")
        lib.until("something is acknowledged", 60, lambda: len(changes.done) > 3, pause=0.01)
        time.sleep(rng.uniform(0.05, 0.8))
        node.kill9()
        changes.thread.join(60)
        claim(not changes.thread.is_alive(), "the client notices")
        done += len(changes.done)
        node.start()
    check(node, auditor, secrets)
    claim(node.stop() == 0, "the node ends in order")
    node.start()
    node.weir("team", "edit", team, "--description", "after everything")
    check(node, auditor, secrets)
    measure(f"{rounds} kills: changes acknowledged", done)


def rights(node, team, auditor, stranger, own):
    """Who may read it, and who may let others; nobody writes and nobody changes it."""
    for app in (auditor, stranger, own):
        claim("authorization" in refused(app), f"{app} may not read before somebody lets it")
    owner = person(node, fresh("owner"))
    node.weir("role", "add", "domain-owner", owner.name, "--on", team)
    r = node.weir("access", "allow", "weir.activity", "--app", auditor.name, token=owner.token, check=False)
    claim(r.code == 1 and "ask a steward or a mesh admin" in r.err, f"an owner of a domain lets nobody read it: {r.err}")
    steward = person(node, fresh("steward"))
    node.weir("role", "add", "steward", steward.name)
    node.weir("access", "allow", "weir.activity", "--app", auditor.name, token=steward.token)
    lib.until("the auditor reads", 20, lambda: not refused(auditor))
    claim("authorization" in refused(stranger), "the stranger still may not")
    for app in (auditor, own):
        r = app.kcat("-P", "-t", TOPIC, "-X", "message.timeout.ms=3000", "-X", "topic.metadata.propagation.max.ms=0", stdin="{}\n", timeout=30)
        claim(r.code != 0 or "failed" in r.err.lower(), f"{app} may not write")
    for what in (["product", "edit", "weir.activity", "--access", "open"], ["product", "delete", "weir.activity"], ["product", "unpublish", "weir.activity", "--yes"],
                 ["domain", "edit", "weir", "--description", "x"], ["domain", "delete", "weir"], ["team", "add", "weir", owner.name], ["team", "delete", "weir"],
                 ["product", "create", "weir.more"], ["stream", "create", "weir._private.more"], ["schema", "delete", "weir.activity.v1-value"]):
        r = node.weir(*what, check=False)
        claim(r.code == 1 and "own" in r.err, f"weir {' '.join(what)}: exit {r.code}: {r.err}")


class Person:
    def __init__(self, name, password, token):
        self.name, self.password, self.token = name, password, token


def person(node, name):
    password = node.weir("person", "create", name, "-o", "json").json()["password"]
    status, _, body = node.api("POST", "/api/v1/sessions", {"user": name, "password": password})
    claim(status in (200, 201), f"{name} signs in: {status} {body[:300]}")
    return Person(name, password, json.loads(body)["token"])


def people(node):
    """A mesh admin comes and goes: the team follows. Gives secrets that must be nowhere."""
    p = person(node, fresh("second"))
    node.weir("role", "add", "mesh-admin", p.name)
    claim(p.name in members(node), "a mesh admin is in the team weir")
    node.weir("role", "remove", "mesh-admin", p.name)
    claim(p.name not in members(node), "who is none any more is not")
    return [p.password, p.token, node.admin["token"].split("_")[-1]]


def members(node):
    return node.weir("team", "show", "weir", "-o", "json").json()["members"]


def refused(app):
    """What the client was told; empty: it may read."""
    r = app.kcat("-C", "-t", TOPIC, "-o", "beginning", "-e", "-c", "1", "-m", "10", timeout=30)
    return "" if r.code == 0 and r.out.strip() else r.err.lower()


class Changes:
    """Creates teams one after the other until the node is gone."""

    def __init__(self, node, prefix):
        self.node, self.prefix, self.done = node, prefix, []
        self.thread = threading.Thread(target=self._work, daemon=True)
        self.thread.start()

    def _work(self):
        for i in range(100_000):
            name = f"{self.prefix}-{i}"
            try:
                status, _, _ = self.node.api("POST", "/api/v1/teams", {"name": name}, headers={"Weir-Reason": f"number {i}"}, timeout=10)
            except Exception:
                return  # whether this one was done is open
            if status != 201:
                return
            self.done.append(name)


def ledger(node):
    """What the audit knows: offset, operation and author of each entry that changed something, oldest first."""
    entries = node.weir("audit", "list", "--result", "done", "-o", "json", timeout=120).json()
    return [(e["offset"], e["what"], e["who"], e.get("why", "")) for e in reversed(entries)]


def check(node, app, secrets):
    want = ledger(node)
    uid = node.weir("audit", "verify", "-o", "json").json()["ledger"]
    records = read(node, app, want[-1][0])
    schema = node.weir("schema", "show", "weir.activity.v1-value", "-o", "json").json()["schema"]
    check_schema = jsonschema.Draft7Validator(json.loads(schema), format_checker=jsonschema.FormatChecker())
    ids = [e["id"] for _, e, _ in records]
    claim(len(ids) == len(set(ids)), f"{len(ids) - len(set(ids))} events are there twice")
    claim(ids == [f'{uid}/{e["data"]["offset"]}/{e["data"]["index"]}' for _, e, _ in records], "ids say ledger, offset and index")
    sequence = [e["sequence"] for _, e, _ in records]
    claim(sequence == sorted(sequence), "events stand in the order of the ledger")
    got = []
    for raw, e, headers in records:
        check_schema.validate(e)
        claim(headers.get("content-type", b"").startswith(b"application/cloudevents+json"), f"the header says what it is: {headers}")
        if e["data"]["index"] == 0:
            got.append((e["data"]["offset"], e["data"]["operation"], e["data"]["who"]["name"], e["data"].get("why", "")))
        for s in secrets:
            claim(s.encode() not in raw, "no secret is in an event")
    claim(got == want, f"the events are those of the ledger: {len(got)} entries, not {len(want)}; first difference {next((p for p in zip(got, want) if p[0] != p[1]), None)}")
    measure("events, each once and in order", len(records))


def read(node, app, last):
    """All records of the topic up to the events of an entry, as a consumer of committed records sees them."""
    c = Consumer(app.confluent(group_id=f"{app.name}.check", enable_auto_commit=False, auto_offset_reset="earliest"))
    out = []
    try:
        c.assign([TopicPartition(TOPIC, 0, 0)])
        end = time.monotonic() + 60
        while time.monotonic() < end:
            m = c.poll(0.5)
            if m is None:
                if out and out[-1][1]["data"]["offset"] >= last:
                    return out
                continue
            if m.error():
                raise KafkaException(m.error())
            out.append((m.value(), json.loads(m.value()), dict(m.headers() or [])))
    finally:
        c.close()
    problems = node.weir("mesh", "show", "-o", "json").json()["cluster"].get("problems")
    raise lib.Failed(f"the topic does not tell of entry {last} within 60 s: {len(out)} events, up to {out[-1][1]['id'] if out else None}; the node says {problems}")


lib.main(script)
