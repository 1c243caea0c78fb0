"""The live desk: the versions at work on live claims, and the processes that match for them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from queue import SimpleQueue
from threading import Lock
from typing import Final, Protocol

from sqlalchemy.orm import Session

from requite.api.live.rows import RowsAtHand
from requite.api.live.version import LiveVersion
from requite.api.store.database import Database
from requite.api.store.schema import RulesetVersion
from requite.api.store.versions import program_of, tables_of
from requite.engine.live.engine import LiveEngine
from requite.engine.live.surroundings import Answers, Matcher, Requests, begun
from requite.engine.live.worker import Worker

MOST_VERSIONS: Final = 32
"""Versions that are held ready; the one that was not needed longest goes first."""


class NotReadyError(Exception):
    """That a version has to be made ready before the transaction can go on: it is given up, and begun again afterwards."""

    def __init__(self, org: str, version: str) -> None:
        super().__init__(version)
        self.org = org
        self.version = version


class Closing(Matcher, Protocol):
    """A matcher that is closed in the end."""

    def close(self) -> None: ...


class Pool:
    """Several matchers as one: whoever asks gets one that is free, or waits for it."""

    def __init__(self, matchers: Iterable[Closing]) -> None:
        self.matchers = tuple(matchers)
        self._free: SimpleQueue[Closing] = SimpleQueue()
        for matcher in self.matchers:
            self._free.put(matcher)

    def fired(self, definitions: str, files: Sequence[Sequence[Mapping[str, int]]]) -> Sequence[Sequence[str]]:
        matcher = self._free.get()
        try:
            return matcher.fired(definitions, files)
        finally:
            self._free.put(matcher)

    def begun(self, requests: Requests) -> Callable[[], Answers]:
        """Begin with requests: the matcher is free again once they are answered."""
        matcher = self._free.get()
        try:
            answers = begun(matcher, requests)
        except BaseException:
            self._free.put(matcher)
            raise

        def waited_for() -> Answers:
            try:
                return answers()
            finally:
                self._free.put(matcher)

        return waited_for

    def close(self) -> None:
        for matcher in self.matchers:
            matcher.close()


class LiveDesk:
    """What decides live claims in this process of the service."""

    def __init__(self, workers: int = 1, make: Callable[[str], Closing] = Worker) -> None:
        self.pool = Pool(make(f"live-{number}") for number in range(1, max(workers, 1) + 1))
        self.rows = RowsAtHand()
        self._versions: OrderedDict[str, LiveVersion] = OrderedDict()
        self._lock = Lock()
        self._making = Lock()

    def at_hand(self, org: str, version: str) -> LiveVersion:
        """A version that is ready, by its id; NotReadyError where it has to be made ready first."""
        with self._lock:
            found = self._versions.get(version)
            if found is None:
                raise NotReadyError(org, version)
            self._versions.move_to_end(version)
            return found

    def make_ready(self, database: Database, wanted: NotReadyError) -> LiveVersion:
        """Compile a version and hold it; DataError where its checks cannot be decided live."""
        with self._making:
            try:
                return self.at_hand(wanted.org, wanted.version)
            except NotReadyError:
                pass
            with database.reading() as session:
                made = self._made(session, wanted)
            with self._lock:
                self._versions[made.id] = made
                while len(self._versions) > MOST_VERSIONS:
                    self._versions.popitem(last=False)
            return made

    def _made(self, session: Session, wanted: NotReadyError) -> LiveVersion:
        found = session.get(RulesetVersion, wanted.version)
        assert found is not None
        assert found.org == wanted.org
        return LiveVersion(found.id, found.name, found.hash, LiveEngine(program_of(found), self.pool, tables_of(found)))

    @property
    def restarts(self) -> int:
        """How often a matching process had to be started again."""
        return sum(getattr(matcher, "restarts", 0) for matcher in self.pool.matchers)

    def close(self) -> None:
        self.pool.close()
