"""`requite fmt`."""

from __future__ import annotations

from pathlib import Path

from tests.api.support import SCHEME, Here, bound_by_permissions

UNTIDY = SCHEME.replace("    amount £1 per 10", "  amount   £1 per  10") + "# the end"


def test_files_are_put_into_the_usual_form(requite: Here, here: Path) -> None:
    path = here / "fees.requite"
    path.write_text(UNTIDY, encoding="utf-8")
    path.chmod(0o640)
    done = requite("fmt", "fees.requite")
    assert (done.status, done.err) == (0, "")
    assert done.out == "fees.requite: put into the usual form\n1 file read: 1 changed\n"
    assert path.read_text(encoding="utf-8") == SCHEME + "# the end\n"
    assert path.stat().st_mode & 0o777 == 0o640
    assert requite("fmt", "fees.requite").out == "1 file read: 0 changed\n"
    assert [p.name for p in here.iterdir() if p.name.startswith(".")] == []


def test_check_changes_nothing(requite: Here, here: Path) -> None:
    (here / "fees.requite").write_text(UNTIDY, encoding="utf-8")
    done = requite("fmt", ".", "--check")
    assert done.status == 1
    assert "fees.requite is not in the usual form" in done.err
    assert (here / "fees.requite").read_text(encoding="utf-8") == UNTIDY


def test_a_file_with_errors_stays_as_it_is(requite: Here, here: Path) -> None:
    text = UNTIDY.replace("amount", "amuont")
    (here / "fees.requite").write_text(text, encoding="utf-8")
    done = requite("fmt", "fees.requite")
    assert done.status == 1
    assert "stays as it is until its errors are put right" in done.err
    assert (here / "fees.requite").read_text(encoding="utf-8") == text


def test_the_prose_of_a_document_stays(requite: Here, here: Path) -> None:
    prose = "# Fees\n\nWhat  we *agreed*:\n\n```requite\n{}```\n\n| a | b |\n|---|---|\n"
    (here / "fees.md").write_text(prose.format(UNTIDY + "\n"), encoding="utf-8")
    assert requite("fmt", "fees.md").status == 0
    assert (here / "fees.md").read_text(encoding="utf-8") == prose.format(SCHEME + "# the end\n")


def test_json(requite: Here, here: Path) -> None:
    (here / "fees.requite").write_text(UNTIDY, encoding="utf-8")
    (here / "wrong.requite").write_text("scheme", encoding="utf-8")
    done = requite("fmt", "fees.requite", "wrong.requite", "--check", "--json")
    assert done.status == 1
    assert set(done.json) == {"format", "command", "ok", "errors", "files"}
    assert [(f["file"], f["became"]) for f in done.json["files"]] == [("fees.requite", "would change"), ("wrong.requite", "errors")]
    assert done.json["files"][1]["diagnostics"]


def test_a_link_stays_a_link(requite: Here, here: Path) -> None:
    (here / "fees.requite").write_text(UNTIDY, encoding="utf-8")
    (here / "link.requite").symlink_to("fees.requite")
    assert requite("fmt", "link.requite").status == 0
    assert (here / "link.requite").is_symlink()
    assert (here / "fees.requite").read_text(encoding="utf-8") == SCHEME + "# the end\n"


@bound_by_permissions
def test_a_folder_that_may_not_be_written(requite: Here, here: Path) -> None:
    (here / "fees.requite").write_text(UNTIDY, encoding="utf-8")
    here.chmod(0o500)
    done = requite("fmt", "fees.requite")
    here.chmod(0o700)
    assert done.status == 1
    assert "fees.requite cannot be written: permission denied" in done.err
