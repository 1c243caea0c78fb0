"""Programs at random: text that an author could have written, which the checker finds nothing wrong with."""

from __future__ import annotations

from requite.dsl.diagnostics import Diagnostic, Severity
from requite.dsl.load import check_text
from requite.dsl.program import Program
from tests.engines.agreement.choices import Choices
from tests.engines.agreement.declarations import declare_data
from tests.engines.agreement.rules import Rules
from tests.engines.agreement.vocabulary import RecordModel, World


def draw_text(choices: Choices) -> str:
    """The text of a program; its declarations stand in any order, a blank line between them."""
    world = World()
    made = declare_data(choices, world)
    rules = Rules(choices, world)
    checks: dict[str, tuple[RecordModel, list[str]]] = {}
    for _ in range(choices.weighted(((3, 1), (5, 2), (4, 3), (3, 5), (2, 8), (1, 14)))):
        what = choices.weighted(((4, "figures"), (3, "scheme"), (3, "check")))
        if what == "figures":
            made.append(rules.figures())
        elif what == "scheme":
            made.append(rules.scheme())
        else:
            text, record, label = rules.check()
            made.append(text)
            checks.setdefault(record.label, (record, []))[1].append(label)
    for checked_record, (record, labels) in checks.items():
        if choices.chance(60):
            where = f"\n  where {rules.supported(record, labels)}" if choices.chance(50) else ""
            ties = choices.some(labels, 0, len(labels))
            order = f"\n  ties in the order {', '.join(ties)}" if ties else ""
            made.append(f"challenge each {checked_record} once for the largest overcharge{where}{order}")
    head = "ruleset drawn\n  currency GBP" + choices.weighted(
        ((8, ""), (1, "\n  rounding half even to 1p"), (1, "\n  rounding down to £1"))
    )
    body = choices.shuffled(made) if choices.chance(40) else made
    return "\n\n".join([head, *body]) + "\n"


def checked(text: str) -> tuple[Program | None, list[Diagnostic]]:
    """The program of a text, or what is wrong with it."""
    program, diagnostics = check_text(text, "drawn.requite")
    errors = [d for d in diagnostics if d.severity is Severity.ERROR]
    return (None if errors else program), errors
