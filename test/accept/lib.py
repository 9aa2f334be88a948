"""What the acceptance scripts share: a node of the built binary, its commands,
its API, and clients that log in at its gateway.

A script starts one or more nodes, claims, and measures. `claim` ends the script
with exit 1 at the first thing that is not so. Everything that a script started
ends with it, by process id.

Environment: WEIR_BIN (the binary; ./weir of the clone unless set),
WEIR_ACCEPT_CLUSTER (a Kafka cluster to put the gateway in front of; the
embedded broker unless set), SIZE (how much of its main thing a script does),
SEED (what its chances come from).
"""

import atexit
import http.cookiejar
import json
import os
import pathlib
import random
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

TOP = pathlib.Path(__file__).resolve().parents[2]
BIN = os.environ.get("WEIR_BIN", str(TOP / "weir"))
CLUSTER = os.environ.get("WEIR_ACCEPT_CLUSTER", "")
FRANZGO = os.environ.get("WEIR_FRANZGO", str(TOP / ".cache" / "accept" / "franzgo"))

_nodes = []
_folders = []


def size(small):
    """How much to do: SIZE, or a small default."""
    return int(os.environ.get("SIZE", small))


def rng():
    """Chance that can be had again: SEED, or 1."""
    return random.Random(int(os.environ.get("SEED", 1)))


def say(text):
    print(text, flush=True)


def measure(what, value, unit=""):
    """Prints something that was measured."""
    if isinstance(value, float):
        value = f"{value:.2f}" if value < 100 else f"{value:.0f}"
    say(f"  {what}: {value}{' ' + unit if unit else ''}")


class Failed(Exception):
    """A claim that does not hold."""


def claim(holds, text):
    """Ends the script unless the claim holds."""
    if not holds:
        raise Failed(text)


def main(script):
    """Runs a script and turns its outcome into an exit code."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        script()
    except Failed as e:
        say(f"FAILED: {e}")
        for n in _nodes:
            n.show_log()
        sys.exit(1)
    except Exception:
        for n in _nodes:
            n.show_log()
        raise


def fresh(prefix):
    """A name that no run before has used: on a cluster topics stay."""
    return f"{prefix}-{secrets.token_hex(3)}"


def folder():
    """A folder that goes when the script ends."""
    d = tempfile.mkdtemp(prefix="weir-accept-")
    _folders.append(d)
    return pathlib.Path(d)


@atexit.register
def _end():
    for n in _nodes:
        n.kill9()
    for d in _folders:
        shutil.rmtree(d, ignore_errors=True)


def until(what, seconds, attempt, pause=0.05):
    """Repeats attempt until it gives something true, which is returned."""
    end = time.monotonic() + seconds
    last = None
    while time.monotonic() < end:
        try:
            got = attempt()
            if got:
                return got
        except Failed as e:
            last = e
        time.sleep(pause)
    raise Failed(f"{what}: not within {seconds} s" + (f" ({last})" if last else ""))


class Done:
    """What a command that ended left."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    def json(self):
        return json.loads(self.out)


def run(argv, stdin=None, timeout=60, env=None, cwd=None):
    """Runs a program to its end; text in, text out."""
    data = stdin.encode() if isinstance(stdin, str) else stdin
    try:
        p = subprocess.run(argv, input=data if data is not None else b"", capture_output=True, timeout=timeout, env=env, cwd=cwd)
    except subprocess.TimeoutExpired as e:
        raise Failed(f"{' '.join(map(str, argv[:4]))} ... did not end within {timeout} s: {(e.stderr or b'').decode(errors='replace')[-800:]}")
    return Done(p.returncode, p.stdout.decode(errors="replace"), p.stderr.decode(errors="replace"))


