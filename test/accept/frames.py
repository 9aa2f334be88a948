"""Garbage hurts nobody: random, torn and oversized frames before and after a
login, and connections that say nothing, while others work."""

import socket
import struct
import threading
import time

import lib
import raw
from lib import claim, fresh, measure

IDLE = 300


def script():
    frames = lib.size(1000)
    rng = lib.rng()
    node = lib.Node().start()
    team = fresh("team")
    node.mesh(team, team)
    app = node.app(fresh("app"), team)
    topic = node.product(f"{team}.calm", "--partitions", "1", app=app)
    app.produce(topic, ["before"])
    measure("resident at rest", node.rss(), "MB")
    steady = raw.login(app)

    idle = [lib.dial(node.kafka) for _ in range(IDLE // 2)]
    idle += [raw.login(app) for _ in range(IDLE - IDLE // 2)]
    begin = time.monotonic()
    app.produce(topic, ["among idle"])
    claim(app.consume(topic) == ["before", "among idle"], "a round trip works among idle connections")
    measure(f"kcat there and back beside {IDLE} idle connections", time.monotonic() - begin, "s")

    peak = Peak(node)
    kinds = [noise, huge, negative, torn, unknown, early, after_login, after_login_torn]
    begin = time.monotonic()
    for i in range(frames):
        send(rng, app, kinds[i % len(kinds)])
        claim(node.alive(), f"the node lives after frame {i} ({kinds[i % len(kinds)].__name__})")
        if i % 250 == 100:
            app.produce(topic, [f"during {i}"])
    measure(f"{frames} random and torn frames", f"{time.monotonic() - begin:.1f} s")
    for s in idle:
        s.close()

    app.produce(topic, ["after"])
    got = app.consume(topic)
    claim(got[0] == "before" and got[-1] == "after" and len(got) == 3 + len([i for i in range(frames) if i % 250 == 100]), f"nothing was lost or added: {got}")
    answer = raw.call(steady, 18, 0)
    claim(struct.unpack(">h", answer[:2]) == (0,), "a connection from before still works")
    claim(node.weir("audit", "verify").code == 0, "the chain verifies")
    measure("resident at most", peak.end(), "MB")
    measure("resident after", node.rss(), "MB")
    claim(peak.most < 400, f"it took {peak.most:.0f} MB, the promise is less than 400")


class Peak:
    """The most memory that a node had."""

    def __init__(self, node):
        self.node, self.most, self.ending = node, 0.0, threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()

    def _watch(self):
        while not self.ending.wait(0.05):
            self.most = max(self.most, self.node.rss())

    def end(self):
        self.ending.set()
        self.thread.join()
        self.most = max(self.most, self.node.rss())
        return self.most


def send(rng, app, kind):
    """One connection with one kind of garbage; whatever the node answers is
    fine, as long as it does not take long."""
    logged_in, data = kind(rng)
    s = raw.login(app) if logged_in else lib.dial(app.node.kafka)
    try:
        s.settimeout(0.02)
        s.sendall(data)
        s.recv(65536)
    except OSError:
        pass
    finally:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", rng.randrange(2), 0))
        s.close()


# Each kind gives whether it comes after a login, and the bytes.


def noise(rng):
    return False, rng.randbytes(rng.randrange(1, 2000))


def huge(rng):
    return False, struct.pack(">i", rng.choice([2**31 - 1, 2**30, 100_000_000, 17_000])) + rng.randbytes(64)


def negative(rng):
    return False, struct.pack(">i", -rng.randrange(1, 2**31)) + rng.randbytes(64)


def torn(rng):
    whole = raw.frame(raw.header(18, rng.randrange(5)) + rng.randbytes(20))
    return False, whole[: rng.randrange(1, len(whole))]


def unknown(rng):
    return False, raw.frame(raw.header(rng.choice([-1, 7, 99, 1000, 32767]), rng.randrange(-2, 30)) + rng.randbytes(30))


def early(rng):
    """Requests before the login, as if there had been one."""
    return False, raw.frame(raw.header(rng.randrange(0, 90), rng.randrange(0, 18)) + rng.randbytes(rng.randrange(200)))


def after_login(rng):
    """A key of the protocol with a body of noise, or of lengths that lie."""
    body = rng.choice([rng.randbytes(rng.randrange(400)), b"\x7f\xff\xff\xff" * rng.randrange(1, 40), b"\xff" * rng.randrange(1, 100), b"\x00" * rng.randrange(1, 100)])
    return True, raw.frame(raw.header(rng.randrange(0, 90), rng.randrange(0, 18)) + body)


def after_login_torn(rng):
    return True, struct.pack(">i", rng.choice([500, 50_000, 100_000_000])) + raw.header(rng.choice([0, 1, 3]), rng.randrange(3, 13)) + rng.randbytes(100)


lib.main(script)
