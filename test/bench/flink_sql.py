"""Apache Flink as test/bench/flink needs it: statements by the gateway for SQL,
jobs by the job manager, and what its processes cost."""

import json
import os
import pathlib
import subprocess
import time
import urllib.error
import urllib.request

TOP = pathlib.Path(__file__).resolve().parents[2]
SCRIPT = str(TOP / "scripts" / "flink")

# What makes it fast, as its own benchmarks have it: objects are used again,
# changes of groups are gathered, state is in memory. What is committed is
# committed every two seconds.
SETTINGS = {
    "execution.runtime-mode": "streaming",
    "execution.checkpointing.interval": "2 s",
    "state.backend.type": "hashmap",
    "pipeline.object-reuse": "true",
    "table.exec.mini-batch.enabled": "true",
    "table.exec.mini-batch.allow-latency": "2 s",
    "table.exec.mini-batch.size": "50000",
    "table.optimizer.distinct-agg.split.enabled": "true",
    "table.local-time-zone": "UTC",
}


class Failed(Exception):
    """A statement or a job that did not come to its end."""


class Flink:
    """A Flink of its own, from start to end of a with block."""

    def __enter__(self):
        if subprocess.run([SCRIPT, "start"]).returncode:
            raise Failed("Apache Flink was not started; WEIR_BENCH_ALONE=1 leaves it out")
        self.sql, self.jobs = self._say("addresses")
        self.pids = [int(p) for p in self._say("pids")]
        self.session = ask(self.sql + "/v2/sessions", {"properties": SETTINGS})["sessionHandle"]
        return self

    def __exit__(self, *_):
        subprocess.run([SCRIPT, "stop"], stderr=subprocess.DEVNULL)

    @staticmethod
    def _say(what):
        return subprocess.run([SCRIPT, what], check=True, stdout=subprocess.PIPE, text=True).stdout.split()

    def cost(self):
        """The processes that work: of the jobs and of the tasks, not of the gateway."""
        return Cost(self.pids[:2])

    def do(self, statement, seconds=120):
        """Runs a statement; gives the rows of its answer, or the job that it began."""
        base = f"{self.sql}/v2/sessions/{self.session}"
        operation = ask(base + "/statements", {"statement": statement})["operationHandle"]
        result, end = f"/v2/sessions/{self.session}/operations/{operation}/result/0?rowFormat=JSON", time.monotonic() + seconds
        while time.monotonic() < end:
            got = ask(self.sql + result)
            if got["resultType"] != "NOT_READY":
                return got.get("jobID"), [r["fields"] for r in got["results"]["data"]]
            time.sleep(0.1)
        raise Failed(f"not done within {seconds} s: {statement}")

    def finish(self, job, seconds=1800):
        """Waits until a job has read all and committed all; gives its seconds."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            got = ask(f"{self.jobs}/jobs/{job}")
            if got["state"] == "FINISHED":
                at = got["timestamps"]
                return (at["FINISHED"] - at["RUNNING"]) / 1000
            if got["state"] in ("FAILED", "CANCELED", "SUSPENDED") or at_fault(self.jobs, job):
                raise Failed(f"the job is {got['state']}: {at_fault(self.jobs, job)}")
            time.sleep(0.1)
        raise Failed(f"the job did not end within {seconds} s")


def at_fault(jobs, job):
    """The first error that a job met, if it met one."""
    entries = ask(f"{jobs}/jobs/{job}/exceptions")["exceptionHistory"]["entries"]
    return entries[0]["stacktrace"][:2000] if entries else ""


def ask(url, body=None):
    """Asks Flink's REST; an error says what its text says, without the places in its code."""
    data = None if body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data, {"Content-Type": "application/json"}), timeout=120) as r:
            return json.load(r)
    except urllib.error.HTTPError as e:
        text = "\n".join(json.loads(e.read())["errors"])
        raise Failed("\n".join(l for l in text.split("\n") if not l.startswith("\tat "))[-3000:])


class Cost:
    """What processes cost from now on: processor seconds, and memory at most."""

    def __init__(self, pids):
        self.pids = pids
        for p in pids:
            pathlib.Path(f"/proc/{p}/clear_refs").write_text("5")
        self.begin = self._cpu()

    def _cpu(self):
        ticks = 0
        for p in self.pids:
            ticks += sum(map(int, pathlib.Path(f"/proc/{p}/stat").read_text().rsplit(")", 1)[1].split()[11:13]))
        return ticks / os.sysconf("SC_CLK_TCK")

    def cpu(self):
        """Seconds of processors."""
        return self._cpu() - self.begin

    def memory(self):
        """The most that was resident, in MB."""
        lines = [l for p in self.pids for l in pathlib.Path(f"/proc/{p}/status").read_text().splitlines()]
        return sum(int(l.split()[1]) for l in lines if l.startswith("VmHWM:")) / 1000
