"""Commands as processes: signals, pipes, terminals, and what is said when something goes wrong inside."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import pty
import re
import shlex
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

import requite as package
from requite.api import answers
from requite.api.app import app, run
from requite.api.console import Screen
from requite.api.signals import Signals
from requite.engine.verify import verify
from tests.api.support import RULESETS, Done, Here, apart, command, environment

KINGSTON = RULESETS / "claims" / "kingston.md"


@pytest.fixture(scope="module")
def claims(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Enough claims that a run takes its time."""
    folder = tmp_path_factory.mktemp("claims")
    spells = (f"S{i},P{i % 9000},RAX,100,MA01,day_case,01/07/2004,02/07/2004,{200 + i % 900}.50\n" for i in range(40_000))
    header = "Hospital Provider Spell No,patient,provider,specialty,hrg,setting,admitted,discharged,billed\n"
    (folder / "spell.csv").write_text(header + "".join(spells), encoding="utf-8")
    estimates = (f"E{i},P{i},100,2004-06-01,300\n" for i in range(9000))
    (folder / "estimate.csv").write_text("id,patient,specialty,referred,expected_cost\n" + "".join(estimates), encoding="utf-8")
    prices = "hrg,valid_from,valid_to,outpatient_procedure,day_case_or_elective\nMA01,2004-04-01,2005-03-31,121.00,642.00\n"
    (folder / "tariff.csv").write_text(prices, encoding="utf-8")
    return folder


def stopped(arguments: list[str], number: int, ready: Callable[[], bool]) -> Done:
    """A command that is sent a signal once something has come about."""
    # The tests may run where hanging up is ignored, as under nohup, and the command would go on with that.
    process = subprocess.Popen(
        command(*arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),
    )
    end = time.monotonic() + 100
    while not ready() and time.monotonic() < end and process.poll() is None:
        time.sleep(0.002)
    process.send_signal(number)
    out, err = process.communicate(timeout=100)
    return Done(process.returncode, out, err)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_run_that_is_stopped_while_it_writes_leaves_nothing(claims: Path, tmp_path: Path, number: int) -> None:
    out = tmp_path / "results" / "out"
    arguments = ["run", str(KINGSTON), "--data-dir", str(claims), "--out", str(out), "--csv"]
    done = stopped(arguments, number, lambda: any(tmp_path.glob("results/.out.*.partial/*.parquet")))
    assert done.status == 128 + number
    assert done.err == "\nstopped: nothing half written was left behind\n"
    assert done.out == ""
    assert list((tmp_path / "results").iterdir()) == []


@pytest.mark.parametrize("seconds", [0.2, 0.5, 0.9, 1.6, 2.5])
def test_a_run_that_is_stopped_at_any_time_leaves_nothing(claims: Path, tmp_path: Path, seconds: float) -> None:
    begun = time.monotonic()
    arguments = ["run", str(KINGSTON), "--data-dir", str(claims), "--out", str(tmp_path / "out")]
    done = stopped(arguments, signal.SIGINT, lambda: time.monotonic() - begun > seconds)
    assert "Traceback" not in done.err
    if done.status:
        assert done.status in (130, -signal.SIGINT)
        left = list(tmp_path.iterdir())
        # Stopped when all was done already, the run is whole.
        assert left == [] or (left == [tmp_path / "out"] and verify(left[0]) == [])


def test_a_demo_that_is_stopped_leaves_nothing(tmp_path: Path) -> None:
    done = stopped(["demo", "--out", str(tmp_path / "demo")], signal.SIGTERM, (tmp_path / "demo" / "rulesets").exists)
    assert (done.status, list(tmp_path.iterdir())) == (143, [])


def test_signals_in_a_burst_do_not_cut_the_clearing_up_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Signals, "received", 0)
    monkeypatch.setattr(Signals, "_when", 0.0)
    with pytest.raises(KeyboardInterrupt):
        Signals._stop(signal.SIGINT, None)
    Signals._stop(signal.SIGTERM, None)
    monkeypatch.setattr(Signals, "_when", time.monotonic() - 2)
    with pytest.raises(KeyboardInterrupt):
        Signals._stop(signal.SIGINT, None)


# --- pipes and streams --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [["show", "program", str(KINGSTON)], ["show", "plan", str(KINGSTON), "--json"], ["--help"]])
def test_a_reader_that_goes_away_is_no_error(arguments: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(command(*arguments), stdout=writing, stderr=subprocess.PIPE, text=True, env=environment(), check=False)
    os.close(writing)
    assert done.stderr == ""
    assert done.returncode in (0, 141)


def test_closed_streams() -> None:
    for closed in (">&-", "2>&-", "<&- >&- 2>&-"):
        line = f'exec "{command()[0]}" check "{KINGSTON}" {closed}'
        done = subprocess.run(["/bin/sh", "-c", line], capture_output=True, text=True, env=environment(), check=False)
        assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_is_said() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            command("check", KINGSTON), stdout=full, stderr=subprocess.PIPE, text=True, env=environment(), check=False
        )
    assert done.returncode == 1
    assert done.stderr.startswith("error: no space left on device\n")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("engine", ["duckdb", "interpret"])
