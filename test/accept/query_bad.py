"""Bad input to queries, through the doors that people use: it is bounded, said,
and loses nothing. Statements that are too large, too deep or no text; records
that cannot be computed, or are no records; schemas that change under a query
that runs; inputs that go; records that are too large; a disk that is full; a state beyond
its bound. And the way out that each refusal names leads out: a new major runs
beside the old one, and private streams are inputs for their domain."""

import datetime
import decimal
import json
import resource
import struct
import time
import urllib.error

from confluent_kafka import Producer

import lib
from lib import claim, fresh, measure, until

LARGE = 10_000_000
WIDE = 900_000
MEMORY = 8_000_000
NUMBERS = json.dumps({
    "type": "object",
    "properties": {"id": {"type": "integer"}, "a": {"type": "integer"}, "b": {"type": "integer"}, "t": {"type": "string"}},
    "required": ["id"],
})


def script():
    node = lib.Node(args=["--query-memory", str(MEMORY)]).start()
    w = World(node)
    w.ready()
    for part in (statements, computed, keyed, schema_changes, removed, majors, streams, unpublished, large, exploding, idle, bounded, full):
        begin = time.monotonic()
        part(w)
        measure(part.__name__.replace("_", " "), time.monotonic() - begin, "s")
    claim(node.alive(), "the node lives")
    claim(node.stop() == 0, "and stops as ever")


class World:
    """A domain with an application that reads and writes all of it."""

    def __init__(self, node):
        self.node, self.domain = node, fresh("bad")
        node.mesh(self.domain, self.domain)
        node.weir("team", "add", self.domain, "admin")
        self.app = node.app(fresh("bad-app"), self.domain)

    def ready(self):
        """Waits until the parser is: the first statement after a start takes its time."""
        until("statements are parsed", 120, lambda: "syntax error" in self.node.weir("query", "explain", "--sql", "SELEC", check=False).err)

    def restart(self):
        self.node.stop()
        self.node.start()
        self.app.node = self.node
        self.ready()

    def file(self, name, text):
        path = self.node.data.parent / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return str(path)

    def numbers(self, name, *flags):
        """A product of plain JSON with numbers; gives its name and its topic."""
        name = f"{self.domain}.{name}"
        flags = ["--encoding", "json", "--schema", self.file("numbers.json", NUMBERS), "--key", "id", "--partitions", "1", *flags]
        return name, self.node.product(name, *flags, app=self.app)

    def sql(self, what, of, more=""):
        domain, product = of.split(".", 1)
        return f'SELECT {what} FROM "{domain}"."{product}"{more}'

    def create(self, name, statement, *flags):
        name = f"{self.domain}.{name}"
        self.node.weir("query", "create", name, "--sql", statement, "--epoch", "50ms", *flags)
        self.running(name)
        return name

    def show(self, name):
        return self.node.weir("query", "show", name, "-o", "json").json()

    def running(self, name):
        until(f"{name} runs", 90, lambda: self.show(name)["state"] == "running")

    def stopped(self, name):
        """Waits until a query stopped by itself, and gives why."""
        return until(f"{name} stops", 90, lambda: (s := self.show(name))["state"] == "stopped" and s["why"])

    def read(self, name, records, rows, aside=0):
        """Waits until a query has read some records, and made rows of them."""

        def done():
            s = self.show(name).get("status") or {}
            return s.get("running") and (s.get("rowsIn"), s.get("rowsOut"), s.get("aside"), s.get("lag")) == (records, rows, aside, 0)

        try:
            until(f"{name} has read {records}, written {rows} and set {aside} aside", 90, done)
        except lib.Failed as e:
            raise lib.Failed(f"{e}: {self.show(name)}") from e

    def rows(self, name):
        """What a product of JSON holds, as a client reads it that sees what is committed."""
        lines = self.app.consume((name + ".v1").replace(".v2.v1", ".v2"), "-X", "isolation.level=read_committed")
        return sorted((json.loads(l) for l in lines), key=lambda r: r.get("id", 0))

    def write(self, topic, records):
        """Writes bytes as they are; a record is a value, or key and value."""
        p = Producer(self.app.confluent(enable_idempotence=True, message_max_bytes=2 * WIDE, message_timeout_ms=60_000))
        failed = []
        for r in records:
            key, value = r if isinstance(r, tuple) else (None, r)
            p.produce(topic, key=key, value=value, on_delivery=lambda e, m: failed.append(str(e)) if e else None)
        claim(p.flush(90) == 0 and not failed, f"{len(records)} records are written to {topic}: {failed[:1]}")


