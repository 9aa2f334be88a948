"""Serialisers on keys: three schemas of a key, beside values that keep theirs."""

import functools
import json

from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.json_schema import JSONDeserializer, JSONSerializer
from confluent_kafka.schema_registry.protobuf import ProtobufDeserializer, ProtobufSerializer
from confluent_kafka.serialization import MessageField, SerializationContext
from messages import INT64, STRING, message

FIRST, SECOND, THIRD = 1, 2, 3


def avro(which):
    fields = [{"name": "id", "type": "long"}]
    if which == SECOND:
        fields.append({"name": "region", "type": ["null", "string"], "default": None})
    if which == THIRD:
        fields.append({"name": "grade", "type": "int"})
    return json.dumps({"type": "record", "name": "Key", "namespace": "shop", "fields": fields})


def json_schema(which):
    properties = {"id": {"type": "string" if which == THIRD else "integer"}}
    if which == SECOND:
        properties["region"] = {"type": "string"}
    return json.dumps({
        "$schema": "http://json-schema.org/draft-07/schema#", "title": "Key", "type": "object",
        "properties": properties, "required": ["id"], "additionalProperties": False,
    })


@functools.cache
def protobuf(which):
    fields = [("id", STRING if which == THIRD else INT64)]
    if which == SECOND:
        fields.append(("region", STRING))
    return message("key.proto", "Key", fields)


def serialiser(client, which):
    conf = {"auto.register.schemas": True}
    if client.format == "avro":
        return AvroSerializer(client.registry, avro(which), conf=conf)
    if client.format == "json":
        return JSONSerializer(json_schema(which), client.registry, conf=conf)
    return ProtobufSerializer(protobuf(which), client.registry, conf=conf)


def deserialiser(client):
    if client.format == "avro":
        return AvroDeserializer(client.registry)
    if client.format == "json":
        return JSONDeserializer(None, schema_registry_client=client.registry)
    inner = ProtobufDeserializer(protobuf(SECOND), {}, client.registry)

    def fields(data, context):
        m = inner(data, context)
        return {"id": m.id, "region": m.region}

    return fields


def key(format_, which, i):
    k = {"id": i}
    if which == SECOND:
        k["region"] = f"region {i}"
    if which == THIRD:
        k = {"id": i, "grade": 1} if format_ == "avro" else {"id": str(i)}
    return protobuf(which)(**k) if format_ == "protobuf" else k


def write(client, which, n, name):
    keys, values, at = serialiser(client, which), client.serialiser(FIRST), SerializationContext(client.topic, MessageField.KEY)
    client.produce((keys(key(client.format, which, i), at), values(client.value(FIRST, i, f"{name}-{i}"), client.context)) for i in range(n))


def read(client, group, n):
    keys, values, at = deserialiser(client), client.deserialiser(), SerializationContext(client.topic, MessageField.KEY)
    got = []
    for m in client.consume(group, n):
        k, v = keys(m.key(), at), values(m.value(), client.context)
        got.append({"key": {"id": k["id"], "region": k.get("region") or None}, "id": v["id"], "name": v["name"]})
    return got


def refused(client):
    try:
        serialiser(client, THIRD)(key(client.format, THIRD, 0), SerializationContext(client.topic, MessageField.KEY))
    except Exception as e:  # noqa: BLE001, whatever it is, it is what is seen
        return str(e)
    return ""


def walk(client, group, n):
    write(client, FIRST, n, "first")
    write(client, SECOND, n, "second")
    records = read(client, group, 2 * n)
    said = refused(client)
    versions, ids = client.back(f"{client.topic}-key")
    return {"versions": versions, "ids": ids, "records": records, "refused": said}
