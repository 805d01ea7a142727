"""The driver behind Tests/chaos, which tells its arguments."""

import argparse
import concurrent.futures
import pathlib
import random
import shutil
import sys
import time
import traceback

import planted
from scenarios import SCENARIOS, Violated, findings, site_for
from stage import SOURCE, Stage, Unsettled

# Played first, so that none of them is all that is left at the end.
LONGEST = ["machine", "random-kills", "lost-answers", "rush"]


def main():
    wish = arguments()
    if wish.planted:
        sys.exit(0 if planted.main(wish.names, wish.seed) else 1)
    names = wish.names or list(SCENARIOS)
    seeds = [wish.seed + index for index in range(wish.seeds)]
    print(f"seed {wish.seed}" + (f" to {seeds[-1]}" if len(seeds) > 1 else ""), flush=True)
    kept = pathlib.Path(SOURCE / ".build" / "chaos")
    shutil.rmtree(kept, ignore_errors=True)
    stage = Stage(wish.binaries)
    failures = 0
    try:
        with concurrent.futures.ThreadPoolExecutor(wish.jobs) as pool:
            plays = [
                pool.submit(play, stage, name, seed, wish.quick, kept)
                for seed in seeds for name in sorted(names, key=lambda name: name not in LONGEST)]
            for done in concurrent.futures.as_completed(plays):
                failures += not done.result()
    finally:
        stage.end()
    print(f"{len(plays) - failures} of {len(plays)} passed.")
    if kept.exists():
        print(f"What was found is in {kept}; check.py --evidence reads it again.")
    sys.exit(1 if failures else 0)


def arguments():
    parser = argparse.ArgumentParser(prog="Tests/chaos")
    parser.add_argument("--binaries", required=True)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--planted", action="store_true")
    parser.add_argument("--seeds", type=int)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--jobs", type=int, default=4)
    parser.add_argument("names", nargs="*", metavar="NAME")
    wish = parser.parse_args()
    for name in wish.names:
        if name not in SCENARIOS and not wish.planted:
            parser.error(f"{name}: expected one of {' '.join(SCENARIOS)}")
    if wish.seeds is None:
        wish.seeds = 1 if wish.quick or wish.seed is not None else 50
    if wish.seed is None:
        wish.seed = random.SystemRandom().randrange(1, 10**9)
    return wish


def play(stage, name, seed, quick, kept):
    """Plays one scenario on a site of its own; keeps what was found when it fails."""
    start, site = time.monotonic(), None
    try:
        site = site_for(stage, name, seed)
        dice = random.Random(f"{name} {seed}")
        told = SCENARIOS[name](site, dice, quick)
        print(f"passed  {time.monotonic() - start:5.1f} s  {name} --seed {seed}"
              + (f"  ({told})" if told else ""), flush=True)
        return True
    except Exception as error:
        expected = isinstance(error, (Unsettled, Violated))
        reason = str(error) if expected else traceback.format_exc()
        if site and expected and (found := findings(site, error)) is not error:
            reason, error = f"{reason}\n{found}", found
        print(f"FAILED  {time.monotonic() - start:5.1f} s  {name} --seed {seed}\n{reason}", flush=True)
        if site:
            keep(site, error, kept / f"{name}-{seed}")
        return False
    finally:
        if site:
            site.end()


def keep(site, error, folder):
    folder.mkdir(parents=True)
    for file in [site.clients, *site.folder.glob("*.log"), *site.state.glob("*.log")]:
        if file.exists():
            shutil.copy(file, folder)
    evidence = error.evidence if isinstance(error, Violated) else site.gather()
    evidence.save(folder / "evidence.json")


if __name__ == "__main__":
    main()