def number(i, a=1, b=1, t="x"):
    return json.dumps({"id": i, "a": a, "b": b, "t": t}).encode()


def statements(w):
    """What is no good statement is refused soon, with its place, in little memory."""
    name, topic = w.numbers("statements")
    w.write(topic, [number(1)])
    head = w.sql("id", name)
    before = w.node.rss()
    for what, text, said in [
        ("10 MB of SQL", head + " WHERE id > 0" + " OR id > 0" * 1_000_000, "more than 65536 bytes"),
        ("100,000 ANDs", head + " WHERE id > 0" + " AND id > 0" * 100_000, "more than 65536 bytes"),
        ("30,000 brackets", head.replace("id", "(" * 30_000 + "id" + ")" * 30_000, 1), "1:"),
        ("no UTF-8", head.encode() + b" WHERE t = '\xff'", "UTF-8"),
        ("two statements", head + "; " + head, "1:"),
        ("nothing", "", ""),
        ("a column that there is not", head.replace("id", "nope", 1), "1:8: there is no column nope"),
        ("what a replay would not repeat", head.replace("id", "now()", 1), "1:8"),
        ("no query", f'DROP TABLE "{w.domain}".statements', "1:1"),
    ]:
        begin = time.monotonic()
        r = w.node.weir("query", "preview", "--file", w.file("q.sql", text), check=False)
        seconds = time.monotonic() - begin
        claim(r.code == 1 and said in r.err and len(r.err) < 2000, f"{what}: exit {r.code}: {r.err[:500]}")
        claim(seconds < 20, f"{what}: {seconds:.1f} s")
    many = head + " WHERE id > 0" + " AND id > 0" * 5000
    r = w.node.weir("query", "preview", "--file", w.file("q.sql", many), "-o", "json", check=False)
    claim(r.code == 1 and r.err or r.json()["rows"] == [{"id": 1}], f"5,000 ANDs are done or refused: exit {r.code}: {r.err[:300]}")
    for size in (100_000, LARGE):
        try:
            status, _, body = w.node.api("POST", "/api/v1/queries/preview", {"statement": "S" * size})
            claim(400 <= status < 500, f"{size} bytes at the API: {status} {body[:300]}")
        except urllib.error.URLError as e:  # it did not listen to the end
            claim(size == LARGE, f"{size} bytes at the API: {e}")
    measure("refusing took", w.node.rss() - before, "MB")


def computed(w):
    """Records that cannot be computed, or are none, are set aside with the reason; all others come through."""
    name, topic = w.numbers("numbers")
    good = [number(1, 10, 2), number(9, 4, 2, "ü")]
    bad = {
        "division by zero": number(2, 1, 0),
        "range": number(3, 2**63 - 1, 1),
        "it is the text": b'{"id":4,"a":"ten","b":1,"t":"x"}',
        "JSON": b'{"id":5,',
        "UTF-8": b'{"id":6,"a":1,"b":1,"t":"\xff"}',
    }
    w.write(topic, [good[0], *bad.values(), good[1]])
    q = w.create("quotients", w.sql("id, a / b AS q, a + 1 AS next, upper(t) AS t", name))
    w.read(q, 7, 2, 5)
    claim(w.rows(q) == [{"id": 1, "q": 5, "next": 11, "t": "X"}, {"id": 9, "q": 2, "next": 5, "t": "Ü"}], f"the good ones: {w.rows(q)}")
    aside = w.app.consume(w.show(q)["aside"], "-X", "isolation.level=read_committed", "-f", "%h\n")
    claim(len(aside) == 5, f"five are set aside: {aside}")
    for offset, said in enumerate(bad, start=1):
        at = [h for h in aside if f"weir.from={topic}/0/{offset}" in h]
        claim(len(at) == 1 and said in at[0], f"offset {offset} says {said}: {aside}")
    stop = f"{w.domain}.strict"
    w.node.weir("query", "create", stop, "--sql", w.sql("id, a / b AS q", name), "--on-failure", "stop")
    why = w.stopped(stop)
    claim(f"the record {topic}/0/" in why and "--on-failure aside" in why, f"a query that shall stop says at which record: {why}")
    for q in (q, stop):
        w.node.weir("query", "delete", q, "--destroy-data")


