"""A published topic under both its names, the product's own and the one that it
had before, with stock clients, unchanged: kcat, confluent-kafka, kafka-python,
franz-go, and Apache Kafka's own tools if they are there (scripts/kafka fetch).
Each writes and reads by either name, in transactions and in groups of both
protocols; a group goes on under the other name where it stopped; members with
different names share the work; a serialiser finds the schemas that were there.
With a cluster the topic is one that Weir did not make."""

import collections
import json
import os
import time

import clients
from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient, NewTopic
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext
from kafka import KafkaConsumer, KafkaProducer, TopicPartition as PyPartition

import lib
from lib import claim, fresh, measure
from registry import Registry

LIBS = lib.TOP / ".cache" / "kafka" / "libs"
ORDER = {"type": "record", "name": "Order", "fields": [{"name": "id", "type": "string"}]}
ORDER2 = {"type": "record", "name": "Order", "fields": [{"name": "id", "type": "string"}, {"name": "note", "type": "string", "default": ""}]}
BROKEN = {"type": "record", "name": "Order", "fields": [{"name": "id", "type": "string"}, {"name": "must", "type": "string"}]}


def script():
    n = lib.size(10)
    node = lib.Node().start()
    team, others = fresh("edge"), fresh("others")
    node.mesh(team, team)
    node.weir("team", "create", others)
    app = node.app(fresh("app"), team)

    alias, own = stream(node, team, app, "clicks"), f"{team}.clicks.v1"
    app.produce(alias, ["before-0"])
    publish(node, alias, f"{team}.clicks", "--encoding", "bytes")
    both(node, others, app, alias, own, n)
    if lib.CLUSTER:
        legacy = fresh("legacy")
        create(legacy)
        publish(node, legacy, f"{team}.legacy", "--encoding", "bytes", "--reason", "there is no record yet")
        both(node, others, app, legacy, f"{team}.legacy.v1", n, before=[])
    serialiser(node, team, app, n)
    back(node, others, team, app, alias, own)


def stream(node, team, app, name):
    topic = f"{team}._private.{name}"
    node.weir("stream", "create", topic, "--partitions", "2")
    node.topic(topic, app)
    return topic


def create(topic):
    """Makes a topic at the cluster itself, as somebody did years ago."""
    admin = AdminClient({"bootstrap.servers": lib.CLUSTER})  # what it began ends with it
    for f in admin.create_topics([NewTopic(topic, 2, 1)]).values():
        f.result(20)


def publish(node, topic, product, *more):
    node.weir("product", "publish", topic, "--as", product, "--owner", "admin", "--description", "what was there", "--quality", "raw", "--sla", "tier-3", "--accept-terms", *more)


def both(node, others, app, alias, own, n, before=("before-0",)):
    """Everything by both names."""
    names = [own, alias]
    readers = {name: node.app(fresh("reader"), others) for name in names}
    for name in names:
        claim(own in readers[name].topics() and alias not in readers[name].topics(), f"a list shows {own} once: {readers[name].topics()}")
    want = collections.Counter(before)
    for i, name in enumerate(names):
        want.update(write(app, name, n, f"n{i}"))
    total = sum(want.values())
    measure(f"written to {alias} by both names", f"{total} records")
    for name in names:
        read(readers[name], name, want)
    for name, other in (names, names[::-1]):
        resume(readers[name], app, other)
    shared(readers[own], app, names, n)
    listing(readers[alias], app, alias)
    two(readers[alias], names, app)
    if before:  # once is enough: it takes a minute
        java(readers[own], app, names)


