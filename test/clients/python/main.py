"""The Python client of the schema registry: confluent-kafka's serialisers as
they come. Usage and answers are those of every client of test/clients:

  walk FORMAT TOPIC GROUP N   write n records of a first schema and n of a second
                              that follows it, read all, be refused a third; one
                              line of JSON
  write FORMAT TOPIC N NAME   write n records with the newest schema of the topic
  read FORMAT TOPIC GROUP N   read n records; a line of JSON each
  keys FORMAT TOPIC GROUP N   walk, with the three schemas on the keys
  imports FILE TOPIC GROUP N  walk, with Protobuf that imports a file, which the
                              serialiser registers under its name

Environment: REGISTRY, KAFKA, USERNAME, PASSWORD.
"""

import functools
import importlib.metadata
import json
import os
import sys
import time

from confluent_kafka import Consumer, Producer
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.json_schema import JSONDeserializer, JSONSerializer
from confluent_kafka.schema_registry.protobuf import ProtobufDeserializer, ProtobufSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

import keys
import orders
from messages import INT32, INT64, STRING, message

FIRST, SECOND, THIRD = 1, 2, 3


def avro_schema(which):
    fields = [{"name": "id", "type": "long"}, {"name": "name", "type": "string"}]
    if which == SECOND:
        fields.append({"name": "note", "type": ["null", "string"], "default": None})
    if which == THIRD:
        fields.append({"name": "grade", "type": "int"})
    return json.dumps({"type": "record", "name": "User", "namespace": "shop", "fields": fields})


def json_schema(which):
    properties = {"id": {"type": "integer"}, "name": {"type": "integer" if which == THIRD else "string"}}
    if which == SECOND:
        properties["note"] = {"type": "string"}
    return json.dumps({
        "$schema": "http://json-schema.org/draft-07/schema#", "title": "User", "type": "object",
        "properties": properties, "required": ["id", "name"], "additionalProperties": False,
    })


@functools.cache
def protobuf_class(which):
    fields = [("id", INT64), ("name", INT32 if which == THIRD else STRING)]
    if which == SECOND:
        fields.append(("note", STRING))
    return message("user.proto", "User", fields)


def record(which, i, name):
    r = {"id": i, "name": name}
    if which == SECOND:
        r["note"] = f"note {i}"
    if which == THIRD:
        r["grade"] = 1
    return r


