"""Records read another way than with Kafka: through the API and weir read. What
stock clients wrote in every encoding comes back exactly; a stream that is
followed shows a record within a second, goes on over kill -9 of the node with
nothing lost and nothing twice, and ends when the right to it is taken away."""

import base64
import csv
import io
import json
import os
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

from confluent_kafka import Producer

import lib
import registry
from lib import claim, fresh, measure, until

PYTHON = [str(lib.TOP / ".cache" / "venv" / "bin" / "python"), str(lib.TOP / "test" / "clients" / "python" / "main.py")]
ROW = {"partition", "offset", "timestamp", "key", "value", "headers"}


def script():
    n = lib.size(50_000)
    node = lib.Node(args=["--broker-no-sync"]).start()
    team = fresh("shop")
    node.mesh(team, team)
    node.weir("team", "add", team, "admin")
    writer = node.app(fresh("writer"), team)

    registered(node, team, writer)
    plain(node, team, writer)
    undecodable(node, team, writer)
    topic, product = bulk(node, team, writer, n)
    conditions(node, team, writer)
    follow(node, team, writer)
    rights(node, team, writer)
    followers(node, product, topic, writer)
    kill(team, node, writer)


def url(node, name, **query):
    kind = "streams" if "._private." in name else "products"
    return f"{node.http}/api/v1/{kind}/{name}/records?" + urllib.parse.urlencode(query)


def get(node, name, accept="application/x-ndjson", token=None, last=None, timeout=60, **query):
    """Opens records; the answer is read by the caller."""
    req = urllib.request.Request(url(node, name, **query))
    req.add_header("Authorization", "Bearer " + (token or node.admin["token"]))
    req.add_header("Accept", accept)
    if last:
        req.add_header("Last-Event-ID", last)
    return urllib.request.urlopen(req, timeout=timeout)


def rows(node, name, **query):
    """All rows as the API gives them, in each of its forms the same."""
    with get(node, name, **query) as r:
        lines = [json.loads(line) for line in r]
    for row in lines:
        claim(set(row) == ROW, f"a row of {name} has {sorted(row)}")
    return lines


def status(node, name, token, **query):
    try:
        with get(node, name, token=token, **query) as r:
            r.read()
            return r.status, {}
    except urllib.error.HTTPError as e:
        return e.code, json.loads(e.read())


def order(r):
    return r["partition"], r["offset"]


def registered(node, team, writer):
    """What serialisers of a schema registry wrote, by two clients."""
    n = 20
    env = dict(os.environ, REGISTRY=node.registry, KAFKA=node.kafka, USERNAME=writer.username, PASSWORD=writer.password)
    for f in ["avro", "json", "protobuf"]:
        name = f"{team}.{f}"
        file = lib.folder() / {"avro": "user.avsc", "json": "user.json", "protobuf": "user.proto"}[f]
        file.write_text(text(f))
        topic = node.product(name, "--encoding", registry.ENCODINGS[f], "--schema", str(file), app=writer)
        for client, argv in {"python": PYTHON, "go": [lib.FRANZGO]}.items():
            r = lib.run([*argv, "write", f, topic, str(n), client], env=env, timeout=120)
            claim(r.code == 0, f"{client} writes {f}: {r.err[-800:]}")
        want = sorted([i, f"{client}-{i}"] for client in ["python", "go"] for i in range(n))
        got = rows(node, name)
        claim(sorted([r["value"]["id"], r["value"]["name"]] for r in got) == want, f"{f}: the API gives {[r['value'] for r in got][:3]}")
        lines = node.weir("read", name, "--from", "earliest", "-n", str(len(want)), "-o", "json").out.splitlines()
        claim(sorted(map(json.loads, lines), key=order) == sorted(got, key=order), f"{f}: weir read gives what the API gives")
        with get(node, name, accept="application/json") as r:
            claim(sorted(json.loads(r.read()), key=order) == sorted(got, key=order), f"{f}: as an array it is the same")
        got = events(get(node, name, accept="text/event-stream"))
        claim(got[-1]["event"] == "end" and len([e for e in got if e["event"] == ""]) == len(want), f"{f}: as events: {got[-1]}")
    measure("encodings of registries, from two clients, read back exactly", "avro, json-schema, protobuf")


def text(f):
    if f == "avro":
        return registry.avro({"name": "name", "type": "string"})
    if f == "json":
        return json.dumps({
            "$schema": "http://json-schema.org/draft-07/schema#", "title": "User", "type": "object",
            "properties": {"id": {"type": "integer"}, "name": {"type": "string"}}, "required": ["id", "name"], "additionalProperties": False,
        })
    return registry.proto("User", "string name")


