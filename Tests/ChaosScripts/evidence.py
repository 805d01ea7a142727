"""What a checker is given: WeChat's books, the wire, the clients' replies, and the database.

Shares nothing with the gateway: it has its own reader of each.
"""

import json
import pathlib
import re
import subprocess
from dataclasses import asdict, dataclass, field

TABLES = {
    "payment": "merchant out_trade_no order_no attempt state openid total_fee parameters prepay_id"
    " transaction_id paid_at previous_state reserved_fee refund_count",
    "refund": "merchant out_refund_no order_no out_trade_no transaction_id total_fee applied_fee"
    " refund_fee kind state wait parameters sends unanswered refund_id request_key applied_at"
    " succeeded_at",
    "notification": "id merchant digest out_trade_no transaction_id outcome body",
    "journal": "id at merchant order_no out_trade_no out_refund_no event from_state to_state actor",
    "duty": "id kind subject due_at lease lease_until done_at",
    "event": "merchant order_no seq event out_trade_no out_refund_no",
    "delivery": "order_no seq channel state",
}
# The shop's own.
SHOP_TABLES = {"orders": "sn status paid refunded", "told": "id sn seq event"}
NUMBERS = set(
    "seq paid refunded attempt total_fee paid_at reserved_fee refund_count applied_fee refund_fee sends unanswered"
    " applied_at succeeded_at id at due_at lease lease_until done_at".split()
)


@dataclass
class Evidence:
    """Everything at one moment.

    The books are read twice, before and after the database: what they said before must be in the
    database, and what is in the database must be in the books afterwards. So a check needs no
    standstill.
    """

    ledger: list = field(default_factory=list)
    ledger_after: list = field(default_factory=list)
    wire: list = field(default_factory=list)
    clients: list = field(default_factory=list)
    tables: dict = field(default_factory=dict)
    # What the shop was told, likewise before and after; `None` when it has not asked for it.
    received: list | None = None
    received_after: list | None = None
    shop_orders: list = field(default_factory=list)

    def save(self, path):
        pathlib.Path(path).write_text(json.dumps(asdict(self), ensure_ascii=False))

    @classmethod
    def load(cls, path):
        return cls(**json.loads(pathlib.Path(path).read_text()))

    @classmethod
    def gather(cls, state, clients, socket, database, receipts=None, shop=None):
        state = pathlib.Path(state)
        # The clients' replies first: what a client was told is in every later book.
        replies = lines(clients)
        ledger, wire = lines(state / "ledger.log"), lines(state / "wire.log")
        received = what_was_told(receipts, socket, shop) if shop else None
        tables = read_tables(socket, database)
        evidence = cls(ledger, lines(state / "ledger.log"), wire, replies, tables, received)
        if shop:
            evidence.received_after = what_was_told(receipts, socket, shop)
            evidence.shop_orders = read_tables(socket, shop, SHOP_TABLES)["orders"]
        return evidence


def what_was_told(receipts, socket, shop):
    """Each message to the shop, in the order in which it came; a changed table is one, too."""
    rows = read_tables(socket, shop, SHOP_TABLES)["told"]
    return lines(receipts) + [
        {"channel": "shop_tables", "order": row["sn"], "seq": row["seq"], "event": row["event"],
         "genuine": True, "said": True} for row in rows]


def lines(path):
    """The objects of a file of JSON lines; one that a kill cut short was never answered for."""
    path = pathlib.Path(path)
    if not path.exists():
        return []
    found = []
    for line in path.read_bytes().split(b"\n"):
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return found


def read_tables(socket, database, columns_of=TABLES):
    """All rows, as of one moment; every value travels as hexadecimal digits."""
    selects = [
        f"SELECT '{table}', "
        + ", ".join(f"HEX(CONCAT({column}, ''))" for column in columns.split())
        + f" FROM {table} ORDER BY 1;"
        for table, columns in columns_of.items()
    ]
    sql = (
        "SET NAMES utf8mb4; SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ;"
        " START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY;" + "".join(selects) + " COMMIT;"
    )
    output = subprocess.run(
        ["mariadb", "--no-defaults", f"--socket={socket}", "--user=root", "--batch",
         "--skip-column-names", "--execute", sql, database],
        check=True, capture_output=True, text=True,
    ).stdout
    tables = {table: [] for table in columns_of}
    for line in output.splitlines():
        table, *values = line.split("\t")
        row = {}
        for column, value in zip(columns_of[table].split(), values, strict=True):
            row[column] = decoded(column, value)
        tables[table].append(row)
    for rows in tables.values():
        if rows and "id" in rows[0]:
            rows.sort(key=lambda row: row["id"])
    return tables


def decoded(column, value):
    if value == "NULL":
        return None
    if column == "digest":
        return value.lower()
    text = bytes.fromhex(value).decode()
    return int(text) if column in NUMBERS else text


def fields(xml):
    """The fields of a flat message; entities as far as the gateway writes them."""
    found = {}
    for name, cdata, text in re.findall(
        r"<(\w+)>(?:<!\[CDATA\[(.*?)\]\]>|([^<]*))</\1>", xml or "", re.DOTALL
    ):
        text = cdata or text
        for entity, character in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&amp;", "&")):
            text = text.replace(entity, character)
        found[name] = text
    return found
