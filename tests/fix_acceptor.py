"""The other side of a FIX 4.4 session, with nothing but the standard library: an acceptor that keeps orders.

It prints {"port": N}, then answers each command, a JSON object on a line of its input, with one JSON object. It counts
sequence numbers by itself, keeps all it sent, and writes down whatever breaks the rules.
"""

import datetime
import json
import os
import selectors
import socket
import ssl
import sys

SOH = "\x01"
US, THEM = "BROKER", "HIMAL"


def now():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%d-%H:%M:%S.%f")[:-3]


def whole(fields):
    body = "".join(f"{tag}={value}{SOH}" for tag, value in fields)
    text = f"8=FIX.4.4{SOH}9={len(body.encode())}{SOH}{body}"
    return f"{text}10={sum(text.encode()) % 256:03d}{SOH}".encode()


class Message:
    def __init__(self, raw):
        self.fields = [tuple(f.split("=", 1)) for f in raw.decode().split(SOH) if f]
        self.kind = self.get(35)

    def get(self, tag, default=None):
        return next((v for t, v in self.fields if t == str(tag)), default)


class Acceptor:
    def __init__(self, options):
        self.cash = options.get("cash")
        self.holdings = options.get("holdings", {})
        self.login = options.get("login")
        self.tls = None
        if "certificate" in options:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(options["certificate"], options["key"])
        self.conn = None
        self.buffer = b""
        self.incoming, self.outgoing = 1, 1
        self.log = {}
        self.waiting = []
        self.lose = 0
        self.next_new = None
        self.next_change = None
        self.logged_on = False
        self.orders = {}
        self.executions = 0
        self.last = None
        self.seen = {
            "errors": [], "orders": [], "amends": [], "cancels": [], "queries": 0, "mass": 0, "positions": 0,
            "collateral": 0, "logons": 0, "logouts": 0, "heartbeats": 0, "resend_requests": 0, "gap_fills": [],
            "possdup_orders": 0, "numbers": [], "answers_to_test": 0, "rejects": [], "tls": None, "tls_failed": 0,
        }

    # what is sent

    def send(self, kind, body, possdup=None, number=None):
        fresh = number is None
        if fresh:
            number = self.outgoing
            self.outgoing += 1
            self.log[number] = (kind, body, now())
        head = [(35, kind), (49, US), (56, THEM), (34, number)]
        if possdup:
            head += [(43, "Y"), (52, now()), (122, possdup)]
        else:
            head += [(52, now())]
        if fresh and self.lose > 0 and kind not in "A5":
            self.lose -= 1
            return
        if self.conn:
            try:
                self.conn.sendall(whole(head + body))
            except OSError:
                self.cut()

    def resend(self, begin, end):
        end = self.outgoing - 1 if end == 0 else min(end, self.outgoing - 1)
        number = begin
        while number <= end:
            kind, body, at = self.log.get(number, ("0", [], now()))
            if kind in ("8", "9", "j", "AP", "AO", "BA"):
                self.send(kind, body, possdup=at, number=number)
                number += 1
                continue
            first = number
            while number <= end and self.log.get(number, ("0",))[0] not in ("8", "9", "j", "AP", "AO", "BA"):
                number += 1
            self.send("4", [(123, "Y"), (36, number)], possdup=now(), number=first)

    def report(self, order, what, extra=(), client=None, before=None, status=None):
        self.executions += 1
        body = [(37, order["id"]), (11, client or order["current"])]
        if before:
            body.append((41, before))
        body += [(17, f"E{self.executions}"), (150, what), (39, status or order["status"]), (1, order["account"]),
                 (55, order["symbol"]), (54, order["side"]), (38, order["qty"]), (44, order["price"])]
        body += list(extra)
        left = order["qty"] - order["filled"] if order["status"] in ("0", "1") else 0
        body += [(151, left), (14, order["filled"]), (6, "0"), (60, now())]
        self.last = body
        self.send("8", body)

    # what comes

    def on_bytes(self, data):
        self.buffer += data
        while True:
            start = self.buffer.find(b"\x019=")
            if start < 0:
                return
            end = self.buffer.find(b"\x01", start + 1)
            if end < 0:
                return
            size = end + 1 + int(self.buffer[start + 3:end]) + 7
            if len(self.buffer) < size:
                return
            raw, self.buffer = self.buffer[:size], self.buffer[size:]
            if int(raw[-4:-1]) != sum(raw[:-7]) % 256:
                self.seen["errors"].append("checksum")
                continue
            self.on_message(Message(raw))
            if not self.conn:
                return

    def on_message(self, m):
        number = int(m.get(34))
        possdup = m.get(43) == "Y"
        if (m.get(49), m.get(56), m.get(8)) != (THEM, US, "FIX.4.4"):
            self.seen["errors"].append("names")
        if m.kind == "4" and m.get(123) != "Y":
            self.incoming = int(m.get(36))
            return
        if number > self.incoming and m.kind not in ("A", "2"):
            self.seen["errors"].append(f"gap: {number} instead of {self.incoming}")
        if number < self.incoming and not possdup:
            self.seen["errors"].append(f"too low: {number} instead of {self.incoming}")
            self.send("5", [(58, f"MsgSeqNum too low, expecting {self.incoming} but received {number}")])
            self.cut()
            return
        if m.kind == "D" and possdup:
            self.seen["possdup_orders"] += 1
        if m.kind == "4":
            self.seen["gap_fills"].append([number, int(m.get(36)), possdup])
            if number >= self.incoming:
                self.incoming = int(m.get(36))
            return
        if number >= self.incoming:
            self.incoming = number + 1
            self.seen["numbers"].append(number)
        getattr(self, "on_" + m.kind, self.on_other)(m)

    def on_other(self, m):
        if m.kind == "3":
            self.seen["rejects"].append(m.get(58))
        else:
            self.seen["errors"].append(f"unexpected {m.kind}")

    on_3 = on_other

    def on_A(self, m):
        self.seen["logons"] += 1
        if self.login and [m.get(553), m.get(554)] != self.login:
            self.send("5", [(58, "who are you?")])
            self.cut()
            return
        if m.get(141) == "Y":
            self.incoming, self.outgoing, self.log = 2, 1, {}
        self.logged_on = True
        self.send("A", [(98, 0), (108, m.get(108))])

    def on_5(self, m):
        self.seen["logouts"] += 1
        if self.logged_on:
            self.send("5", [])
        self.cut()

    def on_0(self, m):
        self.seen["heartbeats"] += 1
        if m.get(112) == "are you there":
            self.seen["answers_to_test"] += 1

    def on_1(self, m):
        self.send("0", [(112, m.get(112))])

    def on_2(self, m):
        self.seen["resend_requests"] += 1
        self.resend(int(m.get(7)), int(m.get(16)))

    def on_D(self, m):
        client = m.get(11)
        self.seen["orders"].append({"client": client, "symbol": m.get(55), "side": m.get(54), "qty": m.get(38),
                                    "price": m.get(44), "type": m.get(40), "day": m.get(59), "account": m.get(1)})
        what, self.next_new = self.next_new, None
        if what == "ignore":
            return
        if what == "business":
            self.send("j", [(45, m.get(34)), (372, "D"), (379, client), (380, 4), (58, "closed for lunch")])
            return
        if what == "session":
            self.send("3", [(45, m.get(34)), (372, "D"), (373, 5), (371, 44), (58, "price is incorrect")])
            return
        order = {"id": f"V{len(self.orders) + 1}", "first": client, "current": client, "account": m.get(1),
                 "symbol": m.get(55), "side": m.get(54), "qty": int(m.get(38)), "price": m.get(44), "filled": 0,
                 "status": "0"}
        if what == "reject":
            order["status"] = "8"
            self.report(order, "8", [(103, 0), (58, "no collateral")])
            return
        self.orders[order["id"]] = order
        if what == "cut":
            self.cut()
            return
        self.report(order, "0")

    def find(self, client):
        return next((o for o in self.orders.values() if client in (o["current"], o["first"])), None)

    def change(self, m, answer):
        order, what = self.find(m.get(41)), self.next_change
        self.next_change = None
        if what == "refuse" or order is None or order["current"] != m.get(41) or order["status"] not in ("0", "1"):
            there = order or {"id": "NONE", "status": "8"}
            self.send("9", [(37, there["id"]), (11, m.get(11)), (41, m.get(41)), (39, there["status"]),
                            (434, answer), (102, 0 if order else 1), (58, "too late")])
            return None
        return order

    def on_G(self, m):
        self.seen["amends"].append([m.get(11), m.get(41), m.get(38), m.get(44)])
        order = self.change(m, "2")
        if order:
            before, order["current"] = order["current"], m.get(11)
            order["qty"], order["price"] = int(m.get(38)), m.get(44)
            self.report(order, "5", before=before)

    def on_F(self, m):
        self.seen["cancels"].append([m.get(11), m.get(41)])
        order = self.change(m, "1")
        if order:
            before, order["current"], order["status"] = order["current"], m.get(11), "4"
            self.report(order, "4", before=before)

    def on_H(self, m):
        self.seen["queries"] += 1
        order = self.find(m.get(11))
        if order is None:
            nothing = {"id": "NONE", "current": m.get(11), "account": m.get(1), "symbol": m.get(55),
                       "side": m.get(54), "qty": 0, "price": "0", "filled": 0, "status": "8"}
            self.report(nothing, "I", [(790, m.get(790)), (103, 5)])
            return
        self.report(order, "I", [(790, m.get(790))])

    def on_AF(self, m):
        self.seen["mass"] += 1
        orders = list(self.orders.values())
        if not orders:
            nothing = {"id": "NONE", "current": "NONE", "account": m.get(1), "symbol": "NONE", "side": "1", "qty": 0,
                       "price": "0", "filled": 0, "status": "8"}
            self.report(nothing, "I", [(584, m.get(584)), (911, 0), (912, "Y")])
        for n, order in enumerate(orders):
            last = "Y" if n + 1 == len(orders) else "N"
            self.report(order, "I", [(584, m.get(584)), (911, len(orders)), (912, last)])

    def on_AN(self, m):
        self.seen["positions"] += 1
        total = len(self.holdings)
        if total == 0:
            self.send("AO", [(721, "P0"), (710, m.get(710)), (727, 0), (728, 2), (729, 0), (453, 1), (448, m.get(1)),
                             (447, "D"), (452, 24), (1, m.get(1)), (581, 1)])
        for symbol, (held, settled) in self.holdings.items():
            self.send("AP", [(721, "P-" + symbol), (710, m.get(710)), (727, total), (728, 0), (715, m.get(715)),
                             (453, 1), (448, m.get(1)), (447, "D"), (452, 24), (1, m.get(1)), (581, 1), (55, symbol),
                             (730, "0"), (731, 1), (734, "0"), (702, 2), (703, "TOT"), (704, held), (703, "DLV"),
                             (704, settled)])

    def on_BB(self, m):
        self.seen["collateral"] += 1
        self.send("BA", [(908, "C1"), (909, m.get(909)), (910, 3), (1, m.get(1)), (901, self.cash)])

    # what the test asks for

    def cut(self):
        if self.conn:
            self.conn.close()
        self.conn, self.buffer, self.logged_on = None, b"", False

    def command(self, c):
        do = c["do"]
        if do == "fill":
            order = self.find(c["client"])
            order["filled"] += c["qty"]
            order["status"] = "2" if order["filled"] == order["qty"] else "1"
            self.report(order, "F", [(32, c["qty"]), (31, c["price"])])
        elif do == "again":
            self.send("8", self.last)
        elif do == "lose":
            self.lose = c["count"]
        elif do == "skip":
            self.outgoing += c["count"]
        elif do == "beat":
            self.send("0", [])
        elif do == "test":
            self.send("1", [(112, "are you there")])
        elif do == "resend":
            self.send("2", [(7, c["from"]), (16, c["to"])])
        elif do == "reset":
            number = self.outgoing
            self.outgoing = c["to"]
            self.send("4", [(123, "N"), (36, c["to"])], number=number)
        elif do == "next_new":
            self.next_new = c["what"]
        elif do == "next_change":
            self.next_change = c["what"]
        elif do == "foreign":
            order = {"id": f"V{len(self.orders) + 1}", "first": "OTHER-1", "current": "OTHER-1", "account": "07",
                     "symbol": c["symbol"], "side": "1", "qty": 10, "price": "100.00", "filled": 0, "status": "0"}
            self.orders[order["id"]] = order
            self.report(order, "0")
        elif do == "odd":
            self.report(self.find(c["client"]), "0", [(c["tag"], "odd")])
        elif do == "cut":
            self.cut()
        elif do == "logout":
            self.logged_on = False
            self.send("5", [(58, c["text"])])
        elif do == "cash":
            self.cash = c["amount"]
        return {"incoming": self.incoming, "outgoing": self.outgoing, "connected": self.conn is not None,
                "open": {o["first"]: [o["current"], o["qty"], o["filled"], o["status"]] for o in self.orders.values()},
                **self.seen}


