"""Who may know of a subject, read it and write it: every kind of principal
against every kind of subject and every verb of the registry. What may not be
known of answers as what does not exist; what ends (an application, its
password, a token) is refused within two seconds on connections that are open."""

import json
import threading
import time

import lib
import registry
from lib import claim, fresh, measure

LIMIT = 2.0
READS = ["read", "list", "id", "lookup", "check", "config?"]
WRITES = ["register", "config", "mode", "delete"]


def script():
    node = lib.Node().start()
    w = World(node)
    table(w)
    shared_schema(w)
    references(w)
    anonymous(node, w)
    ends(node, w)


class World:
    """Two domains, and somebody of every kind."""

    def __init__(self, node):
        self.node, self.count = node, 0
        self.mine, self.yours = fresh("mine"), fresh("yours")
        node.mesh(self.mine, self.mine)
        node.mesh(self.yours, self.yours)
        ann, ben = fresh("ann"), fresh("ben")
        for person, team in ((ann, self.mine), (ben, self.yours)):
            node.weir("person", "create", person)
            node.weir("team", "add", team, person)
        own, other = node.app(fresh("own"), self.mine), node.app(fresh("other"), self.yours)
        self.apps = {"own": own, "other": other}
        self.admin = registry.Registry(node.registry, node.admin["token"])
        self.who = {
            "own application": registry.Registry(node.registry, (own.username, own.password)),
            "own person": registry.Registry(node.registry, (ann, self.token(ann))),
            "foreign application": registry.Registry(node.registry, (other.username, other.password)),
            "foreign person": registry.Registry(node.registry, self.token(ben)),
            "admin": self.admin,
        }
        node.weir("product", "create", f"{self.mine}.open", "--encoding", "avro")
        node.weir("product", "create", f"{self.mine}.request", "--encoding", "avro", "--access", "request")
        node.weir("product", "create", f"{self.mine}.hidden", "--encoding", "avro", "--visibility", "domain")
        self.subjects = {
            "visible product": f"{self.mine}.open.v1-value",
            "product with access on request": f"{self.mine}.request.v1-value",
            "hidden product": f"{self.mine}.hidden.v1-value",
            "private": f"{self.mine}._private.raw-value",
            "mesh": fresh("common.Money"),
        }
        self.ids = {}
        for kind, s in self.subjects.items():
            status, got = self.admin.register(s, registry.avro(name=self.record()))
            claim(status == 200, f"the first version of {s}: {status} {got}")
            self.ids[kind] = got["id"]
            status, got = self.admin.ask("PUT", f"/config/{s}", {"compatibility": "FULL"})
            claim(status == 200, f"the configuration of {s}: {status} {got}")

    def token(self, person):
        return self.node.weir("token", "create", "--for", person, "-o", "json").json()["token"]

    def record(self):
        self.count += 1
        return f"R{self.count}"

    # absent is a name of the same shape that nothing has.
    def absent(self, kind):
        return {
            "hidden product": f"{self.mine}.absent.v1-value", "private": f"{self.mine}._private.absent-value",
        }[kind]


def knows(who, kind):
    return not who.startswith("foreign") or kind not in ("hidden product", "private")


def writes(who, kind):
    return who == "admin" or (who.startswith("own") and kind != "mesh")


def table(w):
    checks = 0
    for kind, subject in w.subjects.items():
        for who, client in w.who.items():
            for verb in READS + WRITES:
                may = knows(who, kind) if verb in READS else writes(who, kind)
                judge(w, f"{who}: {verb} of a subject, {kind}", verb, client, kind, subject, may, knows(who, kind))
                checks += 1
    measure("principal × subject × verb, all as the table says", checks)
    status, left = w.admin.ask("GET", "/subjects")
    claim(set(w.subjects.values()) == set(left), f"nobody made a subject on the way: {left}")


