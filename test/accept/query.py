"""A product made of another by SQL, exactly once: the node is killed with
kill -9 again and again while records come, and afterwards the derived product,
read through the gateway by a stock client, is what the statement makes of every
acknowledged record: none is lost, none is there twice. Previews make nothing and
need the rights of who asks; a right that is taken away stops the query, with
that reason; it goes on where it was."""

import collections
import json
import threading
import time

from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

import lib
from lib import claim, fresh, measure, until

TRADE = json.dumps({
    "type": "record", "name": "Trade", "fields": [
        {"name": "id", "type": "long"},
        {"name": "symbol", "type": "string"},
        {"name": "price", "type": "double"},
        {"name": "trader", "type": ["null", "string"], "default": None, "confluent:tags": ["PII"]},
    ],
})


def script():
    kills = lib.size(5)
    rng = lib.rng()
    registry = f"127.0.0.1:{lib.free_port(1)}"
    node = lib.Node(kafka=f"127.0.0.1:{lib.free_port(8)}", args=["--registry", registry]).start()
    source, derived = fresh("market"), fresh("desk")
    node.mesh(source, source)
    node.mesh(derived, derived)
    for team in (source, derived):
        node.weir("team", "add", team, "admin")
    app = node.app(fresh("feeder"), source)
    reader = node.app(fresh("desk-reader"), derived)
    (node.data.parent / "trade.avsc").write_text(TRADE)
    topic = node.product(
        f"{source}.trades", "--encoding", "avro", "--schema", str(node.data.parent / "trade.avsc"), "--key", "id", "--partitions", "3",
        "--access", "request", app=app)

    refuses(node, source, derived)
    out = made(node, source, derived, reader)
    trades = Trades(app, topic, registry)
    killed(node, rng, kills, trades)
    until("it runs again", 120, lambda: state(node, out)["state"] == "running")  # when the parser is ready
    paused(node, out, trades)
    lost_right(node, f"{source}.trades", out, trades)
    trades.end()
    seconds = until_done(node, out, len(trades.done))
    check(read(reader, out + ".v1", registry), trades.done)
    preview(node, source, derived)
    measure(f"{kills} kills: records acknowledged", len(trades.done))
    measure("lost or doubled in the derived product", 0)
    measure("from the last record until the query had read all", seconds, "s")


def sql(source):
    return f'SELECT id, symbol, price * 2 AS twice, trader FROM "{source}".trades WHERE price > 100'


def refuses(node, source, derived):
    """What is wrong is said with its place, and makes nothing."""
    # The first statement after a start waits until the parser is ready.
    until("statements are parsed", 120, lambda: "syntax error" in node.weir("query", "explain", "--sql", "SELEC", check=False).err)
    r = node.weir("query", "create", f"{derived}.big", "--sql", f'SELECT id,\n  nope FROM "{source}".trades', check=False)
    claim(r.code == 1 and "2:3" in r.err, f"an unknown column is refused at its place: exit {r.code}: {r.err}")
    r = node.weir("query", "preview", "--sql", "SELEC 1", "-o", "json", check=False)
    claim(r.code == 1 and "1:1" in r.err, f"what is no SQL is refused at its place: exit {r.code}: {r.err}")
    claim(json.loads(node.weir("query", "list", "-o", "json").out) == [], "nothing was made")
    node.weir("person", "create", "eve", "-o", "json")
    token = node.weir("token", "create", "--for", "eve", "-o", "json").json()["token"]
    r = node.weir("query", "preview", "--sql", sql(source), token=token, check=False)
    claim(r.code == 1 and "may not read" in r.err, f"a preview needs the right to read: exit {r.code}: {r.err}")


def made(node, source, derived, reader):
    """A query with its product, which another domain's team does not see yet."""
    name = f"{derived}.big"
    got = node.weir("query", "create", name, "--sql", sql(source), "-o", "json").json()
    claim(got["lifecycle"] == "proposed" and got["application"], f"the product is proposed: {got}")
    node.topic(name + ".v1", reader)
    product = node.weir("product", "show", name, "-o", "json").json()
    claim(product["visibility"] == "domain" and product["access"] == "request", "it is its domain's, and sensitive")
    trader = [f for f in node.weir("product", "fields", name, "-o", "json").json()["fields"] if f["path"] == "trader"]
    claim(trader and trader[0]["classification"] == "personal", f"what is made of a personal field is personal: {trader}")
    until("it runs", 30, lambda: state(node, name)["state"] == "running")
    r = node.weir("app", "rotate", got["application"], check=False)
    claim(r.code == 1, "nobody gets a password of the query's application")
    return name


def state(node, name):
    return node.weir("query", "show", name, "-o", "json").json()


def killed(node, rng, kills, trades):
    for _ in range(kills):
        before = len(trades.done)
        until("records are acknowledged", 60, lambda: len(trades.done) > before + 300, pause=0.01)
        time.sleep(rng.uniform(0.05, 1.2))
        node.kill9()
        node.start()


def paused(node, name, trades):
    node.weir("query", "pause", name)
    claim(state(node, name)["state"] == "paused", "it is paused")
    before = len(trades.done)
    until("records go on", 60, lambda: len(trades.done) > before + 100, pause=0.01)
    node.weir("query", "start", name)
    until("it runs again", 30, lambda: state(node, name)["state"] == "running")


