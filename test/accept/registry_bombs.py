"""Schemas that are made to hurt: each is refused with 413 or 422 by a limit that
the message names, or is in fact harmless; either way it is answered within 250
ms at the first try, and the node's resident memory grows by less than 64 MB. SIZE
is how many, SEED what they are made from."""

import base64
import collections
import json
import os
import pathlib
import re
import time

from google.protobuf import descriptor_pb2

import lib
import registry
from lib import claim, fresh, measure

MILLISECONDS, MEGABYTES = 250, 64

# The first try counts, by the clock on the wall. One thing is allowed for: a try
# that was late is made again if the node itself had the processor for less than
# the time that is promised, and other programs had it for at least as long as
# the try was late: then it is they whom it waited for, and another machine or
# another minute would have been in time. A try in which the node itself was busy
# for too long is never made again, nor one that took too much memory, nor one on
# a machine with nothing else to do. How many were made again is printed, and
# after so many of one bomb the machine can judge nothing.
TRIES = 10


class Bomb:
    """A schema, what must be there before it, and whether it must be refused."""

    def __init__(self, kind, text, format_="JSON", first=None, references=None, refuse=None, says=r"\d", body=None):
        self.kind, self.text, self.format = kind, text, format_
        self.first = first or []  # (subject's end, text, references) to register before
        self.references = references or []
        self.refuse = refuse  # True: must be refused; None: may be harmless
        self.says = says  # what the message of a refusal must match
        self.body = body  # instead of all that, for bodies that are no registration

    def payload(self, subject):
        if self.body is not None:
            return self.body
        refs = [dict(r, subject=subject + r["subject"]) for r in self.references]
        return json.dumps({"schema": self.text, "schemaType": self.format, "references": refs}).encode()


# JSON Schema.

DRAFTS = [
    "http://json-schema.org/draft-04/schema#", "http://json-schema.org/draft-06/schema#", "http://json-schema.org/draft-07/schema#",
    "https://json-schema.org/draft/2019-09/schema", "https://json-schema.org/draft/2020-12/schema",
]


def json_doubling(rng):
    """Each definition is two or more of the next one: 1.4 KB, billions of ways."""
    word, n, wide = rng.choice(["anyOf", "oneOf", "allOf"]), rng.randint(18, 60), rng.randint(2, 4)
    defs = {f"d{i}": {word: [{"$ref": f"#/definitions/d{i + 1}"}] * wide} for i in range(n)}
    defs[f"d{n}"] = {"type": "string"}
    return Bomb(f"json: doubling {word}", json.dumps({"$schema": DRAFTS[2], "definitions": defs, "$ref": "#/definitions/d0"}), refuse=True)


def json_doubling_properties(rng):
    n = rng.randint(20, 60)
    defs = {f"d{i}": {"properties": {p: {"$ref": f"#/$defs/d{i + 1}"} for p in "abc"}} for i in range(n)}
    defs[f"d{n}"] = {"type": "string"}
    return Bomb("json: doubling properties", json.dumps({"$schema": DRAFTS[4], "$defs": defs, "$ref": "#/$defs/d0"}))


def json_deep(rng):
    depth = rng.choice([60, 64, 65, 100, 1000, 2000, 20_000])
    word = rng.choice(["items", "not", "additionalProperties", "contains", "propertyNames", "if"])
    inner = f'{{"{word}":' * depth + "{}" + "}" * depth
    return Bomb(f"json: nested {word}", inner, refuse=depth > 100 or None)


def json_deep_list(rng):
    depth = rng.choice([50, 500, 5000])
    word = rng.choice(["anyOf", "allOf", "oneOf"])
    return Bomb(f"json: nested {word}", f'{{"{word}":[' * depth + "{}" + "]}" * depth, refuse=depth > 100 or None)


