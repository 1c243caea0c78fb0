"""OpenFisca, vectorised: `python -m benchmarks.openfisca_peer DATA OUT`. Entities, variables, formulas on numpy arrays.

Its persons are spells, its groups patients and practices. What a spell is joined to is prepared in pandas and set as inputs.
Money is whole pence: OpenFisca's floats have 24 bits, too few for what a practice spends.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pandas as pd
from openfisca_core.entities import build_entity
from openfisca_core.indexed_enums import Enum
from openfisca_core.periods import DateUnit
from openfisca_core.simulations import Simulation, SimulationBuilder  # type: ignore[import-untyped]
from openfisca_core.taxbenefitsystems import TaxBenefitSystem  # type: ignore[import-untyped]
from openfisca_core.variables import Variable  # type: ignore[import-untyped]

from benchmarks.pandas_columns import Book, write
from benchmarks.peer import CHECKS, EMERGENCY, Task, run_peer
from benchmarks.prepare import Frame, Frames, matched, priced, read

Array = Any
WHEN: Final = "2018"
LACKS: Final = -(2**31)
"""What stands for a blank: OpenFisca's numbers have none."""

Spell: Final = build_entity(key="spell", plural="spells", label="A hospital spell", is_person=True)
Patient: Final = build_entity(key="patient", plural="patients", label="Its patient", roles=[{"key": "stay", "plural": "stays"}])
Practice: Final = build_entity(key="practice", plural="practices", label="Theirs", roles=[{"key": "stayed", "plural": "stayeds"}])


class Admission(Enum):
    day_case = "day case"
    elective = "elective"
    non_elective = "non-elective"


class Sex(Enum):
    unknown = "not known"
    female = "female"
    male = "male"


INPUTS: Final[dict[str, type]] = {
    "admission": Admission, "sex": Sex, "line_sex": Sex, "known": bool, "has_line": bool, "emergency_method": bool,
    "overlaps": bool, "has_estimate": bool, "has_before": bool, "has_first": bool, "first_stay": bool,
    "billed": int, "stay": int, "years": int, "excess_days": int, "outpatient": int, "combined": int, "day_case": int,
    "ordinary_elective": int, "non_elective": int, "elective_trim_days": int, "non_elective_trim_days": int, "day_rate": int,
    "least_age": int, "greatest_age": int, "expected_cost": int,
}  # fmt: skip
BUDGETS: Final = ("list_size", "generic_items", "prescribed_items", "follow_ups", "first_attendances", "budget")
FORMULAS: Final[list[tuple[str, Any, type, Callable[..., Array]]]] = []


def formula(entity: Any, kind: type) -> Callable[[Callable[..., Array]], Callable[..., Array]]:
    """Declare a variable by its formula."""

    def declare(function: Callable[..., Array]) -> Callable[..., Array]:
        FORMULAS.append((function.__name__, entity, kind, function))
        return function

    return declare


def variable(name: str, entity: Any, kind: type, compute: Callable[..., Array] | None = None) -> type[Variable]:
    """A variable as OpenFisca wants it: a class."""
    parts: dict[str, Any] = {"value_type": kind, "entity": entity, "definition_period": DateUnit.YEAR, "label": name}
    if issubclass(kind, Enum):
        parts |= {"value_type": Enum, "possible_values": kind, "default_value": next(iter(kind))}
    if compute is not None:
        parts["formula"] = compute
    return type(name, (Variable,), parts)


# --- what several checks read -----------------------------------------------------------------------------------------


@formula(Spell, int)
def base(spell: Array, period: Any) -> Array:
    admission, combined = spell("admission", period), spell("combined", period)
    own = {name: spell(name, period) for name in ("day_case", "ordinary_elective")}
    day_case, elective = (np.where(prices != LACKS, prices, combined) for prices in own.values())
    kinds = [admission == Admission.day_case, admission == Admission.elective]
    return np.select(kinds, [day_case, elective], spell("non_elective", period))


@formula(Spell, int)
def trim(spell: Array, period: Any) -> Array:
    emergency = spell("admission", period) == Admission.non_elective
    return np.where(emergency, spell("non_elective_trim_days", period), spell("elective_trim_days", period))


@formula(Spell, int)
def excess(spell: Array, period: Any) -> Array:
    trims = spell("trim", period)
    return np.where(trims == LACKS, LACKS, np.maximum(0, spell("stay", period) - trims))


@formula(Spell, int)
def price(spell: Array, period: Any) -> Array:
    beyond, rate, plain = spell("excess", period), spell("day_rate", period), spell("base", period)
    lacks = (plain == LACKS) | (beyond == LACKS) | (beyond > 0) & (rate == LACKS)
    return np.where(lacks, LACKS, plain + np.where(beyond > 0, beyond * rate, 0))


# --- the twelve checks: for each its scope, what it lacks, what it expects, whether it flags ------------------------------


@formula(Spell, bool)
def day_case_price_scope(spell: Array, period: Any) -> Array:
    return spell("admission", period) == Admission.day_case


@formula(Spell, bool)
def day_case_price_lacking(spell: Array, period: Any) -> Array:
    return (spell("stay", period) < 0) | (spell("base", period) == LACKS)


