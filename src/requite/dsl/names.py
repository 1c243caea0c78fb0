"""Where names live: modules (one a file), their symbols, the members of records, and the nearest name to one that is unknown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from requite.dsl import syntax
from requite.dsl.diagnostics import Diagnostic, Label, error
from requite.dsl.source import Span
from requite.dsl.types import ROW_KINDS

ARTICLES = {"example": "an example", "for each": "a `for each`"}


@dataclass(frozen=True, slots=True)
class Symbol:
    """A declared name. `kind` is the word it was declared with, `name` is unique in the program, `prefix` that of its module."""

    kind: str
    name: str
    label: str
    node: syntax.Declaration
    prefix: str
    span: Span

    @property
    def source(self) -> str:
        """The name of its file."""
        return self.span.source.name


@dataclass(eq=False)
class Module:
    """One file: its own symbols, those it uses under their bare names, and modules it uses under an alias.

    `prefix` stands before the unique names of what it declares. `members` are the reckoned columns of each record, by label,
    and `places` where their names stand. `beside` are the modules whose names are seen bare together with its own from some file.
    """

    document: syntax.Document
    prefix: str
    folder: str
    symbols: dict[str, Symbol] = field(default_factory=dict)
    sources: dict[str, Symbol] = field(default_factory=dict)
    opened: list[Module] = field(default_factory=list)
    aliases: dict[str, Module] = field(default_factory=dict)
    members: dict[str, dict[str, str]] = field(default_factory=dict)
    places: dict[str, Span] = field(default_factory=dict)
    beside: list[Module] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)

    def reachable(self) -> Iterator[Module]:
        """This module and all whose names it sees bare."""
        seen = set[int]()
        waiting = [self]
        while waiting:
            module = waiting.pop()
            if id(module) not in seen:
                seen.add(id(module))
                yield module
                waiting += module.opened

    def find(self, label: str) -> Symbol | None:
        return next((m.symbols[label] for m in self.reachable() if label in m.symbols), None)

    def find_kind(self, label: str, kinds: Iterable[str]) -> Symbol | None:
        """The symbol of this name if it is of one of these kinds."""
        symbol = self.find(label)
        return symbol if symbol and symbol.kind in kinds else None

    def find_path(self, names: tuple[syntax.Name, ...], kinds: Iterable[str] | None = None) -> Symbol | None:
        """The symbol that `name`, or `file.name` for a file used under that word, stands for, if it is of one of these kinds."""
        module = self.aliases.get(names[0].text) if len(names) == 2 else self if len(names) == 1 else None
        symbol = module.find(names[-1].text) if module is not None else None
        return symbol if symbol is not None and (kinds is None or symbol.kind in kinds) else None

    def is_broken_path(self, names: tuple[syntax.Name, ...]) -> bool:
        """Whether what stands here could not be read, so that it is not called unknown."""
        module = self.aliases.get(names[0].text, self)
        return self.is_broken(names[0].text) or module.is_broken(names[-1].text)

    def nearest_path(self, names: tuple[syntax.Name, ...], kinds: Iterable[str], otherwise: str = "") -> str:
        """What to write in place of a name that is not known."""
        first, last = names[0].text, names[-1].text
        if len(names) == 1:
            elsewhere = [f"{alias}.{last}" for alias, module in self.aliases.items() if module.find_kind(last, kinds)]
            return f"did you mean `{elsewhere[0]}`?" if elsewhere else did_you_mean(last, self.labels(kinds), otherwise)
        if first in self.aliases:
            return did_you_mean(last, self.aliases[first].labels(kinds), f"the file used as `{first}` has none of that name")
        return did_you_mean(first, self.aliases, f'to name what another file declares, write `use "…" as {first}`')

    def source(self, label: str) -> Symbol | None:
        """A cited source by its name; sources have names of their own, since nothing else can stand after `cites`."""
        return next((m.sources[label] for m in self.reachable() if label in m.sources), None)

    def member(self, record: str, label: str) -> str | None:
        """The unique name of a record's reckoned column as this module sees it."""
        return next((m.members[record][label] for m in self.reachable() if label in m.members.get(record, {})), None)

    def enter_member(self, record: str, name: syntax.Name, unique: str) -> None:
        """Enter a reckoned column of a record under its unique name."""
        self.members.setdefault(record, {})[name.text] = unique
        self.places[unique] = name.span

    def member_beside(self, record: str, label: str) -> tuple[Module, Span] | None:
        """The first column of this name that some file sees together with this module's own, and where its name stands."""
        found = ((m, m.members[record][label]) for m in (self, *self.beside) if label in m.members.get(record, {}))
        return next(((module, module.places[unique]) for module, unique in found), None)

    def member_labels(self, record: str) -> list[str]:
        return [label for m in self.reachable() for label in m.members.get(record, {})]

    def labels(self, kinds: Iterable[str] | None = None) -> list[str]:
        wanted = None if kinds is None else set(kinds)
        return [s.label for m in self.reachable() for s in m.symbols.values() if wanted is None or s.kind in wanted]

    def is_broken(self, label: str) -> bool:
        return any(label in m.broken for m in self.reachable())


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate that was probably meant, if one is near enough."""
    several, ends = tuple(candidates), (name[:2], name[-2:])
    if len(several) > MOST_COMPARED:
        several = tuple(c for c in several if abs(len(c) - len(name)) <= 2 and (c[:2] == ends[0] or c[-2:] == ends[1]))
    by_lower: dict[str, str] = {}
    for candidate in several[:MOST_COMPARED]:
        by_lower.setdefault(candidate.lower(), candidate)
    found = get_close_matches(name.lower(), by_lower, n=1, cutoff=0.65)
    return by_lower[found[0]] if found else None


MOST_COMPARED = 200
"""The names that are compared with one that is unknown, since that takes time: of more, those as long that start or end like it."""


def did_you_mean(name: str, candidates: Iterable[str], otherwise: str = "") -> str:
    near = nearest(name, candidates)
    return f"did you mean `{near}`?" if near else otherwise


def listed(words: Iterable[str], most: int = 12) -> str:
    """Words in a list for a message: `a, b, c and 4 more`."""
    shown = list(dict.fromkeys(words))
    text = ", ".join(f"`{word}`" for word in shown[:most])
    return text if len(shown) <= most else f"{text} and {len(shown) - most} more"


OWN_WORDS = frozenset(["this", "yes", "no", "none"])
"""Words that mean something in every value."""


def own_word(label: str) -> tuple[str, str]:
    """The message and the help for one of these as a name."""
    return (
        f"`{label}` means something of its own in every value and cannot be a name",
        f"choose another name, such as `the_{label}`",
    )


def declare_symbols(module: Module) -> list[Diagnostic]:
    """Enter a file's declarations as symbols of its module; a name that it declares twice is an error."""
    found: list[Diagnostic] = []
    for node in module.document.declarations:
        if isinstance(node, syntax.Broken):
            if node.name:
                module.broken.add(node.name.text)
            continue
        if isinstance(node, syntax.Example | syntax.ForEach | syntax.Precedence | syntax.Use | syntax.Ruleset):
            continue
        kind, label = KINDS[type(node)], node.name.text
        if label in OWN_WORDS:
            found.append(error("reserved-word", node.name.span, *own_word(label)))
        unique = {"record": label, "source": f"source {module.prefix}{label}"}.get(kind, module.prefix + label)
        symbol, names = Symbol(kind, unique, label, node, module.prefix, node.name.span), _names_of(module, kind)
        if label in names:
            found.append(_declared_twice(names[label], symbol))
            continue
        names[label] = symbol
    return found


