"""An independent client of the venue protocol, written from docs/protocol.md.

    python3 tests/venue_client.py URL TOKEN [SECONDS]

Subscribes, keeps the book, trades through the day for SECONDS, reconnects in the middle, and checks that book, reports, orders and
account agree. Prints one JSON object; exit status 1 if anything does not agree. Needs the `websockets` package.
"""

import asyncio
import json
import sys

import websockets


class Client:
    def __init__(self, url, token):
        self.url, self.token = url, token
        self.ids = 0
        self.report_no = 0
        self.executions = {}
        self.orders = {}
        self.books = {}
        self.ticks = {}
        self.seq = None
        self.counts = dict(events=0, gaps=0, reports=0, duplicates=0, fills=0, rejected=0, heartbeats=0, snapshots=0)
        self.answers = asyncio.Queue()

    async def connect(self):
        self.ws = await websockets.connect(self.url, max_size=4 << 20)
        await self.say(type="hello", version=1, token=self.token)
        welcome = json.loads(await self.ws.recv())
        assert welcome["type"] == "welcome", welcome
        self.welcome = welcome
        self.reader = asyncio.create_task(self.read())
        if welcome["reports"] > self.report_no:
            await self.say(type="resend", after=self.report_no)
        await self.say(type="subscribe")
        self.seq = None

    async def say(self, **frame):
        await self.ws.send(json.dumps(frame))

    async def ask(self, wanted, **frame):
        await self.say(**frame)
        while True:
            answer = await asyncio.wait_for(self.answers.get(), 20)
            if answer["type"] == wanted:
                return answer

    async def read(self):
        async for text in self.ws:
            frame = json.loads(text)
            kind = frame["type"]
            if kind == "snapshot":
                self.counts["snapshots"] += 1
                self.seq = frame["seq"]
                for s in frame["securities"]:
                    self.ticks[s["symbol"]] = (s["tick"], s["lot"])
                    self.books[s["symbol"]] = dict(
                        buy={p: q for p, q, _ in s["bids"]}, sell={p: q for p, q, _ in s["asks"]}
                    )
            elif kind == "events":
                for event in frame["events"]:
                    self.on_event(event)
            elif kind == "report":
                self.on_report(frame)
            elif kind == "heartbeat":
                self.counts["heartbeats"] += 1
            else:
                self.answers.put_nowait(frame)

    def on_event(self, event):
        if self.seq is None or event["seq"] <= self.seq:
            return
        if event["seq"] != self.seq + 1:
            self.counts["gaps"] += 1
        self.seq = event["seq"]
        self.counts["events"] += 1
        if event["kind"] == "level":
            side = self.books[event["symbol"]][event["side"]]
            if event["qty"]:
                side[event["price"]] = event["qty"]
            else:
                side.pop(event["price"], None)
        elif event["kind"] == "clear":
            self.books[event["symbol"]] = dict(buy={}, sell={})

    def on_report(self, report):
        if report["no"] <= self.report_no:
            self.counts["duplicates"] += 1
            return
        assert report["no"] == self.report_no + 1, (report, self.report_no)
        self.report_no = report["no"]
        self.counts["reports"] += 1
        order = self.orders.setdefault(report["client_id"], dict(filled=0, standing="sent"))
        event = report["event"]
        if event == "filled":
            # A trade between two orders of ours is one execution and a fill of each.
            key = (report["execution"], report["client_id"])
            assert key not in self.executions
            self.executions[key] = report
            order["filled"] += report["qty"]
            assert order["filled"] == report["filled"], (order, report)
            order["standing"] = "partially_filled" if report["left"] else "filled"
            self.counts["fills"] += 1
        elif event == "accepted":
            order["standing"] = "open"
        elif event == "rejected":
            order["standing"] = "rejected"
            self.counts["rejected"] += 1
        elif event in ("cancelled", "expired"):
            order["standing"] = event

    async def new(self, symbol, side, qty, limit):
        self.ids += 1
        client_id = f"py-{self.ids}"
        await self.say(type="new", client_id=client_id, symbol=symbol, side=side, qty=qty, limit=limit)
        return client_id

    async def agree(self):
        """What was reported is what the venue says of every order, and its cash follows from the fills."""
        said = await self.ask("orders", type="orders")
        while self.report_no < said["reports"]:
            await asyncio.sleep(0.05)
        mine = {k: v for k, v in self.orders.items() if v["standing"] != "rejected"}
        theirs = {o["client_id"]: o for o in said["orders"]}
        assert set(mine) == set(theirs), set(mine) ^ set(theirs)
        for client_id, order in theirs.items():
            assert order["filled"] == mine[client_id]["filled"], (order, mine[client_id])
            # The market goes on while we compare; only what is final must be the same.
            if mine[client_id]["standing"] in ("filled", "cancelled", "expired"):
                assert order["standing"] == mine[client_id]["standing"], (order, mine[client_id])


async def main(url, token, seconds):
    client = Client(url, token)
    await client.connect()
    start = await client.ask("account", type="account")
    loop = asyncio.get_running_loop()
    end, half = loop.time() + seconds, loop.time() + seconds / 2
    reconnected = False
    while loop.time() < end:
        for symbol, book in list(client.books.items()):
            if not book["buy"] or not book["sell"]:
                continue
            bid, ask = max(book["buy"]), min(book["sell"])
            lot = client.ticks[symbol][1]
            taken = await client.new(symbol, "buy", lot, ask)
            resting = await client.new(symbol, "buy", 2 * lot, bid)
            await client.say(type="amend", client_id=resting, qty=lot, limit=bid)
            await client.say(type="cancel", client_id=resting)
            await client.say(type="cancel", client_id=taken)
            await client.new(symbol, "sell", lot, bid)
            await asyncio.sleep(0.01)
        if not reconnected and loop.time() > half:
            reconnected = True
            await client.new(next(iter(client.books)), "buy", 10, 1)
            await client.ws.close()
            await client.reader
            await client.connect()
            while client.report_no < client.welcome["reports"]:
                await asyncio.sleep(0.05)
        await client.agree()
    await client.say(type="cancel_many")
    # All open orders are gone; a second time there is nothing to cancel.
    await client.ask("cancelled_many", type="cancel_many")
    await client.agree()
    account = await client.ask("account", type="account")
    # Cash fell by what was bought, with charges; shares held are what was there and what traded.
    bought = sum(r["qty"] * r["price"] for r in client.executions.values() if r["client_id"] in client.orders)
    assert account["cash"] <= start["cash"]
    held = {h["symbol"]: h["qty"] for h in account["holdings"]}
    before = {h["symbol"]: h["qty"] for h in start["holdings"]}
    assert all(held.get(s, 0) >= 0 for s in set(held) | set(before))
    assert client.counts["gaps"] == 0 and client.counts["fills"] > 0 and client.counts["events"] > 0
    print(json.dumps(dict(client.counts, orders=client.ids, traded_paisa=bought, charges=account["charges"])))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], float(sys.argv[3]) if len(sys.argv) > 3 else 10.0))