def main():
    acceptor = Acceptor(json.loads(sys.argv[1]) if len(sys.argv) > 1 else {})
    listener = socket.create_server(("127.0.0.1", 0))
    print(json.dumps({"port": listener.getsockname()[1]}), flush=True)
    waits = selectors.DefaultSelector()
    waits.register(listener, selectors.EVENT_READ)
    waits.register(0, selectors.EVENT_READ)
    asked = b""
    while True:
        for key, _ in waits.select():
            if key.fileobj is listener:
                conn, _ = listener.accept()
                conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if acceptor.conn:
                    conn.close()
                    continue
                if acceptor.tls:
                    try:
                        conn.settimeout(10)
                        conn = acceptor.tls.wrap_socket(conn, server_side=True)
                        acceptor.seen["tls"] = conn.version()
                    except OSError:
                        acceptor.seen["tls_failed"] += 1
                        conn.close()
                        continue
                acceptor.conn = conn
                waits.register(conn, selectors.EVENT_READ)
            elif key.fileobj == 0:
                data = os.read(0, 65536)
                if not data:
                    return
                asked += data
                while b"\n" in asked:
                    line, asked = asked.split(b"\n", 1)
                    before = acceptor.conn
                    answer = acceptor.command(json.loads(line))
                    if before and acceptor.conn is None:
                        forget(waits, before)
                    print(json.dumps(answer), flush=True)
            else:
                conn = key.fileobj
                if acceptor.conn is not conn:
                    forget(waits, conn)
                    continue
                try:
                    data = conn.recv(65536)
                    while acceptor.tls and conn.pending():
                        data += conn.recv(65536)
                except OSError:
                    data = b""
                if data:
                    acceptor.on_bytes(data)
                else:
                    acceptor.cut()
                if acceptor.conn is not conn:
                    forget(waits, conn)


def forget(waits, conn):
    for key in list(waits.get_map().values()):
        if key.fileobj is conn:
            waits.unregister(conn)


main()