def declared_once(modules: Iterable[Module]) -> list[Diagnostic]:
    """The names that two files declare and some file sees bare, each with both places; `modules` in the order read to the end.

    What is declared second is taken away, so that nothing is told of it but this.
    """
    modules, found = tuple(modules), list[Diagnostic]()
    _see_beside(modules)
    stored: dict[str, Symbol] = {}
    for at, module in enumerate(modules):
        before = [m for m in modules[:at] if m in module.beside]
        used = {m.document.source.name for m in module.reachable()}
        for symbol in (*module.symbols.values(), *module.sources.values()):
            others = (_names_of(m, symbol.kind).get(symbol.label) for m in before)
            first = next((other for other in others if other is not None and not _agree(other, symbol)), None)
            if symbol.kind in ROW_KINDS:
                alike = stored.setdefault(symbol.name, symbol)
                first = first or (alike if alike.kind != symbol.kind else None)
            if first is not None:
                found.append(_declared_twice(first, symbol, first.source if first.source in used else symbol.source))
                module.broken.add(symbol.label)
                del _names_of(module, symbol.kind)[symbol.label]
    return found


def _names_of(module: Module, kind: str) -> dict[str, Symbol]:
    return module.sources if kind == "source" else module.symbols


def _see_beside(modules: Iterable[Module]) -> None:
    """Tell each module which others are seen bare together with it."""
    for module in modules:
        together = list(module.reachable())
        for one in together:
            one.beside += [other for other in together if other is not one and other not in one.beside]


def _agree(first: Symbol, second: Symbol) -> bool:
    """Whether two files may declare this name both: a record, which has the fields of both, or the same source or payee."""
    if first.kind != second.kind:
        return False
    return first.kind == "record" or (first.kind in ("source", "payee") and _texts(first.node) == _texts(second.node))


def _texts(node: syntax.Declaration) -> tuple[str, ...]:
    texts = (getattr(node, "title", None), getattr(node, "link", None))
    return tuple(text.value if isinstance(text, syntax.Text) else "" for text in texts)


def _declared_twice(first: Symbol, second: Symbol, file: str = "") -> Diagnostic:
    kind, label = second.kind, second.label
    twice = f"the {kind} `{label}` is declared twice"
    if kind != first.kind:
        twice = f"`{label}` is declared twice: as a {first.kind} and as a {kind}"
    help = "give one of them another name"
    if first.source != second.source:
        twice += f", here and in {first.source}"
        stored = first.kind != second.kind and "record" in (first.kind, second.kind)  # under one name, whatever file has it
        help += "" if stored else f", or keep the files apart: {apart(file)}"
    return error("duplicate-name", second.span, twice, help, [Label(first.span, "the first is here")])


def apart(file: str) -> str:
    """How a file is used so that its names stay its own."""
    name = file.rpartition("/")[2]
    word = "".join(c if c.isalnum() else "_" for c in name.partition(".")[0])
    return f'`use "{name}" as {word if word[:1].isalpha() else "other"}`'


KINDS: Mapping[type, str] = {
    syntax.SourceDecl: "source",
    syntax.Payee: "payee",
    syntax.Record: "record",
    syntax.DerivedRecord: "record",
    syntax.Table: "table",
    syntax.Codes: "codes",
    syntax.Parameter: "parameter",
    syntax.Bands: "bands",
    syntax.Scheme: "scheme",
    syntax.Check: "check",
}