def test_a_run_that_finds_no_room(claims: Path, tmp_path: Path, engine: str) -> None:
    """No file may be longer than 100 kB: the system says so as it says that a disk is full."""
    run = [str(KINGSTON), "--data-dir", str(claims), "--out", str(tmp_path / "out"), "--engine", engine]
    line = f"ulimit -f 200; exec {shlex.join(command('run', *run, '--json'))}"
    done = subprocess.run(["/bin/sh", "-c", line], capture_output=True, text=True, env=environment(), check=False, timeout=120)
    assert done.returncode == 1
    (told,) = json.loads(done.stdout)["errors"]
    assert (told["code"], told["file"]) == ("disk-full", str(tmp_path / "out"))
    assert "longer than files may be there" in told["message"]
    assert "name a folder on another disk" in told["help"]
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_letters_that_a_terminal_lacks(tmp_path: Path) -> None:
    (tmp_path / "practice.csv").write_text("code\n", encoding="utf-8")
    done = apart("show", "program", KINGSTON, PYTHONIOENCODING="ascii")
    assert (done.status, done.err) == (0, "")
    assert "?100.00" in done.out


# --- terminals ----------------------------------------------------------------------------------------------------------


def on_terminal(*arguments: str | Path, columns: int = 80, **changes: str) -> Done:
    """A command on a terminal of its own; what it prints and what it says go to the same place."""
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen(command(*arguments), stdin=its, stdout=its, stderr=its, env=environment(**changes))
    os.close(its)
    out = b"".join(_all_of(ours))
    os.close(ours)
    return Done(process.wait(), out.decode().replace("\r\n", "\n"), "")


def _all_of(handle: int) -> Iterator[bytes]:
    while True:
        try:
            read = os.read(handle, 65_536)
        except OSError:
            return
        if not read:
            return
        yield read


@pytest.fixture
def wrong(here: Path) -> Path:
    text = (here / "fees.requite").read_text(encoding="utf-8")
    (here / "fees.requite").write_text(text.replace("budget: money", "budget: mony"), encoding="utf-8")
    return here / "fees.requite"


def test_colour_only_on_a_terminal(wrong: Path) -> None:
    assert "\x1b[31m" in on_terminal("check", wrong).out
    assert "\x1b[" not in re.sub(r"\x1b\[[01]m", "", on_terminal("check", wrong, NO_COLOR="1").out)
    assert "\x1b" not in on_terminal("check", wrong, TERM="dumb").out
    assert "\x1b" not in "".join(apart("check", wrong, FORCE_COLOR="1").err)
    assert "\x1b" not in apart("run", wrong, "--out", "x", FORCE_COLOR="1").err


def test_a_progress_bar_only_on_a_terminal(here: Path) -> None:
    arguments = ("run", here / "fees.requite", "--data", f"practice={here / 'practice.csv'}", "--out")
    seen = on_terminal(*arguments, here / "one")
    assert seen.status == 0
    assert "reading practice" in seen.out or "writing" in seen.out
    done = apart(*arguments, here / "two")
    assert (done.status, done.err) == (0, "")
    assert "reading" not in done.out


def test_a_narrow_terminal_folds_and_never_cuts(here: Path) -> None:
    arguments = ("run", here / "fees.requite", "--data", f"practice={here / 'practice.csv'}", "--out", here / "out")
    seen = on_terminal(*arguments, columns=40)
    assert seen.status == 0
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", seen.out)
    assert "£35.00" in plain
    assert "…" not in plain.split("Rows")[1]


# --- help, versions, wrong use ------------------------------------------------------------------------------------------


def test_version() -> None:
    done = apart("--version")
    assert (done.status, done.out, done.err) == (0, f"requite {package.__version__}\n", "")