def events(answer, most=None, until_=None):
    """Server-sent events: event, id, data; comments and ids alone are none."""
    found, event = [], {"event": "", "data": None, "id": None}
    with answer as r:
        for line in r:
            line = line.decode().rstrip("\n")
            if not line:
                if event["data"] is not None:
                    found.append(event)
                    if most and len(found) >= most:
                        return found
                event = {"event": "", "data": None, "id": event["id"]}
                continue
            field, _, value = line.partition(": ")
            if field in event:
                event[field] = json.loads(value) if field == "data" else value
    return found


def produce(writer, topic, records, **conf):
    """Writes (key, value, headers) with confluent-kafka."""
    p = Producer(writer.confluent(**{"linger_ms": 20, **conf}))
    failed = []
    for key, value, headers in records:
        while True:
            try:
                p.produce(topic, key=key, value=value, headers=headers, on_delivery=lambda e, _: e and failed.append(e))
                break
            except BufferError:
                p.poll(0.1)
    claim(p.flush(60) == 0 and not failed, f"records are written to {topic}: {failed[:1]}")


def plain(node, team, writer):
    """Encodings without a schema, of values and keys."""
    big = 2**53 + 1
    for encoding, value, want in [("json", b'{ "n": %d, "s": "\xc3\xa4" }' % big, {"n": big, "s": "ä"}), ("bytes", b"\x00\xff", base64.b64encode(b"\x00\xff").decode())]:
        for key_encoding, key, want_key in [
            ("string", "ä".encode(), "ä"), ("bytes", b"\xff", "/w=="), ("long", big.to_bytes(8, "big"), big), ("json", b'{"a": 1}', {"a": 1}),
        ]:
            name = f"{team}.{encoding}-{key_encoding}"
            topic = node.product(name, "--encoding", encoding, "--key-encoding", key_encoding, app=writer)
            produce(writer, topic, [(key, value, [("h", b"1"), ("h", None)]), (None, None, [])])
            got = sorted(rows(node, name), key=lambda r: r["value"] is None)
            claim([(r["key"], r["value"]) for r in got] == [(want_key, want), (None, None)], f"{name}: {got}")
            claim(got[0]["headers"] == [{"key": "h", "value": "1"}, {"key": "h", "value": None}], f"{name}: headers {got[0]['headers']}")
    node.weir("stream", "create", f"{team}._private.raw")
    node.topic(f"{team}._private.raw", writer)
    produce(writer, f"{team}._private.raw", [(b"1", b'{"a":1}', []), (b"2", b"text", []), (b"3", b"\xff", [])])
    got = {r["key"]: r["value"] for r in rows(node, f"{team}._private.raw")}
    claim(got == {"1": {"a": 1}, "2": "text", "3": "/w=="}, f"a private stream: {got}")
    measure("encodings without a schema, of values and keys, and a private stream", "read back exactly")


def undecodable(node, team, writer):
    """A record that cannot be decoded is shown, and ends nothing."""
    for f in ["json", "avro", "protobuf", "json-schema"]:
        name = f"{team}.bad-{f}"
        topic = node.product(name, "--encoding", f, "--partitions", "1", app=writer)
        bad = [b"{", b"\x00\x00\x00\x00\x63\x02", b"\x00\x00", b"", b"\xff" * 100]
        produce(writer, topic, [(b"k", b, []) for b in bad])
        got = rows(node, name)
        claim(len(got) == len(bad), f"{name}: {len(got)} rows of {len(bad)}")
        for row, b in zip(got, bad):
            claim(row["value"].get("error") and base64.b64decode(row["value"]["bytes"]) == b, f"{name}: {row['value']}")


def bulk(node, team, writer, n):
    """Many records, by the API and by the command."""
    product = f"{team}.bulk"
    topic = node.product(product, app=writer)
    produce(writer, topic, ((b"k%d" % i, b'{"n":%d,"even":%s}' % (i, b"true" if i % 2 == 0 else b"false"), []) for i in range(n)))
    begin = time.monotonic()
    with get(node, product) as r:
        got = [json.loads(line)["value"]["n"] for line in r]
        ended = r.headers["Trailer"]
    seconds = time.monotonic() - begin
    claim(sorted(got) == list(range(n)), f"the API gives {len(got)} of {n} records, {len(set(got))} different")
    claim("Weir-Next" in ended, f"the trailers are announced: {ended}")
    measure(f"{n} records by the API", n / seconds, "a second")
    begin = time.monotonic()
    out = node.weir("read", product, "--from", "earliest", "-n", str(n), "-o", "json", timeout=300).out.splitlines()
    claim(sorted(json.loads(line)["value"]["n"] for line in out) == list(range(n)), f"weir read gives {len(out)} of {n}")
    measure(f"{n} records by weir read", n / (time.monotonic() - begin), "a second")
    seen = {}
    for line in out:
        r = json.loads(line)
        claim(r["offset"] > seen.get(r["partition"], -1), "in each partition offsets ascend")
        seen[r["partition"]] = r["offset"]
    return topic, product


