"""Blocks each card that the product analytics.suspected-fraud names, as main.go
beside it does: with the same environment, and pip install
"confluent-kafka[avro,schemaregistry]"."""

import json
import os
import pathlib
import signal
import sys

from confluent_kafka import DeserializingConsumer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer

APP, PASSWORD = os.environ["WEIR_APP"], os.environ["WEIR_PASSWORD"]
REGISTRY = os.environ.get("WEIR_REGISTRY", "http://127.0.0.1:8080/registry")
BLOCKED = pathlib.Path(os.environ.get("BLOCKED", "blocked-cards.txt"))


def main():
    registry = SchemaRegistryClient({"url": REGISTRY, "basic.auth.user.info": f"{APP}:{PASSWORD}"})
    consumer = DeserializingConsumer({
        "bootstrap.servers": os.environ.get("WEIR_KAFKA", "127.0.0.1:9092"),
        "security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "SCRAM-SHA-256", "sasl.username": APP, "sasl.password": PASSWORD,
        "group.id": os.environ.get("GROUP", APP), "auto.offset.reset": "earliest", "enable.auto.commit": False,
        "isolation.level": "read_committed", "value.deserializer": AvroDeserializer(registry),
    })
    consumer.subscribe(["analytics.suspected-fraud.v1"])
    try:
        while True:
            message = consumer.poll(1)
            if message is None:
                continue
            fraud = message.value()
            if block(fraud["card"]):
                print(json.dumps({"card": fraud["card"], "payments": fraud["payments"]}), flush=True)
            consumer.commit(message, asynchronous=False)
    finally:
        consumer.close()


def block(card):
    """Blocks a card; says whether it was not blocked before."""
    old = BLOCKED.read_text() if BLOCKED.exists() else ""
    if card in old.split():
        return False
    BLOCKED.write_text(old + card + "\n")
    return True


if __name__ == "__main__":
    signal.signal(signal.SIGINT, lambda *_: sys.exit(0))
    main()