class App:
    """An application with what it logs in with."""

    def __init__(self, node, name, username, password):
        self.node, self.name, self.username, self.password = node, name, username, password

    def __repr__(self):
        return self.name

    def kcat(self, *args, stdin=None, timeout=60, mechanism="SCRAM-SHA-256"):
        """Runs kcat as this application."""
        return run(["kcat", *self.kcat_login(mechanism), *args], stdin=stdin, timeout=timeout)

    def kcat_login(self, mechanism="SCRAM-SHA-256"):
        return [
            "-b", self.node.kafka, "-X", "security.protocol=SASL_PLAINTEXT", "-X", f"sasl.mechanism={mechanism}",
            "-X", f"sasl.username={self.username}", "-X", f"sasl.password={self.password}",
            "-X", "broker.address.family=v4",
        ]

    def produce(self, topic, lines, *more):
        """Writes lines with kcat, all or a failed claim."""
        r = self.kcat("-P", "-t", topic, "-X", "message.timeout.ms=30000", *more, stdin="".join(l + "\n" for l in lines))
        claim(r.code == 0, f"{self} writes {len(lines)} records to {topic}: exit {r.code}: {r.err[-800:]}")

    def consume(self, topic, *more, timeout=60):
        """Reads a topic with kcat from its beginning to its end."""
        r = self.kcat("-C", "-t", topic, "-o", "beginning", "-e", "-q", *more, timeout=timeout)
        claim(r.code == 0, f"{self} reads {topic}: exit {r.code}: {r.err[-800:]}")
        return r.out.splitlines()

    def topics(self):
        """The names in the metadata that this application is shown."""
        r = self.kcat("-L", "-J", "-m", "10")
        claim(r.code == 0, f"{self} lists topics: {r.err[-800:]}")
        return {t["topic"] for t in json.loads(r.out)["topics"]}

    def confluent(self, **more):
        """The configuration of a confluent-kafka client."""
        conf = {
            "bootstrap.servers": self.node.kafka, "security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "SCRAM-SHA-512",
            "sasl.username": self.username, "sasl.password": self.password, "broker.address.family": "v4", "log_level": 2,
        }
        conf.update({k if k.endswith("_cb") else k.replace("_", "."): v for k, v in more.items()})
        return conf

    def python(self, **more):
        """The configuration of a kafka-python client."""
        conf = {
            "bootstrap_servers": self.node.kafka, "security_protocol": "SASL_PLAINTEXT", "sasl_mechanism": "SCRAM-SHA-256",
            "sasl_plain_username": self.username, "sasl_plain_password": self.password,
        }
        conf.update(more)
        return conf

    def franzgo(self, command, *args, timeout=120):
        """Runs the franz-go client of this folder as this application."""
        env = dict(os.environ, KAFKA=self.node.kafka, USERNAME=self.username, PASSWORD=self.password)
        return run([FRANZGO, command, *map(str, args)], timeout=timeout, env=env)


