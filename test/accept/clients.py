"""Stock clients, unchanged: kcat, confluent-kafka, kafka-python, franz-go. Each
writes with every codec, idempotently and in transactions, and each reads what
all of them wrote, alone and in groups of both protocols."""

import collections
import time

from confluent_kafka import Consumer, Producer, TopicPartition, libversion
from confluent_kafka.admin import AdminClient
from kafka import KafkaConsumer, KafkaProducer, TopicPartition as PyPartition
from kafka import __version__ as python_version

import lib
from lib import claim, fresh, measure

CODECS = ["none", "gzip", "snappy", "lz4", "zstd"]


def script():
    n = lib.size(50)
    node = lib.Node().start()
    team, others = fresh("team"), fresh("others")
    node.mesh(team, team)
    node.weir("team", "create", others)
    app, reader = node.app(fresh("app"), team), node.app(fresh("reader"), others)
    topic = node.product(f"{team}.all", "--partitions", "2", app=reader)

    want, done = collections.Counter(), []

    def wrote(what, values):
        want.update(values)
        done.append(what)

    for codec in CODECS:
        for what, write in (("kcat", kcat), ("confluent-kafka", confluent), ("kafka-python", python), ("franz-go", franzgo)):
            wrote(f"{what} {codec}", write(app, topic, n, codec))
    for what, transact in (("kcat", kcat_transact), ("confluent-kafka", confluent_transact), ("kafka-python", python_transact), ("franz-go", franzgo_transact)):
        wrote(f"{what} transaction", transact(app, topic, n))
    measure("written", f"{sum(want.values())} records, {len(done)} ways")

    total = sum(want.values())
    readers = {
        "kcat": lambda: reader.consume(topic, "-X", "isolation.level=read_committed"),
        "confluent-kafka": lambda: confluent_read(reader, topic),
        "kafka-python": lambda: python_read(reader, topic),
        "franz-go": lambda: franzgo_lines(reader, "consume", topic, total),
        "kcat, classic group": lambda: kcat_group(reader, topic, total),
        "confluent-kafka, classic group": lambda: confluent_group(reader, topic, total, "classic"),
        "confluent-kafka, new group protocol": lambda: confluent_group(reader, topic, total, "consumer"),
        "kafka-python, classic group": lambda: python_group(reader, topic, total),
        "franz-go, classic group": lambda: franzgo_lines(reader, "group", topic, f"{reader.name}.go-classic", "classic", total),
        "franz-go, new group protocol": lambda: franzgo_lines(reader, "group", topic, f"{reader.name}.go-new", "server", total),
    }
    for what, read in readers.items():
        begin = time.monotonic()
        got = collections.Counter(read())
        claim(got == want, f"{what}: {sum((want - got).values())} records missing, {sum((got - want).values())} too many: {list((got - want).items())[:3]} {list((want - got).items())[:3]}")
        measure(f"read by {what}", f"{sum(got.values())} records in {time.monotonic() - begin:.2f} s")

    resume(reader, topic)
    admin(app, reader, topic)
    measure("versions", f"librdkafka {libversion()[0]} and kcat's 2.0.2, kafka-python {python_version}")


# Writing. Each gives the values that must be read.


def values(what, n):
    return [f"{what}-{i}" for i in range(n)]


def kcat(app, topic, n, codec):
    vs = values(f"kcat-{codec}", n)
    app.produce(topic, vs, "-z", codec, "-X", "enable.idempotence=true")
    return vs


def kcat_transact(app, topic, n):
    vs = values("kcat-txn", n)
    app.produce(topic, vs, "-X", f"transactional.id={app.name}.kcat")
    return vs


def delivered(producer, topic, vs):
    errors = []
    for v in vs:
        producer.produce(topic, v.encode(), key=v.encode(), on_delivery=lambda e, _: e and errors.append(e))
    left = producer.flush(30)
    claim(left == 0 and not errors, f"{left} records not delivered: {errors[:2]}")


def confluent(app, topic, n, codec):
    vs = values(f"confluent-{codec}", n)
    delivered(Producer(app.confluent(enable_idempotence=True, compression_type=codec, message_timeout_ms=30000)), topic, vs)
    return vs


def confluent_transact(app, topic, n):
    p = Producer(app.confluent(transactional_id=f"{app.name}.confluent", message_timeout_ms=30000))
    p.init_transactions(30)
    p.begin_transaction()
    delivered(p, topic, values("confluent-aborted", n))
    p.abort_transaction(30)
    p.begin_transaction()
    vs = values("confluent-committed", n)
    delivered(p, topic, vs)
    p.commit_transaction(30)
    return vs


def python(app, topic, n, codec):
    vs = values(f"python-{codec}", n)
    p = KafkaProducer(**app.python(enable_idempotence=True, acks="all", compression_type=None if codec == "none" else codec))
    sent = [p.send(topic, v.encode(), key=v.encode()) for v in vs]
    p.flush(30)
    for s in sent:
        s.get(30)
    p.close()
    return vs


def python_transact(app, topic, n):
    p = KafkaProducer(**app.python(transactional_id=f"{app.name}.python"))
    p.init_transactions()
    p.begin_transaction()
    for v in values("python-aborted", n):
        p.send(topic, v.encode())
    p.flush(30)
    p.abort_transaction()
    p.begin_transaction()
    vs = values("python-committed", n)
    for v in vs:
        p.send(topic, v.encode())
    p.commit_transaction()
    p.close()
    return vs


