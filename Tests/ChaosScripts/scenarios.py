"""What is done to the gateway. Each scenario is a function of a site and a seeded generator; whatever
is drawn is drawn from it, so that the printed seed repeats the same choices (though not the
same interleaving of processes)."""

import concurrent.futures
import os
import random
import signal
import threading
import time

from damage import DAMAGE, undetected
from evidence import lines
from shop import Pace, Shop
from stage import Site, Unsettled, eventually

# Where a debug build kills itself; `Sources/ARCHITECTURE.md` tells what lies on either side.
POINTS = ["P0", "P1", "P3", "P4", "N1", "N2", "N4", "R1", "R2", "R3", "R5", "R6", "R7", "R8",
          "O1", "O2", "O3"]
# Where somebody listens to what the shop is told.
TELLING = {"O1", "O2", "O3", "machine", "D", "damage"}


def site_for(stage, name, seed):
    return Site(
        stage, haste=300 if name == "rush" else 100, owns_database=name == "machine",
        tells_shop=name in TELLING, seed=f"{name} {seed}")


class Violated(Exception):
    def __init__(self, evidence, settled, violations):
        super().__init__("\n".join(f"{v['invariant']}: {v['sentence']}" for v in violations))
        self.evidence, self.settled = evidence, settled


def check(site, settled=False):
    violations, evidence = site.violations(settled)
    if violations:
        raise Violated(evidence, settled, violations)


def findings(site, error):
    """What the checker has to say, also when a scenario came to nothing before it was asked."""
    if isinstance(error, Violated):
        return error
    violations, evidence = site.violations(settled=False)
    return Violated(evidence, False, violations) if violations else error


def watched(site, what, question, seconds):
    """Waits, and looks meanwhile whether anything goes wrong: who waits in vain waits long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            return eventually(what, question, 5, 0.2)
        except Unsettled:
            check(site)
    raise Unsettled(f"Waited {seconds} s in vain for {what}.")


def settle(site, seconds=90):
    """Waits until nothing is left to do, then has everything checked."""
    site.control("POST", "fault/clear", {})
    if site.receivers:
        site.receivers.calm()
    watched(site, "all work to be done", lambda: is_settled(site), seconds)
    check(site, settled=True)


def is_settled(site):
    open_duties = site.query("SELECT COUNT(*) FROM duty WHERE done_at IS NULL")
    if open_duties != [["0"]]:
        # A dead card needs a person; here it is settled as soon as somebody is told. What has been
        # settled meanwhile cannot be once more.
        for [refund] in site.query("SELECT out_refund_no FROM refund WHERE state = 'abnormal'"):
            site.try_control("POST", "refund-finish", {
                "out_refund_no": refund, "refund_status": "SUCCESS"})
        return False
    paid = {row[0] for row in site.query("SELECT out_trade_no FROM payment WHERE state = 'paid'")}
    return all(
        line["out_trade_no"] in paid for line in lines(site.state / "ledger.log")
        if line["event"] == "paid")


def at_once(jobs, threads=16):
    """Runs jobs side by side; the first exception is everybody's."""
    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        return [future.result() for future in [pool.submit(*job) for job in jobs]]


