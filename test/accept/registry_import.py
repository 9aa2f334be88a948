"""Apicurio Registry is filled with schemas in three languages, with references,
soft deletes, compatibility levels and modes; weir registry import copies it. A
copy that is killed in the middle goes on when it is run again; one that is
through writes nothing more; one that has something in its way writes nothing at
all. What came is compared here, not by Weir. SIZE is the subjects."""

import concurrent.futures
import json
import os
import re
import resource
import subprocess

import time
import urllib.error
import urllib.parse
import urllib.request

import lib
from lib import claim, measure, until

LANGUAGES = ["AVRO", "PROTOBUF", "JSON"]
LEVELS = ["BACKWARD", "FULL_TRANSITIVE", "FORWARD"]


def script():
    if lib.CLUSTER:
        lib.say("  schemas are not on the cluster: nothing else to show here")
        return
    theirs = apicurio()
    if theirs is None:
        return
    n, dice = lib.size(60), lib.rng()
    begin = time.monotonic()
    fill(theirs, n, dice)
    there = read(theirs)
    versions = sum(len(s["versions"]) for s in there["subjects"].values())
    measure("filled Apicurio Registry", f"{len(there['subjects'])} subjects, {versions} versions in {time.monotonic() - begin:.0f} s")
    claim(versions > n, "subjects have several versions")

    node = lib.Node().start()
    ours = Registry(node.http + "/registry", token=node.admin["token"])
    dry = node.weir("registry", "import", theirs.url, "--dry-run", timeout=600)
    claim(f"{versions} versions" in dry.out, f"a dry run says what there is to write: {dry.out}")
    claim(ours.get("/subjects?deleted=true") == [], "a dry run writes nothing")

    killed(node, ours, theirs, versions)
    finished(node, ours, theirs, there)
    later(node, ours, theirs)
    in_the_way(theirs)


def killed(node, ours, theirs, versions):
    """Breaks a copy off, twice, and shows that it went on where it ended."""
    had = 0
    for part in (4, 2):
        p = importing(node, theirs)
        goal = versions // part
        until(f"{goal} versions are here", 600, lambda: p.poll() is not None or count(ours) >= goal, pause=0.02)
        claim(p.poll() is None, f"the copy is still running at {goal} versions: {p.stderr.read() if p.poll() is not None else ''}")
        p.kill()
        p.wait()
        have = count(ours)
        claim(had < have < versions, f"a copy that was killed left a part: {have} of {versions} versions")
        measure("killed at", f"{have} of {versions} versions")
        had = have
    modes = [s for s in ours.get("/subjects?deleted=true") if ours.maybe("/mode/" + quote(s)) == {"mode": "IMPORT"}]
    claim(modes, "what is being written is in mode IMPORT")


