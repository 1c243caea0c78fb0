"""From what is written to the typed core: the way in, and what every place of an expression asks of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from requite.dsl import program as core
from requite.dsl import syntax
from requite.dsl.facts import Shape, shape
from requite.dsl.program.parts import looked_into
from requite.dsl.scope import Scope, broken, is_broken
from requite.dsl.source import Span
from requite.dsl.types import Kind


def elaborate(node: syntax.Expr, scope: Scope) -> core.Expr:
    """An expression as written to its typed core. Errors go to the scope's context."""
    if scope.context.is_full:
        return broken(node.span)
    return scope.context.elaborators[type(node)](node, scope)


def condition(node: syntax.Expr, scope: Scope, where: str) -> core.Expr:
    """An expression that must be yes or no; `where` names its place for the message."""
    expression = elaborate(node, scope)
    if is_broken(expression):
        return expression
    if expression.type.kind is not Kind.YES_NO:
        scope.context.error(
            "not-a-condition",
            node.span,
            f"{where} needs something that is true or false, and this is {expression.type.noun}",
            _condition_help(expression),
        )
        return broken(node.span)
    return expression


def _condition_help(expression: core.Expr) -> str:
    name, kind = as_written(expression.span), expression.type.kind
    if expression.type.optional or kind is Kind.ROW:
        return f"to ask whether it is there, write `{name} is known`"
    if kind is Kind.CHOICE:
        return f"compare it with one of its values: `{name} is {expression.type.choices[0]}`"
    if kind is Kind.TEXT and isinstance(expression, core.Constant):
        return f"a text alone is not asked for: write `… is {name}`, or `… in (…, {name})` for one of several"
    against = {Kind.MONEY: "> £0", Kind.PERCENT: ">= 70%", Kind.TEXT: '= "…"', Kind.DATE: ">= 2010-04-01"}
    return f"compare it with something: `{name} {against.get(kind, '>= 1')}`"


def as_written(span: Span) -> str:
    """A part of the text as a message quotes it: in one line, and not too long."""
    text = " ".join(span.text.split())
    return text if len(text) <= LONGEST_QUOTE else text[: LONGEST_QUOTE - 2].rstrip() + " …"


LONGEST_QUOTE = 60


def guarded(expression: core.Expr, scope: Scope) -> core.Expr:
    """The expression, where a value that may be missing is read under a guard; an error where it is not."""
    if not expression.type.optional or is_broken(expression):
        return expression
    leaf = _optional_leaf(expression)
    name = as_written(leaf.span)
    before = f"write `needs {name} is known` before it, test `{name} is known and …`"
    if scope.is_inner:
        before = f"leave blanks out, `where {name} is known`"
    scope.context.error(
        "optional-unguarded",
        leaf.span,
        f"`{name}` may be blank, and nothing here says what then",
        f"{before}, or give a value for blanks: `({name} else …)`",
    )
    return broken(expression.span)


def unguarded(expression: core.Expr) -> frozenset[Shape]:
    """The values in an expression that may be missing."""
    return frozenset(shape(part) for part in everything_in(expression) if part.type.optional)


def _optional_leaf(expression: core.Expr) -> core.Expr:
    for child in children(expression):
        if child.type.optional:
            return _optional_leaf(child)
    return expression


def children(expression: core.Expr) -> list[core.Expr]:
    """The expressions that an expression is made of, those of its range included."""
    found: list[core.Expr] = []
    kind: type = expression.__class__
    _, inside = looked_into(kind)
    if inside is not None:
        _gather(inside(expression), found)
    return found


def _gather(parts: Iterable[Any], found: list[core.Expr]) -> None:
    for part in parts:
        expression, inside = looked_into(part.__class__)
        if expression:
            found.append(part)
        elif inside is not None:
            _gather(inside(part), found)


def everything_in(expression: core.Expr) -> Iterator[core.Expr]:
    """An expression and all that it is made of, outermost first."""
    waiting: list[Any] = [expression]
    while waiting:
        part = waiting.pop()
        is_expression, inside = looked_into(part.__class__)
        if is_expression:
            yield part
        if inside is not None:
            waiting += inside(part)[::-1]
