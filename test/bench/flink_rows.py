"""The rows of a topic on Kafka, as test/bench/flink compares them: each a tuple
of plain values, whatever engine wrote it."""

import base64
import collections
import datetime
import decimal
import io
import json
import urllib.request

import fastavro
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


class Topics:
    """Topics of a cluster, whose values are Avro with ids of a registry."""

    def __init__(self, brokers, registry, user, password):
        self.brokers, self.registry = brokers, registry
        self.login = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
        self.schemas = {}

    def create(self, topic, partitions):
        admin = AdminClient({"bootstrap.servers": self.brokers, "broker.address.family": "v4"})
        for done in admin.create_topics([NewTopic(topic, partitions, 1)]).values():
            done.result(30)

    def records(self, topic):
        """Every committed record, as partition, key and value."""
        c = Consumer({
            "bootstrap.servers": self.brokers, "broker.address.family": "v4", "group.id": "rows", "enable.auto.commit": False,
            "isolation.level": "read_committed", "enable.partition.eof": True, "queued.max.messages.kbytes": 65536,
        })
        try:
            left = set(c.list_topics(topic, timeout=30).topics[topic].partitions)
            c.assign([TopicPartition(topic, p, OFFSET_BEGINNING) for p in left])
            while left:
                for m in c.consume(10_000, timeout=1):
                    if not m.error():
                        yield m.partition(), m.key(), m.value()
                    elif m.error().code() == KafkaError._PARTITION_EOF:
                        left.discard(m.partition())
                    else:
                        raise RuntimeError(str(m.error()))
        finally:
            c.close()

    def rows(self, topic, upsert, whole):
        """Its rows; of an upsert topic the last of each key. A column of whole is
        cut to a whole number."""
        records = self.records(topic)
        if upsert:
            last = {}
            for p, k, v in records:
                last[p, k] = v
            values = (v for v in last.values() if v is not None)
        else:
            values = (v for _, _, v in records)
        for v in values:
            yield Row((name, plain(value, name in whole)) for name, value in self._decode(v).items())

    def _decode(self, value):
        number = int.from_bytes(value[1:5], "big")
        if number not in self.schemas:
            req = urllib.request.Request(f"{self.registry}/schemas/ids/{number}", headers={"Authorization": self.login})
            with urllib.request.urlopen(req, timeout=30) as r:
                self.schemas[number] = fastavro.parse_schema(json.loads(json.load(r)["schema"]))
        return fastavro.schemaless_reader(io.BytesIO(value[5:]), self.schemas[number])


class Row(dict):
    """Columns by name."""

    def digest(self):
        return hash(tuple(sorted(self.items())))


def plain(value, whole):
    """A value as both engines have it: times in milliseconds, numbers as numbers."""
    if isinstance(value, datetime.datetime):
        return (value - EPOCH) // datetime.timedelta(milliseconds=1)
    if isinstance(value, decimal.Decimal):
        value = value.normalize()
    return int(value) if whole and value is not None else value


class Difference:
    """What one side has and the other has not, with a few rows of it."""

    def __init__(self, ours, theirs):
        counts = collections.Counter(row.digest() for row in ours())
        self.ours = sum(counts.values())
        self.theirs, self.more = 0, []
        for row in theirs():
            self.theirs += 1
            left = counts.get(row.digest(), 0)
            if left:
                counts[row.digest()] = left - 1
            else:
                self.more.append(row)
        self.fewer = sum(counts.values())
        self.missing = next((row for row in ours() if counts[row.digest()]), None) if self.fewer else None

    def __bool__(self):
        return bool(self.more or self.fewer)

    def __str__(self):
        first = f", the first {dict(self.more[0])}" if self.more else ""
        gone = f", for example {dict(self.missing)}" if self.missing else ""
        return f"{self.ours} rows and {self.theirs}: {len(self.more)} are Flink's alone{first}; {self.fewer} are Weir's alone{gone}"