class Node:
    """One weir process on a folder."""

    def __init__(self, data=None, demo=False, cluster=None, args=(), http="127.0.0.1:0", kafka="127.0.0.1:0"):
        self.data = pathlib.Path(data) if data else folder() / "data"
        self.demo, self.args = demo, list(args)
        self.cluster = CLUSTER if cluster is None else cluster
        self.process = None
        self.listen = ["--http", http, "--kafka", kafka]
        self.http = self.kafka = self.registry = ""
        self.log = folder() / "log"
        self.lines = []
        _nodes.append(self)

    def start(self, timeout=180):
        """Starts the node and waits for the line that says it is ready, for as
        long as a very busy machine may need."""
        begin = time.monotonic()
        self.spawn()
        line = until("the ready line", timeout, self._ready_line, pause=0.005)
        self.ready_seconds = time.monotonic() - begin
        parts = dict(p.split("=", 1) for p in line.split()[1:])
        self.http, self.kafka, self.registry = parts["http"], parts["kafka"], parts["registry"]
        self.admin = json.loads((self.data / "admin.json").read_text())
        return self

    def spawn(self):
        argv = [BIN, "up", "--data", str(self.data), *self.listen, *self.args]
        if self.demo:
            argv.append("--demo")
        if self.cluster:
            argv += ["--cluster", self.cluster]
        self.lines = []
        claim(os.access(BIN, os.X_OK), f"there is a binary at {BIN}; make build")
        self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=open(self.log, "ab"), text=True)
        threading.Thread(target=self._drain, args=(self.process.stdout, self.lines), daemon=True).start()

    @staticmethod
    def _drain(pipe, lines):
        for line in pipe:
            lines.append(line.rstrip("\n"))

    def _ready_line(self):
        for line in list(self.lines):
            if line.startswith("ready "):
                return line
        code = self.process.poll()
        if code is not None:
            say(f"FAILED: weir up ended with exit {code} before it was ready")
            self.show_log()
            sys.exit(1)
        return None

    def show_log(self):
        if self.log.exists():
            say(f"--- the end of the log of {self.data}")
            say(self.log.read_text(errors="replace")[-4000:])

    def restart(self):
        return self.start()

    def kill9(self):
        """Ends the process as a power cut would end it."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()

    def stop(self, timeout=5.5):
        """Asks the process to end and gives its exit code."""
        begin = time.monotonic()
        self.process.terminate()
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise Failed(f"weir did not end within {timeout} s of SIGTERM")
        self.stop_seconds = time.monotonic() - begin
        return code

    def alive(self):
        return self.process.poll() is None

    def rss(self):
        """Resident memory in MB."""
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1000
        return 0.0

    # Commands and API.

    def weir(self, *args, token=None, timeout=60, check=True, stdin=None):
        """Runs a weir command as the admin, or with another token."""
        env = dict(os.environ, WEIR_URL=self.http, WEIR_TOKEN=token or self.admin["token"], HOME=str(self.data.parent))
        r = run([BIN, *args], timeout=timeout, env=env, stdin=stdin)
        if check:
            claim(r.code == 0, f"weir {' '.join(args)}: exit {r.code}: {r.err.strip()[-800:]}")
        return r

    def api(self, method, path, body=None, headers=None, token=None, timeout=30):
        """Asks the API; gives status, headers and body."""
        data = None if body is None else json.dumps(body).encode()
        req = urllib.request.Request(self.http + path, data=data, method=method)
        req.add_header("Authorization", "Bearer " + (token or self.admin["token"]))
        if data is not None:
            req.add_header("Content-Type", "application/json")
        for k, v in (headers or {}).items():
            req.add_header(k, v)
        try:
            with urllib.request.urlopen(req, timeout=timeout) as r:
                return r.status, dict(r.headers), r.read()
        except urllib.error.HTTPError as e:
            return e.code, dict(e.headers), e.read()

    def app(self, name, team):
        """Makes an application."""
        got = self.weir("app", "create", name, "--team", team, "-o", "json").json()
        return App(self, name, got["username"], got["password"])

    def mesh(self, team, domain):
        """Makes a team with a domain."""
        self.weir("team", "create", team)
        self.weir("domain", "create", domain, "--team", team)

    def product(self, name, *flags, app=None):
        """Makes a product and, given an application that may see it, waits for
        its topic; gives the topic's name."""
        self.weir("product", "create", name, *flags)
        topic = name + ".v1"
        if app:
            self.topic(topic, app)
        return topic

    def topic(self, topic, app):
        """Waits until an application sees a topic."""
        until(f"{app} sees {topic}", 30, lambda: topic in app.topics(), pause=0.1)

    def export(self):
        return run([BIN, "export"], env=dict(os.environ, WEIR_URL=self.http, WEIR_TOKEN=self.admin["token"], HOME=str(self.data.parent)), timeout=120)

    def browser(self):
        """A browser, without scripts, that is signed in as the admin."""
        password = re.search(r'with the password "([^"]+)"', self.log.read_text()).group(1)
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
        form = urllib.parse.urlencode({"user": "admin", "password": password, "next": "/"}).encode()
        req = urllib.request.Request(self.http + "/sign-in", data=form, headers={"Sec-Fetch-Site": "same-origin"})
        with opener.open(req, timeout=10) as r:
            claim(r.url.endswith("/"), f"signing in leads to {r.url}")
        return opener


def listening(pid):
    """The TCP ports on which a process listens."""
    inodes = set()
    for fd in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = os.readlink(fd)
        except OSError:
            continue
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    ports = set()
    for table in ("tcp", "tcp6"):
        for line in pathlib.Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            f = line.split()
            if f[3] == "0A" and f[9] in inodes:
                ports.add(int(f[1].rsplit(":", 1)[1], 16))
    return ports


def free_port(n):
    """A port below the ephemeral ones that is free, and the n behind it too."""
    for _ in range(100):
        first = random.randrange(20_000, 28_000)
        try:
            for p in range(first, first + n + 1):
                with socket.socket() as s:
                    s.bind(("127.0.0.1", p))
            return first
        except OSError:
            continue
    raise Failed(f"{n} free ports in a row")


def port(address):
    return int(address.rsplit(":", 1)[1])


def dial(address, timeout=10):
    host, p = address.rsplit(":", 1)
    return socket.create_connection((host, int(p)), timeout=timeout)
