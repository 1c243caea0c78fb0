"""Made claims of any number, in Parquet: `python -m benchmarks.generate 1000000 FOLDER`. One seed, one content.

Every value is a hash of its row's number, so that a hundred million rows stream to the disk and nothing is kept. Bills follow the
real price table, then go wrong in the ways that the checks look for.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import duckdb

from benchmarks.prices import TARIFF, price_table

DONE: Final = "made.json"
RELATIONS: Final = ("practice", "patient", "estimate", "spell")

FIRST_DAY: Final = "DATE '2017-03-25'"
DAYS: Final = 732
"""Admissions run from a week before the first price holds to a few days before the last one ends."""


@dataclass(frozen=True, slots=True)
class Size:
    """How many rows of each record there are for so many claims."""

    claims: int
    seed: int = 1

    @property
    def estimates(self) -> int:
        return self.claims * 6 // 10

    @property
    def patients(self) -> int:
        return max(50, self.claims // 4)

    @property
    def practices(self) -> int:
        return max(8, self.claims // 2500)


def generate(size: Size, folder: Path) -> Path:
    """Make the data of one size, unless the folder holds it already."""
    price_table()
    said = folder / DONE
    if said.is_file() and json.loads(said.read_text()) == asdict(size):
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    said.unlink(missing_ok=True)
    with duckdb.connect(config={"threads": 2, "memory_limit": "4GB", "temp_directory": str(folder / "tmp")}) as session:
        session.execute("SET enable_progress_bar = false")
        # Rows are to come out in the order of their numbers, so no join may turn its sides.
        session.execute("SET disabled_optimizers = 'join_order,build_side_probe_side'")
        session.execute(_macros(size))
        session.execute(f"CREATE TABLE price AS FROM ({_prices()})")
        for name, query in _queries(size).items():
            session.execute(
                f"COPY ({query}) TO '{folder / name}.parquet' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)"
            )
    said.write_text(json.dumps(asdict(size)))
    return folder


def inputs(folder: Path) -> dict[str, str]:
    """Where the data of each record is."""
    return {name: str(folder / f"{name}.parquet") for name in RELATIONS} | {"tariff": str(TARIFF)}


def _macros(size: Size) -> str:
    return f"""
        CREATE MACRO pick(n, salt, below) AS (hash(n, salt, {size.seed}) % below)::BIGINT;
        CREATE MACRO share(n, salt) AS (hash(n, salt, {size.seed}) % 1000003)::DOUBLE / 1000003;
        CREATE MACRO patient_id(i) AS 'P' || lpad(i::VARCHAR, 8, '0');
        CREATE MACRO practice_code(i) AS 'G' || lpad(i::VARCHAR, 5, '0');
        CREATE MACRO provider_code(i) AS 'R' || lpad(i::VARCHAR, 3, '0');
        CREATE MACRO born_of(i) AS DATE '2017-04-01' - (pick(i, 51, 33000))::INTEGER;
        CREATE MACRO sex_of(i) AS CASE WHEN pick(i, 52, 2) = 0 THEN 'female' ELSE 'male' END;
    """


def _prices() -> str:
    """The price table with a number for each HRG, one row for both years' numbers."""
    return f"""
        SELECT *, dense_rank() OVER (ORDER BY hrg) - 1 AS number FROM read_csv('{TARIFF}',
            types = {{'least_age': 'INTEGER', 'greatest_age': 'INTEGER', 'sex': 'VARCHAR'}})
    """


def _queries(size: Size) -> dict[str, str]:
    return {
        "practice": _practices(size),
        "patient": _patients(size),
        "spell": _spells(size),
        "estimate": _estimates(size),
    }


def _practices(size: Size) -> str:
    return f"""
        SELECT practice_code(n) AS code, (2000 + pick(n, 1, 10000))::INTEGER AS list_size,
            (5500 + pick(n, 2, 3500))::INTEGER AS generic_items, 10000 AS prescribed_items,
            (1200 + pick(n, 3, 1600))::INTEGER AS follow_ups,
            (CASE WHEN pick(n, 4, 200) = 0 THEN 0 ELSE 1000 END)::INTEGER AS first_attendances,
            (10000 + pick(n, 5, 6000))::DECIMAL(12, 2) * {size.patients // size.practices} AS budget
        FROM range({size.practices}) AS numbers(n)
    """


def _patients(size: Size) -> str:
    """One patient in a thousand is registered with a practice that nobody knows."""
    return f"""
        SELECT patient_id(n) AS id,
            CASE WHEN pick(n, 10, 1000) = 0 THEN 'G99999' ELSE practice_code(pick(n, 11, {size.practices})) END AS practice,
            born_of(n) AS born, sex_of(n) AS sex
        FROM range({size.patients}) AS numbers(n)
    """


def _whose(size: Size) -> str:
    """Most patients have a few spells; some come every month, some twice a week; a few are on no list."""
    often, always = size.claims // 1000 + 1, size.claims // 20000 + 1
    return f"""
        CASE WHEN pick(m, 20, 1000) < 950 THEN pick(m, 21, {size.patients})
            WHEN pick(m, 20, 1000) < 988 THEN pick(m, 21, {often})
            WHEN pick(m, 20, 1000) < 996 THEN pick(m, 21, {always})
            ELSE {size.patients} + pick(m, 21, {size.patients}) END
    """


