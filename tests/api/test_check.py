"""`requite check` and the finding of rulesets."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.api.support import SCHEME, Here, bound_by_permissions

WRONG = SCHEME.replace("to practice\n    amount £1", "\n    amount £1")


@pytest.mark.usefixtures("here")
def test_a_good_ruleset(requite: Here) -> None:
    done = requite("check", "fees.requite")
    assert (done.status, done.out, done.err) == (0, "1 ruleset checked: no errors\n", "")


def test_errors_stand_on_standard_error_with_their_place(requite: Here, here: Path) -> None:
    (here / "fees.requite").write_text(WRONG, encoding="utf-8")
    done = requite("check", "fees.requite")
    assert done.status == 1
    assert done.out == "1 ruleset checked: 1 error\n"
    assert "fees.requite:15:" in done.err
    assert "error[missing-payee]" in done.err
    assert "^" in done.err


def test_warnings_are_no_errors(requite: Here, here: Path) -> None:
    (here / "fees.requite").write_text(SCHEME.replace("  cites paper\n", ""), encoding="utf-8")
    done = requite("check", "fees.requite")
    assert done.status == 0
    assert done.out == "1 ruleset checked: no errors, 1 warning\n"
    assert "warning[source-never-cited]" in done.err


def test_json(requite: Here, here: Path) -> None:
    (here / "wrong.requite").write_text(WRONG, encoding="utf-8")
    done = requite("check", "fees.requite", "wrong.requite", "none.requite", "--json")
    assert done.status == 1
    assert set(done.json) == {"format", "command", "ok", "errors", "rulesets", "counts"}
    assert (done.json["format"], done.json["command"], done.json["ok"]) == (1, "check", False)
    assert done.json["counts"] == {"rulesets": 2, "errors": 1, "warnings": 0}
    good, wrong = done.json["rulesets"]
    assert good == {"file": "fees.requite", "ok": True, "name": "fees", "title": "Fees", "diagnostics": []}
    assert (wrong["ok"], wrong["name"]) == (False, None)
    (diagnostic,) = wrong["diagnostics"]
    expected = {"code", "severity", "message", "file", "line", "column", "end_line", "end_column", "labels", "help"}
    assert set(diagnostic) == expected
    assert [e["code"] for e in done.json["errors"]] == ["not-found"]
    assert set(done.json["errors"][0]) == {"code", "record", "file", "message", "help", "detail"}
    assert done.err.startswith("error: requite check found errors")


def test_folders_are_searched_to_the_bottom(requite: Here, here: Path) -> None:
    below = here / "a" / "b"
    below.mkdir(parents=True)
    (below / "deep.requite").write_text(SCHEME, encoding="utf-8")
    (below / "agreement.md").write_text(f"# Fees\n\n```requite\n{SCHEME}```\n", encoding="utf-8")
    (below / "README.md").write_text("# Nothing that runs\n", encoding="utf-8")
    (below / "notes.txt").write_text("not a ruleset", encoding="utf-8")
    (here / ".hidden").mkdir()
    (here / ".hidden" / "old.requite").write_text("nonsense", encoding="utf-8")
    done = requite("check", ".", "--json")
    assert done.status == 0
    assert [r["file"] for r in done.json["rulesets"]] == ["fees.requite", "a/b/agreement.md", "a/b/deep.requite"]


@pytest.mark.usefixtures("here")
def test_a_file_named_twice_is_checked_once(requite: Here) -> None:
    assert requite("check", ".", "fees.requite", "./fees.requite").out == "1 ruleset checked: no errors\n"


def test_a_file_for_others_to_use_is_checked_with_them(requite: Here, here: Path) -> None:
    (here / "fees.requite").unlink()
    (here / "shared.requite").write_text('parameter level: percent 5% illustrative "to be agreed"\n', encoding="utf-8")
    text = SCHEME.replace("10% of", "level of").replace("expect extra is £20", "expect extra is £10")
    (here / "main.requite").write_text(text + '\nuse "shared.requite"\n', encoding="utf-8")
    assert requite("check", ".").out == "1 ruleset checked: no errors\n"
    assert "missing-ruleset" in requite("check", "shared.requite").err


def test_what_is_wrong_in_a_shared_file_is_said_once(requite: Here, here: Path) -> None:
    (here / "shared.requite").write_text("parameter level: percent\n", encoding="utf-8")
    for name in ("one", "two"):
        (here / f"{name}.requite").write_text(SCHEME + '\nuse "shared.requite"\n', encoding="utf-8")
    done = requite("check", "one.requite", "two.requite")
    assert done.err.count("shared.requite:1:") == 1


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("missing.requite", None, "there is no file missing.requite"),
        ("fees.csv", b"a,b\n", "is no ruleset: their names end in .requite or .md"),
        ("prose.md", b"# Only words\n", "has no requite block"),
        ("binary.requite", b"\x7fELF\x00\x01", "Rulesets are text, saved as UTF-8."),
        ("", None, "no file is named"),
        ("wide.requite", "ruleset x".encode("utf-16"), "is UTF-16 text"),
        ("huge.requite", b"# " + b"x" * 9_000_000, "is too large"),
        ("folder.requite/", None, "holds no rulesets"),
    ],
)
def test_what_cannot_be_a_ruleset(requite: Here, here: Path, name: str, content: bytes | None, said: str) -> None:
    if name.endswith("/"):
        (here / name).mkdir()
    elif content is not None:
        (here / name).write_bytes(content)
    done = requite("check", name)
    assert done.status == 1
    assert said in done.err
    assert done.out == ""


@pytest.mark.usefixtures("here")
def test_a_name_nearly_right_is_offered(requite: Here) -> None:
    assert "Did you mean fees.requite?" in requite("check", "fee.requite").err
    assert "There is no folder nowhere" in requite("check", "nowhere/fees.requite").err


def test_random_bytes(requite: Here, here: Path) -> None:
    (here / "odd.requite").write_bytes(bytes(range(1, 256)) * 20)
    done = requite("check", "odd.requite")
    assert done.status == 1
    assert "error[" in done.err


@bound_by_permissions
def test_files_and_folders_that_may_not_be_read(requite: Here, here: Path) -> None:
    (here / "fees.requite").chmod(0)
    (here / "closed").mkdir(mode=0)
    done = requite("check", "fees.requite", "closed")
    (here / "closed").chmod(0o700)
    assert done.status == 1
    assert done.err.lower().count("permission denied") == 2


def test_without_files(requite: Here) -> None:
    done = requite("check")
    assert done.status == 2
    assert "Missing argument 'FILE...'" in done.err
