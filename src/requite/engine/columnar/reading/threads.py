"""Work in threads that ends when this one is told to stop."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any, Final, TypeVar

import duckdb

T = TypeVar("T")

AGAIN: Final = 0.05
"""Seconds until those at work are told to stop once more."""

LOOK: Final = 1.0
"""Seconds after which it is looked again whether they are done: a wait without an end is not ended by every signal."""


def results(begun: Sequence[Future[T]], connections: Collection[duckdb.DuckDBPyConnection]) -> list[T]:
    """What each comes to, in order; on Ctrl-C what their connections do is interrupted. The error is that of the first."""
    try:
        return [_result(one) for one in begun]
    except KeyboardInterrupt:
        for one in begun:
            one.cancel()
        # Between two statements there is nothing to interrupt.
        while wait(begun, timeout=AGAIN).not_done:
            for connection in connections:
                connection.interrupt()
        raise


def _result(begun: Future[T]) -> T:
    while wait([begun], timeout=LOOK).not_done:
        pass
    return begun.result()


def in_a_thread(connection: duckdb.DuckDBPyConnection, do: Callable[[], Any]) -> None:
    """Have a statement that reads from Python run in a thread.

    In the main one DuckDB notices a signal by itself, and then holds Python while it waits for what waits for Python.
    """
    with ThreadPoolExecutor(1) as pool:
        results([pool.submit(do)], [connection])
