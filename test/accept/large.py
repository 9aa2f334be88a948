"""A topic with very many records is no burden: SIZE records are written with
kcat, and then the pages of the product, a look at its beginning, middle and
end, a condition that nothing has, the live view, `weir read` and the search
answer within bounds, whatever the number: of rows, of bytes and of memory. How
long each takes is measured; the promise of 200 ms is for a quiet machine, so
that here only a time in which nobody would wait fails the script. Which
partition has which record is said, not left to the client."""

import json
import statistics
import subprocess
import threading
import time
import urllib.parse
import urllib.request

import lib
from lib import claim, fresh, measure, until

PARTITIONS = 6
TIMES = 20
MOST = 20.0  # seconds for any answer here, on a machine that does much else


def script():
    n = lib.size(100_000)
    node = lib.Node(args=["--broker-no-sync"]).start()
    team = fresh("shop")
    node.mesh(team, team)
    node.weir("team", "add", team, "admin")
    app = node.app(fresh("writer"), team)
    name = f"{team}.large"
    topic = node.product(name, "--encoding", "json", "--partitions", str(PARTITIONS), app=app)
    small = f"{team}.small"
    small_topic = node.product(small, "--encoding", "json", "--partitions", str(PARTITIONS), app=app)
    fill_one(app, small_topic, PARTITIONS - 1, 0, 1000)
    begin = time.monotonic()
    fill(app, topic, n)
    took = time.monotonic() - begin
    measure(f"{n} records written", took, "s")
    held(node, name, n)
    before = node.rss()

    browser = node.browser()
    peak = Peak(node)
    middle = ",".join(f"{p}:{n // PARTITIONS // 2}" for p in range(PARTITIONS))
    pages(node, browser, name, middle)
    compared(node, browser, name, small)
    condition(node, browser, name)
    live(node, browser, name, app, topic)
    commands(node, name, middle, n)
    most = peak.end()
    measure("resident before, and at most, while it was looked at", f"{before:.0f} MB, {most:.0f} MB")
    claim(most - before < 300, f"looking at it took {most - before:.0f} MB")


def lines(begin, end):
    return (f'{{"n":{i},"who":"user-{i % 9973}","page":"/products/{i % 577}","area":"area-{i % 12}"}}' for i in range(begin, end))