def conditions(node, team, writer):
    """where, fields, limits and places."""
    name = f"{team}.orders"
    topic = node.product(name, "--partitions", "1", app=writer)
    produce(writer, topic, [(b"k%d" % (i % 3), json.dumps({"id": i, "at": {"city": "Ulm" if i % 2 else "Bonn", "zip": i}}).encode(), [("n", b"%d" % i)]) for i in range(100)])
    ids = lambda **q: [r["value"]["id"] for r in rows(node, name, **q)]
    claim(ids(where="value.at.city == 'Ulm' && value.id > 90") == [91, 93, 95, 97, 99], "where over a value")
    claim(ids(where="key == 'k0' && offset < 10") == [0, 3, 6, 9], "where over key and offset")
    claim(ids(where="headers['n'] == '7'") == [7], "where over headers")
    claim(ids(where="false") == [], "where that holds for none")
    got = rows(node, name, fields="id,at.city", limit=1)
    claim([r["value"] for r in got] == [{"id": 0, "at": {"city": "Bonn"}}], f"fields: {got}")
    claim(ids(**{"from": "0:98"}) == [98, 99] and ids(**{"from": "-2"}) == [98, 99] and ids(until="0:2") == [0, 1], "places by offset")
    claim(ids(**{"from": "latest"}) == [] and len(ids(**{"from": "1h"})) == 100 and ids(until="1h") == [], "places by time")
    table = node.weir("read", name, "--from", "earliest", "-n", "3", "-o", "csv", "--fields", "id,at").out
    claim(list(csv.DictReader(io.StringIO(table)))[2]["id"] == "2", f"csv: {table}")
    newest = [json.loads(line)["value"]["id"] for line in node.weir("read", name, "-n", "4", "-o", "json").out.splitlines()]
    claim(newest == [96, 97, 98, 99], f"without a place the newest: {newest}")
    claim(ids(newest=3) == [97, 98, 99] and ids(newest=3, until="0:97") == [94, 95, 96], "the newest, and those before them")
    for query, where in [({"where": "value.id +"}, "where"), ({"from": "soon"}, "from"), ({"fields": "a..b"}, "fields"), ({"follow": "true", "until": "1h"}, "until"), ({"newest": 3, "from": "1h"}, "newest")]:
        code, problem = status(node, name, None, **query)
        claim(code == 400 and where in problem["where"] and problem["fix"], f"{query}: {code} {problem}")
    code, problem = status(node, name, None, accept="text/html")
    claim(code == 400 and problem["fix"], f"text/html: {code} {problem}")


class Follow(threading.Thread):
    """Server-sent events, read as they come. What breaks is gone on from."""

    def __init__(self, node, name, token=None, resume=False, **query):
        super().__init__(daemon=True)
        self.node, self.name, self.token, self.resume, self.query = node, name, token, resume, query
        self.seen, self.last, self.end, self.over, self.breaks = [], None, None, False, 0
        self.begun = threading.Event()
        self.start()
        claim(self.begun.wait(20), f"{name} is followed")

    def run(self):
        while not self.over:
            try:
                self.read(get(self.node, self.name, accept="text/event-stream", token=self.token, last=self.last, follow="true", **self.query))
            except Exception:
                pass
            self.breaks += self.end is None
            if not self.resume or self.end and self.end["reason"] != "error":
                break
            time.sleep(0.1)
        self.over = True

    def read(self, answer):
        with answer as r:
            if self.last is None:
                self.last = r.headers["Weir-From"]
            self.begun.set()
            event, data, ident = "", None, None
            for line in r:
                line = line.decode().rstrip("\n")
                field, _, value = line.partition(": ")
                if not line:
                    self.last = ident or self.last
                    if event == "end":
                        self.end = data
                    elif data is not None:
                        self.seen.append((time.monotonic(), data))
                    event, data = "", None
                elif field == "id":
                    ident = value
                elif field == "event":
                    event = value
                elif field == "data":
                    data = json.loads(value)


def follow(node, team, writer):
    name = f"{team}.live"
    topic = node.product(name, app=writer)
    f = Follow(node, name)
    worst = 0.0
    for i in range(5):
        begin = time.monotonic()
        produce(writer, topic, [(b"k", b"%d" % i, [])], linger_ms=0)
        until("a record that is new is seen", 5, lambda: len(f.seen) > i, pause=0.002)
        worst = max(worst, f.seen[i][0] - begin)
    measure("from before writing a record to its event, worst of 5", worst, "s")
    claim(worst < 1, f"it took {worst:.2f} s")
    claim([r["value"] for _, r in f.seen] == list(range(5)), "each once, in order")