def purchase(shop, seed):
    """An order from its placing to its refunds, drawn from a seed of its own."""
    dice = random.Random(seed)
    site, total = shop.site, dice.randrange(100, 5000)
    order, buyer = shop.buy(total)
    site.control("POST", "refund-outcome", {
        "out_trade_no": order, "milliseconds": dice.randrange(0, 300),
        "outcome": dice.choice(["success", "success", "success", "close", "change"])})
    jobs = []
    for _ in range(dice.randrange(2, 4)):
        fee = dice.randrange(1, total // 2)
        if dice.random() < 0.5:
            jobs.append((shop.refund_directly, order, fee, dice.random() < 0.3))
        else:
            # A generator for each thread: a shared one would be drawn from in no order.
            jobs.append((shop.refund_by_review, order, buyer, fee, random.Random(dice.random())))
    at_once(jobs)


def purchases(shop, dice, count):
    at_once([(purchase, shop, dice.random()) for _ in range(count)])


# (a) A kill at every named point.

def crash(site, dice, _quick, point):
    shop = Shop(site, dice.random())
    passes = dice.randrange(1, 4)
    if point == "R7":
        # Only an answer in doubt makes the gateway ask.
        site.fault("refund", "systemerror_after", count=4)
    site.start_gateway(f"{point}:{passes}")
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        work = pool.submit(purchases, shop, dice, 3)
        # Lets every pass be reached, whatever ways the drawn refunds go.
        sure = pool.submit(surely_refunded, shop)
        # Some points are passed by duties alone, when the clients have long been answered.
        eventually(
            f"the gateway to come to {point}:{passes}", lambda: not site.gateway.is_running, 60, 0.01)
        check(site)
        site.start_gateway()
        work.result(), sure.result()
    settle(site)


def surely_refunded(shop):
    if shop.site.receivers:
        order, _ = shop.place(1000)
        shop.close(order)
        for _ in range(3):
            shop.close_while_paid()
            refunded_with_trouble(shop)
    order, _ = shop.buy(3000)
    for _ in range(3):
        shop.expect(shop.refund_directly(order, 100), 200, 201)


def refunded_with_trouble(shop):
    """A card that is dead, and a person who settles it: two messages about one refund."""
    order, _ = shop.buy(1000)
    shop.site.control("POST", "refund-outcome", {"out_trade_no": order, "outcome": "change"})
    for fee in (100, 200):
        refund = shop.expect(shop.refund_directly(order, fee), 200, 201)["out_refund_no"]

        def is_in_trouble():
            return any(
                found["out_refund_no"] == refund and found["refund_status"] == "CHANGE"
                for found in shop.site.control("GET", "refunds")["refunds"])

        eventually("the card to be found dead", is_in_trouble)
        time.sleep(shop.random.random() * 0.3)
        shop.site.control("POST", "refund-finish", {
            "out_refund_no": refund, "refund_status": "SUCCESS"})


def kill_while_sent(site, dice, _quick):
    """R4: the request is with WeChat, and nobody waits for the answer any more."""
    shop = Shop(site, dice.random())
    site.start_gateway()
    orders = at_once([(shop.buy, 2000) for _ in range(3)])
    site.fault("refund", dice.choice(["delay", "delay_after"]), count=3,
               milliseconds=dice.randrange(200, 800))
    wanted = dice.randrange(1, 4)

    def killer():
        eventually("the refund to be sent", lambda: site.sent_refunds() >= wanted, 60, 0.01)
        time.sleep(dice.random() * 0.2)
        site.gateway.kill()
        check(site)
        site.start_gateway()

    at_once([(killer,)] + [
        (shop.refund_directly, order, fee) for order, _ in orders for fee in (300, 700)])
    settle(site)


# (b) Done, and then silence or an error.

def lost_answers(site, dice, quick):
    shop = Shop(site, dice.random())
    site.start_gateway()
    intents = 60 if quick else 1000
    orders = at_once([(shop.buy, 5000) for _ in range(intents // 4)])
    # Drawn one after the other: half of all requests are done and yet not answered, and a quarter
    # of the others is not even done.
    for fault, probability in (
        ("drop_after", 0.25), ("systemerror_after", 0.3333), ("systemerror_before", 0.25),
    ):
        site.fault("refund", fault, count=0, probability=probability, seed=dice.randrange(2**31))
    at_once([
        (shop.refund_directly, order, fee) for order, _ in orders for fee in (100, 200, 300, 400)])
    # The faults stay until every intent has come through them.
    watched(site, "the refunds to come through", lambda: site.query(
        "SELECT COUNT(*) FROM duty WHERE done_at IS NULL") == [["0"]], 120 if quick else 600)
    settle(site)
    evidence = site.gather()
    moved = [line for line in evidence.ledger_after if line["event"] == "refund_accepted"]
    if len(moved) != intents:
        raise Unsettled(f"{intents} intents, {len(moved)} refunds at WeChat.")
    asked = sum(line["path"].endswith("/pay/refundquery") for line in evidence.wire)
    if asked < intents // 4:
        raise Unsettled(f"{intents} intents, and WeChat was asked {asked} times only.")
    return f"{intents} intents, sent {site.sent_refunds()} times, asked {asked} times"


# (c) A sender that sleeps past its lease, and wakes.

def late_sender(site, dice, _quick):
    shop = Shop(site, dice.random())
    site.start_gateway(None, "--no-duties")
    order, _ = shop.buy(3000)
    # The request itself tries first; its failure leaves the work to the workers.
    site.fault("refund", "systemerror_before")
    first, second = site.start_worker(), site.start_worker()
    eventually("the workers", lambda: (site.folder / "gateway.log").read_text().count(
        "event=working") == 2)
    second.send(signal.SIGSTOP)
    site.fault("refund", dice.choice(["delay", "delay_after"]),
               milliseconds=dice.randrange(1000, 2000))
    shop.expect(shop.refund_directly(order, 1234), 200, 201)
    eventually("the refund to be sent again", lambda: site.sent_refunds() >= 2, 30, 0.01)
    first.send(signal.SIGSTOP)
    # The lease is 0.3 s here; a second sender asks, and sends if WeChat has nothing yet.
    time.sleep(dice.uniform(0.3, 0.6))
    second.send(signal.SIGCONT)
    time.sleep(dice.uniform(0, 2))
    check(site)
    first.send(signal.SIGCONT)
    settle(site)
    return f"sent {site.sent_refunds()} times"


# (d) Kills at any time, while many buy.

def random_kills(site, dice, quick):
    shop = Shop(site, dice.random())
    site.start_gateway()
    over = threading.Event()

    def client(seed):
        own = random.Random(seed)
        count = 0
        while not over.is_set():
            purchase(shop, own.random())
            count += 1
        return count

    def killer():
        end = time.monotonic() + (10 if quick else 120)
        kills = 0
        while time.monotonic() < end:
            time.sleep(dice.uniform(0.2, 1.5))
            site.gateway.kill()
            kills += 1
            check(site)
            site.start_gateway()
        over.set()
        return kills

    def guarded(job, *arguments):
        try:
            return job(*arguments)
        finally:
            over.set()

    kills, *_ = at_once(
        [(guarded, killer)] + [(guarded, client, dice.random()) for _ in range(16)], 17)
    settle(site)
    return f"{kills} kills"


# (d2) The machine as it is deployed, and whatever of it can die.

def machine(site, dice, quick):
    shop = Shop(site, dice.random(), pace=Pace(200))
    site.start_supervised()
    over = threading.Event()

    def client(seed):
        own = random.Random(seed)
        while not over.is_set():
            # Most buyers keep what they have bought.
            if own.random() < 0.125:
                purchase(shop, own.random())
            else:
                shop.buy()

    def kill_worker():
        workers = site.gateway.children
        if workers:
            os.kill(dice.choice(workers), signal.SIGKILL)

    def kill_master():
        site.gateway.kill()
        site.start_supervised()

    def kill_database():
        site.mariadb.kill()
        time.sleep(dice.random())
        site.mariadb.start()

    kills = {kill_worker: 0, kill_master: 0, kill_database: 0}

    def killer():
        end = time.monotonic() + (15 if quick else 600)
        # Each of them at least once, however short it is.
        first = dice.sample(list(kills), len(kills))
        while time.monotonic() < end:
            time.sleep(dice.uniform(0.2, 1.5))
            kill = first.pop() if first else dice.choice(list(kills))
            kill()
            kills[kill] += 1
            check(site)

    start = time.monotonic()

    def guarded(job, *arguments):
        try:
            return job(*arguments)
        finally:
            over.set()

    at_once([(guarded, killer)] + [(guarded, client, dice.random()) for _ in range(16)], 17)
    rate = shop.requests / (time.monotonic() - start)
    # What lies undone after so long is more than others leave.
    settle(site, 90 if quick else 900)
    workers, masters, databases = kills.values()
    return (f"killed {workers} workers, {masters} masters, {databases} times MariaDB;"
            f" {shop.requests} requests, {rate:.0f}/s")


# (d3) No notification comes, and who asks instead is killed.

def duties_alone(site, dice, quick):
    shop = Shop(site, dice.random())
    for endpoint in ("notify", "refund_notify"):
        site.fault(endpoint, "lose", count=0)
    # The request itself often fails to send; its failure leaves the work to the workers.
    site.fault("refund", "systemerror_before", count=0, probability=0.5, seed=dice.randrange(2**31))
    site.start_gateway(None, "--no-duties")
    workers = [site.start_worker(), site.start_worker()]
    over = threading.Event()

    def killer():
        kills = 0
        while not over.wait(dice.uniform(0.1, 0.8)):
            index = dice.randrange(2)
            workers[index].kill()
            kills += 1
            check(site)
            workers[index] = site.start_worker()
        return kills

    def client(seed):
        own = random.Random(seed)
        for _ in range(2 if quick else 12):
            order, buyer = shop.place(own.randrange(500, 5000))
            payment = shop.expect(
                shop.insist("POST", "/wxpay/pay", {"out_trade_no": order}, buyer), 200)
            site.control("POST", "pay", {"request_payment": payment})
            # Nobody asks the gateway, which would make it ask WeChat.
            eventually(f"{order} to be found paid", lambda: site.query(
                f"SELECT 1 FROM payment WHERE out_trade_no = '{order}' AND state = 'paid'"))
            for _ in range(2):
                shop.refund_directly(order, own.randrange(1, 250))

    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        kills = pool.submit(killer)
        try:
            at_once([(client, dice.random()) for _ in range(4)])
            # The faults stay until everything has come through them.
            watched(site, "the refunds to end", lambda: site.query(
                "SELECT COUNT(*) FROM refund WHERE state <> 'succeeded'") == [["0"]], 120)
        finally:
            over.set()
        kills = kills.result()
    settle(site)
    return f"{kills} kills"


# (e) Everybody wants the same money.

def rush(site, dice, quick):
    shop = Shop(site, dice.random())
    site.start_gateway()
    fits = 8 if quick else 40
    order, _ = shop.buy(100 * fits + 50)
    over = threading.Event()

    def killer():
        while not over.wait(dice.uniform(0.3, 1.2)):
            site.gateway.kill()
            check(site)
            site.start_gateway()

    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        kills = pool.submit(killer)
        try:
            answers = at_once([(shop.refund_directly, order, 100) for _ in range(64)], 64)
        finally:
            over.set()
        kills.result()
    taken = sum(status in (200, 201) for status, _ in answers)
    if taken != fits:
        raise Unsettled(f"{fits} refunds fit, {taken} were taken.")
    settle(site)


# (f) Somebody claims what is not so.

def lies(site, dice, _quick):
    shop = Shop(site, dice.random())
    site.start_gateway()
    order, buyer = shop.place(1990)
    # WeChat has to know the order before anybody can lie about it.
    shop.expect(shop.insist("POST", "/wxpay/pay", {"out_trade_no": order}, buyer), 200)
    lies_about_payments = [
        "wrong_signature", "missing_signature", "wrong_key", "wrong_appid", "wrong_mch_id",
        "wrong_out_trade_no", "wrong_total_fee", "wrong_openid", "wrong_fee_type", "result_fail",
        "doctype", "duplicate_field", "truncated", "oversized", "html", "empty"]
    for probe in dice.sample(lies_about_payments, len(lies_about_payments)):
        site.control("POST", "notify", {"out_trade_no": order, "probe": probe})
    check(site)
    shop.pay(order, buyer)
    site.control("POST", "refund-outcome", {"out_trade_no": order, "outcome": "processing"})
    refund = shop.expect(shop.refund_directly(order, 500), 200, 201)["out_refund_no"]
    eventually("the refund to be accepted", lambda: site.control("GET", "refunds")["refunds"])
    lies_about_refunds = [
        "duplicate", "wrong_key", "wrong_appid", "wrong_mch_id", "wrong_out_trade_no",
        "wrong_out_refund_no", "wrong_refund_id", "wrong_transaction_id", "wrong_total_fee",
        "wrong_refund_fee", "unknown_refund_status", "return_fail", "inner_doctype", "empty"]
    for probe in dice.sample(lies_about_refunds, len(lies_about_refunds)):
        site.control("POST", "refund-notify", {
            "out_refund_no": refund, "probe": probe, "refund_status": dice.choice(
                ["SUCCESS", "REFUNDCLOSE", "CHANGE"])})
    time.sleep(0.3)
    check(site)
    site.control("POST", "refund-finish", {"out_refund_no": refund, "refund_status": "SUCCESS"})
    settle(site)


# (g) The checker itself.

def find_damage(site, dice, _quick):
    """Whether the checker finds what was spoiled on purpose."""
    site.start_gateway()
    shop = Shop(site, dice.random())
    purchases(shop, dice, 4)
    # Every state that damage is done to, whatever was drawn.
    order, _ = shop.buy(1000)
    site.control("POST", "refund-outcome", {"out_trade_no": order, "outcome": "close"})
    shop.refund_directly(order, 100)
    order, _ = shop.buy(1000)
    shop.refund_directly(order, 100)
    order, _ = shop.place(1000)
    shop.close(order)
    settle(site)
    overlooked = undetected(site.gather())
    if overlooked:
        raise Unsettled("The checker overlooks: " + ", ".join(overlooked))
    return f"{len(DAMAGE)} kinds of damage found"


SCENARIOS = {
    **{point: (lambda site, dice, quick, point=point: crash(site, dice, quick, point))
       for point in POINTS},
    "R4": kill_while_sent,
    "lost-answers": lost_answers,
    "late-sender": late_sender,
    "random-kills": random_kills,
    "machine": machine,
    "D": duties_alone,
    "rush": rush,
    "lies": lies,
    "damage": find_damage,
}
