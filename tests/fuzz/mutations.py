"""Real rulesets, and disorder in them that is likelier than random bytes to reach deep into the reader."""

from __future__ import annotations

from pathlib import Path
from random import Random

from requite.dsl.grammar import grammar
from requite.dsl.markdown import read_markdown
from requite.dsl.scan import scan
from requite.dsl.source import Source
from requite.dsl.split import split

TESTS = Path(__file__).parents[1]
FOLDERS = (TESTS.parent / "src" / "requite" / "rulesets", TESTS / "language", TESTS / "engines" / "programs")
ODDITIES = (
    *("0", "007", "10, 000", "5E3", "£1.8m", "10p", "-5%", "3 days", "2010-04-01", "2010-02-30", "2010–04–01T10:30", "yes", "none"),
    *('"', '"x"', "“x”", "„", "{x}", "{", "(", ")", "[", "]", ",", ":", ".", "=", "-", "×", "#", "é", "x", "this.x"),
    *("\n", "\r\n", "\u00a0", "\u200b", "\ufeff", "\0", "(" * 150, "-" * 150, "not " * 150),
    *("```requite\n", "```\n", "\n| a | b |\n|---|---|\n| 1 | 2 |\n"),
)


def programs() -> list[tuple[str, str]]:
    """The name and text of every ruleset here, good or bad."""
    paths = [path for folder in FOLDERS for path in sorted(folder.rglob("*")) if path.suffix in (".requite", ".md")]
    return [(path.name, path.read_text(encoding="utf-8")) for path in paths]


def seeds(longest: int) -> list[tuple[str, str]]:
    """All programs; of those that are longer, runs of declarations."""
    found: list[tuple[str, str]] = []
    for name, text in programs():
        if len(text) <= longest:
            found.append((name, text))
            continue
        text = read_markdown(Source(name, text)).text if name.endswith(".md") else text
        part = ""
        for chunk in split(scan(text).pieces):
            if len(part) + chunk.end - chunk.start > longest:
                found.append((f"{name}.requite", part))
                part = ""
            part += text[chunk.start : chunk.end] + "\n"
        found.append((f"{name}.requite", part))
    return [(name, text) for name, text in found if 0 < len(text) <= longest]


def disordered(text: str, random: Random, longest: int = 100_000) -> str:
    """The text with one of its pieces, or a few side by side, left out, doubled, moved, or replaced by something else."""
    pieces = [(piece.start, piece.end) for piece in scan(text).pieces] or [(0, len(text))]
    first = random.randrange(len(pieces))
    last = min(first + random.choice((0, 0, 0, 1, 3, 20)), len(pieces) - 1)
    start, end = pieces[first][0], pieces[last][1]
    other_start, other_end = pieces[random.randrange(len(pieces))]
    word = random.choice((*ODDITIES, *grammar().spelling.values()))
    match random.randrange(6):
        case 0:
            changed = text[:start] + text[end:]
        case 1:
            changed = f"{text[:end]} {text[start:]}"
        case 2:
            changed = text[:start] + text[other_start:other_end] + text[end:]
        case 3:
            changed = f"{text[:start]}{word} {text[start:]}"
        case 4:
            changed = text[:start] + word + text[end:]
        case _:
            changed = f"{text[:other_end]} {text[start:end]} {text[other_end:]}"
    return changed[:longest]