def fill(app, topic, n):
    """Writes n records, as many in each partition, without holding them here."""
    for p in range(PARTITIONS):
        fill_one(app, topic, p, n * p // PARTITIONS, n * (p + 1) // PARTITIONS)


def fill_one(app, topic, partition, first, end, chunk=20_000):
    argv = [
        "kcat", *app.kcat_login(), "-P", "-t", topic, "-p", str(partition), "-z", "lz4", "-X", "batch.num.messages=10000", "-X", "linger.ms=20",
        "-X", "queue.buffering.max.messages=200000", "-X", "message.timeout.ms=120000",
    ]
    p = subprocess.Popen(argv, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    wrong = []
    reader = threading.Thread(target=lambda: wrong.append(p.stderr.read()), daemon=True)
    reader.start()
    try:
        for at in range(first, end, chunk):
            p.stdin.write(("\n".join(lines(at, min(at + chunk, end))) + "\n").encode())
        p.stdin.close()
        code = p.wait(600)
    finally:
        p.kill()
    reader.join(10)
    claim(code == 0, f"kcat writes {end - first} records to partition {partition}: exit {code}: {b''.join(wrong)[-800:]}")


def held(node, name, n):
    """The facts count them all."""

    def facts():
        return json.loads(node.api("GET", f"/api/v1/products/{name}/facts")[2]).get("records") == n

    until(f"the facts say {n} records", 120, facts)


def get(node, browser, path, tries=3):
    """Gets a page; how long it took, and its text. A page that says that it had
    no time is asked for again; any other failure is told with its text."""
    begin = time.monotonic()
    try:
        with browser.open(node.http + path, timeout=60) as r:
            text = r.read().decode()
    except urllib.error.HTTPError as e:
        if e.code == 503 and tries > 1:
            lib.say(f"  503 after {time.monotonic() - begin:.1f} s: {path}")
            return get(node, browser, path, tries - 1)
        raise lib.Failed(f"{path}: {e.code}: {e.read().decode()[:4000]}") from e
    return time.monotonic() - begin, text


def timed(what, times):
    times = sorted(times)
    p99 = times[min(len(times) - 1, int(len(times) * 0.99))]
    measure(what, f"first {times[0] * 1000:.0f}, median {statistics.median(times) * 1000:.0f}, p99 {p99 * 1000:.0f} ms")
    claim(p99 < MOST, f"{what} took {p99:.1f} s")


def pages(node, browser, name, middle):
    at = f"/products/{name}"
    for what, path, has in [
        ("the product's page", at, name),
        ("its fields, with a profile", at + "/fields", "who"),
        ("its newest records", at + "/records", "user-"),
        ("its records from the beginning", at + "/records?at=earliest", "user-"),
        ("its records in the middle", at + "/records?" + urllib.parse.urlencode({"at": middle}), "user-"),
        ("one record in the middle", at + "/records/" + middle.split(",")[0].replace(":", "/"), "user-"),
        ("explore, with its rate", "/explore?q=large", name),
    ]:
        times = []
        for _ in range(TIMES):
            took, text = get(node, browser, path)
            claim(has in text, f"{what} shows {has}")
            claim(len(text) < 1_000_000, f"{what} is {len(text)} bytes")
            times.append(took)
        timed(what, times)


def compared(node, browser, name, small):
    """The page of the newest records is as full for a product whose records are
    in one partition as for one with many in each."""
    rows = [shown(get(node, browser, f"/products/{p}/records")[1]) for p in (name, small)]
    claim(rows == [50, 50], f"{rows[0]} rows are shown of many records, {rows[1]} of those in one partition")


def shown(page):
    """How many records the page's table has, without its head."""
    table = page.partition('id="records"')[2].partition("</table>")[0]
    return table.count("<tr") - 1


def condition(node, browser, name):
    """A condition that nothing has is looked for within a bound, and the page
    says how far it looked."""
    path = f"/products/{name}/records?" + urllib.parse.urlencode({"at": "earliest", "where": "value.n < 0"})
    took, text = get(node, browser, path)
    measure("a condition that no record has", took * 1000, "ms")
    claim(took < MOST, f"looking for what is not there took {took:.1f} s")
    claim("user-" not in text and "<form" in text, "nothing is shown, and the form is")


def live(node, browser, name, app, topic):
    """The live view begins at the end: the next record that is written is the
    first that it shows."""
    begin = time.monotonic()
    with browser.open(node.http + f"/live/products/{name}/records?follow=true", timeout=60) as r:
        measure("the live view opens", (time.monotonic() - begin) * 1000, "ms")
        app.produce(topic, ['{"n":-1,"who":"user-live"}'])
        written = time.monotonic()
        while not (line := r.readline().decode()).startswith("data:"):
            pass
        measure("and shows what was just written", (time.monotonic() - written) * 1000, "ms")
        claim("user-live" in line, f"the first record of the live view is {line[:200]}")


def commands(node, name, middle, n):
    for what, args, rows in [
        ("weir read, the newest 10", ["-n", "10"], 10),
        ("weir read from the middle", ["--from", middle, "-n", "10"], 10),
        ("weir read from a time", ["--from", "24h", "-n", "10"], 10),
        ("weir read, until the beginning of the middle", ["--from", f"0:{n // PARTITIONS // 2}", "--until", f"0:{n // PARTITIONS // 2 + 5}"], 5),
    ]:
        times = []
        for _ in range(3):
            begin = time.monotonic()
            got = node.weir("read", name, *args, "-o", "json").out.splitlines()
            times.append(time.monotonic() - begin)
            claim(len(got) == rows, f"{what}: {len(got)} rows")
        timed(what, times)


class Peak:
    """The most memory that a node has while something is done."""

    def __init__(self, node):
        self.node, self.most, self.going = node, 0.0, True
        self.thread = threading.Thread(target=self._look, daemon=True)
        self.thread.start()

    def _look(self):
        while self.going:
            self.most = max(self.most, self.node.rss())
            time.sleep(0.05)

    def end(self):
        self.going = False
        self.thread.join(5)
        return self.most


lib.main(script)
