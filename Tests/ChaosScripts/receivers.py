"""The shop's ears: what takes webhooks, the old scripts behind the relay, and the shop's own tables.

They are as shops are: some answers are errors, some never come, and some do not say what was done.
"""

import base64
import hashlib
import hmac
import http.server
import json
import os
import pathlib
import random
import re
import signal
import subprocess
import sys
import threading

from evidence import fields
from processes import Process, eventually

EVENTS = ["paid", "paid_other_amount", "closed", "refund_applied", "refund_awaiting_goods",
          "refund_approved", "refund_rejected", "refund_withdrawn", "refund_refused",
          "refund_succeeded", "refund_closed", "refund_abnormal"]

# MyISAM, as old shops have it: nothing that was done is undone.
SHOP_TABLES = """
CREATE TABLE orders (
  sn VARCHAR(32) PRIMARY KEY, status VARCHAR(8) NOT NULL, paid BIGINT NOT NULL DEFAULT 0,
  refunded BIGINT NOT NULL DEFAULT 0
) ENGINE = MyISAM DEFAULT CHARSET = ascii;
CREATE TABLE told (
  id BIGINT AUTO_INCREMENT PRIMARY KEY, sn VARCHAR(32) NOT NULL, seq BIGINT NOT NULL,
  event VARCHAR(32) NOT NULL, times INT NOT NULL DEFAULT 1, UNIQUE KEY once (sn, seq)
) ENGINE = MyISAM DEFAULT CHARSET = ascii;
"""
STATEMENTS = {
    "paid": "INSERT INTO orders (sn, status, paid) VALUES (:order_no, 'paid', :total_fee)"
    " ON DUPLICATE KEY UPDATE status = 'paid', paid = :total_fee",
    "closed": "INSERT IGNORE INTO orders (sn, status) VALUES (:order_no, 'closed')",
    "refund_succeeded": "UPDATE orders SET refunded = :refunded_fee"
    " WHERE sn = :order_no AND refunded < :refunded_fee",
}
TOLD = ("INSERT INTO told (sn, seq, event) VALUES (:order_no, :sequence, :event)"
        " ON DUPLICATE KEY UPDATE times = times + 1")
REFUND_EVENTS = {
    "SUCCESS": "refund_succeeded", "REFUNDCLOSE": "refund_closed", "CHANGE": "refund_abnormal"}
WEBHOOK_KEY = base64.b64encode(b"a key of the webhook, 32 bytes..").decode()


class Receivers:
    """The ears of one shop, in a process of their own: clients shall not slow them down."""

    def __init__(self, folder, receipts, api_key, seed):
        port = folder / "receivers.port"
        self.process = Process(
            folder / "receivers.log", sys.executable, __file__, receipts, api_key, seed, port)
        eventually("the receivers", port.exists)
        self.url = f"http://127.0.0.1:{port.read_text()}"

    def calm(self):
        """From now on every answer is what it ought to be."""
        self.process.send(signal.SIGUSR1)

    def end(self):
        self.process.kill()

    def settings(self):
        """What stands in the merchant's part of the configuration."""
        told = "".join(
            f"      {event}:\n" + "".join(
                f"        - \"{sql}\"\n" for sql in (STATEMENTS.get(event), TOLD) if sql)
            for event in EVENTS)
        return f"""
    private_hosts: [127.0.0.1]
    webhook: {{ url: "{self.url}/webhook", key_file: webhook.key }}
    relay: {{ payment_url: "{self.url}/notify.php", refund_url: "{self.url}/refund.php" }}
    shop_tables:
{told}"""


class QuietServer(http.server.ThreadingHTTPServer):
    def handle_error(self, *request):
        # Whoever asks may be killed at any time.
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(*request)


