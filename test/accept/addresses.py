"""Clients learn the gateway's addresses and never the broker's: every answer in
which one could stand, in every version, looked at as bytes."""

import json

import lib
from lib import claim, fresh, measure


def script():
    node = lib.Node().start()
    team = fresh("team")
    node.mesh(team, team)
    app = node.app(fresh("app"), team)
    topic = node.product(f"{team}.facts", app=app)
    app.produce(topic, ["one"])

    allowed = lib.listening(node.process.pid)
    forbidden = {lib.port(a) for a in node.cluster.split(",") if a}
    claim(not allowed & forbidden, "the gateway's ports are its own")
    measure("ports on which the node listens", len(allowed))

    r = app.franzgo("addresses", topic, ",".join(map(str, allowed)), ",".join(map(str, forbidden)))
    claim(r.code == 0, f"an answer has another address: {r.err}")
    measure("by franz-go", r.out.strip())

    listed = app.kcat("-L", "-J")
    brokers = {b["name"] for b in json.loads(listed.out)["brokers"]}
    claim(brokers and {lib.port(b) for b in brokers} <= allowed, f"kcat is shown {brokers}")
    measure("brokers that kcat is shown", " ".join(sorted(brokers)))
    http = lib.port(node.http)
    claim(http not in {lib.port(b) for b in brokers}, "the HTTP port is not among them")


lib.main(script)
