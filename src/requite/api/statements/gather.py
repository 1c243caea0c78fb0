"""A run made into statements: who they are for, what each says, and the summary for the board."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from fractions import Fraction
from functools import cached_property
from typing import Any, Final

from requite.api.statements.accounts import Accounts, Named
from requite.api.statements.asking import Asking
from requite.api.statements.measuring import Measuring, place_among
from requite.api.statements.model import About, Account, Asked, Hint, Measure, Party, Schedule, Statement
from requite.api.statements.parties import called, keys_called, noun_of, paid_records, party_of, payee_party, payees
from requite.api.statements.phrases import between, plainly, titles
from requite.api.statements.related import ByOwner, belonging, related
from requite.api.statements.results import FindingGroup, PaymentGroup, Results, UnknownRow, opened_results
from requite.api.statements.schedules import schedules
from requite.api.statements.supposing import Supposing
from requite.dsl import program as core
from requite.engine.changed_csv import refuse_changed_csv
from requite.engine.data import Progress
from requite.engine.interpret import Interpreter
from requite.engine.interpreting.gates import payee_of
from requite.engine.interpreting.walk import expressions
from requite.engine.reading.problems import DataError, DataProblem
from requite.engine.rows import Row
from requite.engine.sampling import check_records
from requite.engine.seeking import Opened, TooManyRows
from requite.engine.settings import INTERPRET
from requite.engine.verify import Reloaded, changed_outputs, opened_again, reload
from requite.engine.wording import joined, key_text, key_words

FEW: Final = 3
"""Rows of one record that are each explained in full; of more, the payments are listed."""

MOST_PEERS: Final = 2_000
"""Others that a value is shown among."""

GONE_THROUGH: Final = 200
"""Rows of a list of which it is reckoned what would have brought more."""

LOOKED_INTO: Final = 2_000
"""Rows that could not be assessed of which it is found out whom they concern."""


@dataclass(eq=False)
class Gathered:
    """A run, open, with all that its statements are made of."""

    reloaded: Reloaded
    results: Results
    interpreter: Interpreter
    opened: Opened
    _belonging: dict[str, dict[str, ByOwner]] = field(default_factory=dict)

    @property
    def program(self) -> core.Program:
        return self.reloaded.program

    # --- who ---

    @cached_property
    def paid_groups(self) -> Mapping[Party, Sequence[PaymentGroup]]:
        """The payments by who gets them."""
        whose, found = payees(self.program), dict[Party, list[PaymentGroup]]()
        for group in self.results.payment_groups():
            if group.payee and group.rule in whose:
                found.setdefault(payee_party(whose[group.rule], group.payee, self.program), []).append(group)
        return found

    @cached_property
    def asked_groups(self) -> Mapping[Party, Sequence[FindingGroup]]:
        """The findings by who is asked about them."""
        found: dict[Party, list[FindingGroup]] = {}
        for group in self.results.finding_groups():
            challenge = self.program.checks[group.check].challenge
            if challenge is not None and group.respondent:
                found.setdefault(party_of(challenge.respondent, group.respondent, self.program), []).append(group)
        return found

    @cached_property
    def unknown_rows(self) -> Mapping[Party, Mapping[str, Sequence[UnknownRow]]]:
        """What could not be assessed, by whom it concerns and by rule; of the first of them where they are very many."""
        found: dict[Party, dict[str, list[UnknownRow]]] = defaultdict(lambda: defaultdict(list))
        unknown = self.results.unknown_rows(LOOKED_INTO)
        rows = self._rows_of([(row.record, row.key) for row in unknown])
        for row in unknown:
            party = self._concerned(row, rows.get((row.record, row.key)))
            if party is not None:
                found[party][row.rule].append(row)
        return found

    def unknown(self, party: Party) -> dict[str, Counter[str]]:
        """How often each reason kept each rule from being decided for a party."""
        return {rule: Counter(row.reason for row in rows) for rule, rows in self.unknown_rows.get(party, {}).items()}

    def _rows_of(self, named: Sequence[Named]) -> dict[Named, Row]:
        """Rows by record and key, sought together."""
        keys: dict[str, dict[str, None]] = defaultdict(dict)
        for record, key in named:
            keys[record][key] = None
        found = (row for record, wanted in keys.items() for row in self.interpreter.tables.named(record, list(wanted)))
        return {(row.record, joined(key_text(row.key))): row for row in found}

    def _concerned(self, unknown: UnknownRow, row: Row | None) -> Party | None:
        """Whom it concerns that a rule could not be decided for a row."""
        whose = payees(self.program).get(unknown.rule)
        check = self.program.checks.get(unknown.rule)
        if check is not None and check.challenge is not None:
            whose = check.challenge.respondent
        if whose is None:
            return None
        if isinstance(whose, str):
            code = called(unknown.record, unknown.key, self.program)
            return Party(noun_of(whose, self.program), code) if whose == unknown.record else None
        if whose.value is None:
            return party_of(whose, "", self.program)
        name = payee_of(whose, (row,), self.interpreter.compiler) if row is not None else None
        return party_of(whose, name, self.program) if isinstance(name, str) and name else None

    @cached_property
    def parties(self) -> tuple[Party, ...]:
        """Everybody who has a statement: those of each kind together, in the order of the results."""
        there = dict.fromkeys((*self.paid_groups, *self.asked_groups, *self.unknown_rows))
        nouns = paid_records(self.program).items()
        for record, noun in nouns:
            for key in self.results.totals_by_key(record):
                there.setdefault(Party(noun, called(record, key, self.program)))
        kinds = {noun: i for i, noun in enumerate(dict.fromkeys(party.noun for party in there if party.noun))}
        return tuple(sorted(there, key=lambda party: (kinds.get(party.noun, len(kinds)), party.code)))

    # --- rows that are explained ---

    @cached_property
    def listed(self) -> Mapping[tuple[str, str], Any]:
        return self.results.listed_payments()

    def own_rows(self, party: Party) -> tuple[Named, ...]:
        """The rows that are explained in full to a party: its own, and those of records of which only few are about it."""
        own = self.rows_called(party)
        keys: dict[str, dict[str, None]] = defaultdict(dict)
        many: set[str] = set()
        for group in self.paid_groups.get(party, ()):
            if group.number > FEW:
                many.add(group.record)
            keys[group.record] |= dict.fromkeys(row.key for row in self.listed.get((group.rule, group.payee), ()))
        for rule, rows in self.unknown_rows.get(party, {}).items():
            for row in rows if rule not in self.program.checks else ():
                keys[row.record][row.key] = None
        records = [record for record, found in keys.items() if record not in many and len(found) <= FEW]
        return tuple(dict.fromkeys([*own, *((record, key) for record in records for key in keys[record])]))

    def rows_called(self, party: Party) -> list[Named]:
        """The rows that a party is: those of a record whose rows are paid or asked."""
        found: list[Named] = []
        for record in [record for record, noun in paid_records(self.program).items() if noun == party.noun]:
            rows = self.interpreter.tables.named(record, list(keys_called(record, party.code, self.program)))
            found += [(record, joined(key_text(row.key))) for row in rows if key_words(row.key) == party.code]
        return found

    # --- statements ---

    def statements(self, parties: Sequence[Party], progress: Progress | None = None) -> Iterator[Statement]:
        """A statement for each of some parties."""
        rows = {party: self.own_rows(party) for party in parties}
        named = list(dict.fromkeys(one for found in rows.values() for one in found))
        accounts = self._accounts(named)
        listed = self.results.listed_findings() if self.asked_groups else {}
        shown = [
            (f.record, f.key)
            for party in parties
            for g in self.asked_groups.get(party, ())
            for f in listed.get((g.check, g.respondent), ())
        ]
        asking = Asking(accounts, listed, self.results.findings_beside(shown))
        self._check(named, listed, parties)
        is_all = len(parties) == len(self.parties)
        for done, party in enumerate(parties):
            if progress is not None:
                progress("explaining", done, len(parties))
            for one in rows[party]:
                accounts.account(one, party)
        measures = self._peers(accounts, named if is_all else self._cheap(named))
        for done, party in enumerate(parties):
            if progress is not None:
                progress("writing", done, len(parties))
            yield self._statement(party, rows[party], accounts, asking, measures)

    def _accounts(self, named: Sequence[Named]) -> Accounts:
        peers = {record: self.results.figures_by_key(record, MOST_PEERS) for record in dict.fromkeys(record for record, _ in named)}
        measuring = Measuring(Supposing(self.interpreter))
        return Accounts(self.interpreter, measuring, self.results.payments_of(named), self.results.figures_of(named), peers)

    def _check(self, named: Sequence[Named], listed: Mapping[tuple[str, str], Any], parties: Sequence[Party]) -> None:
        """What is explained must be what the folder holds."""
        engine = self.reloaded.manifest.get("engine", {}).get("name", INTERPRET)
        if engine == INTERPRET:
            return
        worked = [
            (found[0].record, found[0].key)
            for party in parties
            for group in self.asked_groups.get(party, ())
            if (found := listed.get((group.check, group.respondent)))
        ]
        # Rows of which there are too many to be explained are not explained, which their accounts say.
        with suppress(TooManyRows):
            check_records(self.interpreter, self.reloaded.folder, list(dict.fromkeys([*named, *worked])), engine)

    def _statement(
        self,
        party: Party,
        rows: Sequence[Named],
        accounts: Accounts,
        asking: Asking,
        measures: Mapping[str, Mapping[str, Mapping[str, Fraction]]],
    ) -> Statement:
        own_rows = self.rows_called(party)
        told = tuple(
            _among(accounts.account(named, party, named in own_rows), measures.get(named[0], {}) if named in own_rows else {})
            for named in rows
        )
        told = tuple(account for account in told if account.lines or account.figures)
        explained = {named: accounts.payments.get(named, ()) for named in rows}
        groups = self.paid_groups.get(party, ())
        keys = [(row.record, row.key) for group in groups for row in self.listed.get((group.rule, group.payee), ())]
        shown = self.results.figures_of([key for key in dict.fromkeys(keys) if key not in explained])
        told = tuple(
            self._with_related(account, party, groups) if (account.record, account.key) in own_rows else account for account in told
        )
        made = schedules(self.program, groups, self.listed, self._unpaid(party), explained, shown)
        lists = tuple(replace(one, hints=self._hints(one, party, accounts)) for one in made)
        unknown = self.unknown(party)
        asked = asking.asked(self.asked_groups.get(party, ()), {r: c for r, c in unknown.items() if r in self.program.checks})
        rules = [line.rule for account in told for line in account.lines] + [schedule.rule for schedule in lists]
        own = next((account for account in told if (account.record, account.key) in own_rows), None)
        sources = [cite for account in told for line in account.lines for cite in line.cites]
        sources += [cite for schedule in lists for cite in schedule.cites]
        sources += [cite for part in (asked.parts if asked is not None else ()) for cite in part.cites]
        return Statement(
            party,
            own.name if own is not None else "",
            self.about_rules(rules),
            told,
            lists,
            asked,
            tuple(dict.fromkeys(sources)),
            self._illustrative(rules, asked),
        )

    def _with_related(self, account: Account, party: Party, groups: Sequence[PaymentGroup]) -> Account:
        """A party's own account with the figures of the rows that belong to it."""
        if account.record not in self._belonging:
            self._belonging[account.record] = belonging(account.record, self.program, self.results)
        listed = {group.record for group in groups}
        return replace(account, related=tuple(related(party.code, self._belonging[account.record], listed, self.program)))

    def _hints(self, listed: Schedule, party: Party, accounts: Accounts) -> tuple[Hint, ...]:
        """What would have brought more among the rows of a list, where it is short enough to be gone through."""
        rule = self.program.payments.get(listed.rule)
        if rule is None or not party.noun or listed.number > GONE_THROUGH:
            return ()
        measuring = accounts.measuring
        if not any(atom.goal for atom in measuring.supposing.atoms_of(rule)):
            return ()
        rows = self.interpreter.tables.named(rule.record, [joined(entry.key) for entry in listed.entries])
        title = titles(self.program)[listed.rule]
        found = [(hint, key_text(row.key)) for row in rows for hint in measuring.hints(row) if title in hint.payments]
        ranked = sorted(found, key=lambda one: (-one[0].more, one[1]))
        return tuple(replace(hint, row=key) for hint, key in ranked)

    def _unpaid(self, party: Party) -> dict[str, Sequence[UnknownRow]]:
        """The payments to a party that could not be assessed."""
        return {rule: rows for rule, rows in self.unknown_rows.get(party, {}).items() if rule not in self.program.checks}

    # --- peers ---

    def _cheap(self, named: Sequence[Named]) -> Sequence[Named]:
        """The rows among which values are shown where only some are explained: all of a small record that reads no other."""
        found = list(named)
        for record in dict.fromkeys(record for record, _ in named):
            if self.opened.store.count(record) <= MOST_PEERS and not _looks_around(record, self.program):
                found += [(record, key) for key in self.results.totals_by_key(record)]
        return list(dict.fromkeys(found))

    def _peers(self, accounts: Accounts, named: Sequence[Named]) -> Mapping[str, Mapping[str, Mapping[str, Fraction]]]:
        """By record, condition and key: what each row's value was."""
        found: dict[str, dict[str, dict[str, Fraction]]] = defaultdict(lambda: defaultdict(dict))
        for record in dict.fromkeys(record for record, _ in named):
            of_record = [key for one, key in named if one == record]
            if len(of_record) > MOST_PEERS or not accounts.measuring.atoms(record):
                continue
            with suppress(TooManyRows):
                for row in self.interpreter.tables.named(record, of_record):
                    for measure in accounts.measuring.measures(row):
                        if measure.value is not None:
                            found[record][measure.span][joined(key_text(row.key))] = measure.value
        return found

    # --- about the run ---

    def about_rules(self, rules: Sequence[str]) -> About:
        """The run, with the periods of the schemes that these rules belong to."""
        manifest = self.reloaded.manifest
        schemes = self.program.schemes.values()
        mine = [s for s in schemes if not rules or any(rule in (*s.payments, *s.shares) for rule in rules)]
        periods = tuple(dict.fromkeys(between(scheme.period) for scheme in mine if scheme.period is not None))
        return About(
            self.program.title or plainly(self.program.name),
            self.program.name,
            self.program.currency,
            periods,
            self.reloaded.known,
            _day(manifest.get("times", {}).get("finished")),
            str(manifest.get("requite", "")),
            str(manifest["ruleset"]["texts"][0]["sha256"])[:12],
            self.reloaded.folder.name,
        )

    def _illustrative(self, rules: Sequence[str], asked: Asked | None) -> tuple[str, ...]:
        """The figures used that no source gives."""
        checks = [part.check for part in asked.parts] if asked is not None else []
        said: list[str] = []
        for used in used_figures([*rules, *checks], self.program):
            whys = [value.illustrative for value in used.values] if isinstance(used, core.Parameter) else [used.illustrative]
            said += [f"{used.title or plainly(used.name)}: {why}" for why in whys if why]
        return tuple(said)


