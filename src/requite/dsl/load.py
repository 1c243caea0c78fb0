"""From files to a checked program: reads a ruleset and all that it uses."""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from requite.dsl import syntax
from requite.dsl.check import check_modules
from requite.dsl.diagnostics import Diagnostic, Label, Severity, error, has_errors, in_files, in_order
from requite.dsl.memory import uncollected
from requite.dsl.names import Module, declare_symbols, declared_once
from requite.dsl.parse import Parsed, parse
from requite.dsl.program import Program
from requite.dsl.source import Places, Source, Span, in_file

Compiled = tuple[Program | None, tuple[Diagnostic, ...]]

Reader = Callable[[str], Source | str]
"""Gives the text of a file by its name, or says in words why it cannot."""

Parse = Callable[[Source], Parsed]

MOST_FILES = 50
SUFFIXES = (".requite", ".md")


def check_text(text: str, name: str = "<text>", others: Mapping[str, str] | None = None) -> Compiled:
    """A ruleset's text to its program; `others` are the texts of the files that it uses, by name."""
    return check_source(Source(name, text), reader(others))


def reader(others: Mapping[str, str] | None) -> Reader:
    """What reads the files whose texts are given by their names."""

    def read(file: str) -> Source | str:
        if others is not None and file in others:
            return Source(file, others[file])
        return f"no file `{file}` comes with this text"

    return read


def load_program(path: str | Path) -> Compiled:
    """A ruleset's file, and the files that it uses beside it, to its program."""
    first = read_file(str(path))
    if isinstance(first, str):
        nowhere = Source(str(path), "")
        return None, (error("unreadable-file", Span(nowhere, 0, 0), first, "check the name of the file"),)
    return check_source(first, within(Path(path).parent))


def within(folder: Path) -> Reader:
    """What reads files of a folder and of those below it: a link that leads out of it is not followed."""

    def read(file: str) -> Source | str:
        try:
            is_there = Path(file).resolve().is_relative_to(folder.resolve())
        except (OSError, ValueError, RuntimeError):
            is_there = True  # reading it says what is wrong
        return read_file(file) if is_there else f"`{file}` is a link that leads outside the ruleset's folder"

    return read


def read_file(name: str) -> Source | str:
    """The text of a file in UTF-8, or in Windows-1252 as older word processors write; or why it cannot be read."""
    path = Path(name)
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            return f"`{name}` is not a file that can be read"
        raw = path.read_bytes()
    except FileNotFoundError:
        return f"there is no file `{name}`"
    except IsADirectoryError:
        return f"`{name}` is a folder, not a ruleset"
    except (OSError, ValueError) as problem:
        return f"`{name}` cannot be read: {getattr(problem, 'strerror', None) or 'its name is not one of a file'}"
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", errors="replace")
    return Source(name, text)


def check_source(first: Source, read: Reader, parse: Parse = parse) -> Compiled:
    """A ruleset's source to its program; `read` reads the files that it uses, `parse` reads their declarations."""
    with uncollected():
        return _checked(first, read, parse)


def _checked(first: Source, read: Reader, parse: Parse) -> Compiled:
    modules, found_first = _modules(first, read, parse)
    places = {part: place for module in modules for part, place in module.document.places.items()}
    diagnostics = in_files(found_first, places)
    if not modules[0].document.declarations:
        return None, in_order(diagnostics)
    torn = tuple(d.span for d in diagnostics if d.severity is Severity.ERROR and d.code not in OF_NAMES)
    program, found = _check_deep(modules, torn, not has_errors(diagnostics), places)
    every = in_order((*diagnostics, *found))
    return (None if has_errors(every) else program), every


DEEPEST_CALLS = 6_000
"""How many calls a chain of definitions may take, whichever of them is written first."""


_DEEP = threading.Lock()
"""How deep calls may go is a matter of the whole process: one thread at a time changes it, and puts it back."""


def _check_deep(modules: tuple[Module, ...], torn: tuple[Span, ...], sound: bool, places: Places) -> Compiled:
    with _DEEP:
        return _check_at_depth(modules, torn, sound, places)


def _check_at_depth(modules: tuple[Module, ...], torn: tuple[Span, ...], sound: bool, places: Places) -> Compiled:
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, DEEPEST_CALLS))
    try:
        return check_modules(modules, torn, sound, places)
    except RecursionError:
        place = in_file(modules[0].document.declarations[0].span, places)
        message = "the definitions of this ruleset rest on each other in chains that are too long"
        return None, (error("chain-too-long", place, message, "join some of them"),)
    finally:
        sys.setrecursionlimit(before)


OF_NAMES = ("duplicate-name", "unreadable-file")
"""What is told of a text that could be read."""


def _modules(first: Source, read: Reader, parse: Parse) -> tuple[tuple[Module, ...], list[Diagnostic]]:
    """The module of a file and those of all files it uses, the file itself first."""
    files = _Files(read, parse, _folder_of(_normal(first.name)))
    files.load(first, "")
    files.diagnostics += declared_once(files.read_through)
    return tuple(files.loaded.values()), files.diagnostics


