"""A topic becomes a product without being touched, and is taken back. A private
stream, on a real cluster also a topic that was made with Kafka's own tools, is
written by kcat; another team's application cannot know of it; published, it reads
it under both of its names; taken back, it cannot, and is named to who takes it;
published again, its group goes on where it was. Who reads a deprecated product
goes on, somebody new is refused with the successor's name."""

import os
import subprocess

import lib
from lib import claim, fresh, measure, until

TOLD = ["--owner", "admin", "--description", "Every click", "--quality", "curated", "--sla", "tier-2", "--encoding", "json", "--accept-terms"]


def script():
    node = lib.Node(args=["--broker-no-sync"]).start()
    edge, shop = fresh("edge"), fresh("shop")
    node.mesh(edge, edge)
    node.mesh(shop, shop)
    node.weir("team", "add", edge, "admin")
    writer, reader, late = node.app(fresh("writer"), edge), node.app(fresh("reader"), shop), node.app(fresh("late"), shop)

    stream = f"{edge}._private.clicks"
    node.weir("stream", "create", stream, "--partitions", "1")
    node.topic(stream, writer)
    publishing(node, stream, f"{edge}.clicks", writer, reader)
    deprecating(node, edge, reader, late, shop)
    if node.cluster:
        foreign(node, edge, writer, reader)


def publishing(node, topic, product, writer, reader):
    """From an unknown topic to a product, back, and to a product again."""
    own = product + ".v1"
    writer.produce(topic, ["1", "2", "3"])
    claim(topic not in reader.topics() and own not in reader.topics(), "the topic does not exist for another team")
    bad = node.weir("product", "publish", topic, "--as", product, check=False)
    for flag in ["--owner", "--description", "--quality", "--sla", "--schema", "--accept-terms"]:
        claim(bad.code == 1 and flag in bad.err, f"what is missing is told with its flag {flag}: {bad.err}")

    publish(node, topic, product)
    before = entries(node, product)
    publish(node, topic, product)
    claim(entries(node, product) == before, "publishing the same twice writes nothing")
    until(f"{reader} sees {own}", 10, lambda: own in reader.topics())
    claim(topic not in reader.topics(), "a list of topics shows one name: the product's own")
    writer.produce(topic, ["4"])
    claim(reader.consume(own) == ["1", "2", "3", "4"], "the product's own name has every record, from before too")
    claim(reader.consume(topic) == ["1", "2", "3", "4"], "the topic's name has the same")
    writer.produce(own, ["5"])
    claim(writer.consume(topic) == ["1", "2", "3", "4", "5"], "its domain writes under the product's name as well")
    claim(group(reader, own, 2) == ["1", "2"], "a group reads the first two, under the product's own name")
    claim(group(reader, topic, 1) == ["3"], "and goes on under the topic's: both names have one position")
    refused = reader.kcat("-P", "-t", own, "-X", "message.timeout.ms=5000", stdin="6\n")
    claim(refused.code != 0, "who reads it does not write it")

    until("what was read is counted", 40, lambda: reader.name in readers(node, product), pause=0.5)
    asked = node.weir("product", "unpublish", product, check=False)
    claim(asked.code == 1 and reader.name in asked.err and "--yes" in asked.err, f"taking it back asks, and names who reads it: {asked.err}")
    gone = node.weir("product", "unpublish", product, "--yes", "--reason", "Too early", "-o", "json").json()
    claim([r["application"] for r in gone["readers"] if not r["own"]] == [reader.name], f"taken back, with who read it: {gone}")
    until("it is unknown again", 5, lambda: not {topic, own} & reader.topics())
    for name in (own, topic):
        r = reader.kcat("-C", "-t", name, "-o", "beginning", "-e", "-q", "-m", "5")
        claim(r.code != 0 and r.out == "", f"taken back, nobody else reads {name}: {r.out}")
    claim(writer.consume(topic) == ["1", "2", "3", "4", "5"], "every record is kept, for its domain")

    publish(node, topic, product)
    until(f"{reader} sees {own}", 10, lambda: own in reader.topics())
    writer.produce(topic, ["6"])
    claim(group(reader, own, 3) == ["4", "5", "6"], "published again, the group goes on where it was")
    measure(f"published {topic}", "twice")