def write(app, name, n, tag):
    """Every client, plainly and in a transaction; gives the values."""
    out = []

    def values(what):
        out.extend(f"{tag}-{what}-{i}" for i in range(n))
        return out[-n:]

    app.produce(name, values("kcat"), "-X", "enable.idempotence=true")
    app.produce(name, values("kcat-txn"), "-X", f"transactional.id={app.name}.kcat")
    clients.delivered(Producer(app.confluent(enable_idempotence=True)), name, values("confluent"))
    p = Producer(app.confluent(transactional_id=f"{app.name}.confluent"))
    p.init_transactions(30)
    p.begin_transaction()
    clients.delivered(p, name, [f"{tag}-aborted-{i}" for i in range(n)])
    p.abort_transaction(30)
    p.begin_transaction()
    clients.delivered(p, name, values("confluent-txn"))
    p.commit_transaction(30)
    for what, conf in (("python", {"acks": "all"}), ("python-txn", {"transactional_id": f"{app.name}.python"})):
        p = KafkaProducer(**app.python(**conf))
        if "txn" in what:
            p.init_transactions()
            p.begin_transaction()
        for f in [p.send(name, v.encode()) for v in values(what)]:
            f.get(30)
        if "txn" in what:
            p.commit_transaction()
        p.close()
    r = app.franzgo("produce", name, n, "lz4", f"{tag}-franzgo")
    claim(r.code == 0, f"franz-go writes to {name}: {r.err}")
    values("franzgo")
    r = app.franzgo("transact", name, f"{app.name}.franzgo", n, "commit")
    claim(r.code == 0, f"franz-go's transaction on {name}: {r.err}")
    out.extend(clients.values("commit", n))
    return out


def read(reader, name, want):
    """Every client and both protocols; each hears the name that it asked for."""
    total = sum(want.values())
    lines = [l.split("\t") for l in reader.consume(name, "-X", "isolation.level=read_committed", "-f", "%t\t%s\n")]
    claim({t for t, _ in lines} == {name}, f"kcat asked for {name} and heard {({t for t, _ in lines})}")
    ways = {
        "kcat": lambda: [v for _, v in lines],
        "confluent-kafka": lambda: clients.confluent_read(reader, name),
        "kafka-python": lambda: python_read(reader, name),
        "franz-go": lambda: clients.franzgo_lines(reader, "consume", name, total),
        "kcat, classic group": lambda: clients.kcat_group(reader, name, total),
        "kafka-python, classic group": lambda: clients.python_group(reader, name, total),
        "franz-go, classic group": lambda: clients.franzgo_lines(reader, "group", name, f"{reader.name}.go-classic", "classic", total),
        "franz-go, new group protocol": lambda: clients.franzgo_lines(reader, "group", name, f"{reader.name}.go-new", "server", total),
        "confluent-kafka, classic group": lambda: group(reader, name, want, "classic"),
        "confluent-kafka, new group protocol": lambda: group(reader, name, want, "consumer"),
    }
    for what, how in ways.items():
        got = collections.Counter(how())
        claim(got == want, f"{what}, {name}: {sum((want - got).values())} missing, {sum((got - want).values())} too many: {list((got - want).items())[:3]}")
    measure(f"clients and protocols that read {name}", len(ways))


def python_read(reader, name):
    """kafka-python finds out the partitions of a topic that it does not use yet
    from a list of all topics, where the alias is not; so it is told them."""
    c = KafkaConsumer(**reader.python(isolation_level="read_committed", enable_auto_commit=False, consumer_timeout_ms=3000))
    c.assign([PyPartition(name, p) for p in range(2)])
    c.seek_to_beginning()
    got = []
    for m in c:
        claim(m.topic == name, f"kafka-python asked for {name}, heard {m.topic}")
        got.append(m.value.decode())
    claim(c.partitions_for_topic(name) == {0, 1}, f"of {name}, which it uses, it knows {c.partitions_for_topic(name)}")
    c.close()
    return got


def group(reader, name, want, protocol):
    """One member that reads all, under the name that it asked for, and commits."""
    c = Consumer(reader.confluent(group_id=f"{reader.name}.{protocol}", group_protocol=protocol, auto_offset_reset="earliest", isolation_level="read_committed", enable_auto_commit=False))
    c.subscribe([name])
    got = poll(c, name, lambda got: len(got) >= sum(want.values()), 60)
    claim({p.topic for p in c.assignment()} == {name}, f"{protocol}: subscribed to {name}, assigned {c.assignment()}")
    c.commit(asynchronous=False)
    c.close()
    return got


