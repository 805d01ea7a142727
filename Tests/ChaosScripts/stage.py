"""The real programs, each in a process of its own, in temporary folders."""

import collections
import contextlib
import http.client
import json
import os
import pathlib
import random
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time

from evidence import Evidence
from mariadb import MariaDB
from processes import Process, Unsettled, eventually, run
from receivers import SHOP_TABLES, WEBHOOK_KEY, Receivers

CHECK = pathlib.Path(__file__).with_name("check.py")
SOURCE = pathlib.Path(__file__).resolve().parents[2]
APPID, MCH_ID = "wxd678efh567hg6787", "1230000109"
API_KEY = "k8Vn2QxT5mZc7LrB9sWd3FgHj4KpYa6E"


class Stage:
    """What all sites share: MariaDB and a certificate authority."""

    def __init__(self, binaries):
        self.binaries = pathlib.Path(binaries)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="weixinpay-chaos-", dir="/tmp"))
        self._make_certificates()
        self.client_context = ssl.create_default_context(cafile=self.authority)
        self.mariadb = MariaDB(self.folder)

    def _make_certificates(self):
        key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        self.authority = self.folder / "ca.pem"
        run("openssl", "req", "-x509", *key, "-subj", "/CN=weixinpay chaos", "-days", "30",
            "-addext", "basicConstraints=critical,CA:TRUE",
            "-addext", "keyUsage=critical,keyCertSign,cRLSign",
            "-keyout", self.folder / "ca_key.pem", "-out", self.authority)
        for name, subject, extension in [
            ("server", "/CN=localhost", "subjectAltName=IP:127.0.0.1,DNS:localhost"),
            ("apiclient", f"/CN={MCH_ID}", "extendedKeyUsage=clientAuth"),
        ]:
            request, extensions = self.folder / f"{name}.csr", self.folder / f"{name}.ext"
            extensions.write_text(f"basicConstraints=CA:FALSE\n{extension}\n")
            run("openssl", "req", "-new", *key, "-subj", subject,
                "-keyout", self.folder / f"{name}_key.pem", "-out", request)
            run("openssl", "x509", "-req", "-in", request, "-days", "30", "-CA", self.authority,
                "-CAkey", self.folder / "ca_key.pem", "-CAcreateserial", "-extfile", extensions,
                "-out", self.folder / f"{name}_cert.pem")
            for file in self.folder.glob("*_*.pem"):
                file.chmod(0o600)

    def end(self):
        self.mariadb.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