@dataclass(eq=False)
class _Files:
    """The files of a ruleset as they are read, each once."""

    read: Reader
    parse: Parse
    folder: str = ""
    """Where the ruleset lies: what it uses lies there, or below."""
    loaded: dict[str, Module] = field(default_factory=dict)
    read_through: list[Module] = field(default_factory=list)
    """The modules of all of them, each after those that it uses."""
    apart: dict[str, Span] = field(default_factory=dict)
    """Where a word was first given to a file, by the prefix that it stands for."""
    diagnostics: list[Diagnostic] = field(default_factory=list)

    def load(self, source: Source, prefix: str) -> Module:
        document, found = self.parse(source)
        self.diagnostics.extend(found)
        module = Module(document, prefix, str(PurePosixPath(source.name).parent))
        self.loaded[_normal(source.name)] = module
        for use in (d for d in document.declarations if isinstance(d, syntax.Use)):
            self._use(use, module)
        module.broken |= _torn_names(document, found)
        self.diagnostics.extend(declare_symbols(module))
        self.read_through.append(module)
        return module

    def _use(self, use: syntax.Use, module: Module) -> None:
        alias = use.alias.text if use.alias else ""
        name = _beside(module, use.file.value)
        known = self.loaded.get(_normal(name))
        if known is None:
            source = self._read(use, name)
            if source is None:
                module.broken.add(alias)
                return
            prefix = f"{module.prefix}{alias}." if alias else module.prefix
            if use.alias is not None and self._is_taken(prefix, use.alias):
                return
            known = self.load(source, prefix)
        if use.alias is not None and module.aliases.setdefault(alias, known) is not known:
            self._report_taken(_first_alias(module, alias), use.alias)
        elif not alias and known is not module:
            module.opened.append(known)

    def _is_taken(self, prefix: str, alias: syntax.Name) -> bool:
        """Whether a word stands for another file already, which is then reported: what both declare would have one name."""
        first = self.apart.setdefault(prefix, alias.span)
        if first is not alias.span:
            self._report_taken(first, alias)
        return first is not alias.span

    def _report_taken(self, first: Span, alias: syntax.Name) -> None:
        where = "" if first.source.name == alias.span.source.name else f" in {first.source.name}"
        message, labels = f"`{alias.text}` stands for another file already{where}", [Label(first, "the first is here")]
        self.diagnostics.append(error("duplicate-name", alias.span, message, "use one of the two under another word", labels))

    def _read(self, use: syntax.Use, name: str) -> Source | None:
        problem: Source | str = ""
        if not name.endswith(SUFFIXES) or PurePosixPath(use.file.value).is_absolute():
            problem = f"`{use.file.value}` is not a ruleset beside this one"
        elif not _is_below(_normal(name), self.folder):
            problem = f"`{use.file.value}` lies outside the ruleset's folder"
        elif len(self.loaded) >= MOST_FILES:
            problem = f"a ruleset uses at most {MOST_FILES} files"
        else:
            problem = self.read(name)
        if isinstance(problem, Source):
            return problem
        help = 'write the file\'s place from here: `use "tariff.md"`'
        self.diagnostics.append(error("unreadable-file", use.file.span, problem, help))
        return None


def _first_alias(module: Module, alias: str) -> Span:
    uses = (use.alias for use in module.document.declarations if isinstance(use, syntax.Use) and use.alias is not None)
    return next(word.span for word in uses if word.text == alias)


NAMING = re.compile(r"\b(?:let|marker|payment|charge|as|forward|match)\s+([A-Za-z_]\w*)")


def _torn_names(document: syntax.Document, found: Iterable[Diagnostic]) -> set[str]:
    """The names that a declaration with a syntax error may have given, so that uses of them are not called unknown."""
    errors = [d.span.start for d in found if d.severity is Severity.ERROR]
    spans = [in_file(d.span, document.places) for d in document.declarations] if errors else []
    torn = (span for span in spans if any(span.start <= start <= span.end for start in errors))
    return {name for span in torn for name in NAMING.findall(span.text)}


def _beside(module: Module, name: str) -> str:
    return str(PurePosixPath(module.folder) / name) if module.folder not in ("", ".") else name


def _folder_of(name: str) -> str:
    return name.rpartition("/")[0]


def _is_below(name: str, folder: str) -> bool:
    """Whether a file lies in a folder, or below it; both without `..` but at their beginning."""
    if not folder:
        return not name.startswith(("../", "/"))
    return name.startswith(f"{folder}/") and not name.removeprefix(f"{folder}/").startswith("../")


def _normal(name: str) -> str:
    parts: list[str] = []
    for part in PurePosixPath(name).parts:
        if part == ".." and parts and parts[-1] != "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)