def json_deep_value(rng):
    depth = rng.choice([100, 1000, 50_000])
    word = rng.choice(["default", "const", "x-unknown", "enum", "examples"])
    return Bomb(f"json: deep array in {word}", json.dumps({"type": "object"})[:-1] + f', "{word}": ' + "[" * depth + "]" * depth + "}", refuse=depth > 1000 or None)


def json_wide(rng):
    n = rng.choice([4990, 5001, 20_000, 50_000])
    return Bomb(f"json: {n} fields", json.dumps({"type": "object", "properties": {f"f{i}": {"type": "string"} for i in range(n)}}), refuse=n > 5000 or None)


def json_enum(rng):
    n = rng.choice([5000, 20_000, 150_000])
    return Bomb("json: huge enum", json.dumps({"enum": [f"v{i}" for i in range(n)]}), refuse=n > 10_000 or None)


def json_pattern(rng):
    a, n = rng.choice("abcd"), rng.randint(5, 30)
    pattern = rng.choice([
        f"(?={a})" * n, f"(?!{a}+)+{a}", f"(?<={a})x", f"({a}+)\\1" * n, f"(?={a}(?={a}(?={a})))",
    ])
    where = rng.choice([{"pattern": pattern}, {"patternProperties": {pattern: {}}}, {"propertyNames": {"pattern": pattern}}])
    return Bomb("json: lookahead and back references", json.dumps(where), says="pattern|lookahead|regular|look")


def json_pattern_long(rng):
    n = rng.choice([50, 900, 1000])
    pattern = rng.choice([f"(((a{{{n}}}){{{n}}}){{{n}}})", "(a+)+$" * n, "(" * n + "a" + ")*" * n, "(a|" * n + "b" + ")" * n, "[\\p{L}\\p{N}]{1000}" * 20])
    return Bomb("json: patterns that grow", json.dumps({"pattern": pattern}), says=r"\d|pattern")


def json_patterns(rng):
    n = rng.choice([500, 4000])
    return Bomb("json: many patterns", json.dumps({"patternProperties": {f"^{i}[a-z]{{1,200}}$": {} for i in range(n)}}))


def json_remote(rng):
    to = rng.choice(["http://127.0.0.1:1/x.json", "https://example.org/x.json", "file:///etc/passwd", "file://etc/passwd", "//127.0.0.1/x", "ftp://127.0.0.1/x", "/etc/passwd", "../../etc/passwd#", "data:application/json,{}"])
    if rng.random() < 0.2:  # an unknown draft is not looked up, and taken for a known one
        return Bomb("json: remote drafts", json.dumps({"$schema": to}))
    where = rng.choice([{"$ref": to}, {"properties": {"a": {"$ref": to}}}, {"allOf": [{"$ref": to}]}, {"$id": "http://a.example/b", "items": {"$ref": to}}])
    return Bomb("json: remote and file references", json.dumps(where), refuse=True, says="refer|\\$ref|\\$schema|draft|resolve")


def json_cycle(rng):
    n, word = rng.randint(1, 50), rng.choice(["$ref", "anyOf", "allOf"])
    step = (lambda to: {"$ref": to}) if word == "$ref" else (lambda to: {word: [{"$ref": to}, {"$ref": to}]})
    defs = {f"d{i}": step(f"#/definitions/d{(i + 1) % n}") for i in range(n)}
    return Bomb("json: references in a circle", json.dumps({"definitions": defs, "$ref": "#/definitions/d0"}), says="circle|itself|cycle|\\d")


def json_megabytes(rng):
    n = rng.choice([300_000, 1_500_000, 3_000_000])
    return Bomb("json: megabytes of source", json.dumps({"type": "object", "description": "x" * n}), refuse=True)


def json_numbers(rng):
    n = rng.choice(["1e999999999", "1" * 100_000, "0." + "0" * 50_000 + "1", "1e-999999999"])
    return Bomb("json: huge numbers", '{"minimum": ' + n + ', "multipleOf": ' + n + "}", says="number|digit|\\d")


