"""kill -9 at random moments while changes and records are acknowledged: none of
them is lost, none is half there, none is there twice, and the chain verifies."""

import http.client
import json
import threading
import time

from confluent_kafka import KafkaException, Producer

import lib
from lib import claim, fresh, measure

TEAMS = "/api/v1/teams"


def script():
    rounds = lib.size(4)
    rng = lib.rng()
    node = lib.Node().start()
    team = fresh("team")
    node.mesh(team, team)
    app = node.app(fresh("writer"), team)
    topic = node.product(f"{team}.facts", "--partitions", "2", app=app)

    changes, unsure, records = [], set(), set()
    restart = 0.0
    for i in range(rounds):
        writers = [Changes(node, f"{team}-{i}-{w}") for w in range(4)]
        sender = Records(app, topic, f"{i}")
        for t in (*writers, sender):
            t.thread.start()
        lib.until("everybody has something acknowledged", 30, lambda: all(t.done for t in (*writers, sender)), pause=0.01)
        time.sleep(rng.uniform(0.05, 1))
        node.kill9()
        for t in (*writers, sender):
            t.thread.join(60)
            claim(not t.thread.is_alive(), "the clients notice")
        for w in writers:
            changes += w.done
            unsure |= w.unsure
        records |= sender.done
        node.start()
        restart = max(restart, node.ready_seconds)
        check(node, app, topic, changes, unsure, records)
    measure(f"{rounds} kills: changes acknowledged", len(changes))
    measure("records acknowledged", len(records))
    measure("lost, half, or doubled", 0)
    measure("longest restart until ready", restart, "s")


def check(node, app, topic, changes, unsure, records):
    r = node.weir("audit", "verify", check=False)
    claim(r.code == 0, f"the chain verifies: {r.err}")
    teams = [t["name"] for t in node.weir("team", "list", "-o", "json").json()]
    claim(len(teams) == len(set(teams)), "no change is there twice")
    lost = set(changes) - set(teams)
    claim(not lost, f"{len(lost)} acknowledged changes are lost: {sorted(lost)[:3]}")
    lib.until(f"{app} reads its topic", 60, lambda: topic in app.topics(), pause=0.2)
    got = app.consume(topic)
    claim(len(got) == len(set(got)), f"{len(got) - len(set(got))} records are there twice")
    lost = records - set(got)
    claim(not lost, f"{len(lost)} acknowledged records are lost: {sorted(lost)[:3]}")


class Changes:
    """Creates teams one after the other until the node is gone."""

    def __init__(self, node, prefix):
        self.node, self.prefix, self.done, self.unsure = node, prefix, [], set()
        self.thread = threading.Thread(target=self._work, daemon=True)

    def _work(self):
        for i in range(100_000):
            name = f"{self.prefix}-{i}"
            try:
                status, _, body = self.node.api("POST", TEAMS, {"name": name}, timeout=10)
            except (OSError, http.client.HTTPException):
                self.unsure.add(name)
                return
            if status != 201:
                return
            if json.loads(body)["name"] == name:
                self.done.append(name)


class Records:
    """An idempotent producer that writes until the node is gone."""

    def __init__(self, app, topic, prefix):
        self.producer = Producer(app.confluent(enable_idempotence=True, linger_ms=2, message_timeout_ms=2500))
        self.topic, self.prefix, self.done, self.ending = topic, prefix, set(), False
        self.thread = threading.Thread(target=self._work, daemon=True)

    def _work(self):
        i = 0
        while not self.ending and i < 1_000_000:
            value = f"{self.prefix}-{i}"
            try:
                self.producer.produce(self.topic, value, on_delivery=self._delivered)
                i += 1
            except (BufferError, KafkaException):
                time.sleep(0.01)
            if i % 200 == 0:
                self.producer.poll(0.005)
        self.producer.flush(5)

    def _delivered(self, err, message):
        if err is None:
            self.done.add(message.value().decode())
        else:
            self.ending = True


lib.main(script)
