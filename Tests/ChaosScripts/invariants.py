"""What must hold, whatever was killed, lost or repeated: each function names what does not.

The numbers are those of the checker's report. The tables of states are written down here once more,
from the description of the states and not from the gateway's source: a wrong table there must not
excuse itself.
"""

import collections

from evidence import fields
from telling import TellingCheck

# Which state may follow which, on the money's way in …
PAYMENT_EDGES = {
    # Begun by another program, for an order of the shop's.
    (None, "paid"),
    (None, "created"), ("created", "unpaid"), ("unpaid", "unpaid"), ("created", "paid"),
    ("unpaid", "paid"), ("created", "closed"), ("unpaid", "closed"), ("closed", "closed"),
    ("closed", "paid"),
}
# … and on its way back.
REFUND_EDGES = {
    (None, "applied"), ("applied", "approved"), ("applied", "awaiting_goods"),
    ("awaiting_goods", "approved"), ("applied", "rejected"), ("awaiting_goods", "rejected"),
    ("applied", "withdrawn"), ("awaiting_goods", "withdrawn"), ("approved", "withdrawn"),
    ("approved", "sending"), ("sending", "sending"), ("sending", "processing"),
    ("sending", "succeeded"), ("sending", "closed"), ("sending", "abnormal"),
    ("sending", "refused"), ("processing", "succeeded"), ("processing", "closed"),
    ("processing", "abnormal"), ("abnormal", "succeeded"), ("abnormal", "closed"),
}
FOUND_EDGES = {(None, state) for state in ("processing", "succeeded", "closed", "abnormal")}
# Holds no money of the payment, and moved none.
RELEASED = {"rejected", "withdrawn", "refused", "closed"}
NEVER_AT_WECHAT = {"rejected", "withdrawn", "refused"}
# Counts among the 50 of a payment that WeChat takes.
COUNTED = {"approved", "sending", "processing", "succeeded", "closed", "abnormal"}
UNDER_WAY = {"approved", "sending", "processing", "abnormal"}
AT_WECHAT = {
    "PROCESSING": "processing", "SUCCESS": "succeeded", "REFUNDCLOSE": "closed",
    "CHANGE": "abnormal",
}
UNSIGNED = {"sign", "nonce_str"}


class Books:
    """WeChat's books, by number."""

    def __init__(self, ledger):
        self.orders, self.paid, self.sent = {}, {}, collections.defaultdict(list)
        self.payments = collections.Counter()
        self.refunds, self.status = {}, {}
        self.acceptances, self.complaints = collections.Counter(), []
        self.successes = collections.Counter()
        self.acked = set()
        for line in ledger:
            number = line.get("out_refund_no") or line.get("out_trade_no")
            match line["event"]:
                case "order_created":
                    self.orders[number] = line["parameters"]
                case "paid":
                    self.paid[number] = line
                    self.payments[number] += 1
                case "refund_sent":
                    self.sent[number].append(line)
                case "refund_accepted":
                    self.refunds[number] = line
                    self.status[number] = "PROCESSING"
                    self.acceptances[number] += 1
                case "refund_finished":
                    self.status[number] = line["refund_status"]
                    self.successes[number] += line["refund_status"] == "SUCCESS"
                case "complaint":
                    self.complaints.append(line)
                case "notified" | "refund_notified" if line["acked"]:
                    self.acked.add(number)


def said(message):
    """What a notification says: of a payment, or, encrypted, of a refund."""
    found = fields(message)
    names = ("req_info", "out_trade_no", "transaction_id", "result_code")
    return tuple(found.get(name) for name in names)