def franzgo(app, topic, n, codec):
    prefix = f"franzgo-{codec}"
    r = app.franzgo("produce", topic, n, codec, prefix)
    claim(r.code == 0, f"franz-go writes {codec}: {r.err}")
    return values(prefix, n)


def franzgo_transact(app, topic, n):
    for how in ("abort", "commit"):
        r = app.franzgo("transact", topic, f"{app.name}.franzgo", n, how)
        claim(r.code == 0, f"franz-go's transaction, {how}: {r.err}")
    return values("commit", n)


# Reading.


def text(values):
    return [v.decode() for v in values]


def confluent_read(app, topic):
    c = Consumer(app.confluent(group_id=app.name, enable_auto_commit=False, isolation_level="read_committed"))
    got = []
    for p in c.list_topics(topic, 10).topics[topic].partitions:
        low, high = c.get_watermark_offsets(TopicPartition(topic, p), 10)
        c.assign([TopicPartition(topic, p, low)])
        end = time.monotonic() + 30
        while time.monotonic() < end:
            m = c.poll(0.2)
            if m is not None:
                claim(m.error() is None, f"confluent-kafka reads: {m.error()}")
                got.append(m.value())
            where = c.position([TopicPartition(topic, p)])[0].offset
            if where >= high or (m is None and high == low):
                break
    c.close()
    return text(got)


def python_read(app, topic):
    c = KafkaConsumer(**app.python(isolation_level="read_committed", enable_auto_commit=False, consumer_timeout_ms=3000))
    parts = [PyPartition(topic, p) for p in sorted(c.partitions_for_topic(topic))]
    c.assign(parts)
    c.seek_to_beginning()
    got = [m.value for m in c]
    c.close()
    return text(got)


def franzgo_lines(app, *args):
    r = app.franzgo(*args)
    claim(r.code == 0, f"franz-go {' '.join(map(str, args))}: {r.err}")
    return r.out.split()


def kcat_group(app, topic, n):
    r = app.kcat("-q", "-X", "auto.offset.reset=earliest", "-X", "isolation.level=read_committed", "-c", str(n), "-G", f"{app.name}.kcat", topic, timeout=60)
    claim(r.code == 0, f"kcat in a group: {r.err}")
    return r.out.split()


def confluent_group(app, topic, n, protocol):
    conf = app.confluent(group_id=f"{app.name}.{protocol}", group_protocol=protocol, auto_offset_reset="earliest", isolation_level="read_committed", enable_auto_commit=False)
    members = [Consumer(conf), Consumer(conf)]
    for c in members:
        c.subscribe([topic])
    got, end, quiet = [], time.monotonic() + 60, 0
    while time.monotonic() < end and (len(got) < n or quiet < 5):
        quiet += 1
        for c in members:
            for m in c.consume(500, 0.1):
                claim(m.error() is None, f"confluent-kafka, {protocol} group: {m.error()}")
                got.append(m.value())
                quiet = 0
            if quiet == 0:
                c.commit(asynchronous=True)
    for c in members:
        c.close()
    return unique(text(got))


def unique(values):
    """A rebalance may hand out again what was not committed yet."""
    return list(dict.fromkeys(values))


def python_group(app, topic, n):
    c = KafkaConsumer(topic, **app.python(group_id=f"{app.name}.python", auto_offset_reset="earliest", isolation_level="read_committed", enable_auto_commit=False, consumer_timeout_ms=15000))
    got = []
    for m in c:
        got.append(m.value)
        if len(got) == n:
            break
    c.commit()
    c.close()
    return text(got)


def resume(app, topic):
    """A group that committed goes on behind what it read: nothing comes again."""
    c = Consumer(app.confluent(group_id=f"{app.name}.consumer", group_protocol="consumer", auto_offset_reset="earliest", enable_auto_commit=False))
    c.subscribe([topic])
    end = time.monotonic() + 6
    again = 0
    while time.monotonic() < end:
        m = c.poll(0.2)
        again += m is not None and m.error() is None
    c.close()
    claim(again <= 2, f"a group that committed all got {again} records again")
    measure("records that a group got again after it had committed", again)


def admin(app, reader, topic):
    """An admin client sees the groups of its own application, and those alone."""
    found = groups(reader)
    mine = set(found)
    for name, kind in (("kcat", "CLASSIC"), ("classic", "CLASSIC"), ("consumer", "CONSUMER"), ("go-classic", "CLASSIC"), ("go-new", "CONSUMER")):
        claim(found.get(f"{reader.name}.{name}") == kind, f"group {name} used the {kind} protocol: {found}")
    claim(f"{reader.name}.kcat" in mine and f"{reader.name}.consumer" in mine, f"a reader lists its groups: {mine}")
    claim(all(g == reader.name or g.startswith(reader.name + ".") for g in mine), f"and no other's: {mine}")
    claim(not set(groups(app)) & mine, "another application does not see them")
    measure("groups listed by their own application alone", len(mine))


def groups(app):
    client = AdminClient(app.confluent())
    return {g.group_id: g.type.name for g in client.list_consumer_groups().result(20).valid}


if __name__ == "__main__":
    lib.main(script)
