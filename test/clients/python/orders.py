"""Protobuf with an import: the serialiser registers the imported file first,
under a subject named like the file. In the second schema the importing and
the imported message each have one more field, in the third a field of the
imported one has another type."""

import functools

from confluent_kafka.schema_registry.protobuf import ProtobufDeserializer, ProtobufSerializer
from messages import INT64, STRING, file, message

FIRST, SECOND, THIRD = 1, 2, 3


@functools.cache
def order(name, which):
    fields = [("units", STRING if which == THIRD else INT64)]
    if which == SECOND:
        fields.append(("currency", STRING))
    notes = [("note", STRING)] if which == SECOND else []
    return message("order.proto", "Order", [("id", INT64), ("price", ".shop.Money"), *notes], [file(name, "Money", fields)])


def an_order(name, which, i):
    made = order(name, which)(id=i)
    if which == SECOND:
        made.price.currency = "EUR"
    made.price.units = str(i) if which == THIRD else i
    return made


def write(client, name, which, n):
    serialise = ProtobufSerializer(order(name, which), client.registry, {"auto.register.schemas": True})
    client.produce((None, serialise(an_order(name, which, i), client.context)) for i in range(n))


def read(client, name, group, n):
    deserialise = ProtobufDeserializer(order(name, SECOND), {}, client.registry)
    found = [deserialise(m.value(), client.context) for m in client.consume(group, n)]
    return [{"id": o.id, "units": o.price.units, "currency": o.price.currency} for o in found]


def walk(client, name, group, n):
    for which in FIRST, SECOND:
        write(client, name, which, n)
    records = read(client, name, group, 2 * n)
    refused = ""
    try:
        write(client, name, THIRD, 1)
    except Exception as e:  # noqa: BLE001, whatever it is, it is what is seen
        refused = str(e)
    versions = client.registry.get_versions(f"{client.topic}-value")
    return {"versions": versions, "imported": client.registry.get_versions(name), "records": records, "refused": refused}
