"""kill -9 at random moments while schemas of every format are registered: each
registration that was acknowledged is there, under its id and version; no id is
two schemas, no schema two ids, and the ledger says the same."""

import http.client
import json
import threading
import time

import lib
import registry
from lib import claim, fresh, measure

WRITERS = 6
FIELDS = 12  # of a subject's newest schema; then comes another subject


def script():
    kills = lib.size(20)
    rng = lib.rng()
    node = lib.Node().start()
    team = fresh("team")
    node.mesh(team, team)
    app = node.app(fresh("writer"), team)

    known, restart = {}, 0.0  # (subject, version) or (subject, text): what was acknowledged
    for i in range(kills):
        writers = [Writer(node, app, team, i, w) for w in range(WRITERS)]
        lib.until("everybody has something acknowledged", 60, lambda: all(w.done for w in writers), pause=0.01)
        time.sleep(rng.uniform(0.02, 0.5))
        node.kill9()
        acknowledged = []
        for w in writers:
            w.thread.join(60)
            claim(not w.thread.is_alive(), "the clients notice")
            claim(w.odd is None, f"an answer that says neither yes nor that it is over: {w.odd}")
            acknowledged += w.done
        node.start()
        restart = max(restart, node.ready_seconds)
        whole(node, app, known, acknowledged)
    everything(node, app, known)
    ledger(node, app)
    measure(f"{kills} kills: registrations acknowledged", len(known))
    measure("ids", len({i for i in known.values()}))
    measure("lost, doubled, or under another id", 0)
    measure("longest restart until ready", restart, "s")


class Writer:
    """Registers growing schemas until the node is gone. Two writers of a format
    register the same schemas, in subjects of their own: they share the ids."""

    def __init__(self, node, app, team, round_, w):
        self.format = list(registry.KINDS)[w % 3]
        self.client = registry.Registry(node.registry, (app.username, app.password))
        self.team, self.round, self.w = team, round_, w
        self.done, self.odd = [], None
        self.thread = threading.Thread(target=self._work, daemon=True)
        self.thread.start()

    def _work(self):
        for i in range(100_000):
            name = f"R{self.round}N{i // FIELDS}"
            subject = f"{self.team}._private.{self.format}-{self.w}-{self.round}-{i // FIELDS}"
            text = registry.schema(self.format, name, *(f"f{k}" for k in range(i % FIELDS)))
            try:
                status, got = self.client.register(subject, text, registry.KINDS[self.format])
            except (OSError, http.client.HTTPException):
                return  # whether this one was done is open
            if status != 200:
                self.odd = None if status == 503 else (status, got)
                return
            self.done.append((subject, i % FIELDS + 1, self.format, text, got["id"]))


def whole(node, app, known, acknowledged):
    """What a round acknowledged is found by lookup, version and id."""
    r = node.weir("audit", "verify", check=False)
    claim(r.code == 0, f"the chain verifies: {r.err}")
    client = registry.Registry(node.registry, (app.username, app.password))
    for subject, version, format_, text, id_ in acknowledged:
        status, got = client.lookup(subject, text, registry.KINDS[format_])
        claim(status == 200, f"{subject} version {version}, acknowledged with id {id_}, is lost: {status} {got}")
        claim((got["id"], got["version"]) == (id_, version), f"{subject}: acknowledged as version {version} with id {id_}, and is {got['version']} with {got['id']}")
        known[subject, version] = id_


def everything(node, app, known):
    """The registry as a whole, once all kills are over."""
    client = registry.Registry(node.registry, (app.username, app.password))
    by_id, by_text, places = {}, {}, {}
    for s in pages(client):
        by_id.setdefault(s["id"], set()).add(s["schema"])
        by_text.setdefault((s.get("schemaType", "AVRO"), s["schema"]), set()).add(s["id"])
        claim((s["subject"], s["version"]) not in places, f"{s['subject']} has version {s['version']} twice")
        places[s["subject"], s["version"]] = s["id"]
    claim(all(len(t) == 1 for t in by_id.values()), "no id is two schemas")
    claim(all(len(i) == 1 for i in by_text.values()), f"no schema has two ids: {[i for i in by_text.values() if len(i) > 1][:3]}")
    wrong = {k: (v, places.get(k)) for k, v in known.items() if places.get(k) != v}
    claim(not wrong, f"{len(wrong)} acknowledged registrations are lost or others: {list(wrong.items())[:3]}")
    for subject in {s for s, _ in places}:
        versions = sorted(v for s, v in places if s == subject)
        claim(versions == list(range(1, len(versions) + 1)), f"{subject}: versions have no gap: {versions}")


def pages(client, size=1000):
    for offset in range(0, 1_000_000, size):
        status, got = client.ask("GET", f"/schemas?deleted=true&offset={offset}&limit={size}")
        claim(status == 200, f"{status} {got}")
        yield from got
        if len(got) < size:
            return


def ledger(node, app):
    """What the ledger holds is what the registry serves: ids, and where they are."""
    r = node.export()
    claim(r.code == 0, f"weir export: {r.err}")
    exported = json.loads(r.out)
    schemas, subjects = exported["schema"], exported["subject"]
    texts = {t["uid"]: t["body"] for t in exported["text"]}
    ids = [s["id"] for s in schemas]
    claim(len(ids) == len(set(ids)), "no id is given twice in the ledger")
    client = registry.Registry(node.registry, (app.username, app.password))
    all_ = list(pages(client))
    served = {(s["subject"], s["version"]): s["id"] for s in all_}
    theirs = [s for s in subjects if not s["name"].startswith("_weir.")]  # Weir's own product is not for this application
    held = {(s["name"], v["version"]): v["id"] for s in theirs for v in s.get("versions", [])}
    claim(served == held, f"the registry serves {len(served)} versions, the ledger holds {len(held)}: {list(served.items() ^ held.items())[:3]}")
    claim(set(held.values()) <= set(ids), "every version's schema is in the ledger")
    by_id = {s["id"]: texts[s["text"]] for s in schemas}
    claim(all(by_id[s["id"]] == s["schema"] for s in all_), "what is served under an id is the text in the ledger")
    measure("versions and ids in the ledger, the same as served", f"{len(held)}, {len(ids)}")


lib.main(script)
