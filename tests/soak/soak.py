"""The service under load and faults, for as long as is said: at the end nothing is lost, doubled, or a penny wrong.

    python -m tests.soak.soak --seconds 600

starts a service, sends it claims, estimates, files and moves of challenges from several sides at once, and meanwhile kills its
processes and restarts its database at random. At the end the store is compared with what was sent, and with the interpreter.
"""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random, SystemRandom
from typing import Any, Final

from sqlalchemy import func, select

from requite.api.live.resting import count_due
from requite.api.store.database import Database
from requite.api.store.schema import Delivery
from tests.postgres import tool
from tests.service.receiver import Receiver, receiving
from tests.soak import proof
from tests.soak.calling import Caller, Meter, UnansweredError
from tests.soak.challengers import Challengers, Clock, Tally
from tests.soak.rows import Ledger
from tests.soak.runners import KINGSTON, SIZES, Files, Runner, files
from tests.soak.senders import REQUESTS, Sender
from tests.soak.stage import FIRST_DAY, MATCHER, ORG, PROVIDERS, RUN, Stage, stage

SENDERS: Final = 4
DAYS: Final = 40
"""Days by which the clock is set forward altogether: answers are due in between."""

SETTLING: Final = 120.0
"""Seconds that what is under way may stand still once nothing more is sent."""

KINDS: Final = ["finding.new", "finding.changed", "challenge.moved", "run.finished"]


