"""The Nexmark benchmark in a mesh: its products, its events, its queries."""

import json
import os
import pathlib
import time

import lib
from lib import claim, until

TOP = pathlib.Path(__file__).resolve().parents[2]
NEXMARK = TOP / "test" / "nexmark"
QUERIES = sorted((p.stem for p in (NEXMARK / "queries").glob("*.sql")), key=lambda q: int(q[1:]))
TABLE = ["--kind", "table", "--key", "id", "--key-encoding", "long"]
PRODUCTS = {
    "person": ["--partitions", "2", *TABLE],
    "auction": ["--partitions", "2", *TABLE],
    "bid": ["--partitions", "4"],
    "new-person": ["--partitions", "2"],
    "new-auction": ["--partitions", "2"],
}


class Mesh:
    """A node with the products of the benchmark and events in them."""

    def __init__(self, events, loader, cluster=None):
        registry = f"127.0.0.1:{lib.free_port(1)}"
        self.node = lib.Node(kafka=f"127.0.0.1:{lib.free_port(8)}", cluster=cluster, args=["--registry", registry]).start()
        self.node.mesh("nexmark", "nexmark")
        app = self.node.app("nexmark-load", "nexmark")
        for name, flags in PRODUCTS.items():
            schema = NEXMARK / f"{name.removeprefix('new-')}.avsc"
            self.node.product(
                f"nexmark.{name}", "--encoding", "avro", "--schema", str(schema), "--event-time", "date_time", "--lateness", "1s", *flags, app=app)
        self.held = self.load(loader, app, f"http://{registry}", events)
        # The first statement waits for the parser.
        until("statements are understood", 300, lambda: self.explain().code == 0)

    def explain(self):
        return self.node.weir("query", "explain", "--sql", "SELECT auction FROM nexmark.bid", check=False)

    def load(self, loader, app, registry, events):
        """Writes the events; gives how many records each product has."""
        argv = [loader, "--kafka", self.node.kafka, "--registry", registry, "--user", app.username, "--events", str(events)]
        r = lib.run(argv, timeout=3600, env=dict(os.environ, WEIR_PASSWORD=app.password))
        claim(r.code == 0, f"the events are written: {r.err}")
        lib.say(r.out.splitlines()[-1])
        return {line.split()[0].removesuffix(".v1"): int(line.split()[1]) for line in r.out.splitlines()[:-1]}

    def run(self, query, seconds=600, epoch="200ms"):
        """Runs a query over all that there is; gives what it cost."""
        name = f"nexmark.{query}"
        cost = Cost(self.node.process.pid)
        self.node.weir("query", "create", name, "--file", str(NEXMARK / "queries" / f"{query}.sql"), "--epoch", epoch)
        rows = sum(self.held[i] for i in self.state(name)["inputs"])
        done = until(f"{name} has read everything", seconds, lambda: self.done(name, rows))
        figures = cost.of(rows, done)
        self.node.weir("query", "delete", name, "--destroy-data")
        return figures

    def state(self, name):
        status, _, body = self.node.api("GET", "/api/v1/queries")
        claim(status == 200, f"the queries are listed: {body}")
        return next(q for q in json.loads(body)["items"] if q["name"] == name)

    def done(self, name, rows):
        """The query's status, once it has read that many records."""
        q = self.state(name)
        if q["state"] == "stopped":
            raise SystemExit(f"{name} stopped: {q.get('why')}")
        s = q.get("status") or {}
        if s.get("running") and s.get("lag") == 0 and s.get("rowsIn") == rows:
            if s["aside"] > s["late"]:
                raise SystemExit(f"{name} set rows aside that came in time: {s}")
            if s["late"]:  # a partition that was read slowly was taken for idle
                lib.say(f"{name}: {s['late']} rows came late and are left out")
            return s
        if s.get("running") and s.get("lag") == 0 and s.get("error"):
            raise SystemExit(f"{name} was interrupted, so it did not read all at once: {s['error']}")
        raise lib.Failed(f"{q['state']}: {s}")


class Cost:
    """What a process costs from now on."""

    def __init__(self, pid):
        self.proc = pathlib.Path(f"/proc/{pid}")
        (self.proc / "clear_refs").write_text("5")  # the most memory counts anew
        self.begin, self.cpu = time.monotonic(), self.used()

    def used(self):
        """Seconds of processor time."""
        fields = (self.proc / "stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def of(self, rows, status):
        """Figures of so many rows."""
        seconds, cpu = time.monotonic() - self.begin, self.used() - self.cpu
        most = next(int(l.split()[1]) for l in (self.proc / "status").read_text().splitlines() if l.startswith("VmHWM:"))
        return {
            "rows": rows, "seconds": seconds, "cpu": cpu, "perSecond": rows / seconds, "perCPU": rows / cpu,
            "memory": most / 1000, "state": status["state"] / 1e6, "out": status["rowsOut"],
        }