TYPED = {"type": "record", "name": "Typed", "fields": [
    {"name": "id", "type": "long"},
    {"name": "d", "type": {"type": "int", "logicalType": "date"}},
    {"name": "u", "type": {"type": "string", "logicalType": "uuid"}},
    {"name": "n", "type": {"type": "bytes", "logicalType": "decimal", "precision": 10, "scale": 2}},
    {"name": "b", "type": "boolean"},
]}


def keyed(w):
    """Groups by a date, a uuid, a number with decimals and a boolean: each is the
    key of its product's records, one alone and all together, and a query over
    that product finds its rows again by it, also when they go."""
    name = f"{w.domain}.kinds"
    topic = w.node.product(name, "--encoding", "avro", "--schema", w.file("typed.avsc", json.dumps(TYPED)), "--partitions", "2", app=w.app)
    schema = w.node.weir("schema", "show", topic + "-value", "-o", "json").json()["id"]
    keys = ("d", "u", "n", "b")
    first = {}
    for k in (*keys, ", ".join(keys)):
        label = k.replace(", ", "-")
        q, again = f"{w.domain}.by-{label}", f"{w.domain}.again-{label}"
        for to, sql in ((q, w.sql(f"{k}, count(*) AS c", name, f" GROUP BY {k} HAVING count(*) <> 3")), (again, w.sql(f"{k}, c * 10 AS c", q))):
            w.node.weir("query", "create", to, "--sql", sql, "--encoding", "json", "--epoch", "50ms")
        first[k] = q, again
    for n in (2, 3):  # so many rows of each, at the end
        rows = [typed(i, g) for g in range(3) for i in range(2 if n == 2 else 1)]
        w.write(topic, [(None, b"\x00" + schema.to_bytes(4, "big") + r) for r in rows])
        for k, (q, again) in first.items():
            for name, times in ((q, 1), (again, 10)):
                until(f"{name} has the groups of {n}", 60, lambda: tallies(w, name, k) == tally(k, n, times), pause=0.3)


