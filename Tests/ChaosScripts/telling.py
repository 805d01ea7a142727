"""I12: what the shop is told is what happened, all of it, and in its order."""

import collections

# Which change of which row is an event, from the description of the events.
REFUND_EVENTS = {
    "applied": "refund_applied", "awaiting_goods": "refund_awaiting_goods",
    "approved": "refund_approved", "rejected": "refund_rejected",
    "withdrawn": "refund_withdrawn", "refused": "refund_refused",
    "succeeded": "refund_succeeded", "closed": "refund_closed", "abnormal": "refund_abnormal",
}
# Money that is not what the order costs now is told as such, and to no old script.
PAID = {"paid", "paid_other_amount"}
EVERYTHING = {*PAID, "closed", *REFUND_EVENTS.values()}
# What each way is configured for.
CHANNELS = {
    "webhook": EVERYTHING, "shop_tables": EVERYTHING,
    "relay": {"paid", "refund_succeeded", "refund_closed", "refund_abnormal"},
}


class TellingCheck:
    """Says to `check` what is not as it should be."""

    def __init__(self, check):
        self.check, self.evidence = check, check.evidence
        self.events = collections.defaultdict(dict)
        for row in self.evidence.tables["event"]:
            self.events[row["order_no"]][row["seq"]] = row
        self.places = collections.defaultdict(list)
        for order, events in self.events.items():
            for seq, row in sorted(events.items()):
                self.places[row["event"], row["out_trade_no"], row["out_refund_no"]].append(
                    (order, seq))

    def run(self):
        self.events_are_the_history()
        if self.evidence.received is None:
            return
        self.nothing_is_invented()
        self.nothing_is_overtaken()
        self.work_is_done_once()
        if self.check.settled:
            self.shop_knows_it_all()
            self.shop_tables_are_right()

    def say(self, sentence):
        self.check.say("I12", sentence)

    def events_are_the_history(self):
        for order, events in self.events.items():
            if sorted(events) != list(range(1, len(events) + 1)):
                self.say(f"{order} counts its events {sorted(events)}.")
            kinds = [events[seq]["event"] for seq in sorted(events)]
            paid = [place for place, kind in enumerate(kinds) if kind in PAID]
            if paid and "closed" in kinds[paid[0]:]:
                self.say(f"{order} is told to be closed after it was paid.")
        happened, told, closed = collections.Counter(), collections.Counter(), set()
        differing = {
            line["out_trade_no"] for line in self.evidence.tables["journal"]
            if line["event"] == "amount_changed"}
        for line in self.evidence.tables["journal"]:
            if line["to_state"] == "closed" and not line["out_refund_no"]:
                closed.add(line["order_no"])
            if line["from_state"] == line["to_state"]:
                continue
            if line["out_refund_no"] and line["to_state"] in REFUND_EVENTS:
                happened[REFUND_EVENTS[line["to_state"]], line["out_refund_no"]] += 1
            elif not line["out_refund_no"] and line["to_state"] == "paid":
                kind = "paid_other_amount" if line["out_trade_no"] in differing else "paid"
                happened[kind, line["out_trade_no"]] += 1
        for row in self.evidence.tables["event"]:
            if row["event"] != "closed":
                told[row["event"], row["out_refund_no"] or row["out_trade_no"]] += 1
            elif row["order_no"] not in closed:
                self.say(f"{row['order_no']} is told to be closed, and was not.")
        for what in happened.keys() | told.keys():
            if happened[what] != told[what]:
                self.say(f"{' '.join(what)} happened {happened[what]} times,"
                         f" and there are {told[what]} events.")

    def place(self, receipt):
        """Which event of which order was told; nothing when there is no such one."""
        if "seq" in receipt:
            row = self.events.get(receipt["order"], {}).get(receipt["seq"])
            if row is None or row["event"] != receipt["event"]:
                return None
            return receipt["order"], receipt["seq"]
        # An old script hears of no sequence: it is the one event that says so.
        places = self.places.get(
            (receipt["event"], receipt["out_trade_no"], receipt["out_refund_no"]), [None])
        return places[0]

    def nothing_is_invented(self):
        for receipt in self.evidence.received:
            channel = receipt["channel"]
            if not receipt["genuine"]:
                self.say(f"The {channel} was told something that is not signed as it should be.")
            elif self.place(receipt) is None:
                number = receipt.get("order") or receipt["out_trade_no"]
                self.say(f"The {channel} was told that {number} is {receipt['event']}; no such"
                         " event is recorded.")
            elif receipt.get("transaction"):
                trade = self.check.after.paid.get(receipt["out_trade_no"])
                order = self.check.after.orders.get(receipt["out_trade_no"], {})
                facts = (trade or {}).get("transaction_id"), int(order.get("total_fee", -1))
                if facts != (receipt["transaction"], receipt["fee"]):
                    self.say(f"The {channel} was told of {receipt['out_trade_no']} what WeChat"
                             " does not know.")

    def nothing_is_overtaken(self):
        """The next event has its turn when the one before has arrived."""
        seen, arrived = set(), set()
        for receipt in self.evidence.received_after:
            place, channel = self.place(receipt), receipt["channel"]
            if place is None:
                continue
            order, seq = place
            if (channel, order, seq) not in seen:
                seen.add((channel, order, seq))
                for earlier, row in self.events[order].items():
                    is_due = earlier < seq and row["event"] in CHANNELS[channel]
                    is_due = is_due and earlier not in self.outlived(receipt, order, seq)
                    if is_due and (channel, order, earlier) not in arrived:
                        self.say(f"The {channel} was told event {seq} of {order} when {earlier}"
                                 " had not arrived.")
            if receipt["said"]:
                arrived.add((channel, order, seq))
                arrived.update(
                    (channel, order, earlier) for earlier in self.outlived(receipt, order, seq))
        self.arrived = arrived
        for row in self.evidence.tables["delivery"]:
            place = row["channel"], row["order_no"], row["seq"]
            if row["seq"] not in self.events.get(row["order_no"], {}):
                self.say(f"A delivery is about event {row['seq']} of {row['order_no']}, which is"
                         " not recorded.")
            elif row["state"] == "delivered" and place not in arrived:
                self.say(f"Event {row['seq']} of {row['order_no']} counts as delivered to the"
                         f" {row['channel']}, which never said so.")

    def outlived(self, receipt, order, seq):
        """A trouble that was over before WeChat's message of it came: how it ended stands for it."""
        return {
            earlier for earlier, row in self.events[order].items()
            if receipt["channel"] == "relay" and earlier < seq and row["event"] == "refund_abnormal"
            and row["out_refund_no"] == receipt["out_refund_no"]}

    def work_is_done_once(self):
        """The work beside the payment, of a script that itself knows what it has done."""
        self.works = collections.Counter()
        for receipt in self.evidence.received_after:
            if receipt.get("effect"):
                self.works[receipt["work"]] += 1
        for work, count in self.works.items():
            if count > 1:
                self.say(f"The old script has done its work for {work} {count} times.")

    def shop_knows_it_all(self):
        for order, events in self.events.items():
            for seq, row in events.items():
                for channel, kinds in CHANNELS.items():
                    if row["event"] in kinds and (channel, order, seq) not in self.arrived:
                        self.say(f"The {channel} was never told event {seq} of {order},"
                                 f" {row['event']}.")
        for number, trade in self.check.before.paid.items():
            if ("paid_other_amount", number, None) in self.places:
                continue
            if not self.works[trade["transaction_id"]]:
                self.say(f"The old script has never done its work for {number}.")

    def shop_tables_are_right(self):
        rows = {row["sn"]: row for row in self.evidence.shop_orders}
        refunded, totals = collections.Counter(), collections.Counter()
        for refund in self.check.refunds.values():
            if refund["state"] == "succeeded":
                refunded[refund["order_no"]] += refund["refund_fee"]
        for payment in self.check.payments.values():
            if payment["state"] == "paid":
                totals[payment["order_no"]] = payment["total_fee"]
        for order, events in self.events.items():
            kinds = {row["event"] for row in events.values()}
            status = "paid" if "paid" in kinds else "closed" if "closed" in kinds else None
            row = rows.get(order, {"status": None, "paid": 0, "refunded": 0})
            paid = totals[order] if status == "paid" else 0
            right = {"status": status, "paid": paid, "refunded": refunded[order]}
            for name, value in right.items():
                if row[name] != value:
                    self.say(f"In the shop's table {name} of {order} is {row[name]}; {value} is"
                             " right.")
