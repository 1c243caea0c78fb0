"""Every command, argument, option and environment variable has its place in the documentation."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from requite.api.app import app
from tests.api.support import ROOT

PAGE = ROOT / "docs" / "command-line.md"


def _commands(group: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    """All commands by their names, those of groups as `store upgrade`."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command, f"{before}{name} ")
        else:
            yield before + name, command


COMMANDS: dict[str, Any] = dict(_commands(typer.main.get_command(app)))


def section(name: str) -> str:
    """The part of the page about one command, or about its group."""
    text = PAGE.read_text(encoding="utf-8")
    parts = re.split(r"^## ", text, flags=re.MULTILINE)
    return next(part for part in parts if part.startswith(f"`requite {name.split()[0]}`"))


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_and_all_it_takes(name: str) -> None:
    text = section(name)
    assert "```console" in text, "show it at work"
    assert f"`requite {name}" in text or f"$ requite {name}" in text
    for parameter in COMMANDS[name].params:
        words = [option for option in parameter.opts if option.startswith("--")] or [parameter.metavar]
        for word in words:
            assert word == "--json" or word in text, f"{name}: {word} is not documented"


def test_what_holds_for_all() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for word in ("--json", "--help", "--version", "NO_COLOR", "REQUITE_DEBUG", "130", "`format`", "`errors`"):
        assert word in text, f"{word} is not documented"


def test_nothing_is_documented_that_is_not_there() -> None:
    options = {option for command in COMMANDS.values() for parameter in command.params for option in parameter.opts}
    said = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", PAGE.read_text(encoding="utf-8")))
    assert said - options - {"--help", "--version"} == set()
