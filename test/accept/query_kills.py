"""Exactly once, at its hardest: SIZE records go through a join with a table that
changes and a window, while the node ends itself with SIGKILL at named points of
an epoch, and on Apache Kafka the broker is killed too. A node of killnode/ does
that; it also writes down the record of each epoch on its way to the journal.

Afterwards the derived product, read through the gateway by a stock client that
reads committed records, has exactly the rows of an oracle that replays those
epochs over the inputs: nothing is doubled, nothing is lost. Each row that came
late is set aside with the reason, and these too are the oracle's."""

import collections
import datetime
import json
import os
import random
import subprocess
import threading
import time

from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition

import lib
from lib import claim, fresh, measure, until

KAFKA = str(lib.TOP / "scripts" / "kafka")
ORDERS, RATES = 4, 2  # partitions
REGIONS = ["north", "east", "south", "west", "centre"]
SYMBOLS = [f"S{i}" for i in range(40)]
START = 1_700_000_000_000  # event time, in ms; Apache Kafka refuses what lies in the future
STEP = 10  # ms of event time between two orders
WINDOW = 1000
RATE = 6000  # orders a second, at most
CLOSED = START + 10_000_000_000  # when everything is over

ORDER = {"type": "object", "required": ["id", "account", "symbol", "amount"], "properties": {
    "id": {"type": "integer"}, "account": {"type": "integer"}, "symbol": {"type": "string"}, "amount": {"type": "integer"}}}
QUOTE = {"type": "object", "required": ["symbol", "rate", "region"], "properties": {
    "symbol": {"type": "string"}, "rate": {"type": "integer"}, "region": {"type": "string"}}}

# The first five are those of a short run.
POINTS = [
    "after:put", "after:offsets", "before:commit", "after:snapshot", "after:cut",
    "after:commit", "before:snapshot", "before:cut", "before:journal", "after:journal", "before:put", "before:offsets",
    "before:join", "after:join", "before:open", "after:open", "before:resumed", "before:polled", "before:stepped",
]
ONCE = {"open", "resumed", "cut"}  # passed once or seldom in the life of a node


