"""Reading and joining in pandas, for the peers that look at one claim at a time or at columns that are already side by side.

Money is whole pence: what a careful user of pandas takes where pennies must be right.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.prices import TARIFF

Frame = Any
"""A pandas frame or series: its own types are looser than what is done with it here."""

NOBODY: Final = -1
PRICES: Final = {
    "outpatient_procedure": "outpatient",
    "combined_day_case_elective": "combined",
    "day_case": "day_case",
    "ordinary_elective": "ordinary_elective",
    "non_elective": "non_elective",
    "long_stay_day_rate": "day_rate",
}


@dataclass(frozen=True, slots=True)
class Frames:
    """The files as frames; of the spells only those that can be read, and how many."""

    practice: Frame
    patient: Frame
    estimate: Frame
    spell: Frame
    tariff: Frame


def read(data: Path) -> Frames:
    """Read everything; spells with a blank or with another's id are set aside."""
    spell = _read(data / "spell.parquet")
    spell = spell[spell.notna().all(axis=1) & ~spell["id"].duplicated(keep=False)].reset_index(drop=True)
    spell["excess_days"] = spell["excess_days"].astype("int64")
    spell["billed"] = spell["billed"].astype("int64")
    return Frames(
        _read(data / "practice.parquet"), _read(data / "patient.parquet"), _read(data / "estimate.parquet"), spell, _tariff()
    )


def _read(path: Path) -> Frame:
    table = pq.read_table(path)
    for place, column in enumerate(table.schema):
        if pa.types.is_decimal(column.type):
            pence = pc.multiply(table[column.name], pa.scalar(100)).cast(pa.int64())
            table = table.set_column(place, column.name, pence)
    return table.to_pandas(date_as_object=False)


def _tariff() -> Frame:
    """The price table; money in pence, what is blank not a number."""
    prices = pd.read_csv(TARIFF, parse_dates=["valid_from", "valid_to"]).rename(columns=PRICES)
    for name in PRICES.values():
        prices[name] = prices[name] * 100
    return prices.rename(columns={"sex": "line_sex"})


def priced(frames: Frames) -> Frame:
    """Spells with the line of the price table on the day of discharge, the patient's age, and what follows from both."""
    spell = frames.spell.merge(frames.patient.rename(columns={"id": "patient"}), on="patient", how="left")
    spell["row"] = np.arange(len(spell))
    lines = spell[["row", "hrg", "discharged"]].merge(frames.tariff, on="hrg")
    lines = lines[(lines["valid_from"] <= lines["discharged"]) & (lines["discharged"] <= lines["valid_to"])]
    lines = lines.drop(columns=["hrg", "discharged", "valid_from", "valid_to"])
    spell = spell.merge(lines.assign(has_line=True), on="row", how="left")
    spell["has_line"] = spell["has_line"].notna()
    spell["known"] = spell["born"].notna()
    spell["stay"] = (spell["discharged"] - spell["admitted"]).dt.days
    spell["years"] = _ages(spell["born"], spell["admitted"])
    kinds = [spell["admission"] == "day_case", spell["admission"] == "elective"]
    combined = spell["combined"]
    own = [spell["day_case"].fillna(combined), spell["ordinary_elective"].fillna(combined)]
    spell["base"] = np.select(kinds, own, spell["non_elective"])
    trims = spell["non_elective_trim_days"].where(spell["admission"] == "non_elective", spell["elective_trim_days"])
    spell["trim"] = trims
    spell["excess"] = (spell["stay"] - trims).clip(lower=0)
    spell["price"] = spell["base"] + np.where(spell["excess"] == 0, 0, spell["excess"] * spell["day_rate"])
    return spell


def _ages(born: Frame, day: Frame) -> Frame:
    """Whole years; a birthday on 29 February falls on 1 March."""
    both = [each.dt.year * 10000 + each.dt.month * 100 + each.dt.day for each in (day, born)]
    return (both[0] - both[1]) // 10000


def matched(frames: Frames, spell: Frame) -> Frame:
    """The spells with what was found for each: its estimate, the spell before, the first of two bills, another hospital."""
    known = spell[spell["known"]]
    found = [_estimates(frames, known), _readmissions(known), _duplicates(known)]
    for frame in found:
        spell = spell.merge(frame, on="id", how="left")
    spell["overlaps"] = spell["id"].isin(_overlaps(known))
    return spell


def _estimates(frames: Frames, known: Frame) -> Frame:
    """Of the estimates of the 180 days before, the latest; of one day's, the one with the highest id."""
    right = frames.estimate.sort_values(["referred", "id"]).drop(columns="id")
    left = known[["id", "patient", "specialty", "admitted"]].sort_values("admitted", kind="stable")
    days = pd.Timedelta(days=180)
    met = pd.merge_asof(left, right, left_on="admitted", right_on="referred", by=["patient", "specialty"], tolerance=days)
    met = met[met["referred"].notna()]
    return met[["id", "referred", "expected_cost"]]


def _readmissions(known: Frame) -> Frame:
    """Of the spells that the same hospital ended in the 30 days before, the latest."""
    columns = ["id", "patient", "provider", "discharged"]
    again = known.loc[known["admission"] == "non_elective", [*columns, "admitted"]]
    pairs = again.merge(known[columns], on=["patient", "provider"], suffixes=("", "_before"))
    gap = (pairs["admitted"] - pairs["discharged_before"]).dt.days
    same = pairs["discharged_before"] == pairs["discharged"]
    earlier = (pairs["discharged_before"] < pairs["discharged"]) | same & (pairs["id_before"] < pairs["id"])
    pairs = pairs[(gap >= 0) & (gap <= 30) & earlier].sort_values(["discharged_before", "id_before"])
    return pairs.drop_duplicates("id", keep="last")[["id", "id_before", "discharged_before"]]


def _duplicates(known: Frame) -> Frame:
    """Spells of the same patient, hospital, HRG and day as one with a lower id."""
    same = ["patient", "provider", "hrg", "admitted"]
    more = known[known.duplicated(same, keep=False)]
    first = more.groupby(same, observed=True)["id"].transform("min")
    return pd.DataFrame({"id": more["id"], "first_id": first})[more["id"] > first]


def _overlaps(known: Frame) -> Frame:
    """The ids of spells that began while the patient lay in another hospital."""
    columns = ["patient", "provider", "admitted"]
    lying = known.loc[known["stay"] > 0, [*columns, "discharged"]]
    pairs = known[["id", *columns]].merge(lying, on="patient", suffixes=("", "_other"))
    gap = (pairs["admitted"] - pairs["admitted_other"]).dt.days
    there = (pairs["provider"] != pairs["provider_other"]) & (gap >= 0) & (gap <= 60) & (pairs["discharged"] > pairs["admitted"])
    return pairs.loc[there, "id"]


def spending(frames: Frames) -> Frame:
    """The practices with what their patients cost, each patient at most £20,000."""
    cost = frames.spell.groupby("patient", sort=False)["billed"].sum().clip(upper=2_000_000)
    spent = frames.patient.merge(cost, left_on="id", right_index=True).groupby("practice")["billed"].sum()
    practice = frames.practice
    return practice.assign(spend=practice["code"].map(spent).fillna(0).astype("int64"))