@dataclass
class Soak:
    """One soak of one database."""

    stage: Stage
    seconds: float
    seed: int
    receiver: Receiver
    meter: Meter = field(default_factory=Meter)
    ledger: Ledger = field(default_factory=Ledger)
    tally: Tally = field(default_factory=Tally)
    ending: threading.Event = field(default_factory=threading.Event)
    kills: Counter[str] = field(default_factory=Counter)
    failed: list[str] = field(default_factory=list)
    secrets: dict[str, str] = field(default_factory=dict)
    callers: list[Caller] = field(default_factory=list)
    heard_after: int = 0
    worked: float = 0.0

    def caller(self, who: str) -> Caller:
        made = Caller(self.stage.address, self.secrets[who], self.meter)
        self.callers.append(made)
        return made

    # --- before -------------------------------------------------------------------------------------------------------

    def begin(self) -> str:
        """Start the service with Kingston in force; gives the version."""
        self.secrets = self.stage.furnish()
        self.stage.start()
        author, approver, admin = (self.caller(who) for who in ("author", "approver", "admin"))
        text = KINGSTON.read_text(encoding="utf-8")
        version = author.post("/rulesets", {"main": "kingston.md", "texts": {"kingston.md": text}})["id"]
        approver.post(f"/rulesets/versions/{version}/approve", {})
        approver.post("/rulesets/kingston/in-force", {"version": version, "starts": "2010-01-01"})
        months = [date(2010, number, 1) for number in range(3, 12)]
        late = date(2010, 8, 25)
        admin.post(
            "/calendar",
            {
                "months": [
                    {
                        "month": f"{month:%Y-%m}",
                        "submitted_on": "2010-08-01",
                        # Months end while the soak goes on: some may no longer be sent, and some freeze.
                        "challenge_by": (late + timedelta(number * 2)).isoformat(),
                        "freezes_on": (late + timedelta(number * 2 + 7)).isoformat(),
                    }
                    for number, month in enumerate(months)
                ]
            },
        )
        admin.post("/webhooks", {"url": self.receiver.url, "kinds": KINDS})
        self.heard_after = max((one["number"] for one in admin.get("/events")["items"]), default=0)
        return str(version)

    # --- while it goes on ---------------------------------------------------------------------------------------------

    def work(self, version: str, made: list[Files]) -> None:
        """Let everybody work, and faults happen, until the time is up."""
        senders = [Sender(number, self.seed, self.caller("analyst"), self.ledger, self.ending) for number in range(SENDERS)]
        senders[0].send_tariff()
        hospitals = {provider: self.caller(provider) for provider in PROVIDERS}
        challengers = Challengers(self.seed, self.caller("analyst"), hospitals, self.tally, self.ending)
        clock = Clock(self.caller("admin"), FIRST_DAY, self.seconds / DAYS, self.ending)
        self.runner = Runner(self.seed, self.caller("analyst"), version, self.ending, made)
        workers = [*(sender.work for sender in senders[1:]), challengers.work, clock.work, self.runner.work]
        threads = [threading.Thread(target=self._guarded, args=(work,)) for work in (*workers, lambda: self._first(senders[0]))]
        faults = threading.Thread(target=self._guarded, args=(self.break_things,))
        began = time.monotonic()
        for thread in (*threads, faults):
            thread.start()
        self.ending.wait(self.seconds)
        self.ending.set()
        faults.join()
        for thread in threads:
            thread.join()
        self.worked = time.monotonic() - began

    def _first(self, sender: Sender) -> None:
        """The first sender also changes a price, now and then."""
        changer = threading.Thread(target=self._guarded, args=(sender.work,))
        changer.start()
        other = Sender(SENDERS, self.seed, self.caller("analyst"), self.ledger, self.ending)
        while not self.ending.wait(self.seconds / 3):
            other.change_price()
        changer.join()

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:
            self.failed.append(f"{type(error).__name__}: {error}")
            self.ending.set()

    def break_things(self) -> None:
        """Kill and restart at random, with a pause in between that lets some work be done."""
        random = Random(f"{self.seed}/faults")
        stage = self.stage
        deeds: tuple[tuple[int, str, Callable[[], bool]], ...] = (
            (5, "matcher killed", lambda: stage.kill_some(MATCHER, random.random())),
            (4, "run killed", lambda: stage.kill_some(RUN, random.random())),
            (3, "service killed", lambda: stage.kill_service(random.random())),
            (2, "database restarted" if stage.postgres else "service restarted", stage.restart),
        )
        waiting = [name for _, name, _ in deeds]
        longest = max(2.0, min(8.0, self.seconds / 12))
        while not self.ending.wait(random.uniform(1, longest)):
            # Each happens once before chance has its way.
            name = waiting[0] if waiting else random.choices([name for _, name, _ in deeds], [weight for weight, _, _ in deeds])[0]
            if next(do for _, own, do in deeds if own == name)():
                self.kills[name] += 1
                if name in waiting:
                    waiting.remove(name)
            elif waiting:
                waiting.append(waiting.pop(0))

    # --- after --------------------------------------------------------------------------------------------------------

    def settle(self, database: Database) -> Iterator[str]:
        """Wait until nothing is under way any more."""
        self.stage.wait_until_ready()
        heard, until = len(self.receiver.got), time.monotonic() + SETTLING
        while time.monotonic() < until:
            left = self._under_way(database)
            if not left:
                return
            # Whoever hears works in this process: it is left alone meanwhile, and as long as it goes on hearing.
            time.sleep(2)
            if len(self.receiver.got) > heard:
                heard, until = len(self.receiver.got), time.monotonic() + SETTLING
        yield f"still under way: {left}"

    def _under_way(self, database: Database) -> str:
        unheard = 0
        with database.reading() as session:
            due = count_due(session, ORG, proof.RULESET)
            on_the_way = (Delivery.org == ORG) & Delivery.state.in_(["waiting", "sending"])
            deliveries = session.scalar(select(func.count()).select_from(Delivery).where(on_the_way)) or 0
            if not deliveries:
                unheard = len(set(proof.wanted_events(session, self.heard_after)) - set(self._heard()))
        parts = {"claims to be decided again": due, "deliveries": deliveries, "events unheard": unheard}
        return ", ".join(f"{number} {name}" for name, number in parts.items() if number)

    def _heard(self) -> dict[str, int]:
        return dict(Counter(got.name for got in list(self.receiver.got)))

    def judge(self, database: Database) -> list[str]:
        """What differs from what should be; nothing, if all is well."""
        found = list(self.failed) + proof.differences("settling", self.settle(database))
        analyst = self.caller("analyst")
        heard = proof.Heard(self._heard(), self.heard_after)
        with database.reading() as session:
            found += proof.differences("rows", proof.rows_as_sent(session, self.ledger))
            found += proof.differences("decisions", proof.decisions_whole(session, self.ledger))
            found += proof.differences("interpreter", proof.as_the_interpreter(session, self.ledger))
            reconciled = proof.challenges_reconcile(session, self.tally.made, self.tally.unsure, self.runner.challenged)
            found += proof.differences("challenges", reconciled)
            found += proof.differences("challenges", proof.challenges_follow(session))
            found += proof.differences("position", proof.position_reconciles(session, analyst))
            found += proof.differences("events", proof.events_fit(session, heard))
            found += proof.differences("audit", proof.audit_whole(session, self.meter.counts[REQUESTS]))
        if not self.caller("auditor").get("/audit/verify")["ok"]:
            found.append("audit: the service says that its chain is broken")
        return found

    def figures(self) -> dict[str, Any]:
        """What is worth telling, in the order in which it is told."""
        counts, took = self.meter.counts, self.meter.quantile
        quantiles = {
            f"{what}, {name} ms": round(found, 1)
            for what in ("one claim", "a batch of spells", "one move", "many moves at once")
            for name, share in (("p50", 0.5), ("p99", 0.99))
            if (found := took(what, share)) is not None
        }
        return {
            "database": self.stage.kind,
            "seed": self.seed,
            "seconds": round(self.worked, 1),
            "claims sent": counts["spells sent"],
            "claims a second": round(counts["spells sent"] / self.worked, 1) if self.worked else 0,
            "estimates sent": counts["estimates sent"],
            "claims taken back": counts["spells taken back"],
            "moves of challenges": self.tally.made,
            "moves refused": counts["moves refused"],
            "days": counts["days"],
            "runs compared": counts["runs compared"],
            "runs taken up again": counts["runs taken up again"],
            "runs given up": counts["runs given up"],
            "events heard": len(self._heard()),
            "answers given again": counts["answers given again"],
            "answers lost": counts["answers lost"],
            "longest wait, s": round(self.meter.longest, 1),
            **quantiles,
            **dict(sorted(self.kills.items())),
            "faults met": dict(self.meter.faults.most_common()),
        }