class Site:
    """A shop: nginx, a simulator of WeChat, a database, and the gateways on it."""

    def __init__(self, stage, haste=100, owns_database=False, tells_shop=False, seed=0):
        self.stage, self.haste = stage, str(haste)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="s-", dir=stage.folder))
        self.database = "chaos_" + "".join(c for c in self.folder.name[2:].lower() if c.isalnum())
        self.state, self.clients = self.folder / "wechat", self.folder / "clients.log"
        self.state.mkdir()
        self.receipts = self.folder / "receipts.log"
        self.gateway, self.others = None, []
        # Open connections of clients, by port.
        self.idle = collections.defaultdict(list)
        self.owns_database = owns_database
        self.mariadb = self._new_database() if owns_database else stage.mariadb
        self._write_secrets()
        self.receivers = (
            Receivers(self.folder, self.receipts, API_KEY, seed) if tells_shop else None)
        if self.receivers:
            self._open_shop()
        self._start_nginx()
        self._configure()
        self.weixinpay("migrate")
        self.cashier, self.reviewer = (
            self.weixinpay("token", "create", "--role", role, "--name", f"chaos-{role}")
            .splitlines()[-1] for role in ("cashier", "reviewer"))
        self.simulator = Process(
            self.folder / "simulator.log", stage.binaries / "wechat-simulator",
            "--socket", self.folder / "wechat.sock", "--state", self.state, "--appid", APPID,
            "--app-secret-file", self.folder / "app.secret", "--mch-id", MCH_ID,
            "--api-key-file", self.folder / "api.key", "--ca-file", stage.authority,
            "--speed", "1000")
        eventually("the simulator", lambda: self.try_control("GET", "orders"))
        # Haste shortens only the gateway's idea of the minute between refunds of an order.
        self.control("POST", "refund-spacing", {"seconds": 0})

    def _new_database(self):
        folder = self.folder / "mariadb"
        folder.mkdir()
        return MariaDB(folder)

    def _open_shop(self):
        """The shop's own tables, and the account that may change nothing else."""
        shop, user = self.shop_database, f"'{self.shop_database}'@localhost"
        self.mariadb.query(f"CREATE DATABASE {shop}")
        # Of a MariaDB that is killed, MyISAM's files are left broken: that is no fault of ours.
        engine = "InnoDB" if self.owns_database else "MyISAM"
        self.mariadb.query(SHOP_TABLES.replace("MyISAM", engine), shop)
        self.mariadb.query(
            f"CREATE USER {user} IDENTIFIED BY 'shop-password-1';"
            f"GRANT SELECT, INSERT, UPDATE ON {shop}.* TO {user}")
        self._write_secret("shop.password", "shop-password-1")
        self._write_secret("webhook.key", f"whsec_{WEBHOOK_KEY}")

    @property
    def shop_database(self):
        return self.database + "_shop"

    def _start_nginx(self):
        for name in ("weixinpay.conf", "weixinpay_params"):
            shutil.copy(SOURCE / "nginx" / name, self.folder)
        upstreams = (SOURCE / "nginx/weixinpay_http.conf").read_text()
        (self.folder / "weixinpay_http.conf").write_text(
            upstreams.replace("/run/weixinpay/", f"{self.folder}/"))
        for attempt in range(5):
            # Another program may take a port between our look and nginx's.
            self.shop, self.wechat = free_port(), free_port()
            self._write_nginx_configuration()
            self.nginx = Process(
                self.folder / "nginx.log", "nginx", "-p", self.folder, "-c",
                self.folder / "nginx.conf", "-e", self.folder / "error.log")
            with contextlib.suppress(Unsettled):
                eventually("nginx", lambda: (self.folder / "nginx.pid").exists()
                           or not self.nginx.is_running, 20)
                if self.nginx.is_running:
                    return
        raise Unsettled("nginx does not start.")

    def _write_nginx_configuration(self):
        keys = self.stage.folder
        simulator = (SOURCE / "nginx/simulator.conf").read_text()
        for name, value in {
            "@LISTEN@": f"127.0.0.1:{self.wechat}", "@SOCKET@": f"{self.folder}/wechat.sock",
            "@CERTIFICATE@": f"{keys}/server_cert.pem", "@PRIVATE_KEY@": f"{keys}/server_key.pem",
            "@CLIENT_AUTHORITY@": f"{keys}/ca.pem",
        }.items():
            simulator = simulator.replace(name, value)
        (self.folder / "simulator.conf").write_text(simulator)
        temporary = "".join(
            f"{name}_temp_path {name};" for name in
            ("client_body", "fastcgi", "proxy", "scgi", "uwsgi"))
        # Workers of a root nginx run as another user unless told so; they could not open the sockets.
        (self.folder / "nginx.conf").write_text(f"""
          {"user root;" if os.geteuid() == 0 else ""}
          daemon off; worker_processes 1; pid nginx.pid; error_log error.log;
          events {{ worker_connections 1024; }}
          http {{
            access_log off; keepalive_timeout 1h; {temporary}
            include weixinpay_http.conf; include simulator.conf;
            server {{
              listen 127.0.0.1:{self.shop} ssl;
              ssl_certificate {keys}/server_cert.pem; ssl_certificate_key {keys}/server_key.pem;
              client_header_timeout 5s; include weixinpay.conf;
            }}
          }}""")

    def _write_secrets(self):
        self._write_secret("db.password", "service-password-1")
        self._write_secret("app.secret", "app-secret-of-the-shop-0000000001")
        self._write_secret("api.key", API_KEY)

    def _write_secret(self, name, secret):
        (self.folder / name).write_text(secret)
        (self.folder / name).chmod(0o600)

    def _configure(self):
        told = shop_database = ""
        if self.receivers:
            told = self.receivers.settings()
            shop_database = (f"shop_database: {{ name: {self.shop_database},"
                             f" user: {self.shop_database}, password_file: shop.password,\n"
                             f"  socket: \"{self.mariadb.socket}\" }}")
        keys, shop = self.stage.folder, f"https://127.0.0.1:{self.shop}/wxpay"
        (self.folder / "weixinpay.yaml").write_text(f"""
listen:
  api:      {{ socket: api.sock, workers: 32 }}
  notify:   {{ socket: notify.sock, workers: 8 }}
  merchant: {{ socket: merchant.sock, workers: 32 }}
database: {{ socket: "{self.mariadb.socket}", name: {self.database}, user: {self.database},
  password_file: db.password, connections: 16 }}
{shop_database}
wechat:
  pay: ["https://127.0.0.1:{self.wechat}"]
  login: "https://127.0.0.1:{self.wechat}"
  ca_file: "{self.stage.authority}"
merchants:
  main:
    appid: {APPID}
    app_secret_file: app.secret
    mch_id: "{MCH_ID}"
    api_key_file: api.key
    certificate_file: "{keys}/apiclient_cert.pem"
    private_key_file: "{keys}/apiclient_key.pem"
    notify_url: {shop}/receive-notify
    refund_notify_url: {shop}/receive-refund-notify
{told}""")

    def weixinpay(self, *words):
        """What a command prints; one that says to try again is repeated, as an operator would."""
        def attempt():
            done = subprocess.run(
                [self.stage.binaries / "weixinpay", *words, "--config",
                 self.folder / "weixinpay.yaml"], capture_output=True, text=True)
            if done.returncode in (69, 75):
                return None
            if done.returncode:
                raise Unsettled(f"weixinpay {words[0]} ended with {done.returncode}: {done.stderr}")
            return done.stdout
        return eventually(f"weixinpay {words[0]}", attempt)

    # The gateways' lives.

    def start_gateway(self, crash_point=None, *options):
        crash = {"WEIXINPAY_CRASH_POINT": crash_point} if crash_point else {}
        # One process: a supervisor would start another before anybody has looked.
        self.gateway = self._launch("serve", "--single-process", *options, **crash)
        # With a crash point it may be gone before it is asked.
        eventually("the gateway", lambda: not self.gateway.is_running
                   or self.request("GET", "/wxpay/health")[0] == 200)

    def start_supervised(self):
        """The gateway as it is deployed; begun again when it does not come up, as systemd would."""
        def is_up():
            if not (self.gateway and self.gateway.is_running):
                self.gateway = self._launch("serve")
            return self.request("GET", "/wxpay/health")[0] == 200 and self.gateway.children
        eventually("the supervised gateway", is_up, pause=0.2)

    def start_worker(self):
        self.others.append(self._launch("work"))
        return self.others[-1]

    def _launch(self, command, *options, **environment):
        return Process(
            self.folder / "gateway.log", self.stage.binaries / "weixinpay", command, *options,
            "--config", self.folder / "weixinpay.yaml", WEIXINPAY_HASTE=self.haste, **environment)

    # Requests.

    def request(self, method, path, body=None, token=None, key=None, port=None):
        """The status and the object of the answer; status 0 when there was none."""
        idle = self.idle[port or self.shop]
        try:
            connection = idle.pop()
        except IndexError:
            connection = http.client.HTTPSConnection(
                "127.0.0.1", port or self.shop, timeout=30, context=self.stage.client_context)
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if key:
            headers["Idempotency-Key"] = key
        try:
            connection.request(
                method, path, json.dumps(body) if body is not None else None, headers)
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            return 0, {}
        idle.append(connection)
        try:
            return answer.status, json.loads(body or b"{}")
        except ValueError:
            return 0, {}

    def try_control(self, method, path, body=None):
        status, answer = self.request(method, "/_control/" + path, body, port=self.wechat)
        return answer if status == 200 else None

    def control(self, method, path, body=None):
        status, answer = self.request(method, "/_control/" + path, body, port=self.wechat)
        if status != 200:
            raise Unsettled(f"The simulator answers {path} with {status}: {answer}")
        return answer

    def fault(self, endpoint, fault, **details):
        self.control("POST", "fault", {"endpoint": endpoint, "fault": fault} | details)

    def sent_refunds(self):
        return len(self.control("GET", "transmissions")["transmissions"])

    def query(self, sql):
        return self.mariadb.query(sql, self.database)

    def gather(self):
        return Evidence.gather(
            self.state, self.clients, self.mariadb.socket, self.database, self.receipts,
            self.shop_database if self.receivers else None)

    def violations(self, settled):
        """What the checker finds, and the evidence that it was given if it finds anything.

        In a process of its own: it takes long when much has happened, and clients go on meanwhile.
        """
        kept = self.folder / "evidence.json"
        options = ["--receipts", self.receipts, "--shop", self.shop_database] * bool(self.receivers)
        options += ["--settled"] * settled
        done = subprocess.run(
            [sys.executable, CHECK, "--state", self.state, "--clients", self.clients, "--socket",
             self.mariadb.socket, "--database", self.database, "--json", "--keep", kept, *options],
            capture_output=True, text=True)
        if not done.stdout:
            raise RuntimeError(done.stderr)
        found = json.loads(done.stdout)
        return found, Evidence.load(kept) if found else None

    def end(self):
        for process in [*self.others, self.gateway, self.simulator, self.nginx]:
            if process:
                process.stop()
        if self.receivers:
            self.receivers.end()
        if self.owns_database:
            self.mariadb.kill()
            return
        for database in (self.database, self.shop_database):
            self.mariadb.query(f"DROP DATABASE IF EXISTS {database}")


def free_port():
    """Below the ports that the kernel gives to outgoing connections."""
    while True:
        port = random.SystemRandom().randrange(20_000, 32_000)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port
