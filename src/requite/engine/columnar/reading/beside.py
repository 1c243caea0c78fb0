"""Work on several records at the same time, each by a connection of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from typing import Final, TypeVar

from requite.engine.columnar.reading.staging import Staging
from requite.engine.columnar.reading.threads import results

T = TypeVar("T")

FEW_ROWS: Final = 100_000
"""Up to so many rows in all, one record after another is as soon done."""

Job = tuple[int, Callable[[Staging], T]]
"""How many rows it goes through, and what is to be done."""


def side_by_side(staging: Staging, jobs: Sequence[Job[T]]) -> list[T]:
    """What each job comes to, in the order given; the largest begin first. The error is that of the first one that failed."""
    threads = int(staging.row("SELECT current_setting('threads')")[0])
    if min(len(jobs), threads) < 2 or sum(rows for rows, _ in jobs) <= FEW_ROWS:
        return [do(staging) for _, do in jobs]
    with ExitStack() as stack:
        at_work = [stack.enter_context(closing(staging.beside(number))) for number in range(len(jobs))]
        pool = stack.enter_context(ThreadPoolExecutor(min(len(jobs), threads)))
        largest_first = sorted(range(len(jobs)), key=lambda i: -jobs[i][0])
        begun = {i: pool.submit(jobs[i][1], at_work[i]) for i in largest_first}

        def stop() -> None:
            for one in at_work:
                one.stop()

        done = results([begun[i] for i in range(len(jobs))], stop)
    staging.skip_names(len(jobs))
    return done
