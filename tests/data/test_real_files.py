"""The public files beside the project, read whole."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from pathlib import Path

from tests.data.support import program, read, shared


def test_the_national_tariff() -> None:
    made = program(
        """
table tariff "National prices"
  key hrg: text
  valid: period from "valid_from" to "valid_to"
  name: text
  outpatient_procedure: money optional
  combined_day_case_elective: money optional
  day_case: money optional
  ordinary_elective: money optional
  non_elective: money optional
  elective_trim_days: days optional
  non_elective_trim_days: days optional
  long_stay_day_rate: money optional
"""
    )
    result = read(made, tariff=shared("nhs_tariff_2017_19/apc_tariff.csv"))
    assert (result.counts[0].rows, result.counts[0].read) == (4606, 4606)
    rows = result.data["tariff"]
    assert len({row.key for row in rows}) == 2303
    split = [row for row in rows if row.values["day_case"] is not None and row.values["combined_day_case_elective"] is None]
    assert len({row.key for row in split}) == 21


def test_aco_years() -> None:
    made = program(
        """
record aco "One accountable care organisation, one year"
  key id: text from "aco_id_or_num"
  key performance_year: count
  name: text
  track: text
  two_sided: yes/no
  lives: count from "n_ab"
  benchmark: money from "abtotbnchmk"
  expenditure: money from "abtotexp"
  minimum: percent in fractions optional from "minsavperc"
  met_qps: yes/no optional
  quality: percent in fractions optional from "qualscore"
""",
        currency="USD",
    )
    result = read(made, aco=shared("mssp_2014_2020/aco_years.csv"))
    assert (result.counts[0].rows, result.counts[0].read) == (3165, 3165)
    first = result.data["aco"][0].values
    assert (first["lives"], first["minimum"], first["quality"]) == (34601, Fraction(235, 10000), Fraction(92, 100))


def test_practices() -> None:
    made = program(
        """
record practice "A practice"
  key code: text from "practice"
  dispensing: one of Yes, No, Unknown
  registered: number from "registered_patients"
  qof: money
  local_incentive_schemes: money
  total: money
  deductions: money
  net: money
"""
    )
    path = shared("nhs_gp_payments_2022_23/practices.csv")
    result = read(made, practice=path)
    assert (result.counts[0].rows, result.counts[0].read) == (6669, 6669)
    assert result.data["practice"][0].values["registered"] == Fraction(402925, 100)
    counted = program(
        """
record practice "A practice"
  key code: text from "practice"
  registered: count from "registered_patients"
  dispensing: yes/no
"""
    )
    refused = read(counted, practice=path)
    reasons = Counter(reject.reason.partition(";")[0] for reject in refused.rejects)
    assert set(reasons) == {"is not a whole number", "is neither yes nor no"}
    assert refused.counts[0].rows == 6669


def test_artificial_hes() -> None:
    made = program(
        """
record episode "An episode of admitted patient care"
  key id: text from "EPIKEY"
  patient: text from "PSEUDO_HESID"
  admitted: date from "ADMIDATE"
  discharged: date from "DISDATE"
  method: text from "ADMIMETH"
  class: one of "1", "2", "3", "4", "5" from "CLASSPAT"
"""
    )
    result = read(made, episode=shared("nhs_artificial_hes/apc.csv"))
    assert result.counts[0].rows == 2075
    assert {reject.field for reject in result.rejects} <= {"discharged", "class", "method", "admitted"}
    assert sum("discharged" in (r.field, *r.reason.split()) for r in result.rejects) == 80


def test_a_hundred_thousand_rows_are_all_read(tmp_path: Path) -> None:
    path = tmp_path / "big.csv"
    with path.open("w") as file:
        file.write("id,patient,provider,hrg,setting,admitted,discharged,billed,specialty,stay\n")
        for i in range(100_000):
            day = f"2017-{i % 12 + 1:02}-{i % 28 + 1:02}"
            file.write(
                f'S{i},P{i % 40_000},R{i % 100},AA22C,day_case,{day},{day},"£{i % 9_999:,}.{i % 100:02}",{i % 300},{i % 30}\n'
            )
    made = program(
        'record spell "S"\n  key id: text\n  patient: text\n  provider: text\n  hrg: text\n  setting: one of day_case, elective\n'
        "  admitted: date\n  discharged: date\n  billed: money\n  specialty: text\n  stay: days\n"
    )
    result = read(made, spell=path)
    assert result.counts[0].read == 100_000