def rights(node, team, writer):
    """Who reads what: a person what an application of a team of theirs could."""
    other = fresh("other")
    node.mesh(other, other)
    tokens = {}
    for who, of in {"member": team, "foreign": other, "nobody": None}.items():
        person = fresh(who)
        node.weir("person", "create", person)
        if of:
            node.weir("team", "add", of, person)
        tokens[who] = node.weir("token", "create", "--for", person, "-o", "json").json()["token"]
    reader = node.app(fresh("reader"), other)
    node.weir("person", "create", admin := fresh("boss"))
    node.weir("role", "add", "mesh-admin", admin)
    tokens["admin"] = node.weir("token", "create", "--for", admin, "-o", "json").json()["token"]
    table = {  # member, foreign, nobody, admin without a team
        ("open", ()): (200, 200, 200, 200),
        ("asked", ("--access", "request")): (200, 403, 403, 403),
        ("hidden", ("--visibility", "domain")): (200, 404, 404, 403),
    }
    for (what, flags), want in table.items():
        node.product(f"{team}.r-{what}", *flags, app=writer)
        got = tuple(status(node, f"{team}.r-{what}", tokens[w])[0] for w in ["member", "foreign", "nobody", "admin"])
        claim(got == want, f"{what}: {got}, not {want}")
    stream = f"{team}._private.raw"
    got = tuple(status(node, stream, tokens[w])[0] for w in ["member", "foreign", "nobody", "admin"])
    claim(got == (200, 404, 404, 403), f"a private stream: {got}")
    asked = f"{team}.r-asked"
    _, problem = status(node, asked, tokens["foreign"])
    claim("weir access allow" in problem["fix"], f"a refusal says what to do: {problem}")

    node.weir("access", "allow", asked, "--app", reader.name)
    claim(status(node, asked, tokens["foreign"])[0] == 200, "allowed to an application of theirs, they read it")
    claim(status(node, asked, tokens["nobody"])[0] == 403, "others still do not")
    worst = 0.0
    for end in ["access", "token"]:
        if end == "token":
            node.weir("access", "allow", asked, "--app", reader.name)
        f = Follow(node, asked, token=tokens["foreign"])
        begin = time.monotonic()
        if end == "access":
            node.weir("access", "revoke", asked, "--app", reader.name)
        else:
            listed = node.weir("token", "list", "-o", "json").json()
            mine = [t for t in listed if t["uid"] in tokens["foreign"]]
            node.weir("token", "delete", mine[0]["name"])
        until(f"{end}: the stream ends", 5, lambda: f.over, pause=0.01)
        worst = max(worst, time.monotonic() - begin)
        claim(f.end and f.end["error"]["status"] in (401, 403), f"{end}: it says why: {f.end}")
    measure("from a revocation to the end of a stream that is followed, worst", worst, "s")
    claim(worst < 2, f"it took {worst:.2f} s")


def followers(node, product, topic, writer):
    """A hundred at once, of one person."""
    before = node.rss()
    fs = [Follow(node, product) for _ in range(100)]
    base = [len(f.seen) for f in fs]
    produce(writer, topic, [(b"k", b'{"n":-1}', [])] * 200)
    until("all hundred see all", 30, lambda: all(len(f.seen) - b == 200 for f, b in zip(fs, base)))
    after = node.rss()
    measure("memory for 100 followers", (after - before) / 100, "MB each")
    claim(after - before < 400, f"100 followers take {after - before:.0f} MB")


def kill(team, node, writer):
    """Followers go on behind the last event, over kill -9."""
    name = f"{team}.kill"
    http, kafka = (lib.free_port(n) for n in (0, 70))
    data = node.data
    node.stop()
    node = lib.Node(data=data, http=f"127.0.0.1:{http}", kafka=f"127.0.0.1:{kafka}").start()
    writer.node = node
    topic = node.product(name, app=writer)
    f = Follow(node, name, resume=True)
    reading = []
    total = 0
    for round_ in range(3):
        produce(writer, topic, [(b"k%d" % i, b"%d" % i, []) for i in range(total, total + 500)])
        total += 500
        if round_ < 2:
            node.kill9()
            node.start()
            node.topic(topic, writer)
    until("all is seen", 30, lambda: len({r["value"] for _, r in f.seen}) == total)
    time.sleep(0.5)
    got = [r["value"] for _, r in f.seen]
    claim(sorted(got) == list(range(total)), f"{len(got)} events of {total} records")
    claim(f.breaks >= 2, "the connection broke")
    measure("records that a follower saw over two kill -9, each once", total)


lib.main(script)