def used_figures(rules: Sequence[str], program: core.Program) -> list[core.Parameter | core.Bands | core.Record]:
    """The parameters, bands and tables that some rules read, through whatever values."""
    waiting: list[Any] = [program.payments.get(name) or program.shares.get(name) or program.checks[name] for name in rules]
    waiting += [program.schemes[part.scheme].altogether for part in waiting if isinstance(part, core.PaymentRule)]
    for part in list(waiting):
        if isinstance(part, core.CheckRule):
            named = [part.expected, part.tolerance, part.overcharge, part.penalty]
            named += [clause.column for clause in part.clauses if isinstance(clause, core.ColumnClause)]
            waiting += [program.columns[name] for name in named if name]
    parameters, bands, tables, seen = set[str](), set[str](), set[str](), set[str]()
    while waiting:
        part = waiting.pop()
        for expression in expressions(part) if part is not None else ():
            match expression:
                case core.ParameterRead():
                    parameters.add(expression.parameter)
                case core.BandRead():
                    bands.add(expression.bands)
                case core.Lookup():
                    tables.add(expression.record)
                case core.ColumnRead() if expression.column not in seen:
                    seen.add(expression.column)
                    waiting.append(program.columns[expression.column])
    read = ((program.parameters, parameters), (program.bands, bands), (program.records, tables))
    return [declared for kind, names in read for name, declared in kind.items() if name in names]


