"""The registry goes on reading while nothing can be written: serialisers that
know their schemas do not notice. A write is refused with a 503 that says so, and
works again when there is room; nothing is there by halves."""

import concurrent.futures
import resource
import time

import lib
import registry
from lib import claim, fresh, measure, until

READERS = 4


def script():
    node = lib.Node().start()
    team, others = fresh("team"), fresh("others")
    node.mesh(team, team)
    node.weir("team", "create", others)
    app, reader = node.app(fresh("app"), team), node.app(fresh("reader"), others)
    node.weir("product", "create", f"{team}.users", "--encoding", "avro")
    subject, one = f"{team}.users.v1-value", registry.avro()
    client = registry.Registry(node.registry, (app.username, app.password))
    status, got = client.register(subject, one)
    claim(status == 200, f"the first version: {status} {got}")
    id_ = got["id"]

    # No file of the node may grow: what a full disk is to it.
    before = resource.prlimit(node.process.pid, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
    refused = until("a write is refused", 30, lambda: refusal(client, subject))
    measure("a write says", refused["message"])
    claim(refused["error_code"] in (50001, 50002), f"a registry's code for it: {refused}")

    # Who is new logs in and reads all the same.
    reads(node, reader, subject, one, id_)
    with concurrent.futures.ThreadPoolExecutor(READERS) as pool:
        done = sum(pool.map(lambda _: load(node, reader, id_, lib.size(1)), range(READERS)))
    measure("reads by id meanwhile", f"{done / lib.size(1):.0f}/s")
    status, got = client.register(subject, one)
    claim((status, got.get("id")) == (200, id_), f"a schema that is there is registered as ever: {status} {got}")
    status, got = client.ask("POST", f"/compatibility/subjects/{subject}/versions/latest", {"schema": registry.avro(registry.optional("a"))})
    claim((status, got) == (200, {"is_compatible": True}), f"a check: {status} {got}")
    for verb, path, body in (("PUT", f"/config/{subject}", {"compatibility": "FULL"}), ("PUT", f"/mode/{subject}", {"mode": "READONLY"}), ("DELETE", f"/subjects/{subject}/versions/1", None)):
        status, got = client.ask(verb, path, body)
        claim(status == 503 or (verb == "DELETE" and 400 <= status < 500), f"{verb} {path}: {status} {got}")
    claim(node.alive(), "the node lives")

    resource.prlimit(node.process.pid, resource.RLIMIT_FSIZE, before)
    after = until("writes work again", 30, lambda: written(client, subject))
    claim(after["id"] == id_ + 1, f"no id was lost or doubled: {id_}, then {after}")
    node.stop()
    node.start()
    app.node = reader.node = node
    client = registry.Registry(node.registry, (app.username, app.password))
    status, versions = client.ask("GET", f"/subjects/{subject}/versions")
    claim((status, versions) == (200, [1, 2]), f"after a restart: {status} {versions}")
    r = node.weir("audit", "verify", check=False)
    claim(r.code == 0, f"the chain verifies: {r.err}")
    measure("registered before, while nothing could be written, and after", "1, 0, 1")


def refusal(client, subject):
    """The answer to a registration that cannot be kept."""
    status, got = client.register(subject, registry.avro(registry.optional("refused")))
    if status == 200:
        raise lib.Failed(f"a registration was acknowledged while nothing can be written: {got}")
    claim(status == 503, f"a clear refusal: {status} {got}")
    return got


def written(client, subject):
    status, got = client.register(subject, registry.avro(registry.optional("after")))
    return got if status == 200 else None


def reads(node, app, subject, text, id_):
    """Every kind of read."""
    client = registry.Registry(node.registry, (app.username, app.password))
    for path in (f"/schemas/ids/{id_}", f"/subjects/{subject}/versions/latest", f"/subjects/{subject}/versions", "/subjects", "/schemas", f"/schemas/ids/{id_}/versions", "/config", f"/config/{subject}?defaultToGlobal=true", "/mode", "/contexts"):
        status, got = client.ask("GET", path)
        claim(status == 200, f"GET {path} while nothing can be written: {status} {got}")
    status, got = client.lookup(subject, text)
    claim((status, got.get("id")) == (200, id_), f"a lookup while nothing can be written: {status} {got}")


def load(node, app, id_, seconds):
    client = registry.Registry(node.registry, (app.username, app.password))
    end, n = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        status, got = client.ask("GET", f"/schemas/ids/{id_}")
        claim(status == 200, f"by id: {status} {got}")
        n += 1
    return n


lib.main(script)
