"""A MariaDB of our own, which a scenario may kill."""

import os
import subprocess

from processes import Process, eventually, run


class MariaDB:
    def __init__(self, folder):
        # The path of a unix socket holds at most 107 bytes.
        self.folder, self.socket = folder, folder / "mariadb.sock"
        user = ["--user=root"] if os.geteuid() == 0 else []
        self.common = ["--no-defaults", *user, f"--datadir={folder}/data", f"--tmpdir={folder}",
                       "--innodb-log-file-size=48M"]
        run("mariadb-install-db", *self.common, "--auth-root-authentication-method=normal",
            "--skip-test-db", "--skip-name-resolve")
        self.start()

    def start(self):
        self.server = Process(
            self.folder / "mariadb.log", "mariadbd", *self.common, f"--socket={self.socket}",
            f"--pid-file={self.folder}/pid", "--skip-networking", "--skip-name-resolve",
            "--innodb-buffer-pool-size=128M", "--performance-schema=OFF", "--max-connections=800")
        eventually("MariaDB", lambda: subprocess.run(
            ["mariadb", "--no-defaults", f"--socket={self.socket}", "--user=root", "-e", "SELECT 1"],
            capture_output=True).returncode == 0)

    def kill(self):
        self.server.kill()

    def query(self, sql, database="mysql"):
        output = run("mariadb", "--no-defaults", f"--socket={self.socket}", "--user=root", "--batch",
                     "--skip-column-names", "--execute", sql, database)
        return [line.split("\t") for line in output.splitlines()]
