"""Who may know of what, read it and write it: every kind of topic against
every kind of application, then groups and transactional ids."""

import json

import lib
from lib import App, claim, fresh, measure

AUTHORIZATION, UNKNOWN = "authorization", "unknown"


def script():
    node = lib.Node().start()
    mine, yours = fresh("mine"), fresh("yours")
    node.mesh(mine, mine)
    node.mesh(yours, yours)
    own, other, allowed = node.app(fresh("own"), mine), node.app(fresh("other"), yours), node.app(fresh("allowed"), yours)

    open_ = node.product(f"{mine}.open", app=own)
    request = node.product(f"{mine}.request", "--access", "request", app=own)
    hidden = node.product(f"{mine}.hidden", "--visibility", "domain", app=own)
    private = f"{mine}._private.raw"
    node.weir("stream", "create", private)
    node.topic(private, own)
    node.weir("access", "allow", f"{mine}.request", "--app", allowed.name)
    topics = [open_, request, hidden, private]
    for t in topics:
        own.produce(t, ["seed"])

    # what metadata shows, what a fetch gives, what a produce does
    table = {
        own: (topics, topics, topics),
        other: ([open_, request], [open_], []),
        allowed: ([open_, request], [open_, request], []),
    }
    checks = 0
    for app, (sees, reads, writes) in table.items():
        shown = {t for t in app.topics() if t.startswith((mine + ".", yours + "."))}
        claim(shown == set(sees), f"{app} is shown {sorted(shown)}, should be {sorted(sees)}")
        checks += 1
        for t in topics:
            visible = t in sees
            judge(f"{app} reads {t}", t in reads, visible, read(app, t))
            judge(f"{app} writes {t}", t in writes, visible, write(app, t))
            checks += 2
    measure("application × topic × verb, all as the table says", checks)

    by_id(own, other, request, hidden)
    names(node, own, other, open_)
    people(node, mine, yours)


def read(app, topic):
    """None, or what the client was told."""
    r = app.kcat("-C", "-t", topic, "-o", "beginning", "-e", "-c", "1", "-m", "10", timeout=30)
    return None if r.code == 0 and r.out.strip() else r.err.lower()


def write(app, topic):
    r = app.kcat("-P", "-t", topic, "-X", "message.timeout.ms=3000", "-X", "topic.metadata.propagation.max.ms=0", stdin="x\n", timeout=30)
    return None if r.code == 0 and "failed" not in r.err.lower() else r.err.lower()


def judge(what, may, visible, told):
    if may:
        claim(told is None, f"{what}: refused: {told}")
        return
    claim(told is not None, f"{what}: was not refused")
    word = AUTHORIZATION if visible else UNKNOWN
    claim(word in told, f"{what}: should be told {word!r}: {told[-300:]}")


def by_id(own, other, request, hidden):
    """Topic ids are authorised as names are: franz-go asks by id."""
    for topic, want in ((request, "TOPIC_AUTHORIZATION_FAILED"), (hidden, "UNKNOWN_TOPIC_ID")):
        r = own.franzgo("topicid", topic)
        claim(r.code == 0, f"its own application learns the id of {topic}: {r.err}")
        r = other.franzgo("fetchid", r.out.strip())
        claim(r.code == 0, f"fetch of {topic} by id: {r.err}")
        claim(r.out.strip() == want or (want == "UNKNOWN_TOPIC_ID" and r.out.strip() == "UNKNOWN_TOPIC_OR_PARTITION"),
              f"a fetch of {topic} by id answers {r.out.strip()}, should be {want}")
    measure("fetches by topic id refused", 2)


def names(node, own, other, topic):
    """An application's groups and transactional ids carry its name."""
    cases = [
        ("group", own.name, True), ("group", own.name + ".one", True), ("group", own.name + "x", False), ("group", other.name, False),
        ("txn", own.name, True), ("txn", own.name + ".one", True), ("txn", own.name + "-x", False), ("txn", other.name, False),
    ]
    for what, name, may in cases:
        if what == "group":
            r = own.kcat("-X", f"group.id={name}", "-X", "auto.offset.reset=earliest", "-X", "session.timeout.ms=6000", "-c", "1", "-G", name, topic, timeout=45)
            ok, told = r.code == 0 and r.out.strip() != "", r.err.lower()
        else:
            r = own.franzgo("transact", topic, name, 1, "abort")
            ok, told = r.code == 0, r.err.lower()
        claim(ok == may, f"{own} uses {what} {name}: {'refused' if may else 'not refused'}: {told[-300:]}")
        if not may:
            claim("authorization" in told, f"{what} {name}: should be an authorization error: {told[-300:]}")
    measure("groups and transactional ids", len(cases))


def people(node, mine, yours):
    """Members do what concerns their domains; nobody learns of what is hidden."""
    ann, ben = fresh("ann"), fresh("ben")
    for person, team in ((ann, mine), (ben, yours)):
        node.weir("person", "create", person)
        node.weir("team", "add", team, person)
    tokens = {p: token_of(node, p) for p in (ann, ben)}
    node.weir("product", "create", f"{mine}.by-ann", token=tokens[ann])
    r = node.weir("product", "create", f"{mine}.by-ben", token=tokens[ben], check=False)
    claim(r.code == 1, f"a member of another team may not create a product here: exit {r.code}: {r.err}")
    seen = {p["name"] for p in node.weir("product", "list", "-o", "json", token=tokens[ben]).json()}
    claim(f"{mine}.open" in seen and f"{mine}.hidden" not in seen, f"a stranger's list has no hidden product: {sorted(seen)}")
    there = node.weir("product", "show", f"{mine}.hidden", token=tokens[ben], check=False)
    absent = node.weir("product", "show", f"{mine}.never-was", token=tokens[ben], check=False)
    claim(there.code == absent.code == 1, "a hidden product cannot be shown")
    claim(there.err.replace("hidden", "?") == absent.err.replace("never-was", "?"), f"what is hidden looks like what is not: {there.err!r}, {absent.err!r}")
    claim(f"{mine}.hidden" in {p["name"] for p in node.weir("product", "list", "-o", "json", token=tokens[ann]).json()}, "a member sees the domain's products")
    measure("rules about people", 5)


def token_of(node, person):
    """The text of a new token for somebody."""
    got = node.weir("token", "create", "--for", person, "-o", "json").json()
    return got["token"]


lib.main(script)