def importing(node, theirs):
    env = dict(os.environ, WEIR_URL=node.http, WEIR_TOKEN=node.admin["token"], HOME=str(node.data.parent))
    return subprocess.Popen([lib.BIN, "registry", "import", theirs.url], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def count(r):
    """How many versions a registry lists, deleted ones too."""
    return sum(1 for _ in r.pages("/schemas?deleted=true"))


def finished(node, ours, theirs, there):
    """Runs the copy to its end, and compares."""
    before = count(ours)
    begin = time.monotonic()
    done = node.weir("registry", "import", theirs.url, "-o", "json", timeout=1800)
    took = time.monotonic() - begin
    report = done.json()
    versions = sum(len(s["versions"]) for s in there["subjects"].values())
    claim(report["planned"]["versions"] == versions - before, f"only what was missing is written: {report['planned']}, {before} of {versions} were here")
    claim(all(not row.get("different") for row in report["rows"]), f"Weir says that both are the same: {report['rows']}")
    measure("the rest was copied and all compared in", took, "s")
    measure("memory of the copying process", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000, "MB at most")
    measure("memory of the node", node.rss(), "MB")
    same(there, read(ours), theirs, ours)
    again = node.weir("registry", "import", theirs.url, timeout=1800)
    claim("written: 0 versions, 0 soft deletes, 0 configurations and 0 modes" in again.out, f"a copy that is through writes nothing: {again.out}")


def later(node, ours, theirs):
    """What comes later over there comes with the next copy; what was written
    here meanwhile stands in its way."""
    body = {"schema": avro("Later", 9)}
    theirs.post("/subjects/later-value/versions", body)
    node.weir("registry", "import", theirs.url, timeout=1800)
    got = ours.get("/subjects/later-value/versions/1")
    claim(got["id"] == theirs.get("/subjects/later-value/versions/1")["id"], "what came later over there has its id")
    new = ours.post("/subjects/mine-value/versions", {"schema": avro("Mine", 1)})
    ids = [int(v["id"]) for v in ours.pages("/schemas?deleted=true") if v["subject"] != "mine-value"]
    claim(new["id"] > max(ids), f"the next id given here is above all that came: {new['id']}, {max(ids)}")
    ours.post("/subjects/later-value/versions", {"schema": avro("Later", 10)})
    r = node.weir("registry", "import", theirs.url, check=False, timeout=1800)
    claim(r.code == 1 and "later-value version 2 is here but not there" in r.err, f"another version here is in the way, and named: {r.err}")


def in_the_way(theirs):
    """A node on which an id is another schema's already."""
    node = lib.Node().start()
    ours = Registry(node.http + "/registry", token=node.admin["token"])
    ours.post("/subjects/other/versions", {"schema": avro("Other", 1)})
    r = node.weir("registry", "import", theirs.url, check=False, timeout=1800)
    claim(r.code == 1 and "the id 1 of" in r.err and "another schema here" in r.err, f"an id that is another schema's is in the way, and named: {r.err}")
    claim(ours.get("/subjects?deleted=true") == ["other"], "nothing was written")


# Filling.


def fill(r, n, dice):
    """n subjects with up to five versions; then deletes, levels and modes."""
    r.put("/config", {"compatibility": "NONE"})
    r.post("/subjects/common-avro/versions", {"schema": avro("common.Money", 2)})
    r.post("/subjects/common-proto/versions", {"schemaType": "PROTOBUF", "schema": proto("Money", 2)})
    r.post("/subjects/common-json/versions", {"schemaType": "JSON", "schema": jsonschema(2)})
    subjects = [(f"s{i:05d}.topic-{'key' if i % 7 == 0 else 'value'}", LANGUAGES[i % 3], dice.randrange(1, 6), dice.random() < 0.3) for i in range(n)]
    subjects.append(("with a space-ä.value", "AVRO", 2, False))
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        for done in [pool.submit(fill_one, r, *s) for s in subjects]:
            done.result()
    # Two subjects that share a schema, and so an id.
    for name in ("twin-a", "twin-b"):
        r.post(f"/subjects/{name}/versions", {"schema": avro("Twin", 1)})
    chosen = dice.sample(subjects, max(6, n // 5))
    for i, (name, _, versions, _) in enumerate(chosen):
        path = "/subjects/" + quote(name)
        if i % 5 == 0:
            r.delete(path)
        elif i % 5 == 1 and versions > 1:
            r.delete(path + "/versions/1")
        elif i % 5 == 2 and versions > 1:
            r.delete(path + f"/versions/{versions}")
        elif i % 5 == 3:
            r.put("/config/" + quote(name), {"compatibility": LEVELS[i % 3]})
        else:
            r.put("/mode/" + quote(name), {"mode": "READONLY"})


def fill_one(r, name, language, versions, refers):
    for v in range(1, versions + 1):
        body = schema(name, language, v, refers)
        got = r.post("/subjects/" + quote(name) + "/versions", body)
        r.written[name, v] = dict(body, id=got["id"])


def schema(name, language, v, refers):
    word = "R" + re.sub("[^0-9a-z]", "", name) + "x"
    if language == "AVRO":
        body = {"schema": avro(word, v, "common.Money" if refers else None)}
        name = "common.Money"
    elif language == "PROTOBUF":
        body = {"schemaType": language, "schema": proto(word, v, "money.proto" if refers else None)}
        name = "money.proto"
    else:
        body = {"schemaType": language, "schema": jsonschema(v, word, "money.json" if refers else None)}
        name = "money.json"
    if refers:
        subject = {"AVRO": "common-avro", "PROTOBUF": "common-proto", "JSON": "common-json"}[language]
        body["references"] = [{"name": name, "subject": subject, "version": 1}]
    return body


def avro(name, fields, refers=None):
    fs = [{"name": f"f{i}", "type": ["null", "string"], "default": None, "doc": "Field \"%d\" ü" % i} for i in range(fields)]
    if refers:
        fs.append({"name": "money", "type": refers})
    return json.dumps({"type": "record", "name": name, "fields": fs, "owner": "accept"})


def proto(name, fields, imports=None):
    lines = ['syntax = "proto3";', "package accept;"]
    if imports:
        lines.append(f'import "{imports}";')
    body = [f"  string f{i} = {i + 1}; // the field {i}" for i in range(fields)]
    if imports:
        body.append(f"  Money money = {fields + 1};")
    return "\n".join([*lines, f"message {name} {{", *body, "}"]) + "\n"


def jsonschema(fields, title="Money", refers=None):
    props = {f"f{i}": {"type": "string", "maxLength": 10 + i} for i in range(fields)}
    if refers:
        props["money"] = {"$ref": refers}
    return json.dumps({"$schema": "http://json-schema.org/draft-07/schema#", "title": title, "type": "object", "properties": props})


# Reading and comparing, without Weir's own client.


class Registry:
    """A registry by its address."""

    def __init__(self, url, token=None):
        self.url, self.token = url, token
        self.written = {}  # by subject and version: what this script put there

    def ask(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        req = urllib.request.Request(self.url + path, data=data, method=method)
        req.add_header("Content-Type", "application/vnd.schemaregistry.v1+json")
        if self.token:
            req.add_header("Authorization", "Bearer " + self.token)
        try:
            with urllib.request.urlopen(req, timeout=60) as r:
                return json.loads(r.read() or b"null")
        except urllib.error.HTTPError as e:
            raise lib.Failed(f"{method} {path}: {e.code} {e.read().decode(errors='replace')[:500]}")

    def get(self, path):
        return self.ask("GET", path)

    def maybe(self, path):
        """What is there, or None."""
        try:
            return self.get(path)
        except lib.Failed as e:
            if " 404 " in str(e):
                return None
            raise

    def post(self, path, body):
        return self.ask("POST", path, body)

    def put(self, path, body):
        return self.ask("PUT", path, body)

    def delete(self, path):
        return self.ask("DELETE", path)

    def pages(self, path):
        """A long list, page by page."""
        at = 0
        while True:
            page = self.get(f"{path}&offset={at}&limit=1000")
            yield from page
            at += len(page)
            if len(page) < 1000:
                return


def quote(name):
    return urllib.parse.quote(name, safe="")


def read(r):
    """Everything that a registry holds, but the texts of what is wholly deleted:
    Apicurio Registry does not give those by their numbers."""
    names = list(dict.fromkeys(r.pages("/subjects?deleted=true")))
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        subjects = dict(zip(names, pool.map(lambda n: read_one(r, n), names)))
    return {"subjects": subjects, "config": r.get("/config")["compatibilityLevel"]}


def read_one(r, name):
    path = "/subjects/" + quote(name)
    every = r.get(path + "/versions?deleted=true")
    living = r.maybe(path + "/versions") or []
    out = {"versions": {}, "config": None, "mode": None}
    for v in every:
        got = r.maybe(path + f"/versions/{v}?deleted=true") if living else None
        out["versions"][v] = (v not in living, got)
    # Apicurio Registry answers for a subject without a level of its own with
    # NONE, and with what is in force if asked for it.
    own, in_force = r.maybe("/config/" + quote(name)), r.get("/config/" + quote(name) + "?defaultToGlobal=true")
    if own and own == in_force:
        out["config"] = own["compatibilityLevel"]
    mode = r.maybe("/mode/" + quote(name))
    if mode and mode["mode"] != "READWRITE":
        out["mode"] = mode["mode"]
    return out


def same(there, here, theirs, ours):
    """Claims that two registries hold the same."""
    claim(sorted(there["subjects"]) == sorted(here["subjects"]), f"the same subjects: {set(there['subjects']) ^ set(here['subjects'])}")
    claim(there["config"] == here["config"], f"the same level for all: {there['config']}, {here['config']}")
    deleted = configs = modes = hidden = 0
    for name, a in there["subjects"].items():
        b = here["subjects"][name]
        claim(sorted(a["versions"]) == sorted(b["versions"]), f"{name} has the same versions: {a['versions']} {b['versions']}")
        for v, (gone, was) in a["versions"].items():
            claim(b["versions"][v][0] == gone, f"{name} version {v} is deleted on both sides or on none")
            deleted += gone
            if was is None:
                hidden += 1
                was = theirs.written[name, v]
            now = b["versions"][v][1] or ours.get("/subjects/" + quote(name) + f"/versions/{v}?deleted=true")
            claim(meaning(was) == meaning(now), f"{name} version {v} is the same: {was} {now}")
        level = a["config"] if a["config"] != there["config"] else None
        claim(level == (b["config"] if b["config"] != here["config"] else None), f"{name} has the same level: {a['config']}, {b['config']}")
        claim(a["mode"] == b["mode"], f"{name} has the same mode: {a['mode']}, {b['mode']}")
        configs, modes = configs + bool(level), modes + bool(a["mode"])
    claim(deleted and configs and modes and hidden, f"there was something of everything: {deleted} {configs} {modes} {hidden}")
    measure("the same on both sides, by ids, texts, references, deletes", f"{deleted} deleted versions, {configs} levels, {modes} modes")


def meaning(v):
    """What a version says, however its text is laid out."""
    language = v.get("schemaType", "AVRO")
    if language == "PROTOBUF":
        text = re.sub(r"//[^\n]*", "", v["schema"])
        text = re.sub(r"\s+", " ", re.sub(r"([{};=])", r" \1 ", text)).strip()
    else:
        text = json.loads(v["schema"])
    refs = sorted((r["name"], r["subject"], r["version"]) for r in v.get("references") or [])
    return v["id"], language, text, refs


def apicurio():
    """Starts it, or says why not."""
    first = lib.free_port(1)
    env = dict(os.environ, APICURIO_PORT=str(first), APICURIO_MANAGEMENT_PORT=str(first + 1), APICURIO_RUN=str(lib.folder()))
    command = str(lib.TOP / "scripts" / "apicurio")
    code = subprocess.run([command, "start"], env=env).returncode
    if code == 3 and os.environ.get("CI") != "true":
        lib.say("SKIPPED: Apicurio Registry cannot be had. Nothing was imported.")
        return None
    claim(code == 0, f"Apicurio Registry starts: exit {code}")
    lib.atexit.register(lambda: subprocess.run([command, "stop"], env=env, stderr=subprocess.DEVNULL))
    return Registry(subprocess.run([command, "address"], env=env, capture_output=True, text=True, check=True).stdout.strip())


lib.main(script)
