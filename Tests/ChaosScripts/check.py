#!/usr/bin/env python3
"""Says whether money, messages and records agree. Prints each violation in a sentence, exits with 1
when there is one.

  check.py --state DIR --clients FILE --socket SOCKET --database NAME
           [--receipts FILE --shop NAME] [--settled] [--json] [--keep FILE]
  check.py --evidence FILE [--settled] [--json]

DIR holds the simulator's ledger.log and wire.log, FILE what clients were answered. --receipts and
--shop: what the shop was told over HTTP, and the database of its own tables. --settled: no work is
left, so that both sides must agree in everything. --keep: where the evidence is written when there
is a violation, for --evidence.
"""

import argparse
import json
import sys

from evidence import Evidence
from invariants import Check


def main():
    parser = argparse.ArgumentParser(
        usage=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("state", "clients", "socket", "database", "evidence", "receipts", "shop",
                 "keep"):
        parser.add_argument(f"--{name}")
    parser.add_argument("--settled", action="store_true")
    parser.add_argument("--json", action="store_true")
    wish = parser.parse_args()
    if wish.evidence:
        evidence = Evidence.load(wish.evidence)
    else:
        evidence = Evidence.gather(
            wish.state, wish.clients, wish.socket, wish.database, wish.receipts, wish.shop)
    violations = Check(evidence, wish.settled).run()
    if violations and wish.keep:
        evidence.save(wish.keep)
    if wish.json:
        print(json.dumps(violations, ensure_ascii=False))
    else:
        for violation in violations:
            print(f"{violation['invariant']}: {violation['sentence']}")
    sys.exit(1 if violations else 0)


if __name__ == "__main__":
    main()