@formula(Spell, int)
def day_case_price_expected(spell: Array, period: Any) -> Array:
    return spell("base", period)


@formula(Spell, bool)
def day_case_price_flag(spell: Array, period: Any) -> Array:
    return spell("billed", period) != spell("day_case_price_expected", period)


@formula(Spell, bool)
def elective_price_scope(spell: Array, period: Any) -> Array:
    return spell("admission", period) == Admission.elective


@formula(Spell, bool)
def elective_price_lacking(spell: Array, period: Any) -> Array:
    return (spell("stay", period) < 0) | (spell("price", period) == LACKS)


@formula(Spell, int)
def elective_price_expected(spell: Array, period: Any) -> Array:
    return spell("price", period)


@formula(Spell, bool)
def elective_price_flag(spell: Array, period: Any) -> Array:
    return spell("billed", period) != spell("elective_price_expected", period)


@formula(Spell, bool)
def non_elective_price_scope(spell: Array, period: Any) -> Array:
    stay = spell("stay", period)
    return (spell("admission", period) == Admission.non_elective) & ((stay < 0) | (stay >= 2))


@formula(Spell, bool)
def non_elective_price_lacking(spell: Array, period: Any) -> Array:
    return (spell("stay", period) < 0) | (spell("price", period) == LACKS)


@formula(Spell, int)
def non_elective_price_expected(spell: Array, period: Any) -> Array:
    return spell("price", period)


@formula(Spell, bool)
def non_elective_price_flag(spell: Array, period: Any) -> Array:
    return spell("billed", period) != spell("non_elective_price_expected", period)


@formula(Spell, bool)
def short_stay_scope(spell: Array, period: Any) -> Array:
    stay, years = spell("stay", period), spell("years", period)
    adult = (years == LACKS) | (years >= 19)
    return (spell("admission", period) == Admission.non_elective) & ((stay < 0) | (stay < 2) & adult)


@formula(Spell, bool)
def short_stay_lacking(spell: Array, period: Any) -> Array:
    return (spell("stay", period) < 0) | (spell("years", period) == LACKS) | (spell("base", period) == LACKS)


@formula(Spell, int)
def short_stay_expected(spell: Array, period: Any) -> Array:
    return (spell("base", period).astype(np.int64) * 65 + 50) // 100


@formula(Spell, bool)
def short_stay_flag(spell: Array, period: Any) -> Array:
    return spell("billed", period) > spell("short_stay_expected", period)


@formula(Spell, bool)
def long_stay_days_scope(spell: Array, period: Any) -> Array:
    return spell("excess_days", period) > 0


@formula(Spell, bool)
def long_stay_days_lacking(spell: Array, period: Any) -> Array:
    unpriced = (spell("day_rate", period) == LACKS) | (spell("trim", period) == LACKS)
    return (spell("stay", period) < 0) | ~spell("has_line", period) | unpriced


@formula(Spell, int)
def long_stay_days_expected(spell: Array, period: Any) -> Array:
    too_many = spell("excess_days", period) - spell("excess", period)
    return spell("billed", period) - too_many * spell("day_rate", period)


@formula(Spell, bool)
def long_stay_days_flag(spell: Array, period: Any) -> Array:
    return spell("excess_days", period) > spell("excess", period)


@formula(Spell, bool)
def day_case_for_outpatient_scope(spell: Array, period: Any) -> Array:
    priced = ~spell("has_line", period) | (spell("outpatient", period) != LACKS)
    return (spell("admission", period) == Admission.day_case) & priced


@formula(Spell, bool)
def day_case_for_outpatient_lacking(spell: Array, period: Any) -> Array:
    return ~spell("has_line", period)


@formula(Spell, int)
def day_case_for_outpatient_expected(spell: Array, period: Any) -> Array:
    return spell("outpatient", period)


@formula(Spell, bool)
def day_case_for_outpatient_flag(spell: Array, period: Any) -> Array:
    return spell("billed", period) > spell("outpatient", period)


@formula(Spell, bool)
def over_estimate_scope(spell: Array, period: Any) -> Array:
    return spell("has_estimate", period)


@formula(Spell, int)
def over_estimate_expected(spell: Array, period: Any) -> Array:
    return spell("expected_cost", period)


@formula(Spell, bool)
def over_estimate_flag(spell: Array, period: Any) -> Array:
    cost = spell("expected_cost", period)
    over = spell("billed", period) - cost
    return (5 * over > cost) & (over > 10_000)


@formula(Spell, int)
def over_estimate_penalty(spell: Array, period: Any) -> Array:
    return (spell("billed", period) - spell("expected_cost", period) + 5) // 10


@formula(Spell, bool)
def readmission_scope(spell: Array, period: Any) -> Array:
    return spell("has_before", period)


@formula(Spell, int)
def readmission_expected(spell: Array, _: Any) -> Array:
    return np.zeros(spell.count, dtype=np.int32)


@formula(Spell, bool)
def readmission_flag(spell: Array, period: Any) -> Array:
    return spell("billed", period) > 0


