"""An independent client of the venue protocol, written from docs/protocol.md.

    python3 tests/venue_client.py URL TOKEN [SECONDS | day]

Subscribes, keeps the book, trades for SECONDS (10 without) or until the session has ended, comes back whenever the line is cut
and once of its own will, and checks that book, reports, orders and account agree. Prints one JSON object; exit status 1 if
anything does not agree. Needs the `websockets` package. `tests/venue.rs` runs it.
"""

import asyncio
import json
import sys

import websockets


class Lost(Exception):
    """The connection is over, whoever ended it."""


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
        self.phase = None
        self.trades = []
        names = "connections events gaps reports duplicates fills rejected heartbeats snapshots"
        self.counts = dict.fromkeys(names.split(), 0)
        self.answers = asyncio.Queue()

    async def connect(self):
        while True:
            try:
                self.ws = await websockets.connect(self.url, max_size=4 << 20)
                self.answers = asyncio.Queue()
                await self.say(type="hello", version=1, token=self.token)
                welcome = json.loads(await self.ws.recv())
                break
            except (Lost, OSError, websockets.WebSocketException):
                # The venue takes nobody while its line is cut.
                await asyncio.sleep(0.02)
        assert welcome["type"] == "welcome", welcome
        self.welcome = welcome
        self.counts["connections"] += 1
        self.seq = None
        self.reader = asyncio.create_task(self.read())
        if welcome["reports"] > self.report_no:
            await self.say(type="resend", after=self.report_no)
        await self.say(type="subscribe")

    async def say(self, **frame):
        try:
            await self.ws.send(json.dumps(frame))
        except websockets.ConnectionClosed as error:
            raise Lost() from error

    async def ask(self, wanted, **frame):
        await self.say(**frame)
        while True:
            answer = await asyncio.wait_for(self.answers.get(), 20)
            if answer["type"] == wanted:
                return answer
            if answer["type"] == "lost":
                raise Lost()

    async def reported(self, number):
        """Waits for a report."""
        while self.report_no < number:
            if self.reader.done():
                self.reader.result()
                raise Lost()
            await asyncio.sleep(0.02)

    async def read(self):
        try:
            async for text in self.ws:
                self.on_frame(json.loads(text))
        except websockets.ConnectionClosed:
            pass
        finally:
            self.answers.put_nowait(dict(type="lost"))

    def on_frame(self, frame):
        kind = frame["type"]
        if kind == "snapshot":
            self.counts["snapshots"] += 1
            self.seq, self.phase = frame["seq"], frame["phase"]
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
        elif event["kind"] == "phase":
            self.phase = event["phase"]
        elif event["kind"] == "clear":
            self.books[event["symbol"]] = dict(buy={}, sell={})

    def on_report(self, report):
        if report["no"] <= self.report_no:
            self.counts["duplicates"] += 1
            return
        assert report["no"] == self.report_no + 1, (report, self.report_no)
        self.report_no = report["no"]
        self.counts["reports"] += 1
        order = self.orders[report["client_id"]]
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
            self.trades.append((order["symbol"], order["side"], report["qty"], report["price"]))
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
        self.orders[client_id] = dict(filled=0, standing="sent", symbol=symbol, side=side)
        await self.say(type="new", client_id=client_id, symbol=symbol, side=side, qty=qty, limit=limit)
        return client_id

    async def agree(self):
        """What was reported is what the venue says of every order, and its cash follows from the fills."""
        said = await self.ask("orders", type="orders")
        await self.reported(said["reports"])
        for client_id, order in self.orders.items():
            if order["standing"] == "sent" and client_id not in {o["client_id"] for o in said["orders"]}:
                # Sent into a line that was cut, perhaps: the venue knows whether it was taken.
                answer = await self.ask("order", type="query", client_id=client_id)
                if answer["order"] is None and order["standing"] == "sent":
                    order["standing"] = "never taken"
        mine = {k: v for k, v in self.orders.items() if v["standing"] not in ("rejected", "never taken")}
        theirs = {o["client_id"]: o for o in said["orders"]}
        assert set(mine) == set(theirs), set(mine) ^ set(theirs)
        for client_id, order in theirs.items():
            assert order["filled"] == mine[client_id]["filled"], (order, mine[client_id])
            # The market goes on while we compare; only what is final must be the same.
            if mine[client_id]["standing"] in ("filled", "cancelled", "expired"):
                assert order["standing"] == mine[client_id]["standing"], (order, mine[client_id])


async def trade(client):
    """Once over all that is quoted: orders that take, that rest, that change, that go."""
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


async def main(url, token, length):
    client = Client(url, token)
    await client.connect()
    start = await client.ask("account", type="account")
    loop = asyncio.get_running_loop()
    began = loop.time()
    left = False

    def over():
        return client.phase == "ended" if length == "day" else loop.time() > began + float(length)

    while True:
        try:
            if over():
                await client.ask("cancelled_many", type="cancel_many")
                # All open orders are gone; a second time there is nothing to cancel.
                again = await client.ask("cancelled_many", type="cancel_many")
                assert again["count"] == 0, again
                await client.agree()
                account = await client.ask("account", type="account")
                await client.reported(account["reports"])
                break
            await trade(client)
            if not left and client.counts["fills"] > 20:
                # Leaves with an order on its way, and comes back.
                left = True
                await client.new(next(iter(client.books)), "buy", 10, 1)
                await client.ws.close()
                raise Lost()
            await client.agree()
            # In a phase without orders there is nothing else to wait for.
            await asyncio.sleep(0.01)
        except Lost:
            await client.ws.close()
            await client.reader
            await client.connect()
            await client.reported(client.welcome["reports"])
    # Every paisa and every share is where the fills have put it.
    flow = sum((q * p if side == "sell" else -q * p) for _, side, q, p in client.trades)
    worth = [sum(a[k] for k in ("cash", "due", "charges")) for a in (start, account)]
    assert worth[1] == worth[0] + flow, (start, account, flow)
    held = {h["symbol"]: h["qty"] for h in account["holdings"]}
    for h in start["holdings"]:
        held[h["symbol"]] = held.get(h["symbol"], 0) - h["qty"]
    for symbol, side, qty, _ in client.trades:
        held[symbol] = held.get(symbol, 0) + (qty if side == "sell" else -qty)
    assert not any(held.values()), held
    assert client.counts["gaps"] == 0 and client.counts["fills"] > 0 and client.counts["events"] > 0
    print(json.dumps(dict(client.counts, orders=client.ids, phase=client.phase, charges=account["charges"])))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else "10"))
