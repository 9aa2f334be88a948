"""What is revoked is refused within two seconds, on connections that are open:
an access that was allowed, and an application as a whole."""

import threading
import time

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer

import lib
import raw
from lib import claim, fresh, measure

LIMIT = 2.0


def script():
    rounds = lib.size(2)
    node = lib.Node().start()
    mine, yours = fresh("mine"), fresh("yours")
    node.mesh(mine, mine)
    node.weir("team", "create", yours)
    writer = node.app(fresh("writer"), mine)
    topic = node.product(f"{mine}.facts", "--access", "request", "--partitions", "1", app=writer)

    worst = {"access revoke, reader": 0.0, "app revoke, reader": 0.0, "app revoke, writer": 0.0}
    for i in range(rounds):
        reader = node.app(fresh("reader"), yours)
        node.weir("access", "allow", f"{mine}.facts", "--app", reader.name)
        with Load(writer, topic) as load:
            follow = Follower(reader, topic)
            node.weir("access", "revoke", f"{mine}.facts", "--app", reader.name)
            worst["access revoke, reader"] = max(worst["access revoke, reader"], follow.refused_after(time.monotonic()))

            node.weir("access", "allow", f"{mine}.facts", "--app", reader.name)
            follow = Follower(reader, topic)
            node.weir("app", "revoke", reader.name)
            worst["app revoke, reader"] = max(worst["app revoke, reader"], follow.refused_after(time.monotonic()))
            claim(load.failed is None, f"others go on writing meanwhile: {load.failed}")

            node.weir("app", "revoke", writer.name)
            worst["app revoke, writer"] = max(worst["app revoke, writer"], load.refused_after(time.monotonic()))
        r = reader.kcat("-L", "-m", "5")
        claim(r.code != 0, "a revoked application cannot log in")
        writer = node.app(fresh("writer"), mine)
    quiet(node, writer, yours, f"{mine}.facts", topic)
    for what, seconds in worst.items():
        measure(f"{what}: last record after the command ended, worst of {rounds}", seconds, "s")
        claim(seconds < LIMIT, f"{what}: records went on for {seconds:.2f} s")


def quiet(node, writer, team, product, topic):
    """Connections that wait are told too: one that says nothing is closed, and
    a fetch that waits for a record does not get it."""
    reader = node.app(fresh("reader"), team)
    node.weir("access", "allow", product, "--app", reader.name)
    follow = Follower(reader, topic, writer=writer, fetch_wait_max_ms=20000)
    node.weir("access", "revoke", product, "--app", reader.name)
    time.sleep(LIMIT)
    writer.produce(topic, ["secret"])
    claim(follow.refused_after(time.monotonic()) == 0, "a fetch that waited since before the revocation gets nothing written after it")
    measure("a fetch that waits", "gets no record that is written after the revocation")

    idle = raw.login(reader)
    idle.settimeout(10)
    node.weir("app", "revoke", reader.name)
    begin = time.monotonic()
    try:
        got = idle.recv(1)
    except ConnectionResetError:
        got = b""
    took = time.monotonic() - begin
    claim(got == b"" and took < LIMIT, f"an idle connection of a revoked application is closed: {took:.2f} s, {got!r}")
    measure("an idle connection is closed after", took, "s")


class Load:
    """A producer that writes all the time on one connection, and notes when
    the last record was acknowledged."""

    def __init__(self, app, topic):
        self.producer = Producer(app.confluent(linger_ms=0, message_timeout_ms=4000, reconnect_backoff_max_ms=200))
        self.topic, self.last, self.failed, self.ending = topic, time.monotonic(), None, False
        self.thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ending = True
        self.thread.join(30)

    def _work(self):
        while not self.ending:
            try:
                self.producer.produce(self.topic, b"x", on_delivery=self._done)
            except BufferError:
                pass
            self.producer.poll(0.01)
            time.sleep(0.01)
        self.producer.purge()

    def _done(self, err, _):
        if err is None:
            self.last = time.monotonic()
        elif self.failed is None:
            self.failed = err

    def refused_after(self, moment):
        """How long after a moment records were still acknowledged."""
        lib.until("the writer is refused", 15, lambda: self.failed)
        time.sleep(LIMIT)  # would see later acknowledgements
        return max(0.0, self.last - moment)


class Follower:
    """A consumer at the end of a topic whose connection stays open."""

    def __init__(self, app, topic, writer=None, fetch_wait_max_ms=100):
        self.told = None
        self.consumer = Consumer(app.confluent(error_cb=self._error, group_id=app.name, auto_offset_reset="latest" if writer is None else "earliest",
                                               enable_auto_commit=False, fetch_wait_max_ms=fetch_wait_max_ms, socket_timeout_ms=60000))
        self.consumer.subscribe([topic])
        if writer:
            writer.produce(topic, ["live"])
        lib.until(f"{app} reads live records", 30, lambda: self._record() is True, pause=0)
        silent = 0
        while writer and silent < 10:  # nobody else writes: to the end
            silent = 0 if self._record() is True else silent + 1

    def _error(self, err):
        """What concerns the client as a whole: a login that failed."""
        if self.told is None or err.code() == KafkaError._AUTHENTICATION:
            self.told = err

    def _record(self):
        """True for a record, an error that refuses, or None."""
        try:
            m = self.consumer.poll(0.1)
        except KafkaException as e:
            return e.args[0]
        if m is None:
            return None
        return True if m.error() is None else m.error()

    def refused_after(self, moment):
        """How long after a moment records still came. librdkafka hands out what
        it had already fetched, so the last record counts by its own time."""
        last, quiet = moment, time.monotonic()
        while time.monotonic() - quiet < LIMIT + 1:
            got = self._record()
            if got is True:
                last = quiet = time.monotonic()
                claim(last - moment < 10, "records go on after the revocation")
            elif got is not None:
                self.told = got
        self.consumer.close()
        told = self.told
        claim(told is not None, "the reader is told that it is refused")
        claim(told.code() in (KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError._AUTHENTICATION, KafkaError.SASL_AUTHENTICATION_FAILED),
              f"the reader is told why: {told}")
        return last - moment


lib.main(script)
