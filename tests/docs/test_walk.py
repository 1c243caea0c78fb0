"""Pages whose commands call a running service: they are typed into one shell, and print what is shown.

A `bash` block holds commands after `$ ` and their output. All of a page's are run in one shell in the page's folder, in which its
other files lie, too; ports 8000 and 8001 become such as are free. A `python` block with a title is one of these files.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from tests.docs import pages as p
from tests.postgres import free_port

PAGES = [page for page in p.pages() if page.has("bash")]
MARK = "\x1e"
PORTS = ("8000", "8001")
FOLDER = "/home/kim"
SECONDS = 240
BIN = Path(sys.executable).parent

VARIES = (
    (re.compile(r"\b[0-9A-HJKMNP-TV-Z]{26}\b"), "0" * 26),
    (re.compile(r"\brq_[\w-]+"), "rq_"),
    (re.compile(r"\bwhsec_[\w+/=]+"), "whsec_"),
)


def commands(page: p.Page) -> list[tuple[str, str]]:
    """All commands of a page, each with the output that is shown."""
    return [each for block in page.blocks if block.kind == "bash" for each in p.commands(block.text)]


def typed(page: p.Page, folder: Path) -> list[str]:
    """What the commands of a page really print."""
    ports = {port: str(free_port()) for port in PORTS}
    session = p.Session(folder)
    for block in page.blocks:
        session.see(replace(block, text=with_ports(block.text, ports)))
    script = "".join(f"printf '{MARK}\\n'\n{command}\n" for command, _ in commands(page))
    known = {name: value for name, value in os.environ.items() if not name.startswith(("REQUITE_", "OTEL_"))}
    shell = subprocess.Popen(
        ["bash", "-c", with_ports(script, ports)],
        cwd=folder,
        env=known | p.TERMINAL | {"PATH": f"{BIN}:/usr/local/bin:/usr/bin:/bin"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        start_new_session=True,
    )
    try:
        printed, _ = shell.communicate(timeout=SECONDS)
    finally:
        # The service, too, if a command before its end went wrong.
        with_children(shell.pid, signal.SIGTERM)
    back = {real: port for port, real in ports.items()}
    return [with_ports(part.replace(str(folder), FOLDER), back) for part in printed.split(f"{MARK}\n")[1:]]


def with_children(group: int, how: signal.Signals) -> None:
    try:
        os.killpg(group, how)
    except ProcessLookupError:
        return


def with_ports(text: str, ports: Mapping[str, str]) -> str:
    for port, instead in ports.items():
        text = re.sub(rf"(?<=[ :]){port}\b", instead, text)
    return text


def usual(text: str) -> str:
    for pattern, instead in VARIES:
        text = pattern.sub(instead, text)
    return text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_page_can_be_walked(page: p.Page, tmp_path: Path) -> None:
    shown = commands(page)
    real = typed(page, tmp_path)
    for (command, output), printed in zip(shown, real, strict=True):
        assert p.agrees(usual(output), usual(printed)), f"$ {command}\nreally prints\n{printed}"


def test_there_are_such_pages() -> None:
    assert {page.name for page in PAGES} >= {"docs/embed.md", "docs/first_challenge.md"}