def soak(kind: str, seconds: float, seed: int, folder: Path) -> tuple[dict[str, Any], list[str]]:
    """The figures of a soak, and what differs from what should be."""
    made = [files(seed, size) for size in SIZES]
    with receiving() as receiver, stage(kind, folder) as found:
        one = Soak(found, seconds, seed, receiver)
        try:
            version = one.begin()
            one.work(version, made)
            database = found.database()
            try:
                differs = one.judge(database)
            finally:
                database.close()
        finally:
            one.ending.set()
            for caller in one.callers:
                caller.close()
            left = found.close()
        return one.figures(), differs + [f"a process outlived its service: {command}" for command in left]


@contextmanager
def _folder(keep: bool) -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="requite-soak-"))
    try:
        yield made
    finally:
        if keep:
            print(f"kept in {made}")
        else:
            shutil.rmtree(made, ignore_errors=True)


def _table(figures: dict[str, Any]) -> str:
    rows = [(name, f"{value:,}" if isinstance(value, int) and name != "seed" else str(value)) for name, value in figures.items()]
    return "\n".join(f"  {name:<28} {value}" for name, value in rows)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=600, help="how long each database is worked with")
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--seed", type=int, default=0, help="of what is sent and of the faults; 0 takes any")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--keep", action="store_true", help="keep the folder with the service's log")
    chosen = parser.parse_args()
    kinds = ("sqlite", "postgresql") if chosen.database == "both" else (chosen.database,)
    if "postgresql" in kinds and tool("initdb") is None:
        print("PostgreSQL is not installed here: leave it out with --database sqlite", file=sys.stderr)
        return 2
    # Told to stop, it leaves nothing running.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    seed = chosen.seed or SystemRandom().randrange(1, 10**6)
    told = []
    for kind in kinds:
        with _folder(chosen.keep) as folder, suppress(KeyboardInterrupt):
            figures, differs = soak(kind, chosen.seconds, seed, folder)
            told.append(figures | {"differs": differs})
            if not chosen.json:
                print(
                    f"{kind}\n{_table(figures)}",
                    *differs,
                    "" if differs else "nothing lost, nothing doubled\n",
                    sep="\n",
                    flush=True,
                )
    if chosen.json:
        print(json.dumps(told, indent=2))
    return 0 if len(told) == len(kinds) and not any(one["differs"] for one in told) else 1


__all__ = ["UnansweredError", "soak"]


if __name__ == "__main__":
    sys.exit(main())