class Client:
    def __init__(self, format_, topic):
        self.format, self.topic = format_, topic
        user, password = os.environ["USERNAME"], os.environ["PASSWORD"]
        self.registry = SchemaRegistryClient({"url": os.environ["REGISTRY"], "basic.auth.user.info": f"{user}:{password}"})
        self.kafka = {
            "bootstrap.servers": os.environ["KAFKA"], "security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "SCRAM-SHA-512",
            "sasl.username": user, "sasl.password": password, "broker.address.family": "v4", "log_level": 2,
        }
        self.context = SerializationContext(topic, MessageField.VALUE)

    def serialiser(self, which, latest=False):
        conf = {"auto.register.schemas": False, "use.latest.version": True} if latest else {"auto.register.schemas": True}
        if self.format == "avro":
            return AvroSerializer(self.registry, None if latest else avro_schema(which), conf=conf)
        if self.format == "json":
            return JSONSerializer(None if latest else json_schema(which), self.registry, conf=conf)
        return ProtobufSerializer(protobuf_class(which), self.registry, conf=conf)

    def value(self, which, i, name):
        r = record(which, i, name)
        if self.format != "protobuf":
            if which == THIRD and self.format == "json":
                return {"id": i, "name": i}
            return r
        if which == THIRD:
            return protobuf_class(which)(id=i, name=i)
        return protobuf_class(which)(**r)

    def write(self, which, n, name, latest=False):
        serialise = self.serialiser(which, latest)
        self.produce((None, serialise(self.value(which, i, f"{name}-{i}"), self.context)) for i in range(n))

    def produce(self, records):
        """Writes keys with values."""
        producer, errors = Producer(dict(self.kafka, **{"message.timeout.ms": 30000})), []
        for key, value in records:
            producer.produce(self.topic, value, key, on_delivery=lambda e, _: e and errors.append(str(e)))
        left = producer.flush(30)
        if left or errors:
            sys.exit(f"{left} records not delivered: {errors[:1]}")

    def deserialiser(self):
        if self.format == "avro":
            return AvroDeserializer(self.registry)
        if self.format == "json":
            return JSONDeserializer(None, schema_registry_client=self.registry)
        inner = ProtobufDeserializer(protobuf_class(SECOND), {}, self.registry)

        def fields(data, context):
            m = inner(data, context)
            return {"id": m.id, "name": m.name, "note": m.note}

        return fields

    def consume(self, group, n):
        """Yields n messages of the topic."""
        consumer = Consumer(dict(self.kafka, **{"group.id": group, "auto.offset.reset": "earliest", "enable.auto.commit": False}))
        consumer.subscribe([self.topic])
        end = time.monotonic() + 60
        while n > 0 and time.monotonic() < end:
            m = consumer.poll(0.5)
            if m is None:
                continue
            if m.error():
                sys.exit(str(m.error()))
            yield m
            n -= 1
        consumer.close()

    def read(self, group, n):
        deserialise = self.deserialiser()
        rows = [deserialise(m.value(), self.context) for m in self.consume(group, n)]
        return [{"id": r["id"], "name": r["name"], "note": r.get("note") or None} for r in rows]

    def refused(self):
        """What an application sees that tries the third schema."""
        try:
            self.serialiser(THIRD)(self.value(THIRD, 0, "refused"), self.context)
        except Exception as e:  # noqa: BLE001, whatever it is, it is what is seen
            return str(e)
        return ""

    def back(self, subject=None):
        """What the registry says of a subject, by the client's own calls."""
        subject = subject or f"{self.topic}-value"
        versions = self.registry.get_versions(subject)
        registered = [self.registry.get_version(subject, v) for v in versions]
        for v in registered:
            by_id = self.registry.get_schema(v.schema_id)
            if by_id.schema_str != v.schema.schema_str:
                sys.exit(f"id {v.schema_id} is {by_id.schema_str}, version {v.version} is {v.schema.schema_str}")
            found = self.registry.lookup_schema(subject, Schema(v.schema.schema_str, v.schema.schema_type, v.schema.references))
            if (found.schema_id, found.version) != (v.schema_id, v.version):
                sys.exit(f"the lookup of version {v.version} finds {found}")
        latest = self.registry.get_latest_version(subject)
        if latest.version != versions[-1]:
            sys.exit(f"the latest of {versions} is {latest.version}")
        if subject not in self.registry.get_subjects():
            sys.exit(f"{subject} is not listed")
        return versions, [v.schema_id for v in registered]


def walk(client, group, n):
    client.write(FIRST, n, "first")
    client.write(SECOND, n, "second")
    records = client.read(group, 2 * n)
    refused = client.refused()
    versions, ids = client.back()
    told(versions=versions, ids=ids, records=records, refused=refused)


def told(**what):
    print(json.dumps({"client": "confluent-kafka " + importlib.metadata.version("confluent-kafka"), **what}))


def main(command, format_, topic, *rest):
    if command == "imports":
        return told(**orders.walk(Client("protobuf", topic), format_, rest[0], int(rest[1])))
    client = Client(format_, topic)
    if command == "keys":
        return told(**keys.walk(client, rest[0], int(rest[1])))
    if command == "walk":
        walk(client, rest[0], int(rest[1]))
    elif command == "write":
        client.write(FIRST, int(rest[0]), rest[1], latest=True)
    elif command == "read":
        for r in client.read(rest[0], int(rest[1])):
            print(json.dumps(r))
    else:
        sys.exit(f"no command {command}")


main(*sys.argv[1:])
