"""A run in a process of its own: told on standard input what to run, it tells on standard output how far it is.

It knows nothing of the store. When whoever started it is gone, its standard input ends, and it stops at once: what it has finished
stays for the next try.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import threading
import time
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import IO, Any, Final

from requite.api.jobs.sound_files import refuse_harmful
from requite.dsl.diagnostics import Severity
from requite.dsl.load import check_text
from requite.dsl.program import Program
from requite.engine.full_disk import DISK_FULL, FULL, is_full_disk
from requite.engine.reading.files import InputFile
from requite.engine.reading.problems import DataError, DataProblem
from requite.engine.run import run

SECONDS: Final = 0.25
"""How often progress is told."""


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be run: the texts of a ruleset, what each record is read from, and where the results go."""

    main: str
    texts: dict[str, str]
    inputs: dict[str, list[dict[str, str]]]
    out: str
    known: str
    brought_forward: str | None
    engine: str
    memory: str
    check_engines: int

    def line(self) -> str:
        return json.dumps(asdict(self)) + "\n"


class Telling:
    """Tells a line at a time; of progress, the latest at times."""

    def __init__(self, out: IO[str]) -> None:
        self.out = out
        self.last = 0.0
        self.stage = ""

    def __call__(self, stage: str, done: int, total: int) -> None:
        moment = time.monotonic()
        if stage != self.stage or moment - self.last >= SECONDS:
            self.stage, self.last = stage, moment
            self.say(progress=[stage, done, total])

    def say(self, **what: Any) -> None:
        self.out.write(json.dumps(what) + "\n")
        self.out.flush()


def main() -> None:
    """Do what standard input says."""
    told = Telling(os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8"))
    # What a library prints must not be taken for what is told here.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    _go_first_when_memory_is_short()
    signal.signal(signal.SIGTERM, _stop)
    work = Work(**json.loads(sys.stdin.readline()))
    threading.Thread(target=_end_with_the_other, daemon=True).start()
    try:
        work_on(work, told)
        told.say(done=True)
    except DataError as error:
        # How much room there was is for nobody outside.
        full = any(one.code == DISK_FULL for one in error.problems)
        told.say(problems=[no_room().to_json()] if full else error.to_json())
    except KeyboardInterrupt:
        told.say(stopped=True)
    except MemoryError:
        told.say(problems=[DataProblem("out-of-memory", "there is not enough memory for this run").to_json()])
    except Exception as error:
        if is_full_disk(error):
            told.say(problems=[no_room().to_json()])
            return
        # Its words may hold what stood in the data.
        message = f"a fault inside Requite: {type(error).__name__}"
        told.say(problems=[DataProblem("internal", message, help="Please report it.").to_json()])
        if os.environ.get("REQUITE_DEBUG", "") not in ("", "0"):
            raise


def no_room() -> DataProblem:
    """That a run found a disk full."""
    return DataProblem(DISK_FULL, FULL, help="Have room made on it; then run it again.")


def work_on(work: Work, told: Telling) -> None:
    """Run it; the results are in their folder by then, whole."""
    program = _program(work)
    inputs: dict[str, object] = {name: _input(files) for name, files in work.inputs.items()}
    for record, given in inputs.items():
        for file in given if isinstance(given, list) else ():
            told(f"looking at {file.name}", 0, 0)
            refuse_harmful(file, record)
    run(
        program,
        inputs,
        work.out,
        known=date.fromisoformat(work.known),
        brought_forward=work.brought_forward,
        progress=told,
        engine=work.engine,
        memory=work.memory,
        resume=True,
        check_engines=work.check_engines,
    )


def _program(work: Work) -> Program:
    program, diagnostics = check_text(work.texts[work.main], work.main, work.texts)
    if program is None or any(one.severity is Severity.ERROR for one in diagnostics):
        raise DataError([DataProblem("not-understood", "the ruleset is not understood by this Requite")])
    return program


def _input(files: list[dict[str, str]]) -> object:
    if files and "address" in files[0]:
        return files[0]["address"]
    return [InputFile(Path(file["path"]), file["name"], file["sheet"]) for file in files]


def _stop(*_: object) -> None:
    raise KeyboardInterrupt


def _end_with_the_other() -> None:
    """Wait for the end of standard input, and end with it, whatever is being done."""
    with contextlib.suppress(OSError):
        while os.read(sys.stdin.fileno(), 4096):
            pass
    os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))


def _go_first_when_memory_is_short() -> None:
    """Let the system end this process before the service itself, where it has to end one."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("900", encoding="ascii")


if __name__ == "__main__":
    main()
