"""Programs that are started, waited for and ended."""

import concurrent.futures
import os
import pathlib
import signal
import subprocess
import time


class Unsettled(Exception):
    """Something that was waited for has not come."""


def eventually(what, question, seconds=60, pause=0.05):
    end = time.monotonic() + seconds
    while True:
        answer = question()
        if answer:
            return answer
        if time.monotonic() > end:
            raise Unsettled(f"Waited {seconds} s in vain for {what}.")
        time.sleep(pause)


# The kernel ends a child with the thread that started it: one that lives as long as we do.
starter = concurrent.futures.ThreadPoolExecutor(1)


class Process:
    """A program that never outlives this one."""

    def __init__(self, log, *command, **environment):
        words = ["setpriv", "--pdeathsig", "KILL", *map(str, command)]
        with open(log, "ab") as output:
            self.child = starter.submit(
                subprocess.Popen, words, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                env=os.environ | environment).result()

    @property
    def is_running(self):
        return self.child.poll() is None

    @property
    def children(self):
        """The process numbers of those that it has started itself."""
        pid = self.child.pid
        try:
            words = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        except OSError:
            return []
        return [int(word) for word in words]

    def send(self, number):
        if self.is_running:
            self.child.send_signal(number)

    def kill(self):
        self.send(signal.SIGKILL)
        self.child.wait()

    def stop(self):
        self.send(signal.SIGCONT)
        self.send(signal.SIGTERM)
        try:
            self.child.wait(15)
        except subprocess.TimeoutExpired:
            self.kill()


def run(*command):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    if done.returncode:
        raise Unsettled(f"{command[0]} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout
