"""Rules at random: figures of records, schemes with their payments, checks with their challenges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from tests.engines.agreement.choices import Choices
from tests.engines.agreement.conditions import Writer, as_name
from tests.engines.agreement.expressions import Expr
from tests.engines.agreement.vocabulary import DATES, WHOLE, Name, RecordModel, Scope, World

LET_KINDS = ("money", "money", "money", "number", "number", "yes/no", "date", "percent", "days", "text", "months", "hours")
PERIODS = ("2012-04-01 to 2013-03-31", "2012-01-01 to 2012-12-31", "2011-01-01 to 2020-12-31")
PARTS = (("25%", "the rest"), ("33%", "33%", "the rest"), ("12.5%", "87.5%"), ("0%", "the rest"), ("50%", "30%", "20%"))
PENNIES = (" rounded down to £1", " rounded half even to 1p", " rounded up to £0.05")


@dataclass
class Rule:
    """A rule while it is written: what is in scope now, and its lines."""

    scope: Scope
    lines: list[str] = field(default_factory=list)

    def say(self, line: str) -> None:
        self.lines.append(f"  {line}")


class Rules:
    """Writes rules, each of which may read what those before it have defined."""

    def __init__(self, choices: Choices, world: World) -> None:
        self.choices, self.world, self.writer = choices, world, Writer(choices)

    def value(self, kind: str, scope: Scope, depth: int | None = None) -> Expr:
        depth = self.choices.weighted(((2, 0), (4, 1), (3, 2), (1, 3))) if depth is None else depth
        return self.writer.of(kind, scope, depth)

    def condition(self, scope: Scope) -> Expr:
        return self.writer.condition(scope, self.choices.weighted(((4, 0), (4, 1), (2, 2))))

    # --- figures of a record ---

    def figures(self) -> str:
        """`for each`: lets, matches, shares and shown figures of a record."""
        record = self.choices.pick([r for r in self.world.records if not r.table] * 3 + self.world.records)
        rule = Rule(Scope(self.world, (record,)))
        for _ in range(self.choices.between(1, 4)):
            how = self.choices.weighted(((8, "let"), (2, "match"), (2, "share")))
            made: Name | None
            if how == "match":
                made = self._match(rule)
            elif how == "share":
                made = None
                self._share(rule, "")
            else:
                made = self._let(rule)
            if made is not None:
                record.lets.append(made)
                rule.scope = replace(rule.scope)
        if not rule.lines:
            record.lets.append(self._let(rule))
        shown = [n.label for n in record.lets if n.kind != "row"]
        if shown and self.choices.chance(80):
            rule.say("show " + ", ".join(self.choices.some(shown, 1, 4)))
        return "\n".join([f"for each {record.label}", *rule.lines])

    def _let(self, rule: Rule) -> Name:
        kind, label = self.choices.pick(LET_KINDS), self.world.new("l")
        made = self.condition(rule.scope) if kind == "yes/no" else self.value(kind, rule.scope)
        rule.say(f"let {label} = {made.text}")
        self._note_waiting(label, made.text)
        return as_name(label, kind, made)

    def _note_waiting(self, label: str, text: str) -> None:
        if self.world.waits(text):
            self.world.waiting.add(label)

    def _match(self, rule: Rule) -> Name | None:
        found = self.writer.related(rule.scope, 1, every=False, ordered=False)
        if found is None:
            return None
        text, inner = found
        record, label = inner.inner, self.world.new("m")
        name, rest = text.split(record.label, 1)
        order = self.writer.order(record) if self.choices.chance(75) else []
        by = f" {self.choices.pick(('latest by', 'earliest by'))} {', '.join(order)}" if order else ""
        rule.say(f"match {name}{record.label} as {label}{rest}{by}")
        self._note_waiting(label, rest + by)
        return Name(label, "row", record=record.label)

    def _share(self, rule: Rule, scheme: str) -> None:
        """A share, among rows of a record that get a figure by it."""
        found = self.writer.related(rule.scope, 1, every=True, ordinals=False)
        if found is None or found[1].inner is WHOLE:
            return
        text, inner = found
        label, record = self.world.new("part"), inner.inner
        if scheme and (not record.key or record.dated):
            return
        weight = self.writer.leaf("number", inner) if self.choices.chance(40) else self.writer.leaf("money", inner)
        if weight.open or self.choices.chance(25):
            by = ""
        else:
            by = f" by {weight.inside}"
        amount = self.value("money", rule.scope)
        spent = ' spent on "new services"' if scheme and self.choices.chance(40) else ""
        rule.say(f"share {amount.inside} among {text}{by} as {label}{spent}")
        self.world.waiting.add(label)
        record.lets.append(Name(label, "money"))
        rule.scope = replace(rule.scope)

    # --- gates ---

    def _gate(self, rule: Rule, indent: str = "") -> None:
        word, scope = self.choices.pick(("requires", "needs")), rule.scope
        blank = [n for n in scope.readable if n.optional]
        if blank and self.choices.chance(60):
            name = self.choices.pick(blank)
            guard = f"{name.label} is known"
            if not indent and self.choices.chance(30):
                label = self.world.new("l")
                rule.say(f"let {label} = {guard}")
                guard = label
            rule.say(f"{indent}{word} {guard}")
            rule.scope = scope.knowing(name.label)
            return
        if self.choices.chance(20) and self._fact(rule, word, indent):
            return
        made = self.condition(scope)
        rule.say(f"{indent}{word} {made.text}")

    def _fact(self, rule: Rule, word: str, indent: str) -> bool:
        """A gate that makes sure of an optional figure of a table, which may then be read."""
        found = self.writer.row(rule.scope, lambda record: any(n.optional for n in record.names))
        if found is None:
            return False
        row, record = found
        name = self.choices.pick([n for n in record.names if n.optional])
        read = f"{row.text}.{name.label}"
        rule.say(f"{indent}{word} {read} is known")
        rule.scope = replace(rule.scope, facts=(*rule.scope.facts, replace(name, label=read, optional=False)))
        return True

    def _own_match(self, rule: Rule) -> None:
        made = self._match(rule)
        if made is None:
            return
        asks = self.choices.chance(30)
        rule.scope = rule.scope.having(made)
        if asks:
            label = self.world.new("l")
            rule.say(f"let {label} = {made.label} is known")
            rule.scope = rule.scope.having(Name(label, "yes/no"))

    def _own_let(self, rule: Rule) -> None:
        rule.scope = rule.scope.having(self._let(rule))

    def _period(self, rule: Rule) -> None:
        days = [n.label for n in rule.scope.own.names if n.kind == "date" and not n.optional]
        if not days:
            return
        day = self.choices.pick(days)
        if self.choices.chance(60):
            rule.say(f"period {self.choices.pick(PERIODS)} by {day}")
        else:
            by = f" by {self.choices.pick(days)}" if self.choices.chance(60) else ""
            period = self.choices.pick(("financial year", "calendar year", "quarter", "month"))
            rule.say(f"period {period} of {self.choices.pick((day, self.choices.pick(DATES)))}{by}")
        rule.scope = replace(rule.scope, dated=True)

    def _shown(self, rule: Rule) -> None:
        names = [n.label for n in (*rule.scope.own.names, *rule.scope.locals) if n.kind != "row"]
        if names:
            rule.say("show " + ", ".join(self.choices.some(names, 1, 3)))

    # --- schemes ---

    def scheme(self) -> str:
        """A scheme, for each row of a record or once for the whole ruleset."""
        choices, label = self.choices, self.world.new("scheme_")
        record = choices.pick([r for r in self.world.records if not r.table]) if choices.chance(90) else WHOLE
        rule = Rule(Scope(self.world, (record,)))
        rule.say("cites agreement")
        if choices.chance(35) and record is not WHOLE:
            self._period(rule)
        debts = [f"debt{self.world.new('')}"] if choices.chance(20) else []
        for debt in debts:
            rule.say(f"brought forward {debt}: money, {choices.pick(('£0', '£12.50'))} at the start")
            rule.scope = rule.scope.having(Name(debt, "money"))
        self._head(rule)
        for _ in range(choices.between(0, 2)):
            self._marker(rule)
        altogether = choices.chance(25)
        for _ in range(choices.between(1, 3)):
            self._money(rule, record, altogether)
        if altogether:
            limit = self.value("money", rule.scope) if choices.chance(50) else self.writer.literal("money")
            rule.say(f"altogether at most {limit.inside}{choices.pick(('', ', in proportion'))}")
        for debt in debts:
            rule.say(f"carry forward {self.value('money', rule.scope).text} as {debt}")
        if choices.chance(25):
            self._shown(rule)
        of = f" for each {record.label}" if record is not WHOLE else ""
        return "\n".join([f'scheme {label} "Scheme {label}"{of}', *rule.lines])

    def _head(self, rule: Rule) -> None:
        for _ in range(self.choices.weighted(((4, 0), (4, 1), (2, 2)))):
            match = self._own_let if rule.scope.own is WHOLE else self._own_match
            self.choices.weighted(((3, self._gate), (3, self._own_let), (1, match)))(rule)

    def _marker(self, rule: Rule) -> None:
        label = self.world.new("mark")
        if self.choices.chance(60):
            met = self.condition(rule.scope)
            rule.say(f'marker {label} "Marker" met when {met.text}')
            self._note_waiting(label, met.text)
            rule.scope = rule.scope.having(Name(label, "yes/no"))
            return
        on = self.value("number", rule.scope, 1)
        rule.say(f'marker {label} "Marker" scores {self.choices.pick(("57", "10", "2.5"))} points on {on.inside} from 40% to 70%')
        self._note_waiting(label, on.text)
        rule.scope = rule.scope.having(Name(label, "points", open=on.open))

    def _money(self, rule: Rule, record: RecordModel, altogether: bool) -> None:
        how = self.choices.weighted(((8, "payment"), (2, "charge"), (2, "split"), (2, "share"), (1, "let")))
        if how == "share":
            self._share(rule, "scheme")
        elif how == "split":
            self._split(rule)
        elif how == "let":
            self._own_let(rule)
        else:
            made = self._payment(rule, how, record)
            if not altogether and self.choices.chance(30):
                rule.scope = rule.scope.having(Name(made, "money"))

    def payee(self, scope: Scope) -> str:
        names = [n.label for n in scope.readable if n.kind in ("text", "one of", "row") and not n.optional and "[" not in n.label]
        own = [scope.own.label] if scope.own is not WHOLE else []
        return self.choices.pick(["fund", *own, *names])

    def _payment(self, rule: Rule, word: str, record: RecordModel) -> str:
        choices, label = self.choices, self.world.new("paid")
        spent = ' spent on "patient care"' if word == "payment" and choices.chance(25) else ""
        rule.say(f'{word} {label} "Payment" to {self.payee(rule.scope)}{spent}')
        inner = Rule(rule.scope, rule.lines)
        for _ in range(choices.weighted(((5, 0), (3, 1), (1, 2)))):
            self._gate(inner, "  ")
        inner.say(f"  amount {self._amount(inner.scope)}")
        clauses = (
            (2, self._exception), (2, self._cap), (1, self._floor), (2 if record is not WHOLE else 0, self._only_first),
            (3 if record is not WHOLE else 0, self._together),
        )  # fmt: skip
        for _ in range(choices.weighted(((4, 0), (4, 1), (3, 2), (1, 3)))):
            choices.weighted(clauses)(inner)
        return label

    def _amount(self, scope: Scope) -> str:
        value = self.value("money", scope)
        if self.choices.chance(60):
            value = Expr(f"max(£0, {value.inside})")
        how = self.choices.weighted(((5, ""), (3, "when"), (2, "cases"), (1, "rounded")))
        if how == "when":
            return f"{value.inside} when {self.condition(scope).text}"
        if how == "cases":
            conditions = self.writer.steps(scope, 1)
            return ", ".join(f"{self.value('money', scope, 1).inside} when {c.text}" for c in conditions)
        if how == "rounded":
            return value.inside + self.choices.pick(PENNIES)
        return value.text

    def _exception(self, rule: Rule) -> None:
        value, when = self.value("money", rule.scope, self.choices.between(0, 1)), self.condition(rule.scope)
        because = ' because "quality gateway"' if self.choices.chance(50) else ""
        rule.say(f"  except {value.inside} when {when.text}{because}")

    def _cap(self, rule: Rule) -> None:
        limit = self.value("money", rule.scope, self.choices.between(0, 2))
        rule.say(f"  at most {limit.text}")

    def _floor(self, rule: Rule) -> None:
        limit = self.value("money", rule.scope, self.choices.between(0, 1))
        rule.say(f"  at least {limit.text}")

    def _groups(self, rule: Rule) -> str:
        own = rule.scope.own
        names = [n.label for n in (*own.names, *rule.scope.locals) if not n.optional and n.kind != "hours"]
        return ", ".join(self.choices.some(names, 1, 2))

    def _order(self, rule: Rule) -> str:
        return ", ".join(self.writer.order(rule.scope.own))

    def _only_first(self, rule: Rule) -> None:
        same, order = self._groups(rule), self._order(rule)
        if same and order:
            number = self.choices.pick(("1", "2", "3"))
            rule.say(f"  only the first {number} for the same {same} by {order}")

    def _together(self, rule: Rule) -> None:
        limit = self.value("money", rule.scope, 1) if self.choices.chance(20) else self.writer.literal("money")
        same, order = self._groups(rule) if self.choices.chance(70) else "", self._order(rule)
        group = f" for the same {same}" if same else ""
        how = f", first come by {order}" if order and self.choices.chance(50) else ", in proportion"
        rule.say(f"  together at most {limit.inside}{group}{how}")

    def _split(self, rule: Rule) -> None:
        choices = self.choices
        value = self.value("money", rule.scope)
        rule.say(f"split max(£0, {value.inside})" if choices.chance(85) else f"split {value.inside}")
        for part in choices.pick(PARTS):
            spent = ' spent on "physiotherapists"' if choices.chance(25) else ""
            rule.say(f"  {part} to {self.payee(rule.scope)} as {self.world.new('given')}{spent}")

    # --- checks ---

    def check(self) -> tuple[str, RecordModel, str]:
        """A check, with its record and its name."""
        choices, label = self.choices, self.world.new("check_")
        records = [r for r in self.world.records if not r.table]
        record = choices.pick([r for r in records if r.has("billed")] * 2 + records)
        rule = Rule(Scope(self.world, (record,)))
        if choices.chance(35):
            rule.say('cites agreement at "p. 3"')
        if choices.chance(30):
            self._period(rule)
        for _ in range(choices.weighted(((3, 0), (4, 1), (3, 2), (1, 3)))):
            choices.weighted(((4, self._gate), (2, self._own_let), (4, self._own_match)))(rule)
        billed = any(n.label == "billed" and (not n.optional or n.label in rule.scope.known) for n in record.fields)
        bill = any(n.label == "billed" for n in record.fields)
        expected = choices.chance(75)
        if expected:
            self._figure(rule, "expected", choices.weighted(((6, ""), (1, PENNIES[0]), (1, PENNIES[1]))))
            if choices.chance(40):
                self._figure(rule, "tolerance")
        self._flag(rule, billed, expected)
        has_overcharge = self._overcharge(rule, bill, expected)
        if choices.chance(50):
            rule.say(f'reason "{self._reason(rule)}"')
        if choices.chance(50):
            self._challenge(rule, has_overcharge)
        if choices.chance(20):
            self._shown(rule)
        if self.world.waits("\n".join(rule.lines)) or choices.chance(15):
            rule.say("settles with the period")
        return "\n".join([f'check {label} "Check" for each {record.label}', *rule.lines]), record, label

    def supported(self, record: RecordModel, labels: Sequence[str]) -> str:
        """Which findings of a record's checks may be challenged."""
        when = self.condition(Scope(self.world, (record,)))
        if not self.choices.chance(40):
            return when.text
        return f'({when.text}) or check_name = "{self.choices.pick(labels)}"'

    def _figure(self, rule: Rule, word: str, rounding: str = "") -> None:
        value = self.value("money", rule.scope)
        rule.say(f"{word} {value.inside + rounding if rounding else value.text}")
        rule.scope = rule.scope.having(Name(word, "money", open=value.open))

    def _flag(self, rule: Rule, billed: bool, expected: bool) -> None:
        if billed and expected and self.choices.chance(70):
            tolerance = " + tolerance" if any(n.label == "tolerance" for n in rule.scope.locals) else ""
            more = f" {self.choices.pick(('and', 'or'))} {self._more(rule)}" if self.choices.chance(25) else ""
            rule.say(f"flag when billed > expected{tolerance}{more}")
        else:
            when = self.condition(rule.scope)
            rule.say(f"flag when {when.text}")
        if self.choices.chance(12):
            when = self.condition(rule.scope)
            rule.lines[-1] = f"{rule.lines[-1]} or {when.inside}" if " or " not in rule.lines[-1] else rule.lines[-1]

    def _more(self, rule: Rule) -> str:
        when = self.condition(rule.scope)
        return when.inside

    def _overcharge(self, rule: Rule, bill: bool, expected: bool) -> bool:
        if bill and expected and self.choices.chance(30):
            rule.say("flag undercharges too")
        if self.choices.chance(30) or (not (bill and expected) and self.choices.chance(40)):
            self._figure(rule, "overcharge")
            return True
        if bill and expected:
            rule.scope = rule.scope.having(Name("overcharge", "money", open=True))
        return bill and expected

    def _reason(self, rule: Rule) -> str:
        names = [n for n in rule.scope.readable if "[" not in n.label]
        words = ["on {" + n.label + "}" for n in self.choices.some(names, 0, 4)]
        return " ".join(["as seen", *words, self.choices.pick(("", "; so it is", "\u00a3"))]).strip()

    def _challenge(self, rule: Rule, has_overcharge: bool) -> None:
        length = self.choices.pick(("10 working days", "30 days"))
        parameters = [p.label for p in self.world.parameters if p.kind == "working days" and not p.dated]
        length = self.choices.pick([length, *parameters])
        otherwise = self.choices.pick(("", ", otherwise deemed upheld", ", otherwise lapsed"))
        rule.say(f"challenge {self.payee(rule.scope)} answers within {length}{otherwise}")
        if has_overcharge and self.choices.chance(60):
            scope = rule.scope
            value = Expr("10% of overcharge", False) if self.choices.chance(50) else self.value("money", scope)
            rule.say(f"  penalty {value.inside}{self.choices.pick(('', ' when upheld', ' when agreed'))}")