def lost_right(node, source, name, trades):
    application = state(node, name)["application"]
    node.weir("access", "revoke", source, "--app", application)
    got = until("a right that is taken away stops it", 10, lambda: (s := state(node, name))["state"] == "stopped" and s)
    claim("may not read " + source in got["why"], f"it says why: {got['why']}")
    r = node.weir("query", "start", name, check=False)
    claim(r.code == 1 and "may not read" in r.err, f"it cannot start: exit {r.code}: {r.err}")
    before = len(trades.done)
    until("records go on", 60, lambda: len(trades.done) > before + 100, pause=0.01)
    node.weir("access", "allow", source, "--app", application)
    node.weir("query", "start", name)
    until("it runs again", 30, lambda: state(node, name)["state"] == "running")


def until_done(node, name, records):
    begin = time.monotonic()

    def done():
        s = state(node, name).get("status") or {}
        return s.get("running") and s.get("lag") == 0 and s.get("rowsIn") == records

    until("the query has read everything once", 60, done, pause=0.1)
    return time.monotonic() - begin


def preview(node, source, derived):
    before = node.export().out
    begin = time.monotonic()
    got = node.weir("query", "preview", "--sql", sql(source), "-o", "json").json()
    seconds = time.monotonic() - begin
    claim(0 < len(got["rows"]) <= 100 and all(r["twice"] > 200 for r in got["rows"]), "rows of the statement")
    claim([c["name"] for c in got["schema"]] == ["id", "symbol", "twice", "trader"], f"its schema: {got['schema']}")
    claim(got["key"] == ["id"] and got["mode"] == "append", f"key {got['key']}, mode {got['mode']}")
    claim(got["classification"] == {"trader": "personal"}, f"classification {got['classification']}")
    claim({"column": "twice", "product": f"{source}.trades", "field": "price", "direct": True} in got["lineage"], f"lineage {got['lineage']}")
    claim(node.export().out == before, "a preview makes nothing")
    claim(seconds < 20, f"it took {seconds:.1f} s")  # two on a machine with nothing else to do; a test of app/queries bounds what it reads
    measure("a preview", seconds, "s")


class Trades:
    """An idempotent producer that lives through all kills."""

    def __init__(self, app, topic, registry):
        client = SchemaRegistryClient({"url": f"http://{registry}", "basic.auth.user.info": f"{app.username}:{app.password}"})
        self.serialize = AvroSerializer(client, TRADE, conf={"auto.register.schemas": False, "use.latest.version": True})
        self.context = SerializationContext(topic, MessageField.VALUE)
        self.serialize(self.value(0), self.context)  # asks the registry while it is there
        self.producer = Producer(app.confluent(enable_idempotence=True, linger_ms=2, message_timeout_ms=120_000, reconnect_backoff_max_ms=300))
        self.topic, self.done, self.failed, self.ending = topic, set(), [], threading.Event()
        self.thread = threading.Thread(target=self._work, daemon=True)
        self.thread.start()

    @staticmethod
    def value(i):
        return {"id": i, "symbol": f"S{i % 7}", "price": float(i * 37 % 211), "trader": None if i % 3 else f"trader-{i % 11}"}

    def _work(self):
        i = 0
        while not self.ending.is_set():
            for _ in range(40):
                try:
                    self.producer.produce(
                        self.topic, key=str(i), value=self.serialize(self.value(i), self.context), on_delivery=lambda e, m: self._delivered(e, m))
                    i += 1
                except BufferError:
                    break
            self.producer.poll(0.02)

    def _delivered(self, err, message):
        if err is None:
            self.done.add(int(message.key()))
        else:
            self.failed.append(str(err))

    def end(self):
        self.ending.set()
        self.thread.join(30)
        claim(self.producer.flush(60) == 0, "every record is acknowledged at the end")
        claim(not self.failed, f"{len(self.failed)} records failed, first: {self.failed[:1]}")


def read(app, topic, registry):
    """Every committed row of a topic, as a stock client decodes it."""
    client = SchemaRegistryClient({"url": f"http://{registry}", "basic.auth.user.info": f"{app.username}:{app.password}"})
    decode, context = AvroDeserializer(client), SerializationContext(topic, MessageField.VALUE)
    consumer = Consumer(app.confluent(group_id=f"{app.name}.check", isolation_level="read_committed", enable_auto_commit=False, enable_partition_eof=True))
    partitions = sorted(consumer.list_topics(topic, timeout=30).topics[topic].partitions)
    consumer.assign([TopicPartition(topic, p, OFFSET_BEGINNING) for p in partitions])
    rows, ended, limit = [], set(), time.monotonic() + 60
    while len(ended) < len(partitions):
        claim(time.monotonic() < limit, f"{topic} is read to its end")
        for m in consumer.consume(500, timeout=1):
            if m.error() is None:
                rows.append((m.key(), decode(m.value(), context), {k for k, _ in m.headers() or []}))
            elif m.error().code() == -191:  # the end of a partition
                ended.add(m.partition())
    consumer.close()
    return rows


def check(rows, done):
    want = {}
    for i in done:
        v = Trades.value(i)
        if v["price"] > 100:
            want[i] = {"id": i, "symbol": v["symbol"], "twice": v["price"] * 2, "trader": v["trader"]}
    seen = collections.Counter(r[1]["id"] for r in rows)
    doubled = [i for i, n in seen.items() if n > 1]
    claim(not doubled, f"{len(doubled)} rows are there twice: {doubled[:3]}")
    lost, more = want.keys() - seen.keys(), seen.keys() - want.keys()
    claim(not lost and not more, f"{len(lost)} rows are lost: {sorted(lost)[:3]}; {len(more)} are too many: {sorted(more)[:3]}")
    for key, row, _ in rows:
        claim(row == want[row["id"]], f"the row {row}, not {want[row['id']]}")
        claim(key == str(row["id"]).encode(), f"the key {key} of {row}")


if __name__ == "__main__":
    lib.main(script)
