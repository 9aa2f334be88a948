"""kill -9 at random moments while changes and records are acknowledged: none of
them is lost, none is half there, none is there twice, and the chain verifies.
One idempotent producer lives through all kills and goes on by itself."""

import http.client
import json
import threading
import time

from confluent_kafka import Producer

import lib
from lib import claim, fresh, measure

TEAMS = "/api/v1/teams"


def script():
    rounds = lib.size(4)
    rng = lib.rng()
    node = lib.Node(kafka=f"127.0.0.1:{lib.free_port(8)}").start()
    team = fresh("team")
    node.mesh(team, team)
    app = node.app(fresh("writer"), team)
    topic = node.product(f"{team}.facts", "--partitions", "2", app=app)

    changes, restart = [], 0.0
    records = Records(app, topic)
    for i in range(rounds):
        before = len(records.done)
        writers = [Changes(node, f"{team}-{i}-{w}") for w in range(4)]
        lib.until("everybody has something acknowledged", 60, lambda: all(w.done for w in writers) and len(records.done) > before, pause=0.01)
        time.sleep(rng.uniform(0.05, 1))
        node.kill9()
        for w in writers:
            w.thread.join(60)
            claim(not w.thread.is_alive(), "the clients notice")
            changes += w.done
        node.start()
        restart = max(restart, node.ready_seconds)
        check_changes(node, changes)
    records.end()
    check_records(app, topic, records)
    measure(f"{rounds} kills: changes acknowledged", len(changes))
    measure("records acknowledged, by one producer that lived through all kills", len(records.done))
    measure("lost, half, or doubled", 0)
    measure("longest restart until ready", restart, "s")


def check_changes(node, changes):
    r = node.weir("audit", "verify", check=False)
    claim(r.code == 0, f"the chain verifies: {r.err}")
    teams = [t["name"] for t in node.weir("team", "list", "-o", "json").json()]
    claim(len(teams) == len(set(teams)), "no change is there twice")
    lost = set(changes) - set(teams)
    claim(not lost, f"{len(lost)} acknowledged changes are lost: {sorted(lost)[:3]}")


def check_records(app, topic, records):
    got = {}
    for line in app.consume(topic, "-f", "%p %s\\n"):
        partition, value = line.split()
        got.setdefault(partition, []).append(int(value))
    everything = [v for vs in got.values() for v in vs]
    claim(len(everything) == len(set(everything)), f"{len(everything) - len(set(everything))} records are there twice")
    lost = records.done - set(everything)
    claim(not lost, f"{len(lost)} acknowledged records are lost: {sorted(lost)[:3]}")
    claim(not records.failed, f"{len(records.failed)} records failed, first: {records.failed[:1]}")
    claim(all(vs == sorted(vs) for vs in got.values()), "the order in each partition is that of the producer")


class Changes:
    """Creates teams one after the other until the node is gone."""

    def __init__(self, node, prefix):
        self.node, self.prefix, self.done = node, prefix, []
        self.thread = threading.Thread(target=self._work, daemon=True)
        self.thread.start()

    def _work(self):
        for i in range(100_000):
            name = f"{self.prefix}-{i}"
            try:
                status, _, body = self.node.api("POST", TEAMS, {"name": name}, timeout=10)
            except (OSError, http.client.HTTPException):
                return  # whether this one was done is open
            if status != 201:
                return
            if json.loads(body)["name"] == name:
                self.done.append(name)


class Records:
    """An idempotent producer that writes numbers, and never gives up."""

    def __init__(self, app, topic):
        self.producer = Producer(app.confluent(enable_idempotence=True, linger_ms=2, message_timeout_ms=120_000, reconnect_backoff_max_ms=300))
        self.topic, self.done, self.failed, self.ending = topic, set(), [], threading.Event()
        self.thread = threading.Thread(target=self._work, daemon=True)
        self.thread.start()

    def _work(self):
        i = 0
        while not self.ending.is_set():
            for _ in range(50):
                try:
                    self.producer.produce(self.topic, str(i), on_delivery=self._delivered)
                    i += 1
                except BufferError:
                    break
            self.producer.poll(0.01)

    def _delivered(self, err, message):
        if err is None:
            self.done.add(int(message.value()))
        else:
            self.failed.append(str(err))

    def end(self):
        """Sends what is left; everything must arrive."""
        self.ending.set()
        self.thread.join(30)
        left = self.producer.flush(60)
        claim(left == 0, f"{left} records were never acknowledged; failed: {self.failed[:1]}")


lib.main(script)
