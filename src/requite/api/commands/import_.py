"""`requite import`: a claim file as others send it, made into the spell file that the claim checks read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from requite.api.answers import WrongUse
from requite.api.claim_files.importing import Outcome, import_file
from requite.api.claim_files.writing import TABLES, check_place
from requite.api.console import Screen, clean, count, listed

MOST_REASONS: Final = 12
MOST_COLUMNS: Final = 12


@dataclass(frozen=True, slots=True)
class Imported:
    """A file that was imported: what was written where, and what was not."""

    form: str
    out: Path
    rejects: Path | None
    outcome: Outcome
    ok: bool = True

    def content(self) -> dict[str, Any]:
        found = self.outcome
        return {
            "errors": [],
            "file": found.file,
            "form": self.form,
            "out": str(self.out),
            "rejects": str(self.rejects) if self.rejects else None,
            "rows": {"read": found.rows, "written": found.written, "rejected": found.rejected, "blank": found.blank},
            "rejected": [{"reason": clean(reason), "count": number} for reason, number in found.reasons],
            "columns": dict(found.said.taken),
            "missing": list(found.said.missing),
            "optional": list(found.said.optional),
            "unused": list(found.said.unused),
            "notes": list(found.said.notes),
        }

    def show(self, screen: Screen) -> None:
        found = self.outcome
        screen.say(f"{found.file}: {count(found.rows, 'row')}", "bold")
        screen.say(f"  {count(found.written, 'spell')} in {self.out}")
        screen.say(
            f"  {count(found.rejected, 'row')} rejected" + (f", in {self.rejects}" if self.rejects and found.rejected else "")
        )
        if found.blank:
            screen.say(f"  {count(found.blank, 'blank line')}, no row")
        self._columns(screen)
        if found.reasons:
            screen.title("Rejected rows")
            shown = found.reasons[:MOST_REASONS]
            screen.table(["reason", "rows>"], [[reason, f"{number:,}"] for reason, number in shown])
            if len(found.reasons) > len(shown):
                screen.say(f"and {count(len(found.reasons) - len(shown), 'other reason')}")
            screen.say("Of a row with several faults, the first one counts.")
            if self.rejects is None:
                screen.title("The first of them")
                screen.table(["line>", "what is wrong"], [[str(line), words] for line, words in found.first])
                screen.say("--rejects FILE writes all of them.")

    def _columns(self, screen: Screen) -> None:
        said = self.outcome.said
        for note in said.notes:
            screen.say(f"  {note}")
        for words, names in (
            ("No column for what the claim checks need", said.missing),
            ("No column for what may be absent", said.optional),
            ("Columns that are left out", said.unused),
        ):
            if names:
                more = [f"{len(names) - MOST_COLUMNS:,} more"] if len(names) > MOST_COLUMNS else []
                screen.say()
                screen.say(f"{words}: {listed([*names[:MOST_COLUMNS], *more])}")


def import_claims(form: str, file: str, out: str, rejects: str | None, overwrite: bool, screen: Screen) -> Imported:
    """Import a claim file; what is refused is refused before anything is written."""
    paths = [Path(out), *([Path(rejects)] if rejects is not None else [])]
    for option, path in zip(("--out", "--rejects"), paths, strict=False):
        check_place(option, path, TABLES, overwrite, [Path(file)] if "\0" not in file else [])
    if len(paths) == 2 and paths[0].absolute() == paths[1].absolute():
        raise WrongUse("--rejects: name another file than --out")
    with screen.progress() as progress:
        return Imported(
            form,
            paths[0],
            paths[1] if rejects else None,
            import_file(form, file, paths[0], paths[1] if rejects else None, progress),
        )