def json_dynamic(rng):
    n = rng.randint(10, 200)
    defs = {f"d{i}": {"$id": f"http://a.example/{i}", "$dynamicAnchor": "n", "anyOf": [{"$dynamicRef": "#n"}, {"$ref": f"http://a.example/{(i + 1) % n}"}]} for i in range(n)}
    return Bomb("json: dynamic references", json.dumps({"$schema": DRAFTS[4], "$id": "http://a.example/", "$defs": defs, "$ref": "http://a.example/0"}), says=".")


def json_required(rng):
    n = rng.choice([9000, 30_000])
    return Bomb("json: many required and dependent names", json.dumps({"required": [f"r{i}" for i in range(n)], "dependencies": {f"r{i}": [f"r{i + 1}"] for i in range(n // 4)}}))


# Pairs: both are accepted by themselves, comparing them could take for ever.


def pair_json(rng):
    word, n = rng.choice(["anyOf", "oneOf"]), rng.choice([40, 150, 300])
    branch = lambda i, t: {"type": "object", "properties": {f"p{i}": {"type": t}, "k": {"enum": [i, i + 1]}}, "required": [f"p{i}"]}  # noqa: E731
    a = {word: [branch(i, "string") for i in range(n)]}
    b = {word: [branch(n - i, "integer" if i % 3 else "string") for i in range(n)]}
    return Bomb(f"pair: {word} against {word}", json.dumps(b), first=[("", json.dumps(a), [])], says=".")


def pair_json_recursive(rng):
    n = rng.randint(5, 25)
    side = lambda t: {"definitions": {f"d{i}": {"anyOf": [{"type": t}, *({"properties": {"x": {"$ref": f"#/definitions/d{j}"}}} for j in range(n))]} for i in range(n)}, "$ref": "#/definitions/d0"}  # noqa: E731
    return Bomb("pair: everything refers to everything", json.dumps(side("integer")), first=[("", json.dumps(side("number")), [])], says=".")


def pair_avro(rng):
    n = rng.choice([10, 40, 100])
    side = lambda t: json.dumps({"type": "record", "name": "R0", "fields": [  # noqa: E731
        {"name": f"f{i}", "type": [{"type": "record", "name": f"R{i + 1}", "fields": [{"name": "u", "type": ["null", t, *(f"R{j}" for j in range(i + 1))]}]}, "null"]} for i in range(n)
    ]})
    return Bomb("pair: unions of all records", side("long"), "AVRO", first=[("", side("string"), [])], says=".")


# Avro.


def avro_fields(rng):
    n = rng.choice([4999, 5001, 20_000, 50_000])
    return Bomb(f"avro: {n} fields", json.dumps({"type": "record", "name": "R", "fields": [{"name": f"f{i}", "type": "long"} for i in range(n)]}), "AVRO", refuse=n > 5000 or None)


def avro_deep(rng):
    depth = rng.choice([60, 66, 300, 3000, 30_000])
    kind = rng.choice(["array", "map", "record"])
    if kind == "record":
        text = "".join(f'{{"type":"record","name":"R{i}","fields":[{{"name":"f","type":' for i in range(depth)) + '"long"' + "}]}" * depth
    else:
        of = "items" if kind == "array" else "values"
        text = f'{{"type":"{kind}","{of}":' * depth + '"long"' + "}" * depth
    return Bomb(f"avro: nested {kind}s", text, "AVRO", refuse=depth > 70 or None)


def avro_symbols(rng):
    n = rng.choice([9000, 11_000, 100_000])
    return Bomb("avro: huge enum", json.dumps({"type": "enum", "name": "E", "symbols": [f"s{i}" for i in range(n)]}), "AVRO", refuse=n > 10_000 or None)


def avro_types(rng):
    n = rng.choice([1900, 2100, 20_000])
    return Bomb("avro: union of many types", json.dumps([{"type": "fixed", "name": f"F{i}", "size": 4} for i in range(n)]), "AVRO", refuse=n > 2000 or None)


def avro_fixed(rng):
    return Bomb("avro: huge fixed", json.dumps({"type": "fixed", "name": "F", "size": rng.choice([2**31 - 1, 2**40, -1, 1e300])}), "AVRO", says="size|number|\\d")


def avro_default(rng):
    depth = rng.choice([60, 500, 50_000])
    kind = '{"type":"array","items":' * 50 + '"long"' + "}" * 50
    return Bomb("avro: deep default", f'{{"type":"record","name":"R","fields":[{{"name":"f","type":{kind},"default":{"[" * depth + "]" * depth}}}]}}', "AVRO", says=".")


def avro_exponential(rng):
    """Records that hold the next one twice, with defaults: walking all paths
    would never end."""
    n = rng.randint(18, 60)
    text = '"long"'
    for i in reversed(range(n)):
        text = f'{{"type":"record","name":"R{i}","fields":[{{"name":"a","type":{text}}},{{"name":"b","type":"{"long" if i == n - 1 else f"R{i + 1}"}"}}]}}'
    return Bomb("avro: doubling records", text, "AVRO")


def avro_aliases(rng):
    n = rng.choice([90, 1000, 50_000])
    return Bomb("avro: many aliases", json.dumps({"type": "record", "name": "R", "aliases": [f"A{i}" for i in range(n)], "fields": []}), "AVRO", refuse=n > 100 or None)


def avro_names(rng):
    n = rng.choice([400, 600, 100_000])
    return Bomb("avro: long names", json.dumps({"type": "record", "name": "R" * n, "fields": [{"name": "f" * n, "type": "long"}]}), "AVRO", refuse=n > 512 or None)


def avro_megabytes(rng):
    n = rng.choice([500_000, 900_000, 3_000_000])
    return Bomb("avro: megabytes of source", json.dumps({"type": "record", "name": "R", "doc": "x" * n, "fields": []}), "AVRO", refuse=n > 512 << 10 or None)


def avro_properties(rng):
    n = rng.choice([9000, 60_000])
    return Bomb("avro: many properties", json.dumps({"type": "record", "name": "R", "fields": [], **{f"p{i}": [i, {}] for i in range(n)}}), "AVRO")


# Protobuf.


def proto(body, head='syntax = "proto3";\n'):
    return head + body


def each(rng, n, line):
    """Something n times, in lines or all in one."""
    return rng.choice(["", "\n"]).join(line(i) for i in range(n))


def proto_nested(rng):
    depth = rng.choice([30, 62, 70, 300, 5000])
    return Bomb("protobuf: nested messages", proto(each(rng, depth, lambda i: f"message M{i} {{ ") + "}" * depth), "PROTOBUF", refuse=depth > 70 or None)


def proto_messages(rng):
    n = rng.choice([1900, 2100, 20_000])
    return Bomb("protobuf: many messages", proto(each(rng, n, lambda i: f"message M{i}{{}}")), "PROTOBUF", refuse=n > 2000 or None)


def proto_fields(rng):
    n = rng.choice([4900, 5100, 20_000, 50_000])
    return Bomb(f"protobuf: {n} fields", proto("message M{" + each(rng, n, lambda i: f"int64 f{i}={i + 1 if i < 18_999 else i + 1001};") + "}"), "PROTOBUF", refuse=n > 5000 or None)


def proto_oneofs(rng):
    n = rng.choice([1900, 3000, 12_000])
    return Bomb("protobuf: many oneofs", proto("message M{" + each(rng, n, lambda i: f"oneof o{i}{{int64 f{i}={i + 1};}}") + "}"), "PROTOBUF")


def proto_enum(rng):
    n = rng.choice([4900, 5100, 20_000])
    return Bomb("protobuf: huge enum", proto("enum E{" + each(rng, n, lambda i: f"V{i}={i};") + "}"), "PROTOBUF", refuse=n > 5000 or None)


def proto_import(rng):
    to = rng.choice(["/etc/passwd", "file:///etc/passwd", "../../etc/passwd", "http://127.0.0.1:1/x.proto", "absent.proto", "schema.proto", "default", "google/protobuf/absent.proto"])
    return Bomb("protobuf: files and absent imports", proto(f'import "{to}";\nmessage M {{}}'), "PROTOBUF", refuse=True, says="import|refer|found|name")


def proto_option(rng):
    depth = rng.choice([60, 1000, 10_000])
    kind = rng.choice(["{", "["])
    inner = "a {" * depth + "}" * depth if kind == "{" else "a: " + "[" * depth + "]" * depth
    return Bomb("protobuf: deep option", proto(f"message M {{ option (x) = {{ {inner} }}; }}"), "PROTOBUF", refuse=True, says=".")


def proto_ranges(rng):
    n = rng.choice([900, 1100, 15_000])
    return Bomb("protobuf: many reserved ranges", proto("message M{" + each(rng, n, lambda i: f"reserved {i * 3 + 1} to {i * 3 + 2};") + "}"), "PROTOBUF", refuse=n > 1000 or None)


def proto_extensions(rng):
    n = rng.choice([100, 3000])
    return Bomb("protobuf: extensions", proto("message M{extensions 1 to max;} extend M{" + each(rng, n, lambda i: f"optional int64 e{i}={i + 1};") + "}", 'syntax = "proto2";\n'), "PROTOBUF")


def proto_groups(rng):
    depth = rng.choice([30, 70, 2000])
    return Bomb("protobuf: nested groups", proto("message M{" + each(rng, depth, lambda i: f"optional group G{i}=1{{") + "}" * depth + "}", 'syntax = "proto2";\n'), "PROTOBUF", refuse=depth > 70 or None)


def proto_maps(rng):
    n = rng.choice([1000, 4000])
    return Bomb("protobuf: many maps", proto("message M{" + each(rng, n, lambda i: f"map<string,M> m{i}={i + 1};") + "}"), "PROTOBUF")


def proto_words(rng):
    what = rng.choice(["/*" * 100_000, "// x\n" * 40_000, ";" * 200_000, '"' + "\\x41" * 50_000, "message M{" + " " * 250_000, "a" * 200_000, "(" * 100_000, "-" * 100_000])
    return Bomb("protobuf: lots of one sign", proto(what), "PROTOBUF", says=".")


def proto_megabytes(rng):
    n = rng.choice([300_000, 1_000_000, 3_000_000])
    return Bomb("protobuf: megabytes of source", proto("// " + "x" * n + "\nmessage M {}"), "PROTOBUF", refuse=True)


def descriptor(rng):
    """What Python's and Node's serialisers send: a descriptor in base64."""
    which = rng.choice(["fields", "nested", "messages", "circle", "oneofs", "garbage", "numbers", "imports"])
    f = descriptor_pb2.FileDescriptorProto(name="m.proto", syntax="proto3", package="p")
    kinds = descriptor_pb2.FieldDescriptorProto
    n, refuse = rng.choice([100, 2500, 20_000]), None
    if which == "fields":
        m = f.message_type.add(name="M")
        for i in range(n):
            m.field.add(name=f"f{i}", number=i + 1 if i < 18_999 else i + 1001, type=kinds.TYPE_INT64, label=kinds.LABEL_OPTIONAL)
    elif which == "nested":
        m = f.message_type.add(name="M")
        for i in range(min(n, 90)):  # the library that makes them goes no deeper
            m = m.nested_type.add(name=f"N{i}")
    elif which == "messages":
        for i in range(n):
            f.message_type.add(name=f"M{i}")
    elif which == "circle":
        f.dependency.extend(["m.proto", "default"])
    elif which == "oneofs":
        m = f.message_type.add(name="M")
        for i in range(n):
            m.oneof_decl.add(name=f"o{i}")
    elif which == "numbers":
        m = f.message_type.add(name="M")
        for i in range(100):
            m.field.add(name=f"f{i}", number=rng.choice([0, -1, 2**31 - 1, 19_500]), type=kinds.TYPE_INT64)
        refuse = True
    elif which == "imports":
        f.dependency.extend(f"/etc/{i}.proto" for i in range(n))
        refuse = True
    raw = f.SerializeToString()
    if which == "garbage":
        raw, refuse = bytes(rng.randrange(256) for _ in range(200)) * rng.choice([1, 500, 3000]), True
    return Bomb(f"protobuf: descriptor, {which}", base64.b64encode(raw).decode(), "PROTOBUF", refuse=refuse, says=".")


# References and bodies.


def reference_doubling(rng):
    """Each schema refers to the one before twice; written out it would be 2^n."""
    n, first = 12, [("-0", json.dumps({"type": "string"}), [])]
    refs = lambda i: [{"name": f"{x}.json", "subject": f"-{i}", "version": 1} for x in "abcd"]  # noqa: E731
    text = json.dumps({"anyOf": [{"$ref": f"{x}.json"} for x in "abcd"]})
    for i in range(1, n):
        first.append((f"-{i}", text, refs(i - 1)))
    return Bomb("references: each twice the one before", text, first=first, references=refs(n - 1), refuse=None, says=".")


def reference_avro_chain(rng):
    n = 20
    first = [("-0", json.dumps({"type": "record", "name": "R0", "fields": []}), [])]
    make = lambda i: json.dumps({"type": "record", "name": f"R{i}", "fields": [{"name": "a", "type": f"R{i - 1}"}, {"name": "b", "type": f"R{i - 1}"}]})  # noqa: E731
    refs = lambda i: [{"name": f"R{i}", "subject": f"-{i}", "version": 1}]  # noqa: E731
    for i in range(1, n):
        first.append((f"-{i}", make(i), refs(i - 1)))
    return Bomb("references: a chain of doubling records", make(n), "AVRO", first=first, references=refs(n - 1), says=".")


def reference_itself(rng):
    return Bomb("references: to itself", json.dumps({"$ref": "a.json"}), references=[{"name": "a.json", "subject": "", "version": rng.choice([1, -1, 2])}], refuse=True, says="refer")


def reference_many(rng):
    n = rng.choice([101, 5000])
    return Bomb("body: too many references", json.dumps({}), references=[{"name": f"n{i}", "subject": "-x", "version": 1} for i in range(n)], refuse=True)


def body_deep(rng):
    depth = rng.choice([100, 100_000])
    return Bomb("body: deep", "", body=b'{"schema":"{}","schemaType":"JSON","metadata":' + b'{"a":' * depth + b"1" + b"}" * depth + b"}", refuse=True, says=".")


def body_wide(rng):
    n = rng.choice([300, 20_000])
    extra = {"metadata": {"properties": {f"p{i}": "v" for i in range(n)}}} if rng.random() < 0.5 else {"ruleSet": {"domainRules": [{"name": f"r{i}", "kind": "CONDITION", "mode": "WRITE", "type": "CEL", "expr": "true"} for i in range(n)]}}
    return Bomb("body: many properties or rules", "", body=json.dumps({"schema": "{}", "schemaType": "JSON", **extra}).encode(), refuse=True)


KINDS = [
    json_doubling, json_doubling_properties, json_deep, json_deep_list, json_deep_value, json_wide, json_enum, json_pattern, json_pattern_long, json_patterns,
    json_remote, json_cycle, json_megabytes, json_numbers, json_dynamic, json_required, pair_json, pair_json_recursive, pair_avro,
    avro_fields, avro_deep, avro_symbols, avro_types, avro_fixed, avro_default, avro_exponential, avro_aliases, avro_names, avro_megabytes, avro_properties,
    proto_nested, proto_messages, proto_fields, proto_oneofs, proto_enum, proto_import, proto_option, proto_ranges, proto_extensions, proto_groups,
    proto_maps, proto_words, proto_megabytes, descriptor, descriptor, reference_doubling, reference_avro_chain, reference_itself, reference_many,
    body_deep, body_wide,
]


def script():
    n, rng = lib.size(200), lib.rng()
    node = lib.Node().start()
    team = fresh("bombs")
    node.mesh(team, team)
    app = node.app(fresh("bomber"), team)
    client = registry.Registry(node.registry, (app.username, app.password), timeout=60)
    watch = Watch(node.process.pid)
    for _ in range(3):  # what a node takes once, for its first schemas
        for f, kind in registry.KINDS.items():
            client.register(f"{team}._private.warm-{f}", registry.schema(f, "Warm", "a"), kind)

    wrong = []
    answers, slowest, fattest = collections.Counter(), (0.0, ""), (0.0, "")
    for i in range(n):
        bomb = KINDS[i % len(KINDS)](rng)
        subject = f"{team}._private.b{i}"
        seen = [throw(client, watch, bomb, subject, wrong)]
        answers[seen[0][0]] += 1
        if seen[0][0] == 200:  # what is taken is looked at later, too
            seen += [(s, t, m, what) for what, s, t, m in later(node, client, watch, bomb, subject, wrong)]
        for s in seen:
            what = bomb.kind + (", " + s[3] if len(s) > 3 else "")
            slowest, fattest = max(slowest, (s[1] * 1000, what)), max(fattest, (s[2], what))
    measure(f"{n} bombs: answers", dict(sorted(answers.items())))
    measure(f"slowest ({slowest[1]})", slowest[0], "ms")
    measure("the node's own time, at most", watch.most * 1000, "ms")
    measure("tries that were made again, because others had the processor", watch.again)
    measure(f"most memory ({fattest[1]})", fattest[0], "MB")
    claim(node.alive(), "the node lives")
    for w in wrong:
        lib.say("  wrong: " + w)
    claim(not wrong, f"{len(wrong)} of {n} bombs")
    status, got = client.ask("GET", f"/subjects/{team}._private.warm-avro/versions")
    claim((status, got) == (200, [1]), f"the registry works as before: {status} {got}")
    measure("resident at the end", node.rss(), "MB")


def throw(client, watch, bomb, subject, wrong):
    """Throws one; gives status, seconds and megabytes."""
    count = iter(range(TRIES))

    def prepare():
        at = f"{subject}-{next(count)}"
        for end, text, references in bomb.first:
            refs = [dict(r, subject=at + r["subject"]) for r in references]
            status, got = client.register(at + end, text, bomb.format, references=refs)
            if status != 200:
                judge(bomb, status, got, wrong)
        path, payload = f"/subjects/{registry.quote(at)}/versions", bomb.payload(at)
        return lambda: send(client, path, payload)

    return timed(watch, bomb, prepare, lambda status, got: judge(bomb, status, got, wrong), wrong)


def later(node, client, watch, bomb, subject, wrong):
    """What is done with a schema that was taken: it is looked up, compared with
    itself, given in both forms, and its fields are listed."""
    at = registry.quote(f"{subject}-0")
    payload = bomb.payload(f"{subject}-0")

    def fields():
        status, _, got = node.api("GET", f"/api/v1/subjects/{at}/fields", timeout=60)
        return status, {"message": got.decode(errors="replace")}

    calls = {
        "looked up": lambda: client.ask("POST", f"/subjects/{at}?normalize=true", payload),
        "compared": lambda: client.ask("POST", f"/compatibility/subjects/{at}/versions/latest?verbose=true", payload),
        "given": lambda: client.ask("GET", f"/subjects/{at}/versions/latest?format=serialized"),
        "listed": fields,
    }
    for what, call in calls.items():

        def fine(status, got, what=what):
            if status != 200 and not (what == "looked up" and status == 404):
                wrong.append(f"{bomb.kind}, {what}: {status} {str(got)[:300]}")

        yield what, *timed(watch, bomb, lambda call=call: call, fine, wrong, what)


def timed(watch, bomb, prepare, check, wrong, what="thrown"):
    """Status, seconds and megabytes of the first try that can be judged."""
    for _ in range(TRIES):
        call = prepare()
        watch.begin()
        status, got = call()
        seconds, busy, others, grown = watch.end()
        check(status, got)
        late = seconds - MILLISECONDS / 1000
        if late < 0 or busy * 1000 >= MILLISECONDS or others < late:
            break
        watch.again += 1
    if late >= 0 or grown >= MEGABYTES:
        wrong.append(
            f"{bomb.kind} ({len(bomb.text)} bytes), {what}: {status} after {seconds * 1000:.0f} ms (the node was busy for {busy * 1000:.0f} ms, "
            f"others for {others * 1000:.0f} ms), {grown:.0f} MB: {str(got)[:200]}")
    return status, seconds, grown


def send(client, path, payload):
    """A body that is too large may be refused before it is sent to its end."""
    try:
        return client.ask("POST", path, payload)
    except (BrokenPipeError, ConnectionResetError):
        client.close()
        return 413, {"message": "the connection was closed while the body was sent"}


def judge(bomb, status, got, wrong):
    told = got.get("message", "") if isinstance(got, dict) else str(got)
    what = f"{bomb.kind} ({len(bomb.text)} bytes, {bomb.text[:80]!r})"
    if status == 200:
        if bomb.refuse:
            wrong.append(f"{what}: was taken")
        return
    expected = (413, 422, 409) if bomb.kind.startswith("pair") else (413, 422)
    if status not in expected:
        wrong.append(f"{what}: {status} {told[:300]}")
    elif status == 422 and not re.search(bomb.says, told):
        wrong.append(f"{what}: the refusal does not name what is too much: {told[:300]}")


TICK = 1 / os.sysconf("SC_CLK_TCK")  # of the clock of a process's own time


class Watch:
    """What a process takes for a call: seconds on the wall, seconds of its own,
    and how far its resident memory rises above where it was. Beside it, the
    seconds that all others on this machine had a processor."""

    def __init__(self, pid):
        self.status, self.reset = pathlib.Path(f"/proc/{pid}/status"), f"/proc/{pid}/clear_refs"
        self.stat, self.machine = pathlib.Path(f"/proc/{pid}/stat"), pathlib.Path("/proc/stat")
        self.again = 0  # tries that were made again
        self.most = 0.0  # of the process's own time in one try

    def cpu(self):
        """Of the process: user and system."""
        f = self.stat.read_text().rsplit(")", 1)[1].split()
        return (int(f[11]) + int(f[12])) * TICK

    def busy(self):
        """Of the machine: all but idle and waiting for disks."""
        f = list(map(int, self.machine.read_text().split("\n", 1)[0].split()[1:9]))
        return (sum(f) - f[3] - f[4]) * TICK

    def begin(self):
        fd = os.open(self.reset, os.O_WRONLY)
        os.write(fd, b"5")  # the peak begins anew
        os.close(fd)
        self.before = self._read("VmRSS:")
        self.began = time.monotonic(), self.cpu(), self.busy()

    def end(self):
        seconds, own = time.monotonic() - self.began[0], self.cpu() - self.began[1]
        self.most = max(self.most, own)
        others = self.busy() - self.began[2] - own
        return seconds, own, others, self._read("VmHWM:") - self.before

    def _read(self, name):
        for line in self.status.read_text().splitlines():
            if line.startswith(name):
                return int(line.split()[1]) / 1000
        return 0.0


lib.main(script)
