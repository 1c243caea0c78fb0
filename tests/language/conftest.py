"""Programs that say themselves what is wrong with them.

A folder `tests/language/<feature>/` holds programs in `good/` and `bad/`, `.requite` or `.md`. A test module that names its
`FEATURE` gets them one by one as `good_program` and `bad_program`. In a bad program each diagnostic stands on its line:

    amount 007   #~ number-with-leading-zero: write codes in quotes

the code, and after a colon a part of its message or help. `assert_expected(program, diagnostics)` compares all of them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from requite.dsl.diagnostics import Diagnostic, render_text
from requite.dsl.source import Source

HERE = Path(__file__).parent
EXPECTED = re.compile(r"#~ *([a-z0-9-]+)(?:: *(.*?))? *(?=#~|$)", re.MULTILINE)

AssertExpected = Callable[[Source, Iterable[Diagnostic]], None]


def programs(feature: str, kind: str) -> list[Path]:
    """The programs of a feature: `kind` is good or bad."""
    return sorted(path for path in (HERE / feature / kind).iterdir() if path.suffix in (".requite", ".md"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    for kind in ("good", "bad"):
        name = f"{kind}_program"
        if name in metafunc.fixturenames:
            paths = programs(metafunc.module.FEATURE, kind)
            assert paths, f"no {kind} programs for {metafunc.module.FEATURE}"
            sources = [Source(path.name, path.read_text(encoding="utf-8")) for path in paths]
            metafunc.parametrize(name, sources, ids=[path.stem for path in paths])


@pytest.fixture(scope="session")
def assert_expected() -> AssertExpected:
    """Asserts that the diagnostics are those that the program's own comments name, each on its line."""
    return _assert_expected


def _assert_expected(program: Source, diagnostics: Iterable[Diagnostic]) -> None:
    found = tuple(diagnostics)
    expected = [
        (number, match[1], match[2] or "")
        for number in range(1, len(program.line_starts) + 1)
        for match in EXPECTED.finditer(program.line(number))
    ]
    shown = f"\n{render_text(found)}\n"
    assert Counter((d.span.line, d.code) for d in found) == Counter((line, code) for line, code, _ in expected), shown
    for line, code, part in expected:
        said = [f"{d.message} {d.help}" for d in found if (d.span.line, d.code) == (line, code)]
        assert any(part in text for text in said), f"line {line}: {part!r} is not said\n{shown}"