def _stays(size: Size, numbers: str, also: str = "") -> str:
    """The stays behind the rows `n` of a relation: who, where, when, how, and which line of the price table.

    One row in two hundred repeats the stay of a row a little before it.
    """
    copied = "CASE WHEN n > 500 AND pick(n, 30, 200) = 0 THEN n - 1 - pick(n, 31, 500) ELSE n END"
    return f"""
        WITH source AS (SELECT {also}n, {copied} AS m FROM {numbers}),
        who AS (SELECT {also}n, m, {_whose(size)} AS person, {FIRST_DAY} + pick(m, 22, {DAYS})::INTEGER AS admitted,
            CASE WHEN pick(m, 23, 100) < 35 THEN 'day_case'
                WHEN pick(m, 23, 100) < 55 THEN 'elective' ELSE 'non_elective' END AS admission,
            (2303 * pow(share(m, 24), 1.5))::INTEGER AS first_choice,
            (2303 * pow(share(m, 25), 1.5))::INTEGER AS second_choice FROM source),
        chosen AS (SELECT who.*, date_diff('day', born_of(person), admitted) // 365.25 AS years,
            CASE WHEN pick(m, 26, 200) = 0 OR (years BETWEEN coalesce(p.least_age, 0) AND coalesce(p.greatest_age, 200)
                AND coalesce(p.sex, sex_of(person)) = sex_of(person)) THEN first_choice ELSE second_choice END AS hrg_number,
            CASE WHEN admission = 'day_case' THEN 0
                WHEN pick(m, 27, 100) = 0 THEN pick(m, 28, 180)
                WHEN admission = 'elective' THEN (12 * pow(share(m, 28), 3))::BIGINT
                ELSE (30 * pow(share(m, 28), 3))::BIGINT END AS stayed
            FROM who LEFT JOIN price AS p ON p.number = first_choice AND p.valid_from = DATE '2017-04-01')
        SELECT {also}n, m, person, admitted, admission, years, stayed,
            admitted + (CASE WHEN pick(m, 29, 500) = 0 THEN -1 - pick(m, 32, 9) ELSE stayed END)::INTEGER AS discharged,
            CASE WHEN pick(m, 33, 300) = 0 THEN 'ZZ99Z' ELSE line.hrg END AS hrg,
            (100 + 10 * (hrg_number % 23))::VARCHAR AS specialty,
            coalesce(CASE admission WHEN 'day_case' THEN coalesce(line.day_case, line.combined_day_case_elective)
                WHEN 'elective' THEN coalesce(line.ordinary_elective, line.combined_day_case_elective)
                ELSE line.non_elective END, 1500) AS base, line.long_stay_day_rate AS day_rate,
            greatest(0, stayed - CASE admission WHEN 'non_elective' THEN line.non_elective_trim_days
                ELSE line.elective_trim_days END) AS excess
        FROM chosen LEFT JOIN price AS line ON line.number = least(hrg_number, 2302)
            AND line.valid_from = CASE WHEN admitted + stayed::INTEGER >= DATE '2018-04-01' THEN DATE '2018-04-01'
                ELSE DATE '2017-04-01' END
    """


def _spells(size: Size) -> str:
    """Claims in the order of their ids. A few have a blank where there may be none, or the id of the row before."""
    short = "admission = 'non_elective' AND stayed < 2 AND years >= 19"
    fair = f"base * CASE WHEN {short} AND pick(n, 40, 100) < 94 THEN 0.65 ELSE 1.0 END"
    wrong = """CASE WHEN pick(n, 42, 100) < 92 THEN 1.0 WHEN pick(n, 42, 100) < 97 THEN 1 + pick(n, 43, 400) / 1000.0
        ELSE 1 - pick(n, 43, 250) / 1000.0 END"""
    return f"""
        SELECT 'S' || lpad((CASE WHEN pick(n, 60, 10000) = 0 AND n > 0 THEN n - 1 ELSE n END)::VARCHAR, 9, '0') AS id,
            patient_id(person) AS patient,
            provider_code(CASE WHEN pick(m, 44, 100) < 85 THEN pick(person, 45, 180) ELSE pick(m, 46, 180) END) AS provider,
            specialty, CASE WHEN pick(n, 61, 5000) = 0 THEN NULL ELSE hrg END AS hrg, admission,
            CASE WHEN (admission = 'non_elective') = (pick(n, 47, 300) != 0) THEN ['21', '22', '24', '28', '2A'][1 + pick(m, 48, 5)]
                ELSE ['11', '12', '13'][1 + pick(m, 48, 3)] END AS method,
            admitted, CASE WHEN pick(n, 62, 5000) = 0 THEN NULL ELSE discharged END AS discharged,
            (excess + CASE WHEN pick(n, 41, 100) = 0 THEN 1 + pick(n, 49, 5) ELSE 0 END)::INTEGER AS excess_days,
            ((({fair}) * ({wrong})) + coalesce(excess_days * day_rate, 0))::DECIMAL(10, 2) AS billed
        FROM ({_stays(size, f"range({size.claims}) AS numbers(n)")})
    """


def _estimates(size: Size) -> str:
    """Six estimates for ten claims, each for the patient and specialty of one of them, in no order of time."""
    step = next(step for step in (7_919_993, 7_919_999, 7_920_013) if size.claims % step)
    numbers = f"(SELECT ((k * {step}::BIGINT + 13) % {size.claims})::BIGINT AS n, k FROM range({size.estimates}) AS numbers(k))"
    return f"""
        SELECT 'E' || lpad(k::VARCHAR, 9, '0') AS id, patient_id(person) AS patient, specialty,
            admitted - (pick(k, 70, 240) - 10)::INTEGER AS referred,
            (base * (78 + pick(k, 71, 60)) / 100.0)::DECIMAL(10, 2) AS expected_cost
        FROM ({_stays(size, numbers, "k, ")})
    """


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("claims", type=int)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    generate(Size(asked.claims, asked.seed), asked.folder)


if __name__ == "__main__":
    main()