class Ears:
    """What webhook and relay are answered; writes down each message before that."""

    def __init__(self, log, api_key, seed):
        self.log, self.api_key = log, api_key
        self.random, self.lock = random.Random(seed), threading.Lock()
        self.is_calm, self.done = False, set()

    def calm(self, *_signal):
        self.is_calm = True

    def take(self, path, headers, body):
        """What is answered: a status and a text; nothing to hang up."""
        channel = "webhook" if path == "/webhook" else "relay"
        with self.lock:
            whim = "" if self.is_calm else self.random.choice(
                [""] * 11 + ["down", "deny", "vanish", "before", "lie"])
        if whim == "before":
            return None
        line = (self._webhook(headers, body) if channel == "webhook"
                else self._script(path, body))
        # An error may come before anything was done, or after all of it.
        is_done = whim != "down"
        said = whim == ""
        with self.lock, open(self.log, "a") as log:
            if channel == "relay" and is_done and line["genuine"]:
                line["effect"] = line["work"] not in self.done
                self.done.add(line["work"])
            log.write(json.dumps(line | {"channel": channel, "said": said, "whim": whim}) + "\n")
        if whim == "vanish":
            return None
        if whim in ("down", "deny"):
            # An error's body proves nothing, whatever it says.
            return 500, "SUCCESS"
        if whim == "lie":
            return (302, "") if channel == "webhook" else (
                200, "<xml><return_code><![CDATA[FAIL]]></return_code></xml> SUCCESS")
        if channel == "webhook":
            return 204, ""
        return 200, "SUCCESS" if len(body) % 2 else (
            "<xml><return_code><![CDATA[SUCCESS]]></return_code></xml>")

    def _webhook(self, headers, body):
        identity, seconds = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
        signed = f"{identity}.{seconds}.".encode() + body
        made = hmac.new(base64.b64decode(WEBHOOK_KEY), signed, hashlib.sha256).digest()
        expected = "v1," + base64.b64encode(made).decode()
        told = json.loads(body)
        data = told["data"]
        return {
            "event": told["type"], "order": data["order_no"], "seq": data["sequence"],
            "out_trade_no": data["out_trade_no"],
            "out_refund_no": (data["refund"] or {}).get("out_refund_no"),
            "fee": data["total_fee"], "transaction": data["transaction_id"],
            "genuine": headers.get("webhook-signature") == expected
            and identity == f"{data['merchant']}:{data['order_no']}:{data['sequence']}",
        }

    def _script(self, path, body):
        """What an old script reads of WeChat's message; its work is its own once a number."""
        message = fields(body.decode())
        if path == "/refund.php":
            return self._refund(message)
        text = "&".join(
            f"{name}={value}" for name, value in sorted(message.items())
            if value and name != "sign")
        sign = hashlib.md5(f"{text}&key={self.api_key}".encode()).hexdigest().upper()
        return {
            "event": "paid", "out_trade_no": message.get("out_trade_no"), "out_refund_no": None,
            "fee": int(message.get("total_fee", 0)), "transaction": message.get("transaction_id"),
            "genuine": message.get("sign") == sign, "work": message.get("transaction_id"),
        }

    def _refund(self, message):
        key = hashlib.md5(self.api_key.encode()).hexdigest().encode().hex()
        done = subprocess.run(
            ["openssl", "enc", "-d", "-aes-256-ecb", "-K", key], capture_output=True,
            input=base64.b64decode(message.get("req_info", "")))
        inner = fields(re.sub(r"</?root>", "", done.stdout.decode(errors="replace")))
        status = inner.get("refund_status")
        return {
            "event": REFUND_EVENTS.get(status), "out_trade_no": inner.get("out_trade_no"),
            "out_refund_no": inner.get("out_refund_no"), "fee": int(inner.get("total_fee", 0)),
            "transaction": inner.get("transaction_id"), "genuine": done.returncode == 0,
            "work": f"{inner.get('out_refund_no')} {status}",
        }


def handler(ears):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            answer = ears.take(self.path, self.headers, body)
            self.close_connection = True
            if answer is None:
                return
            status, text = answer
            self.send_response(status)
            if status == 302:
                self.send_header("Location", "/elsewhere")
            if status != 204:
                self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_):
            """Says nothing: everything stands in our own log."""

    return Handler


def main():
    log, api_key, seed, port = sys.argv[1:]
    ears = Ears(log, api_key, seed)
    signal.signal(signal.SIGUSR1, ears.calm)
    server = QuietServer(("127.0.0.1", 0), handler(ears))
    pathlib.Path(port + ".new").write_text(str(server.server_port))
    os.rename(port + ".new", port)
    server.serve_forever()


if __name__ == "__main__":
    main()
