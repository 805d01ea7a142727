"""Damage that the checker has to find: it is worth nothing if it finds nothing.

Each is done to evidence that is in order, and names the invariants of which one must speak up.
"""

import copy

from invariants import Check


def row(evidence, table, **wanted):
    """The first row that is as wanted."""
    return next(
        row for row in evidence.tables[table] if all(row[k] == v for k, v in wanted.items()))


def event(evidence, name, **wanted):
    return next(
        line for line in evidence.ledger
        if line["event"] == name and all(line.get(k) == v for k, v in wanted.items()))


def without(lines, found):
    lines[:] = [line for line in lines if line is not found]


def receipt(evidence, channel, **wanted):
    return next(
        line for line in evidence.received
        if line["channel"] == channel and all(line.get(k) == v for k, v in wanted.items()))


# Each takes evidence and spoils it. Where both readings of the ledger, or of what was received, must
# change, they are one list by then.

def payment_forgotten(e):
    row(e, "payment", state="paid")["state"] = "unpaid"


def payment_row_lost(e):
    without(e.tables["payment"], row(e, "payment", state="paid"))


def payment_invented(e):
    without(e.ledger, event(e, "paid"))


def amount_changed(e):
    row(e, "payment", state="paid")["total_fee"] += 1


def payer_changed(e):
    row(e, "payment", state="paid")["openid"] += "x"


def transaction_twice(e):
    paid = [row for row in e.tables["payment"] if row["state"] == "paid"]
    paid[1]["transaction_id"] = paid[0]["transaction_id"]


def other_merchant(e):
    found = row(e, "payment", state="paid")
    found["parameters"] = found["parameters"].replace("1230000109", "1900000109")


def acknowledged_unstored(e):
    e.tables["notification"].clear()


def one_message_unstored(e):
    del e.tables["notification"][0]


def sent_with_other_amount(e):
    again = copy.deepcopy(event(e, "refund_sent"))
    again["parameters"]["refund_fee"] = "1"
    e.ledger.append(again)


def sent_from_other_funds(e):
    again = copy.deepcopy(event(e, "refund_sent"))
    again["parameters"]["refund_account"] = "REFUND_SOURCE_RECHARGE_FUNDS"
    e.ledger.append(again)


def sent_more_than_counted(e):
    found = event(e, "refund_sent")
    e.ledger.extend([found] * 9)


def sent_before_recorded(e):
    found = event(e, "refund_sent")
    row(e, "refund", out_refund_no=found["out_refund_no"])["applied_at"] = found["at"] + 1


def counted_after_sending(e):
    found = event(e, "refund_sent")
    row(e, "journal", out_refund_no=found["out_refund_no"], event="sent")["at"] = found["at"] + 1


def refund_row_lost(e):
    without(e.tables["refund"], row(e, "refund", state="succeeded"))


def refunded_twice(e):
    e.ledger.append(event(e, "refund_accepted"))


def refunded_under_new_number(e):
    for name in ("refund_sent", "refund_accepted"):
        again = copy.deepcopy(event(e, name))
        again["out_refund_no"] = "Rnew"
        e.ledger.append(again)


def more_than_paid(e):
    found = event(e, "refund_finished", refund_status="SUCCESS")
    accepted = event(e, "refund_accepted", out_refund_no=found["out_refund_no"])
    accepted["refund_fee"] = accepted["total_fee"] + 1


def success_invented(e):
    row(e, "refund", state="closed")["state"] = "succeeded"


def acceptance_taken_for_success(e):
    found = event(e, "refund_finished", refund_status="SUCCESS")
    without(e.ledger, found)


def released_while_paid(e):
    row(e, "refund", state="succeeded")["state"] = "refused"


def client_answer_lost(e):
    found = row(e, "refund", state="succeeded")
    next(c for c in e.clients if c["out_refund_no"] == found["out_refund_no"])
    for client in e.clients:
        if client["out_refund_no"] == found["out_refund_no"]:
            client["out_refund_no"] = "Rother"


def one_intent_two_refunds(e):
    answered = [client for client in e.clients if client["out_refund_no"]]
    other = next(c for c in answered if c["intent"] != answered[0]["intent"])
    e.clients.append(answered[0] | {"out_refund_no": other["out_refund_no"]})


def refund_unwished(e):
    e.clients[:] = [c for c in e.clients if c["intent"] != e.clients[0]["intent"]]


def approval_missing(e):
    number = row(e, "refund", state="succeeded")["out_refund_no"]
    without(e.tables["journal"], row(e, "journal", out_refund_no=number, to_state="approved"))


def forbidden_edge(e):
    number = row(e, "refund", state="succeeded")["out_refund_no"]
    row(e, "journal", out_refund_no=number, to_state="succeeded")["from_state"] = "applied"


def last_line_missing(e):
    number = row(e, "payment", state="paid")["out_trade_no"]
    without(e.tables["journal"], row(e, "journal", out_trade_no=number, event="paid"))


def reservation_leaked(e):
    row(e, "payment", state="paid")["reserved_fee"] += 1


def count_wrong(e):
    row(e, "payment", state="paid")["refund_count"] += 1


def payment_unasked(e):
    row(e, "payment", state="paid")["state"] = "unpaid"


def duty_lost(e):
    found = row(e, "refund", state="succeeded")
    found["state"] = "processing"


def refund_stuck(e):
    row(e, "refund", state="succeeded")["state"] = "sending"


def lease_leaked(e):
    e.tables["duty"][0]["lease_until"] = 1