def script():
    rows = lib.size(50_000)
    kills, broker_kills = max(5, rows // 40_000), max(1, rows // 200_000)
    rng = lib.rng()
    node = KillNode(kafka=f"127.0.0.1:{lib.free_port(8)}").start()
    source, derived = fresh("market"), fresh("desk")
    node.mesh(source, source)
    node.mesh(derived, derived)
    app, reader = node.app(fresh("feeder"), source), node.app(fresh("reader"), derived)
    orders, rates = inputs(node, source, app)
    out = made(node, source, derived, reader)

    feed = Feed(app, orders, rates, rng)
    for i, point in enumerate(plan(kills, rng)):
        feed.to(rows * i // (kills + 1))
        node.dies(point, rng)
    node.kill = ""
    node.start()
    if not killable(node):
        broker_kills = 0
    for _ in range(broker_kills):
        kill_broker(feed, rng)
    feed.to(rows)
    feed.end()
    total = held(reader, orders, ORDERS) + held(reader, rates, RATES)
    claim(total >= feed.acknowledged, f"{total} records are there, and {feed.acknowledged} were acknowledged")
    seconds = done(node, out, total)

    epochs = node.epochs()
    given = {t: read(reader, t) for t in (orders, rates)}
    want, late = replay(epochs, given[orders], given[rates], orders, rates)
    compare(want, read(reader, out + ".v1"))
    compare_late(late, read(reader, f"{derived}._private.totals-aside"), orders)
    measure("records through the query", total)
    measure("kills of the node", f"{kills}: {', '.join(node.died)}")
    measure("kills of the broker", broker_kills)
    measure("epochs that were replayed", len(epochs))
    measure("rows of the result, each as the oracle has it", len(want))
    measure("rows that came late, each set aside", len(late))
    measure("from the last record until the query had read all", seconds, "s")


def held(app, topic, partitions):
    """How many records a topic holds. A producer whose broker was killed is told
    of some that they are there, and not where."""
    consumer = Consumer(app.confluent(group_id=f"{app.name}.count"))
    ends = [consumer.get_watermark_offsets(TopicPartition(topic, p), timeout=30)[1] for p in range(partitions)]
    consumer.close()
    return sum(ends)


def plan(kills, rng):
    """Which points: the first ones, then every other, then any."""
    others = POINTS[5:]
    rng.shuffle(others)
    points = POINTS[:5] + others
    while len(points) < kills:
        points.append(rng.choice(POINTS))
    return points[:kills]


def inputs(node, source, app):
    folder = node.data.parent
    (folder / "order.json").write_text(json.dumps(ORDER))
    (folder / "quote.json").write_text(json.dumps(QUOTE))
    return (
        node.product(f"{source}.orders", "--encoding", "json", "--schema", str(folder / "order.json"), "--partitions", str(ORDERS), app=app),
        node.product(f"{source}.rates", "--kind", "table", "--key", "symbol", "--encoding", "json", "--schema", str(folder / "quote.json"),
                     "--partitions", str(RATES), app=app),
    )


def made(node, source, derived, reader):
    sql = f"""
        WITH valued AS (
            SELECT o._timestamp AS at, o.id, o.account, o.amount * r.rate AS value, r.region
            FROM "{source}".orders AS o JOIN "{source}".rates AS r ON r.symbol = o.symbol)
        SELECT window_start, window_end, region, account % 20 AS bucket, count(*) AS n, sum(value) AS total, min(id) AS least, max(id) AS most
        FROM TUMBLE(valued, at, INTERVAL '1' SECOND)
        GROUP BY window_start, window_end, region, account % 20"""
    name = f"{derived}.totals"
    until("the parser is ready", 120, lambda: node.weir("query", "explain", "--sql", sql, check=False).code == 0, pause=1)
    node.weir("query", "create", name, "--sql", sql, "--epoch", "50ms")
    node.topic(name + ".v1", reader)
    until("it runs", 60, lambda: node.weir("query", "show", name, "-o", "json").json()["state"] == "running")
    return name


def killnode():
    """The node that kills itself, or the one of WEIR_KILLNODE."""
    if "WEIR_KILLNODE" in os.environ:
        return os.environ["WEIR_KILLNODE"]
    binary = lib.TOP / ".cache" / "accept" / "killnode"
    r = lib.run(["go", "build", "-o", str(binary), "./test/accept/killnode"], timeout=600, cwd=lib.TOP)
    claim(r.code == 0, f"killnode is built: {r.err}")
    return str(binary)


class KillNode(lib.Node):
    """A node that ends itself, and tells its epochs."""

    def __init__(self, **more):
        super().__init__(**more)
        self.binary = killnode()
        self.told, self.record = lib.folder() / "kills", lib.folder() / "epochs"
        self.kill, self.died = "", []

    def spawn(self):
        env = dict(os.environ, WEIR_KILL=self.kill, WEIR_KILL_LOG=str(self.told), WEIR_EPOCHS=str(self.record))
        argv = [self.binary, "up", "--data", str(self.data), *self.listen, *self.args]
        if self.cluster:
            argv += ["--cluster", self.cluster]
        self.lines = []
        self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=open(self.log, "ab"), text=True, env=env)
        threading.Thread(target=self._drain, args=(self.process.stdout, self.lines), daemon=True).start()

    def dies(self, point, rng):
        """Runs until it has killed itself at a point."""
        self.kill9()
        often = 1 if point.split(":")[1] in ONCE else rng.randint(1, 3) if "snapshot" in point else rng.randint(2, 12)
        self.kill = f"{point}:{often}"
        before = self._kills()
        self.spawn()
        try:
            code = self.process.wait(240)
        except subprocess.TimeoutExpired:
            lib.say(self.weir("query", "list", "-o", "json", check=False).out)
            raise lib.Failed(f"the point {self.kill} was not passed within 240 s")
        claim(code == -9 and self._kills() == before + [point], f"it ended itself at {self.kill}: exit {code}, {self._kills()}")
        self.died.append(self.kill)

    def _kills(self):
        return self.told.read_text().split() if self.told.exists() else []

    def epochs(self):
        """The positions of each epoch that was committed, in order: the last that was tried under its number."""
        last = {}
        for line in self.record.read_text().splitlines():
            e = json.loads(line)
            last[e["epoch"]] = e
        claim(sorted(last) == list(range(len(last))), f"the numbers of {len(last)} epochs have no gap")
        return [{t: positions(p) for t, p in last[n]["at"].items()} for n in range(len(last))]


def positions(text):
    return {int(p): int(o) for p, o in (part.split(":") for part in text.split(",") if part)}


def killable(node):
    """Whether the broker can be killed: the cluster is the one of scripts/kafka."""
    if node.cluster and node.cluster != lib.run([KAFKA, "address"]).out.strip():
        lib.say("SKIPPED: the cluster is not the one of scripts/kafka; the broker was not killed")
        return False
    return bool(node.cluster)


def kill_broker(feed, rng):
    """kill -9 of Apache Kafka, which starts again on its data."""
    feed.more(2000)
    time.sleep(rng.uniform(0.1, 1.0))
    claim(lib.run([KAFKA, "kill"]).code == 0, "the broker is killed")
    r = lib.run([KAFKA, "start"], timeout=120, env=dict(os.environ, KAFKA_KEEP="1"))
    claim(r.code == 0, f"the broker starts again: {r.err}")
    feed.more(2000)


class Feed:
    """An idempotent producer that lives through all kills. It writes as many
    orders as it is told, and goes on slowly then, so that a node always has
    something to do."""

    def __init__(self, app, orders, rates, rng):
        self.producer = Producer(app.confluent(enable_idempotence=True, linger_ms=5, message_timeout_ms=240_000, reconnect_backoff_max_ms=300))
        self.topics, self.rng = (orders, rates), random.Random(rng.random())
        self.acknowledged, self.failed = 0, []
        self.goal, self.made, self.ending = 0, 0, threading.Event()
        self.thread = threading.Thread(target=self._work, daemon=True)
        self.thread.start()

    def to(self, rows):
        """Lets it write up to so many orders."""
        claim(not self.failed, f"records are written: {self.failed[:1]}")
        self.goal = max(self.goal, rows)

    def more(self, rows):
        """Waits until so many more orders are acknowledged."""
        have = self.acknowledged
        self.to(self.made + rows)
        until(f"{rows} more records are acknowledged", 120, lambda: self.acknowledged >= have + rows)

    def _work(self):
        while not self.ending.is_set() or self.made < self.goal:
            begin, n = time.monotonic(), RATE // 100 if self.made < self.goal else 2
            for _ in range(n):
                self._order()
            self.producer.poll(0)
            time.sleep(max(0.001, 0.01 - (time.monotonic() - begin)))

    def _order(self):
        i, rng = self.made, self.rng
        self.made += 1
        if i % 25 == 0:
            self._quote(i)
        at = START + i * STEP - rng.randrange(5)
        if i % 400 == 399:
            at -= 60_000  # far behind the others
        self._send(self.topics[0], str(rng.randrange(5000)), at, self._body(i))

    def _body(self, i):
        rng = self.rng
        return {"id": i, "account": rng.randrange(1000), "symbol": rng.choice(SYMBOLS), "amount": rng.randrange(1, 1000)}

    def _quote(self, i):
        rng = self.rng
        symbol = rng.choice(SYMBOLS)
        value = None if rng.random() < 0.05 else {"symbol": symbol, "rate": rng.randrange(1, 1000), "region": rng.choice(REGIONS)}
        self._send(self.topics[1], symbol, START + i * STEP, value)

    def _send(self, topic, key, at, value, **more):
        def delivered(err, m):
            if err is None:
                self.acknowledged += 1
            else:
                self.failed.append(str(err))
        body = None if value is None else json.dumps(value).encode()
        while True:
            try:
                return self.producer.produce(topic, value=body, key=key, timestamp=at, on_delivery=delivered, **more)
            except BufferError:
                self.producer.poll(0.05)

    def end(self):
        """Writes what is left, and what ends all windows."""
        self.ending.set()
        self.thread.join(3600)
        for p in range(ORDERS):
            self._send(self.topics[0], "end", CLOSED, self._body(-1 - p), partition=p)
        claim(self.producer.flush(120) == 0, "every record is acknowledged at the end")
        claim(not self.failed, f"{len(self.failed)} records failed, first: {self.failed[:1]}")


def done(node, name, records):
    begin = time.monotonic()

    def all_read():
        s = node.weir("query", "show", name, "-o", "json").json().get("status") or {}
        return s.get("running") and s.get("lag") == 0 and s.get("rowsIn") == records

    until("the query has read everything once", 180, all_read, pause=0.2)
    return time.monotonic() - begin


def read(app, topic):
    """The committed records of a topic, as {partition: [(offset, key, value, time, headers), ...]}."""
    consumer = Consumer(app.confluent(group_id=f"{app.name}.check", isolation_level="read_committed", enable_auto_commit=False, enable_partition_eof=True))
    partitions = sorted(consumer.list_topics(topic, timeout=30).topics[topic].partitions)
    consumer.assign([TopicPartition(topic, p, OFFSET_BEGINNING) for p in partitions])
    rows, ended, limit = {p: [] for p in partitions}, set(), time.monotonic() + 600
    while len(ended) < len(partitions):
        claim(time.monotonic() < limit, f"{topic} is read to its end")
        for m in consumer.consume(2000, timeout=1):
            if m.error() is None:
                value = m.value()
                rows[m.partition()].append((m.offset(), m.key(), None if value is None else json.loads(value), m.timestamp()[1], m.headers()))
            elif m.error().code() == -191:  # the end of a partition
                ended.add(m.partition())
    consumer.close()
    return rows


def replay(epochs, orders, rates, orders_topic, rates_topic):
    """What must come out: the rows of all windows that ended, and the places of
    the orders that came late. An epoch's rates come before its orders; whether
    an order is late is decided by what the epochs before it have seen."""
    at = {t: {p: 0 for p in rows} for t, rows in ((orders_topic, orders), (rates_topic, rates))}
    table, latest, mark = {}, {}, None
    groups, out, late = {}, collections.Counter(), set()

    def fresh_rows(topic, rows, epoch):
        for p, records in rows.items():
            i = at[topic][p]
            while i < len(records) and records[i][0] < epoch[topic].get(p, 0):
                yield p, records[i]
                i += 1
            at[topic][p] = i

    for epoch in epochs:
        for _, (_, key, value, _, _) in fresh_rows(rates_topic, rates, epoch):
            table[key.decode()] = value
        for p, (offset, _, order, time_ms, _) in fresh_rows(orders_topic, orders, epoch):
            latest[p] = max(latest.get(p, time_ms), time_ms)
            quote = table.get(order["symbol"])
            if quote is None:
                continue
            end = time_ms - time_ms % WINDOW + WINDOW
            if mark is not None and end <= mark:
                late.add((p, offset))
                continue
            group = groups.setdefault((end, quote["region"], order["account"] % 20), [0, 0, order["id"], order["id"]])
            group[0] += 1
            group[1] += order["amount"] * quote["rate"]
            group[2], group[3] = min(group[2], order["id"]), max(group[3], order["id"])
        if len(latest) == ORDERS:
            mark = max(min(latest.values()), mark or 0)
            for key in [k for k in groups if k[0] <= mark]:
                out[(*key, *groups.pop(key))] += 1
    for topic, rows in ((orders_topic, orders), (rates_topic, rates)):
        left = sum(len(r) - at[topic][p] for p, r in rows.items())
        claim(left == 0, f"the last epoch has read all of {topic}: {left} records are left")
    return out, late


def compare(want, rows):
    got = collections.Counter()
    for records in rows.values():
        for _, _, r, _, _ in records:
            end = millis(r["window_end"])
            claim(millis(r["window_start"]) == end - WINDOW, f"a window has its length: {r}")
            got[(end, r["region"], int(r["bucket"]), int(r["n"]), int(r["total"]), int(r["least"]), int(r["most"]))] += 1
    doubled = [k for k, n in got.items() if n > 1]
    lost, more = want - got, got - want
    claim(not doubled, f"{len(doubled)} rows are there twice: {doubled[:3]}")
    claim(not lost and not more, f"{len(lost)} rows are lost: {sorted(lost)[:3]}; {len(more)} are too many: {sorted(more)[:3]}")
    claim(len(got) > 100, f"{len(got)} rows are enough to tell")


def millis(t):
    if isinstance(t, (int, float)):
        return int(t)
    d = datetime.datetime.fromisoformat(t.replace("Z", "+00:00"))
    return round(d.replace(tzinfo=d.tzinfo or datetime.timezone.utc).timestamp() * 1000)


def compare_late(want, rows, topic):
    got = collections.Counter()
    for records in rows.values():
        for _, _, _, _, headers in records:
            h = {k: v.decode() for k, v in headers}
            claim(h["weir.step"] == "late" and "came late" in h["weir.failed"], f"only late rows are set aside: {h}")
            _, partition, offset = h["weir.from"].split("/")
            got[(int(partition), int(offset))] += 1
    claim(max(got.values(), default=1) == 1, "no late row is set aside twice")
    claim(set(got) == want, f"{len(want - set(got))} late rows are not set aside, {len(set(got) - want)} are that were in time")


if __name__ == "__main__":
    lib.main(script)