def poll(c, name, enough, seconds):
    got, end = [], time.monotonic() + seconds
    while time.monotonic() < end and not enough(got):
        for m in c.consume(200, 0.1):
            claim(m.error() is None, f"{name}: {m.error()}")
            claim(m.topic() == name, f"asked for {name}, heard {m.topic()}")
            got.append(m.value().decode())
    return got


def resume(reader, app, other):
    """Each group goes on under the other name, with what is new alone."""
    for protocol in ("classic", "consumer"):
        mark = fresh(protocol)
        app.produce(other, [mark])
        c = Consumer(reader.confluent(group_id=f"{reader.name}.{protocol}", group_protocol=protocol, auto_offset_reset="earliest", client_id=other, enable_auto_commit=False))
        c.subscribe([other])
        got = poll(c, other, lambda got: mark in got, 30)
        c.commit(asynchronous=False)
        c.close()
        claim(mark in got and all(v.startswith(("classic-", "consumer-", "python-")) for v in got), f"the {protocol} group under {other} reads {got[:5]} again")
    mark, got = fresh("python"), []
    app.produce(other, [mark])
    c = KafkaConsumer(other, **reader.python(group_id=f"{reader.name}.python", auto_offset_reset="earliest", enable_auto_commit=False, consumer_timeout_ms=15000))
    for m in c:
        claim(m.topic == other, f"kafka-python asked for {other}, heard {m.topic}")
        got.append(m.value.decode())
        if got[-1] == mark:
            break
    c.commit()
    c.close()
    claim(mark in got and all(v.startswith(("classic-", "consumer-", "python-")) for v in got), f"kafka-python's group under {other} reads {got[:5]} again")


def shared(reader, app, names, n):
    """Two members with different names share two partitions, record by record."""
    for protocol in ("classic", "consumer"):
        conf = dict(group_id=f"{reader.name}.mixed-{protocol}", group_protocol=protocol, auto_offset_reset="latest", enable_auto_commit=False)
        members = {name: Consumer(reader.confluent(client_id=name, **conf)) for name in names}
        for name, c in members.items():
            c.subscribe([name])

        def balanced():
            held = []
            for name, c in members.items():
                c.poll(0.05)
                held.append({p.partition for p in c.assignment() if p.topic == name})
            return sorted(map(len, held)) == [1, 1] and held[0] != held[1]

        lib.until(f"members by {' and '.join(names)} share the partitions, {protocol}", 60, balanced)
        got, end = collections.Counter(), time.monotonic() + 30
        sent = [f"{protocol}-mixed-{i}" for i in range(10 * n)]
        time.sleep(0.5)  # each looks up where the end is
        for c in members.values():
            c.poll(0.2)
        clients.delivered(Producer(app.confluent()), names[0], sent)
        while time.monotonic() < end and sum(got.values()) < len(sent):
            for name, c in members.items():
                for m in c.consume(200, 0.1):
                    claim(m.error() is None and m.topic() == name, f"{protocol} member by {name}: {m.error()} {m.topic()}")
                    got[m.value().decode()] += 1
        for c in members.values():
            c.close()
        claim(got == collections.Counter(sent), f"{protocol}: {sum(got.values())} of {len(sent)} records, most often {got.most_common(2)}")
    measure("groups whose members use different names", "each record once, both protocols")