def event_lost(e):
    without(e.tables["event"], row(e, "event", event="refund_succeeded"))


def event_invented(e):
    last = e.tables["event"][-1]
    e.tables["event"].append(last | {"seq": last["seq"] + 1, "event": "refund_succeeded"})


def event_numbered_twice_over(e):
    found = row(e, "event", event="paid")
    for later in e.tables["event"]:
        if later["order_no"] == found["order_no"]:
            later["seq"] += 1


def closed_after_paid(e):
    found = row(e, "event", event="paid")
    events = [r for r in e.tables["event"] if r["order_no"] == found["order_no"]]
    e.tables["event"].append(
        found | {"event": "closed", "seq": max(r["seq"] for r in events) + 1})


def never_received(e):
    found = receipt(e, "webhook", event="paid")
    e.received[:] = [
        line for line in e.received
        if (line["channel"], line.get("order"), line.get("seq"))
        != ("webhook", found["order"], found["seq"])]


def script_never_told(e):
    number = receipt(e, "relay", event="paid")["out_trade_no"]
    e.received[:] = [
        line for line in e.received
        if (line["channel"], line["event"], line.get("out_trade_no")) != ("relay", "paid", number)]


def denied_counts_as_delivered(e):
    found = receipt(e, "webhook", event="refund_approved")
    for line in e.received:
        if line["channel"] == "webhook" and (line["order"], line["seq"]) == (
                found["order"], found["seq"]):
            line["said"] = False


def told_too_early(e):
    e.received.insert(0, receipt(e, "webhook", event="refund_succeeded"))


def table_changed_too_early(e):
    e.received.insert(0, receipt(e, "shop_tables", event="refund_succeeded"))


def told_before_the_commit(e):
    e.received.append(receipt(e, "webhook", event="paid") | {"seq": 99})


def script_told_of_nothing(e):
    e.received.append(receipt(e, "relay", event="paid") | {"out_trade_no": "Tother"})


def told_another_amount(e):
    receipt(e, "webhook", event="paid")["fee"] += 1


def told_without_signature(e):
    receipt(e, "webhook", event="paid")["genuine"] = False


def work_done_twice(e):
    e.received.append(receipt(e, "relay", event="paid", effect=True))


def work_never_done(e):
    receipt(e, "relay", event="paid", effect=True)["effect"] = False


def shop_closes_what_is_paid(e):
    next(r for r in e.shop_orders if r["status"] == "paid")["status"] = "closed"


def other_amount_told_as_paid(e):
    found = row(e, "journal", event="paid")
    e.tables["journal"].append(
        found | {"event": "amount_changed", "from_state": None, "to_state": None})


def shop_forgets_an_order(e):
    without(e.shop_orders, next(r for r in e.shop_orders if r["status"] == "closed"))


def shop_misses_a_refund(e):
    next(r for r in e.shop_orders if r["refunded"])["refunded"] = 0


DAMAGE = [
    (payment_forgotten, "I2"), (payment_row_lost, "I1"), (payment_invented, "I5"),
    (amount_changed, "I5"), (payer_changed, "I5"), (other_merchant, "I5"),
    (transaction_twice, "I2"), (acknowledged_unstored, "I3"), (one_message_unstored, "I3"),
    (sent_with_other_amount, "I6"), (sent_from_other_funds, "I6"), (sent_more_than_counted, "I9"),
    (sent_before_recorded, "I9"), (counted_after_sending, "I9"), (refund_row_lost, "I8"),
    (refunded_twice, "I8"), (refunded_under_new_number, "I8"), (more_than_paid, "I8"),
    (success_invented, "I8"), (acceptance_taken_for_success, "I8"), (released_while_paid, "I8"),
    (client_answer_lost, "I7"), (one_intent_two_refunds, "I7"), (refund_unwished, "I7"),
    (approval_missing, "I8"), (forbidden_edge, "I10"), (last_line_missing, "I10"),
    (reservation_leaked, "I10"), (count_wrong, "I10"), (payment_unasked, "I14"),
    (duty_lost, "I14"), (refund_stuck, "I14"), (lease_leaked, "I14"),
    (event_lost, "I12"), (event_invented, "I12"), (event_numbered_twice_over, "I12"),
    (closed_after_paid, "I12"), (never_received, "I12"), (script_never_told, "I12"),
    (denied_counts_as_delivered, "I12"), (told_too_early, "I12"),
    (table_changed_too_early, "I12"), (told_before_the_commit, "I12"),
    (script_told_of_nothing, "I12"), (told_another_amount, "I12"),
    (told_without_signature, "I12"), (work_done_twice, "I12"), (work_never_done, "I12"),
    (shop_closes_what_is_paid, "I12"), (shop_forgets_an_order, "I12"),
    (shop_misses_a_refund, "I12"), (other_amount_told_as_paid, "I12"),
]


def undetected(evidence):
    """The names of what the checker overlooks, in evidence that is in order by itself."""
    found = Check(evidence, settled=True).run()
    if found:
        return [f"nothing at all: the evidence is not in order: {found[0]['sentence']}"]
    overlooked = []
    for damage, invariant in DAMAGE:
        spoiled = copy.deepcopy(evidence)
        spoiled.ledger_after = spoiled.ledger
        spoiled.received_after = spoiled.received
        damage(spoiled)
        if invariant not in {v["invariant"] for v in Check(spoiled, settled=True).run()}:
            overlooked.append(damage.__name__)
    return overlooked
