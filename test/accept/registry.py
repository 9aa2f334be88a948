"""What the acceptance scripts of the schema registry share: schemas, and a
caller of its API that keeps its connection, as serialisers do."""

import base64
import http.client
import json
import urllib.parse

REGISTRY_MEDIA = "application/vnd.schemaregistry.v1+json"


class Registry:
    """Calls of one principal on one connection."""

    def __init__(self, url, login=None, timeout=30):
        """login is (username, password), a token, or None."""
        self.at = urllib.parse.urlsplit(url)
        self.timeout, self.connection = timeout, None
        self.headers = {"Content-Type": REGISTRY_MEDIA, "Accept": REGISTRY_MEDIA}
        if isinstance(login, str):
            self.headers["Authorization"] = "Bearer " + login
        elif login:
            self.headers["Authorization"] = "Basic " + base64.b64encode(":".join(login).encode()).decode()

    def ask(self, method, path, body=None):
        """Gives status and answer. A connection that was closed between two
        calls is opened again, as every client does."""
        data = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
        fresh = self.connection is None
        try:
            return self._ask(method, path, data)
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            self.close()
            if fresh:
                raise
            return self._ask(method, path, data)

    def _ask(self, method, path, data):
        if self.connection is None:
            self.connection = http.client.HTTPConnection(self.at.hostname, self.at.port, timeout=self.timeout)
        self.connection.request(method, self.at.path.rstrip("/") + path, data, self.headers)
        r = self.connection.getresponse()
        text = r.read()
        try:
            return r.status, json.loads(text)
        except ValueError:
            return r.status, text.decode(errors="replace")

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None

    def register(self, subject, schema, kind="AVRO", **more):
        return self.ask("POST", f"/subjects/{quote(subject)}/versions", {"schema": schema, "schemaType": kind, **more})

    def lookup(self, subject, schema, kind="AVRO"):
        return self.ask("POST", f"/subjects/{quote(subject)}", {"schema": schema, "schemaType": kind})


def quote(name):
    return urllib.parse.quote(name, safe="")


KINDS = {"avro": "AVRO", "json": "JSON", "protobuf": "PROTOBUF"}
ENCODINGS = {"avro": "avro", "json": "json-schema", "protobuf": "protobuf"}


def avro(*fields, name="User"):
    """An Avro record with an id, and fields that each are JSON."""
    all_ = [{"name": "id", "type": "long"}, *fields]
    return json.dumps({"type": "record", "name": name, "namespace": "shop", "fields": all_})


def optional(name):
    return {"name": name, "type": ["null", "string"], "default": None}


def json_object(name, **properties):
    return json.dumps({
        "$schema": "http://json-schema.org/draft-07/schema#", "title": name, "type": "object",
        "properties": {"id": {"type": "integer"}, **properties}, "required": ["id"], "additionalProperties": False,
    })


def proto(name, *fields):
    lines = "".join(f"  {f} = {i};\n" for i, f in enumerate(("int64 id", *fields), 1))
    return f'syntax = "proto3";\npackage shop;\n\nmessage {name} {{\n{lines}}}\n'


def schema(format_, name, *optionals):
    """A schema of a format with optional fields, which may be added and taken
    away."""
    if format_ == "avro":
        return avro(*map(optional, optionals), name=name)
    if format_ == "json":
        return json_object(name, **{o: {"type": "string"} for o in optionals})
    return proto(name, *(f"string {o}" for o in optionals))