class Check:
    def __init__(self, evidence, settled):
        self.evidence, self.settled = evidence, settled
        self.before, self.after = Books(evidence.ledger), Books(evidence.ledger_after)
        self.payments = {row["out_trade_no"]: row for row in evidence.tables["payment"]}
        self.refunds = {row["out_refund_no"]: row for row in evidence.tables["refund"]}
        self.payment_history = collections.defaultdict(list)
        self.refund_history = collections.defaultdict(list)
        for row in evidence.tables["journal"]:
            if row["out_refund_no"]:
                self.refund_history[row["out_refund_no"]].append(row)
            elif row["out_trade_no"]:
                self.payment_history[row["out_trade_no"]].append(row)
        self.violations = []

    def run(self):
        self.payments_are_recorded()
        self.acknowledged_is_stored()
        self.paid_was_paid()
        self.transmissions_agree()
        self.intents_have_one_number()
        self.money_back_is_bounded()
        self.sends_are_counted_first()
        self.history_is_whole()
        self.reservations_add_up()
        self.nothing_is_forgotten()
        TellingCheck(self).run()
        return self.violations

    def say(self, invariant, sentence):
        self.violations.append({"invariant": invariant, "sentence": sentence})

    # I1, I2
    def payments_are_recorded(self):
        for number, count in self.after.payments.items():
            if count > 1:
                self.say("I1", f"WeChat took the money of {number} {count} times.")
        if not self.settled:
            return
        for number, trade in self.before.paid.items():
            row = self.payments.get(number)
            if row is None:
                self.say("I1", f"WeChat has the money of {number}, the database does not know it.")
            elif row["state"] != "paid" or row["transaction_id"] != trade["transaction_id"]:
                self.say("I2", f"{number} is paid at WeChat, and {row['state']} in the database.")

    # I3
    def acknowledged_is_stored(self):
        # A message that says the same as a stored one is not stored again.
        stored = {said(row["body"]) for row in self.evidence.tables["notification"]}
        for line in self.evidence.wire:
            acked = fields(line["answer"]).get("return_code") == "SUCCESS"
            if line["direction"] == "out" and acked and said(line["request"]) not in stored:
                self.say(
                    "I3", f"A notification was answered SUCCESS at {line['at']} and is not stored.")
        named = {row["out_trade_no"] for row in self.evidence.tables["notification"]}
        for number in self.before.acked:
            trade = self.before.refunds.get(number, {}).get("out_trade_no", number)
            if trade not in named:
                self.say("I3", f"WeChat was told SUCCESS about {number}; nothing is stored of it.")

    # I5
    def paid_was_paid(self):
        seen = collections.Counter()
        for number, row in self.payments.items():
            if row["state"] != "paid":
                continue
            seen[row["transaction_id"]] += 1
            trade, order = self.after.paid.get(number), self.after.orders.get(number, {})
            if trade is None:
                self.say("I5", f"{number} is paid in the database; WeChat never took its money.")
                continue
            facts = {
                "total_fee": (row["total_fee"], int(order.get("total_fee", -1))),
                "openid": (row["openid"], trade["openid"]),
                "transaction_id": (row["transaction_id"], trade["transaction_id"]),
            }
            # What another program sent has no parameters here.
            sent = fields(row["parameters"]) if row["parameters"] else order
            for name in ("appid", "mch_id"):
                facts[name] = (sent.get(name), order.get(name))
            for name, (ours, theirs) in facts.items():
                if ours != theirs:
                    self.say("I5", f"{number} is paid with {name} {ours}; at WeChat it is {theirs}.")
        for transaction, count in seen.items():
            if count > 1:
                self.say("I2", f"Transaction {transaction} stands for {count} payments.")

    # I6
    def transmissions_agree(self):
        short_of_funds = collections.defaultdict(list)
        orders = collections.defaultdict(list)
        for line in self.evidence.wire:
            request = fields(line["request"])
            if line["direction"] != "in":
                continue
            if line["path"].endswith("/pay/unifiedorder"):
                parameters = {k: v for k, v in request.items() if k not in UNSIGNED}
                orders[request.get("out_trade_no")].append(parameters)
            elif fields(line["answer"]).get("err_code") == "NOTENOUGH":
                short_of_funds[request.get("out_refund_no")].append(line["at"])
        for number, sent in orders.items():
            if any(parameters != sent[0] for parameters in sent):
                self.say("I6", f"{number} was ordered at WeChat with different parameters.")
        for number, sent in self.before.sent.items():
            for earlier, later in zip(sent, sent[1:]):
                names = earlier["parameters"].keys() | later["parameters"].keys()
                differing = {
                    name for name in names
                    if earlier["parameters"].get(name) != later["parameters"].get(name)
                }
                excused = any(at <= later["at"] for at in short_of_funds[number])
                if differing and not (differing == {"refund_account"} and excused):
                    self.say(
                        "I6", f"{number} was sent again with other {', '.join(sorted(differing))}.")
            row = self.refunds.get(number)
            for line in sent:
                if not line["signed"]:
                    self.say("I6", f"{number} was sent with a wrong signature.")
            if row and row["parameters"]:
                recorded = {k: v for k, v in fields(row["parameters"]).items() if v}
                recorded.pop("refund_account", None)
                wire = dict(sent[-1]["parameters"])
                wire.pop("refund_account", None)
                if recorded != wire:
                    self.say("I6", f"{number} was sent otherwise than it is recorded.")

    # I7
    def intents_have_one_number(self):
        numbers, unanswered = collections.defaultdict(set), set()
        keys = {}
        for reply in self.evidence.clients:
            if reply["kind"] != "refund":
                continue
            keys[reply["intent"]] = reply["key"]
            if reply.get("out_refund_no"):
                numbers[reply["intent"]].add(reply["out_refund_no"])
            unanswered.add(reply["intent"])
            if reply["final"]:
                unanswered.discard(reply["intent"])
        owners = collections.defaultdict(set)
        for intent, named in numbers.items():
            if len(named) > 1:
                self.say("I7", f"Intent {intent} has become {len(named)} refunds: {sorted(named)}.")
            for number in named:
                owners[number].add(intent)
                row = self.refunds.get(number)
                if row is None:
                    self.say("I7", f"A client was told of refund {number}, and it is gone.")
                elif keys[intent] and not (row["request_key"] or "").endswith(":" + keys[intent]):
                    self.say("I7", f"{number} is not recorded under the key of intent {intent}.")
        for number, intents in owners.items():
            if len(intents) > 1:
                self.say("I7", f"{number} answers {len(intents)} intents: {sorted(intents)}.")
        if self.settled and not unanswered:
            for number, row in self.refunds.items():
                if row["kind"] != "vendor_platform" and number not in owners:
                    self.say("I7", f"Nobody asked for refund {number}.")

    # I8
    def money_back_is_bounded(self):
        moved = collections.Counter()
        for number, refund in self.after.refunds.items():
            if self.after.acceptances[number] > 1 or self.after.successes[number] > 1:
                self.say("I8", f"The money of {number} moved more than once.")
            if self.after.status[number] in ("SUCCESS", "PROCESSING"):
                moved[refund["out_trade_no"]] += refund["refund_fee"]
        for order, fee in moved.items():
            total = int(self.after.orders[order]["total_fee"])
            if fee > total:
                self.say("I8", f"{fee} fen of {order} go back, of {total} that were paid.")
        for number, refund in self.before.refunds.items():
            row = self.refunds.get(number)
            if row is None:
                if refund["refund_request_source"] == "API":
                    self.say("I8", f"WeChat refunds {number}, which no intent here stands for.")
                elif self.settled:
                    self.say("I8", f"Refund {number} made by hand is not in the database.")
                continue
            for name in ("refund_fee", "out_trade_no", "transaction_id"):
                if row[name] != refund[name]:
                    self.say("I8", f"{number}: {name} is {row[name]}, at WeChat {refund[name]}.")
            approved = any(line["to_state"] == "approved" for line in self.refund_history[number])
            if refund["refund_request_source"] == "API" and not approved:
                self.say("I8", f"WeChat refunds {number}, which nobody approved.")
        for number, row in self.refunds.items():
            theirs = AT_WECHAT.get(self.after.status.get(number))
            claims = row["state"] in AT_WECHAT.values()
            if claims and theirs is None:
                self.say("I8", f"{number} is {row['state']} here; WeChat has never accepted it.")
            elif self.settled and theirs and theirs != row["state"]:
                self.say("I8", f"{number} is {row['state']} here, and {theirs} at WeChat.")
            if row["state"] == "succeeded" and theirs not in (None, "succeeded"):
                self.say("I8", f"{number} counts as paid back here; at WeChat it is {theirs}.")
            if row["state"] in NEVER_AT_WECHAT and theirs:
                self.say("I8", f"{number} is {row['state']} here, yet WeChat has it.")

    # I9
    def sends_are_counted_first(self):
        for number, sent in self.before.sent.items():
            row = self.refunds.get(number)
            if row is None:
                self.say("I9", f"{number} was sent without a record of it.")
                continue
            counted = [line["at"] for line in self.refund_history[number] if line["event"] == "sent"]
            if len(sent) > row["sends"]:
                self.say("I9", f"{number} was sent {len(sent)} times and counted {row['sends']}.")
            if len(counted) != row["sends"]:
                self.say("I9", f"{number}: {row['sends']} sends, {len(counted)} lines of history.")
            if row["applied_at"] > sent[0]["at"]:
                self.say("I9", f"{number} was sent before it was recorded.")
            # Concurrent senders may arrive in another order than they counted; the k-th arrival
            # still has k counted sends before it.
            for count, line in enumerate(sent, start=1):
                if sum(at <= line["at"] for at in counted) < count:
                    self.say("I9", f"Send {count} of {number} left before it was counted.")
                    break

    # I10
    def history_is_whole(self):
        for number, row in self.payments.items():
            lines = self.payment_history[number]
            edges = [(l["from_state"], l["to_state"]) for l in lines if l["to_state"]]
            # Closing an order that nobody asked to pay records a row that was never open.
            start = "created" if edges[:1] == [("created", "closed")] else None
            self.follow(number, edges, PAYMENT_EDGES, row["state"], start)
            late = any(line["event"] == "late_payment" for line in lines)
            if ("closed", "paid") in edges and not late:
                self.say("I10", f"{number} was paid after closing, and nobody was told.")
        for number, row in self.refunds.items():
            edges = [
                (line["from_state"], line["to_state"])
                for line in self.refund_history[number] if line["to_state"]
            ]
            allowed = REFUND_EDGES
            if row["kind"] == "vendor_platform":
                allowed = (REFUND_EDGES - {(None, "applied")}) | FOUND_EDGES
            self.follow(number, edges, allowed, row["state"], None)
        for number in self.refund_history.keys() - self.refunds.keys():
            self.say("I10", f"{number} has a history and no row.")
        for number in self.payment_history.keys() - self.payments.keys():
            if any(line["to_state"] for line in self.payment_history[number]):
                self.say("I10", f"{number} has a history and no row.")

    def follow(self, number, edges, allowed, state, start):
        if not edges:
            self.say("I10", f"{number} has no history.")
            return
        here = start
        for before, after in edges:
            if before != here:
                self.say("I10", f"{number}: its history goes from {here} to {before} unexplained.")
            if (before, after) not in allowed:
                self.say("I10", f"{number} went from {before} to {after}, which is no way.")
            here = after
        if here != state:
            self.say("I10", f"{number} is {state}; its history ends with {here}.")

    def reservations_add_up(self):
        reserved, count = collections.Counter(), collections.Counter()
        for row in self.refunds.values():
            if row["state"] not in RELEASED:
                reserved[row["out_trade_no"]] += row["refund_fee"]
            if row["state"] in COUNTED:
                count[row["out_trade_no"]] += 1
        by_hand = {
            row["out_trade_no"] for row in self.refunds.values() if row["kind"] == "vendor_platform"
        }
        for number, row in self.payments.items():
            if row["reserved_fee"] != reserved[number]:
                self.say(
                    "I10", f"{number} reserves {row['reserved_fee']} fen; its refunds hold"
                    f" {reserved[number]}.")
            if row["refund_count"] != count[number]:
                self.say(
                    "I10", f"{number} counts {row['refund_count']} refunds; there are"
                    f" {count[number]}.")
            if row["reserved_fee"] > row["total_fee"] and number not in by_hand:
                self.say("I8", f"{number} reserves more than was paid.")

    # I14
    def nothing_is_forgotten(self):
        duties = {row["subject"]: row for row in self.evidence.tables["duty"]
                  if row["kind"] == "refund"}
        asked = {row["subject"] for row in self.evidence.tables["duty"]
                 if row["kind"] == "payment" and row["done_at"] is None}
        for number, row in self.payments.items():
            if row["state"] in ("created", "unpaid") and number not in asked:
                self.say("I14", f"{number} is {row['state']}, and nobody will ask about it.")
        for number, row in self.refunds.items():
            duty = duties.get(number)
            if row["state"] in UNDER_WAY and (duty is None or duty["done_at"] is not None):
                self.say("I14", f"{number} is {row['state']}, and nothing is due about it.")
            if not self.settled:
                continue
            if row["state"] in ("approved", "sending") and not row["wait"]:
                self.say("I14", f"{number} is still {row['state']} and waits for nothing.")
            if row["state"] not in UNDER_WAY and duty and duty["done_at"] is None:
                self.say("I14", f"{number} is {row['state']}, and its duty is not done.")
            approved = any(line["to_state"] == "approved" for line in self.refund_history[number])
            ended_here = row["state"] in NEVER_AT_WECHAT or row["state"] in ("approved", "sending")
            if approved and not ended_here and self.after.acceptances[number] != 1:
                self.say(
                    "I14", f"{number} was approved and paid {self.after.acceptances[number]} times.")
        if self.settled:
            for duty in self.evidence.tables["duty"]:
                if duty["lease_until"]:
                    self.say("I14", f"The lease on {duty['kind']} {duty['subject']} has leaked.")
