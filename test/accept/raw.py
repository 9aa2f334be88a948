"""The Kafka protocol by hand: just enough to log in and to send frames that no
client library would."""

import base64
import hashlib
import hmac
import os
import struct

import lib


def frame(body):
    return struct.pack(">i", len(body)) + body


def header(key, version, correlation=1, client="raw"):
    """A request header as it is before flexible versions."""
    c = client.encode()
    return struct.pack(">hhih", key, version, correlation, len(c)) + c


def read_exactly(s, n):
    data = b""
    while len(data) < n:
        more = s.recv(n - len(data))
        if not more:
            raise EOFError(f"closed after {len(data)} of {n} bytes")
        data += more
    return data


def read_frame(s):
    (n,) = struct.unpack(">i", read_exactly(s, 4))
    return read_exactly(s, n)


def call(s, key, version, body=b""):
    s.sendall(frame(header(key, version) + body))
    return read_frame(s)[4:]


def _sasl(s, token):
    answer = call(s, 36, 0, struct.pack(">i", len(token)) + token)
    code, n = struct.unpack(">hh", answer[:4])
    message = answer[4:4 + max(n, 0)].decode()
    at = 4 + max(n, 0)
    (size,) = struct.unpack(">i", answer[at:at + 4])
    if code:
        raise PermissionError(f"error {code}: {message}")
    return answer[at + 4:at + 4 + size].decode()


def login(app, timeout=10):
    """A connection on which an application is logged in with SCRAM-SHA-256."""
    s = lib.dial(app.node.kafka, timeout)
    mechanism = b"SCRAM-SHA-256"
    call(s, 17, 1, struct.pack(">h", len(mechanism)) + mechanism)
    nonce = base64.b64encode(os.urandom(18)).decode()
    first = f"n={app.username},r={nonce}"
    server = _sasl(s, ("n,," + first).encode())
    got = dict(p.split("=", 1) for p in server.split(","))
    salted = hashlib.pbkdf2_hmac("sha256", app.password.encode(), base64.b64decode(got["s"]), int(got["i"]))
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    final = f"c=biws,r={got['r']}"
    message = f"{first},{server},{final}".encode()
    signature = hmac.digest(hashlib.sha256(client_key).digest(), message, "sha256")
    proof = base64.b64encode(bytes(a ^ b for a, b in zip(client_key, signature))).decode()
    _sasl(s, f"{final},p={proof}".encode())
    return s