def deprecating(node, edge, reader, late, shop):
    """clicks is open: reader reads it, late never did."""
    old, new = f"{edge}.clicks", f"{edge}.taps"
    node.product(new, app=reader)
    until("what was read is counted", 40, lambda: reader.name in readers(node, old), pause=0.5)
    node.weir("product", "deprecate", old, "--successor", new, "--reason", "Taps say more")
    until("nobody new reads it", 5, lambda: late.kcat("-C", "-t", old + ".v1", "-o", "beginning", "-e", "-q").code != 0, pause=0.2)
    claim(reader.consume(old + ".v1")[-1] == "6", "who read it goes on")
    denied = node.weir("access", "allow", old, "--app", late.name, check=False)
    claim(denied.code == 1 and new in denied.err, f"somebody new is told the successor: {denied.err}")
    person = fresh("carl")
    token = as_person(node, person)
    seen = node.weir("read", old, "--from", "earliest", token=token, check=False)
    claim(seen.code == 1 and new in seen.err, f"over HTTP too: {seen.err}")
    node.weir("team", "add", shop, person)
    until("a member of the reader's team reads it", 5, lambda: node.weir("read", old, "--from", "earliest", token=token, check=False).code == 0)
    node.weir("product", "activate", old)
    until("active again, everybody reads it", 5, lambda: late.kcat("-C", "-t", old + ".v1", "-o", "beginning", "-e", "-q").out.endswith("6\n"), pause=0.2)
    node.weir("product", "retire", old)
    until("retired, nobody else reads it", 5, lambda: reader.kcat("-C", "-t", old + ".v1", "-o", "beginning", "-e", "-q").code != 0, pause=0.2)


def foreign(node, edge, writer, reader):
    """A topic that Kafka's own tools made, beside the mesh."""
    topic = fresh("Orders.From_ERP")
    tool(node, "--create", "--topic", topic, "--partitions", "2", "--config", "retention.ms=86400000")
    before = described(node, topic)
    claim(lib.run(["kcat", "-b", node.cluster, "-P", "-t", topic, "-p", "1"], stdin="a\nb\n").code == 0, "kcat writes it at the cluster itself")
    listed = node.weir("topic", "list", "--unpublished").out
    claim(topic in listed and "__consumer_offsets" not in listed, f"a mesh admin sees it: {listed}")
    token = as_person(node, fresh("eve"))
    claim(topic not in node.weir("topic", "list", "--unpublished", token=token).out, "nobody else does")
    for internal in ("__consumer_offsets", "_weir.x"):
        r = node.weir("product", "publish", internal, "--as", f"{edge}.internal", *TOLD, "--reason", "x", check=False)
        claim(r.code == 1 and "own use" in r.err, f"{internal} is not to be published: {r.err}")
    product = f"{edge}.orders"
    publish(node, topic, product)
    own = product + ".v1"
    until(f"{reader} sees {own}", 10, lambda: own in reader.topics())
    claim(sorted(reader.consume(own)) == ["a", "b"] and sorted(reader.consume(topic)) == ["a", "b"], "another team reads it under both names")
    writer.produce(own, ["c"], "-p", "0")
    claim(sorted(lib.run(["kcat", "-b", node.cluster, "-C", "-t", topic, "-e", "-q"]).out.split()) == ["a", "b", "c"], "written under the product's name, it is there at the cluster")
    for change in (["--partitions", "4"], ["--retention", "1d"]):
        r = node.weir("product", "edit", product, *change, check=False)
        claim(r.code == 1 and "not made by Weir" in r.err, f"Weir does not change it: {r.err}")
    gone = node.weir("product", "delete", product, "--destroy-data", check=False)
    claim(gone.code == 1 and "unpublish" in gone.err, f"nor delete it: {gone.err}")
    node.weir("product", "unpublish", product, "--yes")
    until("it is unknown again", 5, lambda: not {topic, own} & reader.topics())
    claim(topic in node.weir("topic", "list", "--unpublished").out, "and can be published again")
    claim(described(node, topic) == before, f"the topic is what it was: {described(node, topic)}, {before}")


def publish(node, topic, product):
    node.weir("product", "publish", topic, "--as", product, *TOLD)


def entries(node, product):
    return len(node.weir("audit", "list", "--about", "product/" + product, "-o", "json").json())


def readers(node, product):
    return [r["application"] for r in node.weir("product", "readers", product, "-o", "json").json()]


def as_person(node, name):
    node.weir("person", "create", name)
    return node.weir("token", "create", "--for", name, "-o", "json").json()["token"]


def group(app, topic, n):
    """Reads n records in the application's group, from where it was, and commits."""
    r = app.kcat("-G", app.name, "-X", "auto.offset.reset=earliest", "-c", str(n), "-q", topic, timeout=60)
    claim(r.code == 0, f"{app} reads {n} of {topic} in its group: {r.err[-500:]}")
    return r.out.split()


def tool(node, *args):
    """Kafka's own tool for topics, from the libraries that scripts/kafka fetched."""
    libs = os.environ.get("KAFKA_CACHE", str(lib.TOP / ".cache" / "kafka")) + "/libs/*"
    main = "org.apache.kafka.tools.TopicCommand"
    p = subprocess.run(["java", "-Xmx256m", "-cp", libs, main, "--bootstrap-server", node.cluster, *args], capture_output=True, text=True, timeout=120)
    claim(p.returncode == 0, f"{main} {args}: {p.stdout} {p.stderr}")
    return p.stdout


def described(node, topic):
    """What Kafka's own tool says of a topic, without who leads it."""
    line = tool(node, "--describe", "--topic", topic).splitlines()[0]
    return sorted(part.strip() for part in line.split("\t"))


if __name__ == "__main__":
    lib.main(script)