VALUES = [("2026-11-22", "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "1.50", True), ("1969-12-31", "00000000-0000-0000-0000-000000000000", "-0.05", False),
          ("2026-11-22", "6ba7b811-9dad-11d1-80b4-00c04fd430c8", "99999999.99", True)]


def typed(i, group):
    """A row of one of three groups, as Avro has it."""
    d, u, n, b = VALUES[group]
    number = round(float(n) * 100).to_bytes(5, "big", signed=True)
    days = (datetime.date.fromisoformat(d) - datetime.date(1970, 1, 1)).days
    return b"".join((zigzag(i), zigzag(days), zigzag(len(u)), u.encode(), zigzag(len(number)), number, bytes([b])))


def tally(key, n, times):
    """What the groups by a key are when each of the three has n rows."""
    names = key.split(", ")
    out = {}
    for v in VALUES:
        k = tuple(dict(zip("dunb", v))[x] for x in names)
        out[k] = out.get(k, 0) + n
    return {k: c * times for k, c in out.items() if c != 3}


def tallies(w, name, key):
    """The latest row of each record's key, by the values of its columns."""
    names, latest = key.split(", "), {}
    for line in w.app.consume(name + ".v1", "-X", "isolation.level=read_committed", "-Z", "-f", "%k\t%s\n"):
        k, value = line.split("\t")
        latest[k] = None if value == "NULL" else json.loads(value, parse_float=str)
    rows = [r for r in latest.values() if r]
    got = {tuple(f"{decimal.Decimal(r[x]):.2f}" if x == "n" else r[x] for x in names): r["c"] for r in rows}
    claim(len(got) == len(rows), f"{name}: each row has a key of its own: {latest}")
    return got


TRADE = {"type": "record", "name": "Trade", "fields": [{"name": "id", "type": "long"}, {"name": "price", "type": "double"}]}
VENUE = {"name": "venue", "type": ["null", "string"], "default": None}


def schema_changes(w):
    """A field that comes changes nothing; a type that changes, or a field that
    goes, stops the query, which says what to do, and that is the way out."""
    name, subject = f"{w.domain}.trades", f"{w.domain}.trades.v1-value"
    topic = w.node.product(
        name, "--encoding", "avro", "--schema", w.file("trade.avsc", json.dumps(TRADE)), "--key", "id", "--partitions", "1", app=w.app)
    first = w.node.weir("schema", "show", subject, "-o", "json").json()["id"]
    q = w.create("twice", w.sql("id, price * 2 AS twice", name), "--encoding", "json")
    w.write(topic, [trade(first, i) for i in range(100)])
    w.read(q, 100, 100)

    second = register(w, subject, [*TRADE["fields"], VENUE])
    w.write(topic, [trade(second, i, b"\x02\x06BRU") for i in range(100, 200)])
    w.write(topic, [trade(first, i) for i in range(200, 300)])
    w.read(q, 300, 300)
    s = w.show(q)
    claim(s["run"] == 1 and not s.get("why") and s["state"] == "running", f"a field that comes changes nothing: {s}")

    register(w, subject, [TRADE["fields"][0], VENUE])
    why = w.stopped(q)
    measure("a field that goes: it says", why)
    claim("there is no column price" in why, f"a field that goes: {why}")
    claim("no column price" in w.show(q).get("problem", ""), "and so does show")
    fourth = register(w, subject, [TRADE["fields"][0], {**TRADE["fields"][1], "default": 0}, VENUE])
    w.write(topic, [trade(fourth, i, b"\x00") for i in range(300, 400)])
    w.node.weir("query", "start", q)
    w.read(q, 400, 400)
    claim([r["id"] for r in w.rows(q)] == list(range(400)), "with the field again it goes on where it was")
    retyped(w)


def retyped(w):
    """A type that changes: only a subject that is no product's contract lets it."""
    topic = f"{w.domain}._private.trades"
    subject = topic + "-value"
    w.node.weir("stream", "create", topic, "--partitions", "1")
    w.node.topic(topic, w.app)
    first = register(w, subject, TRADE["fields"])
    w.node.weir("schema", "config", subject, "--set", "NONE")
    w.write(topic, [trade(first, i) for i in range(100)])
    q = w.create("typed", w.sql("id, price AS paid", topic), "--encoding", "json")
    w.read(q, 100, 100)
    text = register(w, subject, [TRADE["fields"][0], {"name": "price", "type": "string"}])
    why = w.stopped(q)
    measure("a type that changes: it says", why)
    claim(f"{q}.v2" in why and "paid is text now" in why, f"what is wrong and what to do: {why}")
    w.write(topic, [trade(text, 100, price=b"\x0612."), *[trade(first, i) for i in range(101, 200)]])

    # With the schema as it was it goes on, up to the record that does not fit.
    register(w, subject, [*TRADE["fields"], VENUE])
    w.node.weir("query", "start", q)
    why = w.stopped(q)
    measure("a record of another type: it says", why)
    claim("price" in why and "another major" in why, f"what is wrong and what to do: {why}")
    claim([r["id"] for r in w.rows(q)] == list(range(100)), f"nothing is lost, or there twice: {len(w.rows(q))} rows")

    # The way out: another major, from now on.
    later = w.create("typed.v2", w.sql("id, price AS paid", topic), "--encoding", "json", "--at-end")
    w.write(topic, [trade(first, i) for i in range(200, 210)])
    w.read(later, 10, 10)
    claim([r["id"] for r in w.rows(later)] == list(range(200, 210)), f"the next major has what came since: {w.rows(later)}")


def register(w, subject, fields):
    path = w.file("next.avsc", json.dumps({**TRADE, "fields": fields}))
    return w.node.weir("schema", "register", subject, path, "-o", "json").json()["id"]


def trade(schema, i, tail=b"", price=None):
    """A record as a serialiser of the registry writes it; tail is its further fields."""
    body = b"".join((zigzag(i), price if price is not None else struct.pack("<d", i * 1.5), tail))
    return str(i).encode(), b"\x00" + schema.to_bytes(4, "big") + body


def zigzag(n):
    n, out = (n << 1) ^ (n >> 63), b""
    while n > 0x7F:
        out, n = out + bytes([n & 0x7F | 0x80]), n >> 7
    return out + bytes([n])


def removed(w):
    """An input that goes stops its query; one of the same name made again is another."""
    name, topic = w.numbers("gone")
    w.write(topic, [number(i) for i in range(10)])
    q = w.create("of-gone", w.sql("id", name))
    w.read(q, 10, 10)
    w.node.weir("product", "delete", name, "--destroy-data")
    why = w.stopped(q)
    measure("an input that is gone: it says", why)
    claim("is gone" in why and f"weir query delete {q}" in why, f"it says what to do: {why}")
    until("the topic is gone", 30, lambda: topic not in w.app.topics(), pause=0.2)
    w.numbers("gone")
    r = w.node.weir("query", "start", q, check=False)
    claim(r.code == 1 and "is gone" in r.err, f"another of the same name is not the one: exit {r.code}: {r.err}")
    claim(len(w.rows(q)) == 10, "what it made stays")
    w.node.weir("query", "delete", q)
    claim(len(w.rows(q)) == 10, "also without the query")


def majors(w):
    """Another statement is the next major, beside the old one, which goes on."""
    name, topic = w.numbers("beside")
    w.write(topic, [number(i, i) for i in range(20)])
    old = w.create("sums", w.sql("id, a + b AS n", name))
    r = w.node.weir("query", "create", old, "--sql", w.sql("id, a * b AS n", name), check=False)
    claim(r.code == 1 and f"weir query create {old}.v2" in r.err, f"one statement each; it names the way out: {r.err}")
    new = w.create("sums.v2", w.sql("id, a * 10 AS n, t", name))
    w.write(topic, [number(i, i) for i in range(20, 30)])
    for q in (old, new):
        w.read(q, 30, 30)
    claim(w.rows(old) == [{"id": i, "n": i + 1} for i in range(30)], "the old one goes on")
    claim(w.rows(new) == [{"id": i, "n": i * 10, "t": "x"} for i in range(30)], "the new one began at the beginning")
    p = w.node.weir("product", "show", new, "-o", "json").json()
    claim((p["major"], p["topic"], p["urn"].split("/")[-2:]) == (2, new, ["sums", "v2"]), f"it is major 2: {p}")
    claim(w.app.topics() >= {old + ".v1", new}, "both have their topics")
    third = w.create("over", w.sql("n", f"{w.domain}.sums.v2", " WHERE n > 100"))
    w.read(third, 30, 19)
    r = w.node.weir("query", "create", f"{w.domain}.sums.v9", "--sql", w.sql("id", name), check=False)
    claim(r.code == 1 and "no product" in r.err, f"a major without the one before: {r.err}")
    w.node.weir("query", "delete", old, "--destroy-data")
    w.write(topic, [number(30, 30)])
    w.read(new, 31, 31)
    w.read(third, 31, 20)


def streams(w):
    """A private stream is an input for its domain, and for nobody else."""
    name = f"{w.domain}._private.raw"
    w.node.weir("stream", "create", name, "--partitions", "1")
    w.node.topic(name, w.app)
    statement = w.sql("id, a", name)
    r = w.node.weir("query", "preview", "--sql", statement, check=False)
    claim(r.code == 1 and f"weir schema register {name}-value" in r.err, f"without a schema it has no columns: {r.err}")
    w.node.weir("schema", "register", f"{name}-value", w.file("numbers.json", NUMBERS))
    w.write(name, [number(i, i) for i in range(5)])
    got = w.node.weir("query", "preview", "--sql", statement, "-o", "json").json()
    claim(sorted(r["a"] for r in got["rows"]) == list(range(5)) and got["inputs"] == [name], f"a preview: {got}")
    q = w.create("of-raw", statement)
    w.read(q, 5, 5)
    claim(w.show(q)["inputs"] == [name], "its input is named")
    w.node.weir("person", "create", "eve", "-o", "json")
    token = w.node.weir("token", "create", "--for", "eve", "-o", "json").json()["token"]
    r = w.node.weir("query", "preview", "--sql", statement, token=token, check=False)
    claim(r.code == 1 and "there is no private stream" in r.err, f"to others it is not there: {r.err}")
    w.node.weir("stream", "delete", name, "--destroy-data")
    claim("is gone" in w.stopped(q), "it stops when the stream goes")


def unpublished(w):
    """An input that is taken back from the mesh stops the queries of those who no
    longer know of it; they are told, and start again when it is back."""
    other = fresh("other")
    w.node.mesh(other, other)
    w.node.weir("team", "add", other, "admin")
    name, topic = w.numbers("shown")
    w.write(topic, [number(i) for i in range(10)])
    q = f"{other}.of-shown"
    w.node.weir("query", "create", q, "--sql", w.sql("id, a", name), "--epoch", "50ms")
    w.running(q)
    w.read(q, 10, 10)
    w.node.weir("product", "edit", name, "--visibility", "domain")
    why = w.stopped(q)
    measure("an input that is taken back: it says", why)
    claim("may not read" in why and name in why, f"it says which: {why}")
    w.write(topic, [number(i) for i in range(10, 20)])
    r = w.node.weir("query", "start", q, check=False)
    claim(r.code == 1 and "may not read" in r.err, f"it cannot start: exit {r.code}: {r.err}")
    w.node.weir("product", "edit", name, "--visibility", "mesh")
    w.node.weir("query", "start", q)
    w.read(q, 20, 20)


def exploding(w):
    """What would make many rows of one is refused when it is defined, or bounded
    when it runs: joins by something that is no key, windows that overlap for ever,
    texts that grow. A key that all rows share is no trouble."""
    name, topic = w.numbers("many")
    table, changes = w.numbers("one", "--kind", "table")
    domain = w.domain
    for what, sql, said in [
        ("each with each", f'SELECT x.id FROM "{domain}".many x, "{domain}".many y', "each row would meet each"),
        ("a join without a key", f'SELECT x.id FROM "{domain}".many x JOIN "{domain}".one y ON x.a > y.a', "key"),
        ("two streams", f'SELECT x.id FROM "{domain}".many x JOIN "{domain}".many y ON x.a = y.a', "two streams"),
        ("a table by no key", f'SELECT x.id FROM "{domain}".many x JOIN "{domain}".one y ON x.a = y.a', "key"),
        ("windows that overlap", f"SELECT window_end, count(*) AS n FROM HOP(\"{domain}\".many, _timestamp, INTERVAL '1 second', INTERVAL '30 days') GROUP BY window_end", "overlap too often"),
    ]:
        r = w.node.weir("query", "preview", "--sql", sql, check=False)
        claim(r.code == 1 and said in r.err and "1:" in r.err, f"{what}: exit {r.code}: {r.err}")
    w.write(changes, [("1", number(1, i)) for i in range(20)])
    before = w.node.rss()
    q = w.create("joined", f'SELECT x.id, y.a, repeat(x.t, 1000000) AS t FROM "{domain}".many x JOIN "{domain}".one y ON y.id = x.b')
    w.write(topic, [number(i, t="x" * (2 if i % 2 else 0)) for i in range(400)])
    w.read(q, 420, 200, 200)
    claim(all(r["a"] == 19 and r["t"] == "" for r in w.rows(q)), "the rows that fit are there")
    measure("200 texts of 2 MB are set aside in", w.node.rss() - before, "MB")
    claim(w.node.rss() - before < 1200, "in bounded memory")
    w.node.weir("query", "delete", q, "--destroy-data")


def idle(w):
    """A query that nothing comes to commits nothing: what it wrote, its journal and
    its epochs stay as they are."""
    name, topic = w.numbers("still")
    q = w.create("of-still", w.sql("id, a", name))
    w.write(topic, [number(i) for i in range(10)])
    w.read(q, 10, 10)

    def epochs():
        return w.show(q)["status"]["epoch"]

    before = epochs()
    ends = w.app.kcat("-Q", "-t", f"{q}.v1:0:-1").out
    time.sleep(2)  # 40 epochs long
    claim(epochs() == before and w.app.kcat("-Q", "-t", f"{q}.v1:0:-1").out == ends, f"nothing was committed: epoch {before}, {epochs()}")
    w.write(topic, [number(10)])
    w.read(q, 11, 11)
    claim(epochs() > before, "and what comes is")

    def preview():
        begin = time.monotonic()
        got = w.node.weir("query", "preview", "--sql", w.sql("a, count(*) AS n", name, " GROUP BY a"), "-o", "json").json()
        claim(got["rows"] == [{"a": 1, "n": 11}], f"its rows: {got['rows']}")
        return time.monotonic() - begin

    seconds = min(preview() for _ in range(3))
    measure("a preview, with the command (best of 3)", seconds, "s")


def large(w):
    """A record of 10 MB is refused before it is one. One as large as the cluster
    takes comes through; a result that is larger is set aside, with the place of
    what it was made of."""
    name, topic = w.numbers("large")
    refusals = []
    p = Producer(w.app.confluent(message_max_bytes=2 * LARGE, message_timeout_ms=60_000))
    p.produce(topic, value=number(0, t="x" * LARGE), on_delivery=lambda e, m: refusals.append(str(e)))
    p.flush(60)
    claim(len(refusals) == 1 and "MSG_SIZE_TOO_LARGE" in refusals[0], f"10 MB: {refusals}")
    w.write(topic, [number(1), number(2, t="x" * WIDE), number(3)])
    before = w.node.rss()
    lengths = w.create("lengths", w.sql("id, length(t) AS n", name))
    w.read(lengths, 3, 3)
    claim([r["n"] for r in w.rows(lengths)] == [1, WIDE, 1], f"its length: {w.rows(lengths)}")
    double = w.create("double", w.sql("id, t || t AS t", name))
    w.read(double, 3, 2, 1)
    claim([r["id"] for r in w.rows(double)] == [1, 3], f"the others come through: {w.rows(double)}")
    aside = w.app.consume(w.show(double)["aside"], "-X", "isolation.level=read_committed", "-f", "%h\n")
    claim(len(aside) == 1 and f"weir.from={topic}/0/1" in aside[0], f"aside: {[a[:500] for a in aside]}")
    measure("a result that is too large: it says", [h for h in aside[0].split(",") if "weir.failed" in h])
    r = w.node.weir("query", "preview", "--sql", w.sql("id, length(t) AS n", name), "-o", "json").json()
    claim(sorted(r["n"] for r in r["rows"]) == [1, 1, WIDE], f"a preview of it: {r['rows']}")
    measure("memory for it", w.node.rss() - before, "MB")
    for q in (lengths, double):
        w.node.weir("query", "delete", q, "--destroy-data")


def bounded(w):
    """A state beyond its bound stops the query, with the reason; with more memory
    it goes on where it was."""
    name, topic = w.numbers("wide")
    w.write(topic, [number(i) for i in range(1000)])
    q = w.create("groups", w.sql("id, count(*) AS n", name, " GROUP BY id"))
    w.read(q, 1000, 1000)
    w.write(topic, [number(i) for i in range(50_000)])
    why = w.stopped(q)
    measure("a state beyond its bound: it says", why)
    claim(f"{MEMORY} bytes" in why and "more memory" in why, f"it says why: {why}")
    claim(w.node.rss() < 2000, f"the node needs {w.node.rss():.0f} MB")
    w.node.args = ["--query-memory", str(1 << 29)]
    w.restart()
    w.node.weir("query", "start", q)
    until("it has read all", 90, lambda: (s := w.show(q).get("status") or {}).get("running") and s.get("lag") == 0 and s.get("rowsIn") == 51_000)
    counts = {}
    for r in w.app.consume(q + ".v1", "-X", "isolation.level=read_committed"):
        r = json.loads(r)
        counts[r["id"]] = r["n"]
    claim(counts == {i: 2 if i < 1000 else 1 for i in range(50_000)}, f"each counts once: {len(counts)} groups")


def full(w):
    """While no file may grow nothing is committed, and it says so; with room again,
    and Weir started again, all of it is, once."""
    if lib.CLUSTER:
        lib.say("  full: a real cluster has its own disk, nothing to show here")
        return
    name, topic = w.numbers("full")
    q = w.create("of-full", w.sql("id, a + b AS n", name))
    w.write(topic, [number(i) for i in range(100)])
    w.read(q, 100, 100)
    w.node.weir("query", "pause", q)
    w.write(topic, [number(i) for i in range(100, 1100)])
    w.node.weir("query", "start", q)
    before = resource.prlimit(w.node.process.pid, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
    refused = w.node.weir("query", "create", f"{w.domain}.more", "--sql", w.sql("id", name), check=False)
    claim(refused.code == 1, f"nothing can be made: {refused.err}")

    def said():
        error = (w.show(q).get("status") or {}).get("error", "")
        return "has space, then start weir again" in error and error

    measure("a full disk: it says", until("it says what to do", 60, said))
    claim(w.show(q)["state"] != "stopped" and w.node.alive(), "it stops for ever neither the query nor the node")
    resource.prlimit(w.node.process.pid, resource.RLIMIT_FSIZE, before)
    w.restart()
    until("it has read all", 90, lambda: (s := w.show(q).get("status") or {}).get("running") and s.get("lag") == 0 and s.get("rowsIn") == 1100)
    got = w.rows(q)
    claim([r["id"] for r in got] == list(range(1100)), f"each is there once: {len(got)} rows")


if __name__ == "__main__":
    lib.main(script)
