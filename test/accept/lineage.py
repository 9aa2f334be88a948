"""The lineage that is told is the one there is: fields over two queries, those of
filters too; an application that is seen by traffic alone is hurt; who may not
know of a product finds a closed box in its place, and its name nowhere; as of a
time before, it is as it was; who is ended or refused names whom that hurts."""

import datetime
import json
import time

import lib
from lib import claim, fresh, measure, until

ORDER = json.dumps({
    "type": "object", "required": ["id", "price", "region"],
    "properties": {"id": {"type": "integer"}, "price": {"type": "integer"}, "region": {"type": "string"}},
})
NARROW = json.dumps({
    "type": "object", "required": ["id", "price", "region"],
    "properties": {"id": {"type": "integer"}, "price": {"type": "string"}, "region": {"type": "string"}},
})


def script():
    node = lib.Node().start()
    shop, desk = fresh("shop"), fresh("desk")
    node.mesh(shop, shop)
    node.mesh(desk, desk)
    for team in (shop, desk):
        node.weir("team", "add", team, "admin")
    folder = node.data.parent
    (folder / "order.json").write_text(ORDER)
    (folder / "narrow.json").write_text(NARROW)
    feeder, spy = node.app(fresh("feeder"), shop), node.app(fresh("spy"), desk)
    orders = f"{shop}.orders"
    topic = node.product(orders, "--encoding", "json", "--schema", str(folder / "order.json"), "--key", "id", "--partitions", "1", app=feeder)
    before = moment()
    feeder.produce(topic, [json.dumps({"id": i, "price": i, "region": "us" if i % 2 else "eu"}) for i in range(20)])
    until("statements are parsed", 120, lambda: "syntax error" in node.weir("query", "explain", "--sql", "SELEC", check=False).err)
    mid, end = f"{shop}.us-orders", f"{desk}.us-ids"
    query(node, mid, f"SELECT id, price * 2 AS twice FROM \"{shop}\".orders WHERE region = 'us'")
    node.weir("product", "edit", mid, "--visibility", "mesh", "--access", "open")
    query(node, end, f"SELECT id FROM \"{shop}\".\"us-orders\" WHERE twice > 4")
    node.weir("product", "edit", end, "--visibility", "mesh", "--access", "open")

    fields(node, orders, mid, end)
    traffic(node, orders, topic, feeder, spy)
    hidden(node, shop, orders, mid, end)
    then(node, orders, mid, before)
    hurts(node, folder, orders, mid, spy)
    took = []
    for _ in range(lib.size(20)):
        begun = time.monotonic()
        asked(node, f"/impact/{orders}?field=region")
        took.append((time.monotonic() - begun) * 1000)
    measure("impact, the median of requests", sorted(took)[len(took) // 2], "ms")


def moment():
    """Now; what comes next is surely later."""
    now = datetime.datetime.now(datetime.timezone.utc)
    time.sleep(1.1)
    return now.isoformat().replace("+00:00", "Z")


def query(node, name, sql):
    node.weir("query", "create", name, "--sql", sql, timeout=120)


def told(node, *args, token=None):
    return node.weir(*args, "-o", "json", token=token).json()


def asked(node, path, token=None):
    status, _, body = node.api("GET", "/api/v1" + path, token=token)
    claim(status == 200, f"{path}: {status}: {body[:300]}")
    return json.loads(body)


def named(graph):
    names = {n["id"]: n.get("name", "") for n in graph["nodes"]}
    return {(names[f["from"]], f.get("field", ""), names[f["to"]], f.get("column", "")) for f in graph["fields"]}


def fields(node, orders, mid, end):
    """A field of a filter over two queries, and back."""
    up = named(told(node, "lineage", f"{end}#id", "--up"))
    for edge in ((orders, "id", mid, "id"), (orders, "region", mid, "*"), (mid, "id", end, "id"), (mid, "twice", end, "*"), (orders, "price", mid, "twice")):
        claim(edge in up, f"{edge} is not in the lineage of {end}#id: {up}")
    hurt = told(node, "impact", f"{orders}#region")
    claim({p["name"] for p in hurt["products"]} == {mid, end}, f"{orders}#region, of a filter, hurts {hurt['products']}")
    claim({q["name"] for q in hurt["queries"]} == {mid, end}, f"its queries are {hurt['queries']}")
    claim(all(q.get("last") for q in hurt["queries"] if q.get("state") == "running"), f"queries that run were last seen: {hurt['queries']}")


def traffic(node, orders, topic, feeder, spy):
    """Nobody allowed the spy, and nobody declared it."""
    claim(len(spy.consume(topic)) == 20, "the spy reads all")

    def seen():
        return [a for a in told(node, "impact", f"{orders}#price")["applications"] if a["name"] == spy.name]

    (one,) = until("the spy is seen by traffic", 30, seen, pause=0.5)
    claim(one["how"] == ["traffic"] and one["records"] >= 20 and one["last"], f"the spy is known as {one}")
    graph = told(node, "lineage", orders)
    ends = {(e["from"], e["to"]): e for e in graph["edges"]}
    ids = {n.get("name"): n["id"] for n in graph["nodes"] if n["kind"] != "query"}
    claim((ids[feeder.name], ids[orders]) in ends, f"{feeder.name} writes {orders}: {graph['edges']}")


def hidden(node, shop, orders, mid, end):
    """Somebody of no team knows of orders and the end, not of what is between."""
    node.weir("product", "edit", mid, "--visibility", "domain")
    eve = fresh("eve")
    node.weir("person", "create", eve)
    token = node.weir("token", "create", "--for", eve, "-o", "json").json()["token"]
    for path in (f"/lineage/{orders}", f"/lineage/{end}?field=id", f"/impact/{orders}?field=region"):
        text = json.dumps(asked(node, path, token))
        claim(mid not in text and "us-orders" not in text and "twice" not in text, f"{path} tells a stranger of {mid}: {text}")
        claim("spy" not in text and "feeder" not in text, f"{path} names applications to a stranger: {text}")
    graph = asked(node, f"/lineage/{end}?field=id", token)
    claim(orders in {n.get("name") for n in graph["nodes"]}, f"the way ends at the closed box: {graph['nodes']}")
    claim(any(n["kind"] == "closed" for n in graph["nodes"]), f"there is no closed box: {graph['nodes']}")
    missing = node.weir("lineage", mid, token=token, check=False)
    claim(missing.code != 0 and f"there is no product {mid}" in missing.err, f"asked about it: {missing.err}")


def then(node, orders, mid, before):
    was = told(node, "lineage", orders, "--at", before)
    claim([n["name"] for n in was["nodes"]] == [orders], f"before there was a query, the lineage was {was['nodes']}")
    now = told(node, "lineage", orders, "--at", moment())
    claim(mid in {n.get("name") for n in now["nodes"]}, f"a moment ago it was {now['nodes']}")


def hurts(node, folder, orders, mid, spy):
    refused = node.weir("schema", "register", f"{orders}.v1-value", str(folder / "narrow.json"), check=False)
    claim(refused.code != 0 and "it would hurt" in refused.err and spy.name in refused.err and mid in refused.err, f"the refusal says {refused.err}")
    private = node.weir("product", "edit", orders, "--visibility", "domain")
    claim("this hurts" in private.err and spy.name in private.err, f"made private: {private.err}")


lib.main(script)
