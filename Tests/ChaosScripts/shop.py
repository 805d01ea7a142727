"""Buyers and staff, as real ones are: they repeat what was not answered, with the same words."""

import json
import random
import threading
import time

from stage import Unsettled

# What says nothing about the wish: nobody answered, or somebody between has.
UNANSWERED = {0, 429, 502, 503, 504}


class Pace:
    """Lets so many requests through in a second, whoever makes them."""

    def __init__(self, rate):
        self.rate, self.next, self.lock = rate, 0, threading.Lock()

    def wait(self):
        now = time.monotonic()
        with self.lock:
            turn = self.next = max(self.next + 1 / self.rate, now)
        time.sleep(max(0, turn - now))


class Shop:
    """What a shop's clients do at a site; writes down each reply for the checker."""

    def __init__(self, site, seed, patience=60, pace=None):
        self.site, self.patience, self.pace = site, patience, pace
        self.random = random.Random(seed)
        self.lock = threading.Lock()
        self.count = self.requests = 0
        self.stopping = threading.Event()

    def number(self, letter):
        with self.lock:
            self.count += 1
            return f"{letter}{self.count:04d}x{self.random.randrange(10**8):08d}"

    def insist(self, method, path, body=None, token=None, key=None, note=None):
        """Repeats the same request until it is answered."""
        end = time.monotonic() + self.patience
        while True:
            if self.pace:
                self.pace.wait()
            with self.lock:
                self.requests += 1
            status, answer = self.site.request(method, path, body, token, key)
            if note is not None:
                self.note(note, status, answer, key)
            if status == 500:
                raise Unsettled(f"{method} {path} fails by a fault of the gateway's own: {answer}")
            if status not in UNANSWERED:
                return status, answer
            if time.monotonic() > end:
                raise Unsettled(f"{method} {path} is not answered: {status} {answer}")
            time.sleep(0.05)

    def note(self, note, status, answer, key):
        line = note | {
            "key": key, "status": status, "code": answer.get("code"),
            "final": status not in UNANSWERED, "out_refund_no": answer.get("out_refund_no"),
        }
        with self.lock, open(self.site.clients, "a") as file:
            file.write(json.dumps(line) + "\n")

    # Buying.

    def login(self):
        while True:
            code = self.site.control("POST", "login", {})["code"]
            status, answer = self.insist("POST", "/wxpay/login", {"code": code})
            # A code is good once: one whose answer was lost is used up.
            if status == 200:
                return answer["token"]

    def buy(self, total=1990):
        """A paid order, and its buyer's token."""
        order, buyer = self.place(total)
        self.pay(order, buyer)
        return order, buyer

    def place(self, total):
        """An order, and the token of somebody who wants to pay it."""
        order, buyer = self.number("T"), self.login()
        self.expect(self.insist(
            "POST", "/wxpay/merchant/orders",
            {"out_trade_no": order, "total_fee": total, "body": "茶叶"}, self.site.cashier), 200, 201)
        return order, buyer

    def pay(self, order, buyer):
        end = time.monotonic() + self.patience
        while True:
            status, payment = self.insist("POST", "/wxpay/pay", {"out_trade_no": order}, buyer)
            if status == 200:
                # The cashier may have closed meanwhile: the buyer taps again.
                self.site.request(
                    "POST", "/_control/pay", {"request_payment": payment}, port=self.site.wechat)
            elif payment.get("code") != "ORDER_PAID":
                raise Unsettled(f"The order {order} cannot be paid: {status} {payment}")
            for _ in range(20):
                status, seen = self.insist("GET", f"/wxpay/order?out_trade_no={order}", None, buyer)
                if seen.get("state") == "paid":
                    return
                time.sleep(0.05)
            if time.monotonic() > end:
                raise Unsettled(f"{order} is not paid: {seen}")

    def close_while_paid(self, total=1990):
        """Cashier and buyer at the same order in the same moment; either may be faster."""
        order, buyer = self.place(total)
        payment = self.expect(
            self.insist("POST", "/wxpay/pay", {"out_trade_no": order}, buyer), 200)
        paying = threading.Thread(target=self.site.request, args=(
            "POST", "/_control/pay", {"request_payment": payment}, None, None, self.site.wechat))
        paying.start()
        self.close(order)
        paying.join()

    def close(self, order):
        self.expect(self.insist(
            "POST", f"/wxpay/merchant/orders/{order}/close", {}, self.site.cashier), 200, 409)

    # Refunding.

    def refund_directly(self, order, fee, named=False):
        """A cashier's refund; the number is chosen by the shop if `named`."""
        intent = self.number("K")
        body = {"refund_fee": fee, "reason": "缺货"}
        if named:
            body["out_refund_no"] = "N" + intent
        return self.insist(
            "POST", f"/wxpay/merchant/orders/{order}/refunds", body, self.site.cashier, intent,
            note={"kind": "refund", "intent": intent, "order": order, "fee": fee})

    def apply(self, order, buyer, fee=None, kind="unshipped"):
        intent = self.number("K")
        body = {"out_trade_no": order, "kind": kind, "reason": "拍错了"}
        if fee:
            body["refund_fee"] = fee
        return self.insist(
            "POST", "/wxpay/refund-apply", body, buyer, intent,
            note={"kind": "refund", "intent": intent, "order": order, "fee": fee})

    def decide(self, number, verb, body=None):
        return self.insist(
            "POST", f"/wxpay/merchant/refunds/{number}/{verb}", body or {}, self.site.reviewer)

    def refund_by_review(self, order, buyer, fee, dice):
        """The way of an application: approved, approved in part, after the goods, or not."""
        way = dice.choice(["approve", "approve", "less", "returned", "reject", "withdraw"])
        status, refund = self.apply(
            order, buyer, fee, "returned" if way == "returned" else "unshipped")
        if status not in (200, 201):
            return status, refund
        number = refund["out_refund_no"]
        match way:
            case "less":
                return self.decide(
                    number, "approve", {"refund_fee": max(1, fee // 2), "reason": "运费由买家承担"})
            case "returned":
                self.decide(number, "approve")
                return self.decide(number, "received")
            case "reject":
                return self.decide(number, "reject", {"reason": "已发货"})
            case "withdraw":
                return self.insist(
                    "POST", "/wxpay/refund-withdraw",
                    {"out_trade_no": order, "out_refund_no": number}, buyer)
            case _:
                return self.decide(number, "approve")

    @staticmethod
    def expect(answer, *statuses):
        if answer[0] not in statuses:
            raise Unsettled(f"Expected {statuses}: {answer}")
        return answer[1]
