"""Plants bugs, one after the other, into a copy of the tree, and shows that each is found."""

import pathlib
import random
import shutil
import subprocess
import time

from bugs import BUGS
from scenarios import SCENARIOS, Violated, findings, site_for
from stage import SOURCE, Stage, Unsettled

TREE = SOURCE / ".build" / "planted"
# How often a scenario is played before a bug counts as missed: some need luck to be hit.
TRIES = 3


class NotBuilt(Exception):
    """An edit that no longer fits what stands around it proves nothing."""


def main(names, seed):
    """Prints a table; returns whether every bug was found, and nothing where there is none."""
    print(f"seed {seed}", flush=True)
    copy_tree()
    build()
    binaries = pathlib.Path(output("swift", "build", "--package-path", TREE, "--show-bin-path"))
    stage = Stage(binaries)
    passed = True
    try:
        wanted = [bug for bug in BUGS if not names or bug.name in names]
        for scenario in sorted({name for bug in wanted for name in bug.scenarios.split()}):
            if found := play(stage, scenario, seed):
                print(f"Without a bug, {scenario} finds: {found}", flush=True)
                return False
        for bug in wanted:
            passed = show(bug, stage, seed) and passed
    finally:
        stage.end()
    return passed


def show(bug, stage, seed):
    start, path, found = time.monotonic(), TREE / bug.file, None
    original = SOURCE / bug.file
    path.write_text(bug.plant(original.read_text()))
    try:
        build()
        for index in range(TRIES):
            for scenario in bug.scenarios.split():
                found = found or play(stage, scenario, seed + index)
    except NotBuilt as error:
        print(error, flush=True)
    finally:
        shutil.copy(original, path)
    verdict = "found " if found else "MISSED"
    print(f"{verdict} {time.monotonic() - start:5.0f} s  {bug.name:40}  {found or ''}", flush=True)
    return bool(found)


def play(stage, name, seed):
    """What is found, in one line; nothing when all is well."""
    site = site_for(stage, name, seed)
    try:
        SCENARIOS[name](site, random.Random(f"{name} {seed}"), True)
        return None
    except (Unsettled, Violated) as error:
        return f"{name}: {str(findings(site, error)).splitlines()[0][:150]}"
    finally:
        site.end()


def copy_tree():
    """Files that have not changed keep their times, so that the second build is a short one."""
    for name in [*output("git", "-C", SOURCE, "ls-files").splitlines(), "Package.resolved"]:
        source, target = SOURCE / name, TREE / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_symlink():
            if not target.is_symlink():
                target.symlink_to(source.readlink())
        elif source.exists():
            if not target.exists() or source.read_bytes() != target.read_bytes():
                shutil.copy(source, target)


def build():
    for product in ("weixinpay", "wechat-simulator"):
        output("swift", "build", "--package-path", TREE, "--product", product)


def output(*command):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    if done.returncode:
        raise NotBuilt(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout.strip()