def judge(w, what, verb, client, kind, subject, may, known):
    status, got = do(w, verb, client, subject, w.ids[kind])
    if may:
        claim(status == 200, f"{what}: refused: {status} {got}")
        return
    if known:
        claim((status, got.get("error_code")) == (403, 40301), f"{what}: should be 403: {status} {got}")
        return
    # Not even that it exists: the same answer as for what does not.
    absent = w.absent(kind)
    status2, got2 = do(w, verb, client, absent, 900_000_000)
    # a check against the latest of nothing finds nothing wrong, and what has no
    # configuration has the mesh's, as elsewhere
    claim(status in {"check": (200,), "config?": (200,), "register": (403,), "config": (403,), "mode": (403,)}.get(verb, (404,)), f"{what}: {status} {got}")
    said, said2 = blank(got, subject, w.ids[kind]), blank(got2, absent, 900_000_000)
    claim((status, said) == (status2, said2), f"{what}: is told apart from what does not exist: {status} {said}, {status2} {said2}")


def blank(got, subject, id_):
    """An answer without what was asked for."""
    text = got.get("message", "").replace(subject, "?").replace(f"Schema {id_} ", "Schema # ")
    return got.get("error_code"), text


def do(w, verb, client, subject, id_):
    """Status and answer of a verb; for list 200 or 404."""
    q = registry.quote(subject)
    if verb == "read":
        return client.ask("GET", f"/subjects/{q}/versions/latest")
    if verb == "list":
        status, got = client.ask("GET", "/subjects")
        return (200 if subject in got else 404, {}) if status == 200 else (status, got)
    if verb == "id":
        return client.ask("GET", f"/schemas/ids/{id_}")
    if verb == "lookup":
        text = text_of(w, subject)
        return client.lookup(subject, text)
    if verb == "check":
        return client.ask("POST", f"/compatibility/subjects/{q}/versions/latest", {"schema": text_of(w, subject)})
    if verb == "config?":
        return client.ask("GET", f"/config/{q}?defaultToGlobal=true")
    if verb == "register":
        return client.register(subject, follow(text_of(w, subject), w.record().lower()))
    if verb == "config":
        return client.ask("PUT", f"/config/{q}", {"compatibility": "FULL"})
    if verb == "mode":
        return client.ask("PUT", f"/mode/{q}", {"mode": "READWRITE"})
    return delete(w, client, subject)


def text_of(w, subject):
    """The newest schema; of what does not exist, any."""
    status, got = w.admin.ask("GET", f"/subjects/{registry.quote(subject)}/versions/latest")
    return got["schema"] if status == 200 else registry.avro()


def follow(text, field):
    record = json.loads(text)
    record["fields"].append(registry.optional(field))
    return json.dumps(record)


def delete(w, client, subject):
    """Deletes a version that the admin put there for that."""
    q = registry.quote(subject)
    status, got = w.admin.ask("GET", f"/subjects/{q}/versions/latest")
    if status != 200:
        return client.ask("DELETE", f"/subjects/{q}/versions/1")
    w.admin.register(subject, follow(got["schema"], w.record().lower()))
    return client.ask("DELETE", f"/subjects/{q}/versions/{got['version']}")


def shared_schema(w):
    """A schema that stands in a hidden and in a visible subject is known to a
    stranger by the visible one alone."""
    text = registry.avro(name=w.record())
    hidden, mine = w.subjects["private"] + "-2", fresh("common.Shared")
    ids = {w.admin.register(s, text)[1]["id"] for s in (hidden, mine)}
    claim(len(ids) == 1, f"the same schema has one id: {ids}")
    id_ = ids.pop()
    stranger, own = w.who["foreign application"], w.who["own application"]
    for path in ("subjects", "versions"):
        status, got = stranger.ask("GET", f"/schemas/ids/{id_}/{path}")
        claim(status == 200 and hidden not in json.dumps(got) and mine in json.dumps(got), f"{path} of a shared schema: {status} {got}")
        status, got = own.ask("GET", f"/schemas/ids/{id_}/{path}")
        claim(status == 200 and hidden in json.dumps(got), f"{path} of a shared schema, for its own: {status} {got}")
    status, got = stranger.ask("GET", "/schemas?subjectPrefix=" + w.mine)
    claim(status == 200 and not [s for s in got if s["subject"] in (hidden, w.subjects["hidden product"], w.subjects["private"])], f"/schemas shows what is hidden: {got}")
    measure("a schema in a hidden and a visible subject", "a stranger learns of the visible one alone")


def references(w):
    """One may refer to what one may know of, and to nothing else."""
    client, to = w.who["foreign application"], f"{w.yours}._private.refers"
    _, seen = w.admin.ask("GET", f"/subjects/{w.subjects['visible product']}/versions/latest")
    for kind, may in (("visible product", True), ("hidden product", False), ("private", False)):
        subject = w.subjects[kind]
        _, got = w.admin.ask("GET", f"/subjects/{registry.quote(subject)}/versions/latest")
        name = "shop." + json.loads(got["schema"])["name"]
        text = registry.avro({"name": "it", "type": name}, name=w.record())
        status, told = client.register(to + kind.replace(" ", "-"), text, references=[{"name": name, "subject": subject, "version": got["version"]}])
        claim((status == 200) == may, f"a foreign application refers to a subject, {kind}: {status} {told}")
        if not may:
            status2, absent = client.register(to + "-x", text, references=[{"name": name, "subject": w.absent(kind), "version": got["version"]}])
            claim((status, json.dumps(told).replace(subject, "?")) == (status2, json.dumps(absent).replace(w.absent(kind), "?")),
                  f"a reference to what is hidden is told apart from one to nothing: {told} {absent}")
    measure("references to subjects of another domain", "to the visible one alone")


def anonymous(node, w):
    own = w.apps["own"]
    for what, login in {
        "nobody": None, "a wrong password": (own.username, "wrong"), "an unknown name": ("nobody-1", own.password),
        "a wrong token": "weir_0123456789abcdef0123456789abcdef", "an empty password": (own.username, ""),
    }.items():
        for path in ("/", "/subjects", "/schemas/types", "/schemas/ids/1", "/config"):
            status, got = registry.Registry(node.registry, login).ask("GET", path)
            claim(status in (401, 429) and got.get("error_code") == status, f"{what} asks {path}: {status} {got}")
    status, _ = w.who["own application"].ask("GET", "/subjects")
    claim(status == 200, f"who is known is not kept waiting by them: {status}")
    measure("nobody, wrong passwords, unknown names, wrong tokens", "401")


def ends(node, w):
    """Each is used on one connection all the time, its password remembered."""
    worst = {}
    for i in range(lib.size(1)):
        app = node.app(fresh("ends"), w.yours)
        worst_of(worst, "app rotate", Use(node, (app.username, app.password)), lambda: node.weir("app", "rotate", app.name))
        app = node.app(fresh("ends"), w.yours)
        worst_of(worst, "app revoke", Use(node, (app.username, app.password)), lambda: node.weir("app", "revoke", app.name))
        app = node.app(fresh("ends"), w.yours)
        worst_of(worst, "app delete", Use(node, (app.username, app.password)), lambda: node.weir("app", "delete", app.name))
        got = node.weir("token", "create", "-o", "json").json()
        worst_of(worst, "token delete", Use(node, got["token"]), lambda: node.weir("token", "delete", got["name"]))
    for what, seconds in worst.items():
        measure(f"{what}: last answer after the command ended", seconds, "s")
        claim(seconds < LIMIT, f"{what}: answers went on for {seconds:.2f} s")


def worst_of(worst, what, use, end):
    lib.until(f"{what}: served before", 10, lambda: use.last)
    end()
    moment = time.monotonic()
    lib.until(f"{what}: refused", 10, lambda: use.told)
    claim(use.told[0] == 401, f"{what}: {use.told}")
    claim(use.connections == 1, f"{what}: all on one connection, not {use.connections}")
    worst[what] = max(worst.get(what, 0.0), use.last - moment)


class Use:
    """Asks all the time on one connection until it is refused."""

    def __init__(self, node, login):
        self.client = registry.Registry(node.registry, login)
        self.last, self.told, self.connections = 0.0, None, 0
        threading.Thread(target=self._work, daemon=True).start()

    def _work(self):
        used = None
        while self.told is None:
            status, got = self.client.ask("GET", "/subjects")
            if self.client.connection is not used:
                used, self.connections = self.client.connection, self.connections + 1
            if status != 200:
                self.told = (status, got)
            else:
                self.last = time.monotonic()
            time.sleep(0.005)


lib.main(script)