def test_the_version_is_that_of_the_package() -> None:
    text = (RULESETS.parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    assert f'\nversion = "{package.__version__}"\n' in text


def test_help(requite: Here) -> None:
    done = requite("--help")
    assert done.status == 0
    for name in ("demo", "new", "check", "fmt", "test", "run", "explain", "show", "verify"):
        assert re.search(rf"^  {name} +[A-Z].*\.$", done.out, re.MULTILINE), name
        one = requite(name, "--help")
        assert one.status == 0
        assert one.out.startswith(f"Usage: requite {name} [OPTIONS]")
        assert "--json" in one.out
        assert not re.search(r"<(str|list|bool)", one.out)
        assert max(map(len, one.out.splitlines())) <= 80


def test_no_command_is_wrong_use(requite: Here) -> None:
    done = requite()
    assert done.status == 2
    assert done.out.startswith("Usage: requite")
    other = requite("chek")
    assert (other.status, "Did you mean 'check'?" in other.err) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "command", "said"),
    [
        (["check", "x", "--jsn"], "check", "No such option: --jsn"),
        (["check"], "check", "Missing argument 'FILE...'"),
        (["run", "x"], "run", "Missing option '--out'"),
        (["run", "x", "--out", "y", "--check-engines", "many"], "run", "Invalid value for '--check-engines'"),
        (["test", "x", "--coverage", "--engine", "duckdb"], "test", "leave out --engine"),
        (["serve", "--port", "none"], "serve", "Invalid value for '--port'"),
        (["serve", "--workers", "0"], "serve", "--workers: 0 processes are not 1 to 64"),
        (["keys", "make", "--nonsense"], "keys make", "No such option: --nonsense"),
        (["keys", "mk"], "keys", "No such command 'mk'"),
        (["chek", "x"], "", "No such command 'chek'"),
        ([], "", ""),
    ],
)
def test_wrong_use_is_told_as_json_too(requite: Here, arguments: list[str], command: str, said: str) -> None:
    done = requite(*arguments, "--json")
    assert done.status == 2
    assert {key: done.json[key] for key in ("format", "command", "ok")} == {"format": 1, "command": command, "ok": False}
    (error,) = done.json["errors"]
    assert said in error["message"]
    assert error["code"] == "wrong-use"
    assert "--help" in error["help"]
    assert error["message"] in done.err, "as without --json"
    if arguments:
        assert requite(*arguments).out == "", "nobody asked for JSON"
        assert requite(*arguments[:1], "--", "--json", *arguments[1:]).out[:1] != "{", "this --json is the name of a file"


def test_a_value_for_json_is_told_as_json(requite: Here) -> None:
    for arguments in (["check", "x"], ["serve"]):
        done = requite(*arguments, "--json=1")
        assert done.status == 2
        assert "Option '--json' does not take a value" in done.json["errors"][0]["message"]
        assert done.json["command"] == arguments[0]


def test_with_typers_own_runner() -> None:
    result = CliRunner().invoke(app, ["check", str(KINGSTON)])
    assert (result.exit_code, result.stdout) == (0, "1 ruleset checked: no errors\n")
    assert CliRunner().invoke(app, ["check", "--jsn", str(KINGSTON)]).exit_code == 2


# --- what nobody foresaw ------------------------------------------------------------------------------------------------


def broken(*_: object) -> answers.Answer:
    raise KeyError("a\x1b[31m slip")


def test_an_unexpected_exception_is_one_clear_line(requite: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REQUITE_DEBUG", raising=False)
    monkeypatch.setattr("requite.api.commands.check.check", broken)
    done = requite("check", "x")
    assert done.status == 1
    assert done.err.splitlines() == [
        "error: a fault inside Requite: KeyError: 'a\\x1b[31m slip'",
        "  Please report it. REQUITE_DEBUG=1 shows where it happened.",
    ]
    as_json = requite("check", "x", "--json")
    assert (as_json.status, as_json.json["errors"][0]["code"]) == (1, "internal")


def test_debugging_shows_where(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUITE_DEBUG", "1")
    monkeypatch.setattr("requite.api.commands.check.check", broken)
    assert run(["check", "x"]) == 1
    err = capsys.readouterr().err
    assert "Traceback" in err
    assert "in broken" in err


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (MemoryError(), "there is not enough memory"),
        (OSError(28, "No space left on device", "/x/y"), "/x/y: no space left on device"),
        (duckdb.IOException("IO Error: /x: No space left on device"), "the disk is full"),
        (RecursionError("too deep"), "a fault inside Requite: RecursionError: too deep"),
        (ValueError("first\nsecond"), "a fault inside Requite: ValueError: first second"),
    ],
)
def test_what_is_said_of_it(error: Exception, said: str) -> None:
    assert answers.unexpected(error).message.startswith(said)


@pytest.mark.parametrize("number", [errno.ENOENT, errno.EEXIST, errno.ENOTDIR, errno.EACCES, errno.EROFS, errno.ENOSPC])
def test_what_the_system_refuses_comes_with_what_to_do(number: int) -> None:
    told = answers.unexpected(OSError(number, os.strerror(number), "/x/y"))
    assert (told.code, told.file) == ("system", "/x/y")
    assert told.help.endswith(".")


def test_what_a_library_makes_of_an_interruption(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Signals, "received", signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        answers.deliver("check", False, broken)


def test_json_is_safe_to_print(capsys: pytest.CaptureFixture[str]) -> None:
    text = "£ \x1b \x9b \u202e \ud800 \u2028 é"
    Screen().json({"text": text})
    out = capsys.readouterr().out
    assert not [c for c in out if not c.isprintable() and c != "\n"]
    assert "£" in out
    assert json.loads(out) == {"text": text}


def test_what_libraries_log_is_not_shown() -> None:
    text = "import logging, sys; sys.argv = ['requite', '--version']; from requite.api.cli import main; main(); "
    text += "logging.getLogger('py4j').exception('a fault of its own'); logging.exception('and of the root')"
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.startswith("requite ")
    assert done.stderr == ""