@formula(Spell, bool)
def duplicate_scope(spell: Array, period: Any) -> Array:
    return spell("has_first", period)


@formula(Spell, int)
def duplicate_expected(spell: Array, _: Any) -> Array:
    return np.zeros(spell.count, dtype=np.int32)


@formula(Spell, bool)
def duplicate_flag(spell: Array, period: Any) -> Array:
    return spell("billed", period) > 0


@formula(Spell, bool)
def overlap_flag(spell: Array, period: Any) -> Array:
    return spell("overlaps", period)


@formula(Spell, bool)
def coherence_lacking(spell: Array, period: Any) -> Array:
    return ~spell("known", period) | ~spell("has_line", period)


@formula(Spell, bool)
def coherence_flag(spell: Array, period: Any) -> Array:
    years, least, most = (spell(name, period) for name in ("years", "least_age", "greatest_age"))
    age = (least != LACKS) & (years < least) | (most != LACKS) & (years > most)
    line_sex = spell("line_sex", period)
    sex = (line_sex != Sex.unknown) & (spell("sex", period) != line_sex)
    emergency = spell("admission", period) == Admission.non_elective
    return age | sex | (emergency != spell("emergency_method", period))


@formula(Spell, bool)
def dates_flag(spell: Array, period: Any) -> Array:
    return spell("stay", period) < 0


# --- the savings scheme ---------------------------------------------------------------------------------------------------


@formula(Patient, int)
def capped_cost(patient: Array, period: Any) -> Array:
    return np.minimum(patient.sum(patient.members("billed", period)), 2_000_000)


@formula(Practice, int)
def spend(practice: Array, period: Any) -> Array:
    """Each patient's cost once, with the first of the patient's spells."""
    members = practice.members
    return practice.sum(members.patient("capped_cost", period) * members("first_stay", period))


# --- running it -----------------------------------------------------------------------------------------------------------


def system() -> TaxBenefitSystem:
    """The legislation, as OpenFisca calls it."""
    made = TaxBenefitSystem([Spell, Patient, Practice])
    for name, kind in INPUTS.items():
        made.add_variable(variable(name, Spell, kind))
    for name, entity, kind, compute in FORMULAS:
        made.add_variable(variable(name, entity, kind, compute))
    return made


def simulation(frames: Frames, spell: Frame) -> Simulation:
    """The spells with the groups that they belong to. A spell of a patient whom nobody knows belongs to a patient of its own."""
    patients, people = pd.factorize(spell["patient"])
    codes = pd.Index(frames.practice["code"]).get_indexer(spell["practice"])
    practices = np.where(codes < 0, len(frames.practice), codes)
    builder = SimulationBuilder()
    builder.create_entities(system())
    builder.declare_person_entity("spell", spell["id"].to_numpy())
    for name, ids, place in (
        ("patient", people.to_numpy(), patients),
        ("practice", [*frames.practice["code"], "nobody"], practices),
    ):
        groups = builder.declare_entity(name, ids)
        role = {"patient": Patient, "practice": Practice}[name].flattened_roles[0]
        builder.join_with_persons(groups, np.asarray(ids)[place], roles=np.full(len(spell), role.key))
    return builder.build(system())


def set_inputs(made: Simulation, spell: Frame) -> None:
    """What the joins have found, as arrays."""
    given = {
        "emergency_method": spell["method"].isin(EMERGENCY),
        "has_estimate": spell["expected_cost"].notna(),
        "has_before": spell["id_before"].notna(),
        "has_first": spell["first_id"].notna(),
        "first_stay": ~spell["patient"].duplicated(),
    }
    for name, kind in INPUTS.items():
        column = given[name] if name in given else spell[name]
        if issubclass(kind, Enum):
            column = column.fillna("unknown")
            values = np.select([column == item.name for item in kind], [item.index for item in kind])
        elif kind is int:
            values = column.fillna(LACKS).to_numpy().astype(np.int32)
        else:
            values = column.to_numpy().astype(bool)
        made.set_input(name, WHEN, values)


def decide(task: Task) -> None:
    """Join outside, compute inside, collect."""
    frames = read(task.data)
    spell = matched(frames, priced(frames))
    made = simulation(frames, spell)
    set_inputs(made, spell)
    book = Book(spell)
    everything = pd.Series(True, index=spell.index)
    known = made.tax_benefit_system.variables
    for check in CHECKS:
        parts = {
            part: pd.Series(made.calculate(f"{check}_{part}", WHEN), index=spell.index)
            for part in ("scope", "lacking", "expected", "flag", "penalty")
            if f"{check}_{part}" in known
        }
        expected = parts.get("expected")
        over = None if expected is None else spell["billed"] - expected
        scope, lacking = parts.get("scope", everything), parts.get("lacking", ~everything)
        book.enter(check, scope, lacking, parts["flag"], expected, over, parts.get("penalty"))
    spent = made.calculate("spend", WHEN)[: len(frames.practice)].astype(np.int64)
    write(book, frames.practice.assign(spend=spent), task.out)


if __name__ == "__main__":
    run_peer(__doc__, decide)
