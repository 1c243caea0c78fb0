"""Live claims by other engines: `python -m benchmarks.live_peers WHO CHECKS DATA --claims 2000`. WHO is `zen` or `durable_rules`.

Each gets a claim's fact with all that was joined to it, which is prepared beforehand and not timed, and says of each check what
becomes of the claim; amounts, reasons and challenges are not asked for. Prints JSON as `live_claims` does.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.bulk import KINDS
from benchmarks.facts import Fact, claims
from benchmarks.live_claims import timed
from benchmarks.peer import CHECKS
from benchmarks.prepare import read

Ask = Callable[[Fact], Any]
PRICES: Final = {"day_case": "day_case_price", "elective": "elective_price", "non_elective": "non_elective_price"}


def further(checks: int) -> list[tuple[str, str, int]]:
    """Beyond those of the workload: a check's name, the kind of admission that it is about, and its limit in pence."""
    kinds = list(KINDS)
    return [(f"dear_{n}", kinds[n % len(kinds)], (4000 + 5 * n) * 100) for n in range(checks - len(CHECKS))]


def zen(checks: int, facts: Sequence[Fact]) -> tuple[Ask, Sequence[Fact]]:
    """A decision of so many tables."""
    import zen as library

    from benchmarks.zen_peer import SHARED, TABLES, graph

    tables = {name: TABLES[name] for name in CHECKS[:checks]}
    for name, kind, limit in further(checks):
        price = KINDS[kind]
        rows = [(f"admission != '{kind}'", "out of scope", ""), (f"{price} == null", "not assessable", "")]
        tables[name] = (*rows, (f"billed > {price} + {limit}", "flagged", price))
    decision = library.ZenEngine().create_decision(graph(SHARED, tables))
    return decision.evaluate, facts


def durable_rules(checks: int, facts: Sequence[Fact]) -> tuple[Ask, Sequence[Mapping[str, int]]]:
    """A ruleset of so many checks, as its users write them: by its own library."""
    from durable.lang import m, ruleset, when_all  # type: ignore[import-untyped]

    from benchmarks import durable_peer as peer

    wanted = {name: rules for name, rules in peer.rules().items() if name in CHECKS[:checks]}
    for name, kind, limit in further(checks):
        over = "over_base" if kind == "day_case" else "over_price"
        has = "has_base" if kind == "day_case" else "has_price"
        scope = getattr(m, "emergency" if kind == "non_elective" else kind) == 1
        wanted[name] = scope, getattr(m, has) == 0, (getattr(m, has) == 1) & (getattr(m, over) > limit)
    with ruleset("live"):
        when_all(m.here == 1)(peer.say("", "here"))
        for check, (scope, lacking, flagged) in wanted.items():
            for what, condition in (("scope", None), ("lacking", lacking), ("flagged", flagged)):
                parts = [part for part in (scope, condition) if part is not None]
                if parts and (what == "scope" or condition is not None):
                    when_all(parts[0] if len(parts) == 1 else parts[0] & parts[1])(peer.say(check, what))
    plain = [peer.plain(fact, peer.figures(fact)) for fact in facts]
    return lambda fact: peer.fired("live", fact), plain


PEERS: Final = {"zen": zen, "durable_rules": durable_rules}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("who", choices=tuple(PEERS))
    parser.add_argument("checks", type=int)
    parser.add_argument("data", type=Path)
    parser.add_argument("--claims", type=int, default=2_000)
    options = parser.parse_args()
    ask, facts = PEERS[options.who](options.checks, claims(read(options.data))[-options.claims :])
    figures = timed(lambda some: [ask(fact) for fact in some], facts)
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