def listing(reader, app, alias):
    """A consumer by the alias goes on after it asked for a list of all topics."""
    c = Consumer(reader.confluent(group_id=f"{reader.name}.lists", auto_offset_reset="latest", client_id="lists", topic_metadata_refresh_interval_ms=500))
    c.subscribe([alias])
    lib.until("an assignment", 30, lambda: c.poll(0.1) or c.assignment())
    for _ in range(3):
        claim(alias in c.list_topics(timeout=10).topics, "a client that uses the alias is listed the alias")
        c.poll(1)
        claim({p.topic for p in c.assignment()} == {alias}, f"it keeps its assignment: {c.assignment()}")
    mark = fresh("after-list")
    time.sleep(0.3)
    app.produce(alias, [mark])
    claim(mark in poll(c, alias, lambda got: mark in got, 20), "it reads on after a list")
    c.close()


def two(reader, names, app):
    """A member that subscribes to both names reads the product's, each record once."""
    own = names[0]
    for protocol in ("classic", "consumer"):
        for order in (names, names[::-1]):
            c = Consumer(reader.confluent(group_id=f"{reader.name}.two-{protocol}-{order.index(own)}", group_protocol=protocol, auto_offset_reset="latest", client_id="two"))
            c.subscribe(order)
            lib.until("an assignment", 30, lambda: c.poll(0.1) or len(c.assignment()) == 2)
            c.poll(0.5)
            mark = [fresh("two") for _ in range(4)]
            app.produce(own, mark)
            got = poll(c, own, lambda got: set(mark) <= set(got), 20)
            got += poll(c, own, lambda _: False, 0.5)
            claim(sorted(got) == sorted(mark), f"subscribed to both, {protocol}: {got}, of {mark}")
            c.close()
    measure("members that subscribe to both names", "each record once, by the product's")


def java(reader, app, names):
    """Apache Kafka's console producer, console consumer (both protocols), and the
    tool that describes groups."""
    if not LIBS.is_dir():
        claim(not (lib.CLUSTER and os.environ.get("CI") == "true"), f"Kafka's tools are in {LIBS}")
        measure("Kafka's own tools", "NOT RUN, they are not here: scripts/kafka fetch")
        return

    def tool(who, main, *args, stdin=None, **conf):
        text = f"""security.protocol=SASL_PLAINTEXT
sasl.mechanism=SCRAM-SHA-256
sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required username="{who.username}" password="{who.password}";
"""
        file = lib.folder() / "client.properties"
        file.write_text(text + "".join(f"{k.replace('_', '.')}={v}\n" for k, v in conf.items()))
        flags = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx256m"]
        r = lib.run(["java", *flags, "-cp", f"{LIBS}/*", f"org.apache.kafka.tools.{main}", "--bootstrap-server", who.node.kafka, "--command-config", str(file), *args], stdin=stdin, timeout=120)
        claim(r.code == 0, f"{main}: exit {r.code}: {(r.err or r.out)[-600:]}")
        return r.out

    own = names[0]
    for i, name in enumerate(names):
        other = names[1 - i]
        marks = [fresh("java") for _ in range(3)]
        tool(app, "ConsoleProducer", "--topic", name, stdin="".join(m + "\n" for m in marks))
        for protocol in ("classic", "consumer"):
            seen, more = f"{reader.name}.java-{protocol}-{i}", fresh("java")
            out = tool(reader, "consumer.ConsoleConsumer", "--topic", name, "--from-beginning", "--group", seen, "--timeout-ms", "10000", group_protocol=protocol)
            claim(set(marks) <= set(out.splitlines()), f"Java, {protocol}, by {name}: {len(out.splitlines())} lines without {marks}")
            app.produce(name, [more])
            out = tool(reader, "consumer.ConsoleConsumer", "--topic", other, "--group", seen, "--max-messages", "1", "--timeout-ms", "20000", group_protocol=protocol)
            claim(out.split() == [more], f"Java, {protocol}: the group goes on under {other} with {out.split()[:5]}")
            out = tool(reader, "consumer.group.ConsumerGroupCommand", "--describe", "--group", seen)
            topics = {l.split()[1] for l in out.splitlines() if l.startswith(seen)}
            claim(topics == {own}, f"Java describes the group with {topics}: {out}")
    claim(own in tool(reader, "TopicCommand", "--list").split(), "Java lists the product")
    measure("Kafka's own tools, by both names and both protocols", "as the others")


