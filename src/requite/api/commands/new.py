"""`requite new`: a small ruleset to start from, and data to try it on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from requite.api.answers import WrongUse, refused
from requite.api.console import Screen
from requite.dsl.split import RESERVED

STARTER: Final = "my_scheme"
"""What the starter is called where it is kept."""

NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Made:
    """The files that were written."""

    ruleset: Path
    data: Path
    ok: bool = True

    @property
    def _next(self) -> list[str]:
        results = self.ruleset.parent / f"{self.ruleset.stem}_results"
        return [
            f"requite check {self.ruleset}",
            f"requite test {self.ruleset} --coverage",
            f"requite run {self.ruleset} --data practice={self.data} --out {results}",
        ]

    def content(self) -> dict[str, Any]:
        return {"errors": [], "ruleset": str(self.ruleset), "data": str(self.data), "next": self._next}

    def show(self, screen: Screen) -> None:
        screen.say(f"{self.ruleset}: a small scheme, with comments that say what each part does")
        screen.say(f"{self.data}: three practices to try it on")
        screen.say()
        screen.say("Next:")
        for command in self._next:
            screen.say(f"  {command}")


def new(name: str) -> Made:
    """Write a starter called by a name, which may stand in a folder; Refusal where a file of that name is there."""
    path = Path(name.removesuffix(".requite"))
    if not NAME.fullmatch(path.name) or path.name.lower() in RESERVED:
        raise WrongUse(f"{path.name or name} cannot be the name of a ruleset: {_why(path.name)}")
    made = Made(path.with_name(f"{path.name}.requite"), path.with_name(f"{path.name}_practice.csv"))
    texts = {made.ruleset: _starter(path.name), made.data: (files("requite.api") / "starter_practice.csv").read_text("utf-8")}
    for file in texts:
        if file.exists() or file.is_symlink():
            raise refused("file-exists", f"{file} is there already", "Choose another name.", str(file))
    if not path.parent.is_dir():
        raise refused("not-found", f"there is no folder {path.parent}", "Make it first.", str(path.parent))
    _write(texts)
    return made


def _why(name: str) -> str:
    if name.lower() in RESERVED:
        return f"it is a word of the language. Try my_{name.lower()}"
    likely = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_")
    rule = "a name has letters, digits and _, and begins with a letter"
    return f"{rule}. Try {likely}" if NAME.fullmatch(likely) and likely.lower() not in RESERVED else rule


def _starter(name: str) -> str:
    text = (files("requite.api") / "starter.requite").read_text("utf-8").replace(STARTER, name)
    title = name.replace("_", " ").strip().capitalize() or name
    return text.replace('"My scheme"', f'"{title}"')


def _write(texts: Mapping[Path, str]) -> None:
    """Write new files, all or none."""
    written: list[Path] = []
    try:
        for path, text in texts.items():
            with path.open("x", encoding="utf-8", newline="\n") as file:
                written.append(path)
                file.write(text)
    except BaseException:
        for path in written:
            path.unlink(missing_ok=True)
        raise
