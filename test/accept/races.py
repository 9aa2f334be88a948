"""Two creations of one name at the same time: one wins, the others are told.
A request that is repeated with its idempotency key is done once."""

import collections
import concurrent.futures
import json
import secrets

import lib
from lib import claim, fresh, measure

TEAMS = "/api/v1/teams"


def script():
    rounds, wide = lib.size(5), 20
    node = lib.Node().start()
    pool = concurrent.futures.ThreadPoolExecutor(wide)

    for _ in range(rounds):
        name = fresh("raced")
        codes = collections.Counter(pool.map(lambda _: create(node, name)[0], range(wide)))
        claim(codes[201] == 1 and codes[409] == wide - 1, f"{wide} creations of one name answer {dict(codes)}")
    measure(f"{rounds} names, {wide} creations of each at once", "1 won, the others were told (409)")

    name = fresh("raced")
    winners = list(pool.map(lambda _: node.weir("team", "create", name, check=False), range(2)))
    claim(sorted(w.code for w in winners) == [0, 1], f"two commands at once: exits {[w.code for w in winners]}")
    loser = max(winners, key=lambda w: w.code)
    claim(name in loser.err, f"the loser is told which name is taken: {loser.err}")

    for _ in range(rounds):
        name, key = fresh("once"), secrets.token_hex(8)
        answers = list(pool.map(lambda _: create(node, name, key), range(wide)))
        claim({a[0] for a in answers} == {201}, f"one request {wide} times with its key answers {[a[0] for a in answers]}")
        claim(len({a[1]["uid"] for a in answers}) == 1, "every repetition has the first answer")
    measure(f"{rounds} requests, each {wide} times with its key at once", "done once, one answer for all")

    key = secrets.token_hex(8)
    first, again, other = create(node, fresh("k"), key), None, None
    again = create(node, first[1]["name"], key)
    other = create(node, fresh("k"), key)
    claim(again == first, f"a repetition later has the same answer: {first} {again}")
    claim(other[0] == 409, f"the key with another request is a conflict: {other}")

    node.stop()
    node.start()
    claim(create(node, first[1]["name"], key) == first, "keys are known after a restart")
    entries = [e for e in node.weir("audit", "list", "-o", "json").json() if first[1]["name"] in json.dumps(e)]
    claim(len(entries) == 1, f"the repeated request is one entry: {len(entries)}")


def create(node, name, key=None):
    status, _, body = node.api("POST", TEAMS, {"name": name}, {"Idempotency-Key": key} if key else {})
    return status, json.loads(body)


lib.main(script)
