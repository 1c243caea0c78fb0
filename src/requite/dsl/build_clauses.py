"""Trees of the grammar made into the nodes of clauses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from requite.dsl.build_expressions import (
    Context,
    branch,
    branches,
    build_date_range,
    build_duration,
    build_expr,
    build_literal,
    build_name,
    build_names,
    build_path,
    build_paths,
    build_period_of,
    build_range,
    build_text,
    children,
    leaf,
    need,
    operands,
    parse_names_in_text,
    words,
)
from requite.dsl.diagnostics import error
from requite.dsl.grammar import Branch, Leaf, Tree
from requite.dsl.syntax import (
    Altogether,
    Amount,
    AtLeast,
    AtMost,
    BroughtForward,
    CarryForward,
    Challenge,
    Cites,
    Except,
    Expected,
    Expr,
    FlagUndercharges,
    FlagWhen,
    Let,
    Marker,
    Match,
    Name,
    Needs,
    OnlyFirst,
    Overcharge,
    Part,
    Payment,
    PaymentClause,
    Period,
    Reason,
    Requires,
    SettlesWithPeriod,
    Share,
    Show,
    Split,
    Text,
    TogetherAtMost,
    Tolerance,
    TypeName,
)


def build_clause(context: Context, tree: Tree) -> Any:
    """The clause that a branch stands for."""
    assert isinstance(tree, Branch)
    return _BUILDERS[tree.data](context, tree)


def build_all(context: Context, tree: Tree) -> tuple[Any, ...]:
    """The clauses that stand directly in a branch, in order."""
    return tuple(build_clause(context, c) for c in children(tree) if isinstance(c, Branch) and c.data in _BUILDERS)


def build_title(context: Context, tree: Tree) -> Text | None:
    """The text after a name, where there is one."""
    found = leaf(tree, "TEXT")
    return build_text(context, found) if found else None


def build_own_name(context: Context, tree: Tree) -> Name:
    """The name that stands directly in a branch."""
    return build_name(context, need(leaf(tree, "NAME")))


def build_quoted(context: Context, tree: Branch | None) -> Text | None:
    """The text of a part such as `spent on "…"`, where the part is there."""
    return build_text(context, tree.children[-1]) if tree else None


def build_cites(context: Context, tree: Branch) -> Cites:
    return Cites(context.span(tree), build_own_name(context, tree), build_title(context, tree))


def build_all_cites(context: Context, tree: Tree) -> tuple[Cites, ...]:
    return tuple(build_cites(context, c) for c in branches(tree, "cites"))


def _one(make: Callable[..., Any]) -> Callable[[Context, Branch], Any]:
    """The builder of a clause that is its word and one value."""

    def build(context: Context, tree: Branch) -> Any:
        return make(context.span(tree), build_expr(context, tree.children[1]))

    return build


def _bare(make: Callable[..., Any]) -> Callable[[Context, Branch], Any]:
    """The builder of a clause that is only words."""

    def build(context: Context, tree: Branch) -> Any:
        return make(context.span(tree))

    return build


def _value(context: Context, tree: Tree | None) -> Expr | None:
    return build_expr(context, tree) if tree else None


def _period(context: Context, tree: Branch) -> Period:
    dates, relative, by = branch(tree, "date_range"), branch(tree, "period_of"), leaf(tree, "NAME")
    return Period(
        context.span(tree),
        build_date_range(context, dates) if dates else None,
        build_period_of(context, relative) if relative else None,
        build_name(context, by) if by else None,
    )


def _let(context: Context, tree: Branch) -> Let:
    return Let(context.span(tree), build_own_name(context, tree), build_expr(context, tree.children[-1]))


def _match(context: Context, tree: Branch) -> Match:
    alias = leaf(tree, "NAME")
    pick = next((word.split()[0] for word in words(tree) if word in ("latest by", "earliest by")), "")
    found = build_range(context, tree, 1, branch(tree, "names"))
    return Match(context.span(tree), found, build_name(context, alias) if alias else None, pick)


def _share(context: Context, tree: Branch) -> Share:
    over = branch(tree, "share_range")
    assert over is not None
    amount, *weights = operands(tree)
    return Share(
        context.span(tree),
        build_expr(context, amount),
        build_range(context, over),
        build_expr(context, weights[0]) if weights else None,
        build_own_name(context, tree),
        build_quoted(context, branch(tree, "spent_on")),
    )


def _show(context: Context, tree: Branch) -> Show:
    return Show(context.span(tree), build_paths(context, tree))


def build_short_type(context: Context, tree: Tree) -> TypeName:
    """A type that is one word."""
    name = leaf(tree, "NAME")
    word = name.text if name and name.text != "yesno" else "yes/no"
    return TypeName(context.span(tree), word, (), (), None)


def _brought_forward(context: Context, tree: Branch) -> BroughtForward:
    kind = build_short_type(context, need(branch(tree, "short_type")))
    return BroughtForward(context.span(tree), build_own_name(context, tree), kind, build_expr(context, operands(tree)[0]))


def _carry_forward(context: Context, tree: Branch) -> CarryForward:
    return CarryForward(context.span(tree), build_expr(context, tree.children[1]), build_own_name(context, tree))


def _marker(context: Context, tree: Branch) -> Marker:
    met, scores = branch(tree, "met"), branch(tree, "scores")
    condition = build_expr(context, met.children[1]) if met else None
    scored = [build_expr(context, c) for c in operands(scores)] if scores else [None] * 4
    points, operand, lower, upper = scored
    name, title, cites = build_own_name(context, tree), build_title(context, tree), build_all_cites(context, tree)
    return Marker(context.span(tree), name, title, cites, condition, points, operand, lower, upper)


def _payment(context: Context, tree: Branch) -> Payment:
    clauses: tuple[PaymentClause, ...] = build_all(context, tree)
    name = build_own_name(context, tree)
    made = Payment(
        context.span(tree),
        name,
        build_title(context, tree),
        build_path(context, branch(tree, "path")),
        build_quoted(context, branch(tree, "spent_on")),
        clauses,
        tree.data == "charge",
    )
    if not any(isinstance(clause, Amount) for clause in clauses):
        message = f"the {tree.data} {name} does not say its amount"
        context.diagnostics.append(error("missing-amount", name.span, message, "add a clause such as `amount £10,000`"))
    return made


def _exception(context: Context, tree: Branch) -> Except:
    value, condition = operands(tree)
    because = build_quoted(context, branch(tree, "because"))
    return Except(context.span(tree), build_expr(context, value), build_expr(context, condition), because)


def _only_first(context: Context, tree: Branch) -> OnlyFirst:
    same, by = branches(tree, "names")
    number = build_expr(context, operands(tree)[0])
    return OnlyFirst(context.span(tree), number, build_names(context, same), build_names(context, by))


def _together(context: Context, tree: Branch) -> TogetherAtMost:
    return TogetherAtMost(
        context.span(tree),
        build_expr(context, operands(tree)[0]),
        build_names(context, branch(tree, "names")),
        build_names(context, branch(tree, "first_come")),
        ", in proportion" in words(tree),
    )


def _altogether(context: Context, tree: Branch) -> Altogether:
    in_proportion = ", in proportion" in words(tree)
    return Altogether(context.span(tree), build_expr(context, operands(tree)[0]), in_proportion)


def _split(context: Context, tree: Branch) -> Split:
    amount = build_expr(context, tree.children[1])
    return Split(context.span(tree), amount, tuple(_part(context, c) for c in branches(tree, "part")))


def _part(context: Context, tree: Branch) -> Part:
    percent = None if words(tree)[0] == "the rest to" else build_expr(context, tree.children[0])
    payee = build_path(context, branches(tree, "path")[-1])
    spent_on = build_quoted(context, branch(tree, "spent_on"))
    return Part(context.span(tree), percent, payee, build_own_name(context, tree), spent_on)


def _reason(context: Context, tree: Branch) -> Reason:
    text = build_text(context, tree.children[1])
    paths, diagnostics = parse_names_in_text(text)
    context.diagnostics.extend(diagnostics)
    return Reason(context.span(tree), text, paths)


def _challenge(context: Context, tree: Branch) -> Challenge:
    deemed, penalty = branch(tree, "deemed"), branch(tree, "penalty")
    when = leaf(penalty, "NAME") if penalty else None
    written, named = branch(tree, "duration"), branch(tree, "answer_time")
    return Challenge(
        context.span(tree),
        build_path(context, branch(tree, "path")),
        build_path(context, branch(named, "path")) if named else build_duration(context, need(written)),
        build_own_name(context, deemed) if deemed else None,
        _value(context, penalty.children[1] if penalty else None),
        build_name(context, when) if when else None,
    )


def build_keys(context: Context, tree: Branch | None) -> tuple[Any, ...]:
    """The key of a record in an example."""
    return tuple(
        build_name(context, c) if c.type == "NAME" else build_literal(context, c)
        for c in (children(tree) if tree else [])
        if isinstance(c, Leaf) and c.text != ","
    )


_BUILDERS: dict[str, Callable[[Context, Branch], Any]] = {
    "cites": build_cites,
    "period": _period,
    "needs": _one(Needs),
    "requires": _one(Requires),
    "let": _let,
    "match": _match,
    "share": _share,
    "show": _show,
    "settles": _bare(SettlesWithPeriod),
    "brought_forward": _brought_forward,
    "carry_forward": _carry_forward,
    "marker": _marker,
    "payment": _payment,
    "charge": _payment,
    "amount": _one(Amount),
    "exception": _exception,
    "at_most": _one(AtMost),
    "at_least": _one(AtLeast),
    "only_first": _only_first,
    "together": _together,
    "altogether": _altogether,
    "split": _split,
    "expected": _one(Expected),
    "tolerance": _one(Tolerance),
    "overcharge": _one(Overcharge),
    "flag_when": _one(FlagWhen),
    "flag_undercharges": _bare(FlagUndercharges),
    "reason": _reason,
    "challenge": _challenge,
}
