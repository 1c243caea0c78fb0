"""Work in threads that ends when this one is told to stop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any, Final, TypeVar

T = TypeVar("T")

AGAIN: Final = 0.05
"""Seconds until those at work are told to stop once more."""

LOOK: Final = 1.0
"""Seconds after which it is looked again whether they are done: a wait without an end is not ended by every signal."""


def results(begun: Sequence[Future[T]], stop: Callable[[], None]) -> list[T]:
    """What each comes to, in order; on Ctrl-C they are told to stop, and waited for. The error is that of the first."""
    try:
        return [_result(one) for one in begun]
    except KeyboardInterrupt:
        for one in begun:
            one.cancel()
        # Between two statements there may be nothing to stop.
        while wait(begun, timeout=AGAIN).not_done:
            stop()
        raise


def _result(begun: Future[T]) -> T:
    while wait([begun], timeout=LOOK).not_done:
        pass
    return begun.result()


def in_a_thread(do: Callable[[], Any], stop: Callable[[], None]) -> None:
    """Have something done in a thread, so that a signal finds this one in Python, and is not noticed by whoever is at work."""
    with ThreadPoolExecutor(1) as pool:
        results([pool.submit(do)], stop)
