"""The real price table, with the ages and the sex that the names of its HRGs speak of.

Prices are those of the national tariff 2017/18 and 2018/19 (NHS England and NHS Improvement, Annex A), read where public data lie.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import duckdb

HERE: Final = Path(__file__).parent
SOURCE: Final = HERE.parent.parent / "shared" / "data" / "nhs_tariff_2017_19" / "apc_tariff.csv"
TARIFF: Final = HERE / "made" / "tariff.csv"

MALE: Final = "[(]Male[)]|Penis"

DERIVED: Final = rf"""
    SELECT * EXCLUDE (name),
        coalesce(
            try_cast(nullif(regexp_extract(name, '(\d+) years? and over', 1), '') AS INTEGER),
            try_cast(nullif(regexp_extract(name, 'between (\d+) and \d+ years?', 1), '') AS INTEGER)
        ) AS least_age,
        coalesce(
            try_cast(nullif(regexp_extract(name, '(\d+) years? and under', 1), '') AS INTEGER),
            try_cast(nullif(regexp_extract(name, 'between \d+ and (\d+) years?', 1), '') AS INTEGER)
        ) AS greatest_age,
        CASE
            WHEN hrg[1:2] IN ('MA', 'MB') THEN 'female'
            WHEN hrg[1:2] = 'LB' AND regexp_matches(name, '{MALE}') THEN 'male'
        END AS sex
    FROM read_csv($source, all_varchar = true)
"""


def price_table() -> Path:
    """The price table of the workload, made from the public one; FileNotFoundError where that is not there."""
    if not SOURCE.is_file():
        raise FileNotFoundError(f"the price table is not at {SOURCE}: the benchmark reads the public one")
    TARIFF.parent.mkdir(exist_ok=True)
    part = TARIFF.with_suffix(f".{os.getpid()}.part")
    with duckdb.connect() as session:
        session.execute(f"COPY ({DERIVED.replace('$source', repr(str(SOURCE)))}) TO '{part}' (FORMAT csv, HEADER)")
    part.replace(TARIFF)
    return TARIFF