def _looks_around(record: str, program: core.Program) -> bool:
    """Whether a value of a record is reckoned over other rows."""
    columns = [column for column in program.columns.values() if column.record == record]
    return any(isinstance(part, core.Aggregate | core.Exists) for column in columns for part in expressions(column))


def _among(account: Account, measures: Mapping[str, Mapping[str, Fraction]]) -> Account:
    """An account whose measures stand among those of the others."""

    def among(measure: Measure) -> Measure:
        others = tuple(sorted(value for key, value in measures.get(measure.span, {}).items() if key != account.key))
        place = place_among(measure.value, others) if measure.value is not None else None
        return replace(measure, peers=others, place=place)

    return replace(account, measures=tuple(among(measure) for measure in account.measures))


def _day(moment: Any) -> date | None:
    try:
        return datetime.fromisoformat(str(moment)).date()
    except ValueError:
        return None


@contextmanager
def gathered(folder: str, progress: Progress | None = None) -> Iterator[Gathered]:
    """A run's folder, open for statements; DataError where it, or what it was made from, has changed."""
    reloaded = reload(folder)
    changes = list(changed_outputs(reloaded.folder, reloaded.manifest))
    in_parquet = [change for change in changes if change.what.endswith(".parquet")]
    if in_parquet:
        help = "Run again, or put the results back as they were."
        raise DataError(DataProblem("changed-output", str(change), file=change.what, help=help) for change in in_parquet)
    if changes:
        refuse_changed_csv(reloaded.folder, reloaded.manifest)
    with opened_again(reloaded, progress) as data, opened_results(reloaded.folder) as results:
        yield Gathered(reloaded, results, data.interpreter(), data)