def serialiser(node, team, app, n):
    """A schema that was there before is the product's, under both names; a
    serialiser of either name writes, follows it, and is refused what breaks it."""
    topic = stream(node, team, app, "orders")
    own = f"{team}.orders.v1"
    sr = SchemaRegistryClient({"url": node.registry, "basic.auth.user.info": f"{app.username}:{app.password}"})

    def send(name, schema, record):
        s = AvroSerializer(sr, json.dumps(schema))
        value = {"id": record, "note": "x"} if schema is ORDER2 else {"id": record}
        p = Producer(app.confluent())
        for _ in range(n):
            p.produce(name, s(value, SerializationContext(name, MessageField.VALUE)))
        claim(p.flush(30) == 0, f"{n} records written to {name}")

    send(topic, ORDER, "before")
    first = sr.get_latest_version(f"{topic}-value")
    publish(node, topic, f"{team}.orders", "--key", "id")
    for name in (own, topic):
        latest = sr.get_latest_version(f"{name}-value")
        claim((latest.schema_id, latest.subject) == (first.schema_id, f"{name}-value"), f"{name}-value is {latest.schema_id}, {latest.subject}; it was {first.schema_id}")
        send(name, ORDER, f"same by {name}")
    send(own, ORDER2, "follows")
    for name in (own, topic):
        claim(sr.get_versions(f"{name}-value") == [1, 2], f"versions of {name}-value: {sr.get_versions(f'{name}-value')}")
        try:
            send(name, BROKEN, "breaks")
            claim(False, f"a schema that breaks the contract is registered by {name}")
        except Exception as e:
            claim("must" in str(e), f"refused with {e}")
    listed = [s for s in sr.get_subjects() if s.startswith(team)]
    claim(listed == [f"{topic}-value"], f"each subject once: {listed}")
    c = Consumer(app.confluent(group_id=f"{app.name}.orders", auto_offset_reset="earliest"))
    c.subscribe([own])
    read, got, end = AvroDeserializer(sr), [], time.monotonic() + 30
    while len(got) < 4 * n and time.monotonic() < end:
        for m in c.consume(100, 0.2):
            claim(m.error() is None, f"{own}: {m.error()}")
            got.append(read(m.value(), SerializationContext(own, MessageField.VALUE))["id"])
    c.close()
    claim(len(got) == 4 * n, f"{len(got)} of {4 * n} orders decoded")
    shown = node.weir("product", "show", f"{team}.orders", "-o", "json").json()
    claim(topic in json.dumps(shown["subjects"]), f"the product shows its subjects: {shown['subjects']}")
    stranger = Registry(node.registry, (node.app(fresh("stranger"), fresh_team(node)).username, "wrong"))
    claim(stranger.register(f"{own}-value", json.dumps(ORDER))[0] == 401, "nobody registers without a password")
    measure("records by a serialiser under both names", len(got))


def fresh_team(node):
    team = fresh("strangers")
    node.weir("team", "create", team)
    return team


def back(node, others, team, app, alias, own):
    """Taken back, the old name is left, private again."""
    reader = node.app(fresh("reader"), others)
    claim(own in reader.topics(), "it is there")
    node.weir("product", "unpublish", f"{team}.clicks", "--yes")
    lib.until("the product's name is gone", 10, lambda: own not in reader.topics() and own not in app.topics())
    claim(alias in app.topics() and alias not in reader.topics(), "the old name is its team's alone")
    claim("before-0" in app.consume(alias), "the records are there")
    for name in (own, alias):
        r = reader.kcat("-C", "-t", name, "-o", "beginning", "-e", "-q", timeout=60)
        claim(r.code != 0 and "Unknown topic" in r.err, f"{name} for others: exit {r.code} {r.err[-300:]}")


if __name__ == "__main__":
    lib.main(script)
