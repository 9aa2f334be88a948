#!/usr/bin/env python3
"""Every snippet that a product's page shows is run exactly as it is given, by
its own client: for each encoding of values, and each of kcat, Go, Java, Python,
Node and curl. Nothing is told to it but the environment variables that it
names, and it must print the records that were written.

The schema-aware ones must print what is in the value, decoded."""

import base64
import os
import signal
import subprocess
import sys
import threading
import time

import lib
from confluent_kafka import Producer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.schema_registry.json_schema import JSONSerializer
from confluent_kafka.schema_registry.protobuf import ProtobufSerializer
from confluent_kafka.serialization import MessageField, SerializationContext
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from lib import claim, measure, say

CLIENTS = lib.TOP / ".cache" / "clients"
N = 5

AVRO = '{"type":"record","name":"User","namespace":"shop","fields":[{"name":"id","type":"long"},{"name":"name","type":"string"}]}'
JSON = (
    '{"$schema":"http://json-schema.org/draft-07/schema#","title":"User","type":"object",'
    '"properties":{"id":{"type":"integer"},"name":{"type":"string"}},"required":["id","name"]}'
)


def protobuf_class():
    kinds = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="user.proto", package="shop", syntax="proto3")
    message = file.message_type.add(name="User")
    for number, (name, kind) in enumerate([("id", kinds.TYPE_INT64), ("name", kinds.TYPE_STRING)], 1):
        message.field.add(name=name, number=number, type=kind, label=kinds.LABEL_OPTIONAL, json_name=name)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("shop.User"))


def values(node, app, topic, encoding):
    """What is written: N values of an encoding."""
    users = [{"id": 1000 + i, "name": f"user-{i}"} for i in range(N)]
    if encoding == "json":
        return [b'{"id": %d, "name": "%s"}' % (u["id"], u["name"].encode()) for u in users]
    if encoding == "bytes":
        return [u["name"].encode() for u in users]
    registry = SchemaRegistryClient({"url": node.registry, "basic.auth.user.info": f"{app.username}:{app.password}"})
    context = SerializationContext(topic, MessageField.VALUE)
    if encoding == "avro":
        write = AvroSerializer(registry, AVRO)
    elif encoding == "json-schema":
        write = JSONSerializer(JSON, registry)
    else:
        kind = protobuf_class()
        inner = ProtobufSerializer(kind, registry)
        write = lambda u, c: inner(kind(**u), c)
    return [write(u, context) for u in users]


def seen(lang, encoding, i):
    """What a line about record i must hold."""
    if lang == "curl":
        return {"bytes": '"value":'}.get(encoding, f"user-{i}")
    if encoding == "bytes":
        hexed, based = f"user-{i}".encode().hex(), base64.b64encode(f"user-{i}".encode()).decode()
        return {"kcat": f"user-{i}", "go": hexed, "java": hexed, "python": f"user-{i}", "node": based}[lang]
    if encoding in ("avro", "protobuf") and lang == "kcat":
        return " bytes"
    if encoding in ("avro", "protobuf") and lang == "java":
        return f"user-{i}".encode().hex()
    return f"user-{i}"


def place(snippet, folder):
    """Puts a snippet where it runs, and gives the command. What its install line
    would fetch is there already, from the caches of this clone."""
    if not snippet.get("file"):
        return ["sh", "-c", snippet["text"]]
    (folder / snippet["file"]).write_text(snippet["text"])
    if snippet["lang"] == "python":
        return [sys.executable, snippet["file"]]
    if snippet["lang"] == "node":
        (folder / "node_modules").symlink_to(CLIENTS / "node" / "node_modules")
        return snippet["run"].split()
    if snippet["lang"] == "java":
        (folder / "libs").symlink_to(CLIENTS / "java" / "libs")
        return ["sh", "-c", snippet["run"]]
    done = lib.run(["sh", "-c", f"cd {folder} && {snippet['install']} && go mod tidy && go build -o reader ."], timeout=300, env=dict(os.environ, GOFLAGS="-mod=mod"))
    claim(done.code == 0, f"the Go snippet builds: {done.err[-1500:]}")
    return ["./reader"]


class Running:
    """A snippet that runs until it has printed enough, or ends by itself."""

    def __init__(self, argv, folder, env):
        self.lines, self.errors = [], []
        self.p = subprocess.Popen(argv, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace", start_new_session=True)
        for pipe, to in [(self.p.stdout, self.lines), (self.p.stderr, self.errors)]:
            threading.Thread(target=lambda pipe=pipe, to=to: [to.append(l.rstrip("\n")) for l in pipe], daemon=True).start()

    def end(self):
        if self.p.poll() is None:
            os.killpg(self.p.pid, signal.SIGINT)
        try:
            self.p.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(self.p.pid, signal.SIGKILL)
            self.p.wait()


def run(node, team, product, encoding, snippet):
    app = node.app(lib.fresh(f"r-{snippet['lang']}"), team)
    env = {k: v for k, v in os.environ.items() if not k.startswith("WEIR_")}
    env.update(WEIR_APP=app.username, WEIR_PASSWORD=app.password, WEIR_TOKEN=node.admin["token"])
    if snippet["lang"] == "curl":
        del env["WEIR_PASSWORD"]
        env["WEIR_TOKEN"] = node.member
    node.topic(product + ".v1", app)
    folder = lib.folder()
    r = Running(place(snippet, folder), folder, env)
    want = [seen(snippet["lang"], encoding, i) for i in range(N)]
    begin = time.monotonic()
    try:
        lib.until(
            f"{product}: the snippet for {snippet['lang']} prints {want}; it printed {r.lines[-3:]} {r.errors[-3:]}", 60,
            lambda: sum(any(w in l for l in r.lines) for w in want) == N and len(r.lines) >= N,
        )
    except lib.Failed as e:
        raise lib.Failed(f"{e}\n{chr(10).join(r.lines[-5:])}\n{chr(10).join(r.errors[-10:])}")
    finally:
        r.end()
    secret = [app.password, node.admin["token"]]
    claim(not any(s in snippet["text"] for s in secret), f"{snippet['lang']} holds no secret")
    return time.monotonic() - begin


def main():
    node = lib.Node().start()
    team = lib.fresh("team")
    node.mesh(team, team)
    person = lib.fresh("member")
    node.weir("person", "create", person)
    node.weir("team", "add", team, person)
    node.member = node.weir("token", "create", "--for", person, "-o", "json").json()["token"]
    writer = node.app(lib.fresh("writer"), team)
    only = os.environ.get("WEIR_SNIPPETS", "").split()
    total = 0
    for encoding in ["json", "avro", "protobuf", "json-schema", "bytes"]:
        product = f"{team}.p-{encoding}"
        topic = node.product(product, "--encoding", encoding, "--partitions", "1", app=writer)
        producer = Producer(writer.confluent(message_timeout_ms=30000))
        for i, v in enumerate(values(node, writer, topic, encoding)):
            producer.produce(topic, v, f"key-{i}".encode())
        claim(producer.flush(30) == 0, "the records are written")
        for snippet in node.weir("product", "snippet", product, "-o", "json").json():
            if only and snippet["lang"] not in only:
                continue
            alone = node.weir("product", "snippet", product, snippet["lang"]).out
            claim(alone.rstrip("\n") == snippet["text"].rstrip("\n"), f"{snippet['lang']} alone is the same")
            seconds = run(node, team, product, encoding, snippet)
            measure(f"{encoding} by {snippet['lang']}", seconds, "s to the last record")
            total += 1
    code = node.weir("product", "snippet", product, "cobol", check=False)
    claim(code.code != 0, "a language that is none is refused")
    say(f"  {total} snippets, each run as it is given")


lib.main(main)
