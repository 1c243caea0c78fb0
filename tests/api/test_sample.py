"""`requite sample`: the checks find all that is planted for them and nothing else, and the same seed gives the same bytes."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import duckdb
import pytest

from requite.api.sample import making
from requite.api.sample.files import FILES
from requite.api.sample.making import REVIEWED_ON, Wanted, _database, make
from requite.api.sample.practices import list_sizes
from requite.api.sample.roles import TITLES
from requite.engine.reading.problems import DataError
from requite.engine.settings import Settings
from tests.api.support import RULESETS, Done, Here, apart

PACK = RULESETS / "claims" / "monthly_validation.md"
TARIFF = Path(__file__).parents[3] / "shared" / "data" / "nhs_tariff_2017_19" / "apc_tariff.csv"


def _make(out: Path, *more: str | Path) -> Done:
    done = apart("sample", "--patients", "2000", "--practices", "20", "--seed", "7", "--out", out, "--json", *more)
    assert (done.status, done.err) == (0, "")
    return done


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Done, Path]:
    """The answer of the command, and the folder that it wrote."""
    out = tmp_path_factory.mktemp("sample") / "made"
    return _make(out), out


@pytest.fixture(scope="module")
def checked(made: tuple[Done, Path]) -> Path:
    """The pack run on the sample."""
    out = made[1].parent / "results"
    done = apart("run", PACK, "--data-dir", made[1], "--out", out, "--known", "2018-05-10")
    assert (done.status, done.err) == (0, "")
    assert "Rejected rows" not in done.out
    return out


def _truth(folder: Path) -> list[dict[str, str]]:
    with (folder / "truth.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# --- what the checks make of it -----------------------------------------------------------------------------------------


def test_all_that_is_planted_is_found_to_the_penny_and_nothing_else(requite: Here, made: tuple[Done, Path], checked: Path) -> None:
    scored = requite("score", checked, "--truth", made[1] / "truth.csv", "--json").json
    assert (scored["missed"], scored["false"], scored["differing"], scored["not_asked"]) == ([], [], [], [])
    for check in scored["checks"]:
        assert check["planted"] >= 3, check
        assert (check["precision"], check["recall"]) == ("1", "1"), check
        assert check["overcharge"] == check["overcharge_found"]
    assert [kind["kind"] for kind in scored["kinds"]] == list(TITLES)
    assert {kind["recall"] for kind in scored["kinds"]} == {"1"}
    # Only a wrong HRG that is billed as what it is called escapes every check.
    assert [kind["kind"] for kind in scored["unfindable"]] == ["T14"]


def test_the_real_price_list(requite: Here, tmp_path: Path) -> None:
    if not TARIFF.is_file():
        pytest.skip(f"the published price list is not there: {TARIFF.name}")
    out = tmp_path / "made"
    _make(out, "--tariff", TARIFF)
    assert requite("run", PACK, "--data-dir", out, "--out", tmp_path / "results").status == 0
    scored = requite("score", tmp_path / "results", "--truth", out / "truth.csv", "--json").json
    assert (scored["missed"], scored["false"], scored["differing"]) == ([], [], [])
    assert len({row["Spell Core HRG"] for row in _rows(out, "spell")}) > 100


def test_an_incentive_scheme_runs_on_it(requite: Here, made: tuple[Done, Path], tmp_path: Path) -> None:
    done = requite("run", RULESETS / "incentives" / "north_bradford.md", "--data-dir", made[1], "--out", tmp_path / "out", "--json")
    assert done.status == 0
    (practices,) = done.json["rows"]
    assert (practices["read"], practices["rejected"], done.json["not_assessable"]) == (20, 0, [])
    paid = done.json["totals"]["payments"]["by_payment"]
    assert set(paid) == {"incentive.prescribing", "incentive.hospital", "incentive.financial"}
    assert "0.00" not in paid.values()


# --- what is in it ------------------------------------------------------------------------------------------------------


def _rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_kind_is_planted_a_few_times(made: tuple[Done, Path]) -> None:
    done, folder = made
    errors = Counter(kind for kind, _, _ in {(row["kind"], row["record"], row["key"]) for row in _truth(folder)})
    assert set(errors) == set(TITLES)
    assert min(errors.values()) >= 3
    assert {one["kind"]: one["errors"] for one in done.json["planted"]} == errors
    pairs = [(row["check"], row["record"], row["key"]) for row in _truth(folder) if row["check"]]
    assert len(pairs) == len(set(pairs))


def test_every_planted_error_is_in_the_files(made: tuple[Done, Path]) -> None:
    keys = {
        "spell": "Generated Record ID", "attendance": "Generated Record ID", "line": "Line ID", "invoice": "number",
        "practice": "code",
    }  # fmt: skip
    there = {record: {row[key] for row in _rows(made[1], record)} for record, key in keys.items()}
    for row in _truth(made[1]):
        assert row["record"] == "contract" or row["key"] in there[row["record"]], row
        assert row["what"]


def test_wrong_hrgs_are_as_frequent_as_they_were(made: tuple[Done, Path]) -> None:
    wrong = made[0].json["wrong_hrg"]
    assert 0.085 < wrong["wrong"] / wrong["bills"] < 0.091
    gross, net, billed = (float(wrong[name]) for name in ("gross_error", "net_error", "billed"))
    assert 0.03 < gross / billed < 0.07
    # Small samples stray; of 195,000 patients it is a tenth of a per cent.
    assert abs(net) / billed < 0.03


def test_files_agree_with_each_other(made: tuple[Done, Path]) -> None:
    folder = made[1]
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        [*(f"{name}.csv" for name in FILES), "truth.csv", "sample.json"]
    )
    assert {name: len(_rows(folder, name)) for name in FILES} == {k: v for k, v in made[0].json["rows"].items() if k != "truth"}
    with duckdb.connect() as connection:
        query = f"""SELECT count(*) FROM read_csv('{folder}/practice.csv') AS practice
          JOIN (SELECT practice AS code, count(*) AS patients FROM read_csv('{folder}/patient.csv') GROUP BY ALL) USING (code)
          JOIN (SELECT practice AS code, sum(items) AS items FROM read_csv('{folder}/prescribing.csv') GROUP BY ALL) USING (code)
          JOIN (
            SELECT "GP Practice Code" AS code, count(*) AS visits FROM read_csv('{folder}/attendance.csv') GROUP BY ALL
          ) USING (code)
          WHERE patients = list_size AND items = prescribed_items AND visits = follow_ups + first_attendances"""
        assert connection.execute(query).fetchone() == (20,)


def test_the_review_is_on_the_day_that_is_named(made: tuple[Done, Path]) -> None:
    assert (made[1] / "review.csv").read_text(encoding="utf-8").split() == ["of,reviewed_on", f"claims,{REVIEWED_ON}"]


def test_list_sizes_are_like_real_ones() -> None:
    draws = [no * 1_000 + 500 for no in range(1_000)]
    sizes = sorted(list_sizes(draws, 9_697_000))
    assert sum(sizes) == 9_697_000
    # NHS Payments to General Practice, England, 2022/23: a mean of 9,697; these are the first, the fifth and the ninth tenth.
    for place, real in ((100, 3_659), (500, 8_381), (900, 16_607)):
        assert abs(sizes[place] - real) < real * 5 // 100


def test_the_least_list_is_not_empty() -> None:
    assert min(list_sizes([0] + [999_999] * 39, 2_000)) == 1
    assert sum(list_sizes([0, 999_999, 500_000], 1_001)) == 1_001


# --- the same again -----------------------------------------------------------------------------------------------------


def _bytes(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_same_seed_gives_the_same_bytes_whatever_the_threads(made: tuple[Done, Path], tmp_path: Path) -> None:
    _make(tmp_path / "one", "--threads", "1", "--memory", "300MB")
    _make(tmp_path / "four", "--threads", "4")
    assert _bytes(tmp_path / "one") == _bytes(tmp_path / "four") == _bytes(made[1])


def test_another_seed_gives_another_sample(requite: Here, made: tuple[Done, Path], tmp_path: Path) -> None:
    done = requite("sample", "--patients", "2000", "--practices", "20", "--seed", "8", "--out", tmp_path / "other")
    assert done.status == 0
    for name in ("spell", "attendance", "referral", "practice", "truth"):
        assert (tmp_path / "other" / f"{name}.csv").read_bytes() != (made[1] / f"{name}.csv").read_bytes()


def test_parquet_holds_the_same(made: tuple[Done, Path], tmp_path: Path) -> None:
    _make(tmp_path / "made", "--format", "parquet")
    with duckdb.connect() as connection:
        for name in ("spell", "attendance", "registration", "hip_fracture", "withdrawn", "tariff"):
            columns = [row[0] for row in connection.execute(f"DESCRIBE FROM '{tmp_path}/made/{name}.parquet'").fetchall()]
            text = ", ".join(f"coalesce(\"{column}\"::VARCHAR, '')" for column in columns)
            stored = connection.execute(f"SELECT {text} FROM '{tmp_path}/made/{name}.parquet'").fetchall()
            assert stored == [tuple(row.values()) for row in _rows(made[1], name)]


# --- what it says -------------------------------------------------------------------------------------------------------


def test_what_it_prints(requite: Here, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = requite("sample", "--patients", "2000", "--practices", "20", "--seed", "7", "--out", out)
    assert (done.status, done.err) == (0, "")
    lines = [" ".join(line.split()) for line in done.out.splitlines()]
    assert "20 practices with 2,000 patients, from April 2017 to March 2018" in lines
    assert "patient 2,000" in lines
    assert any(line.startswith("T14 the wrong HRG ") for line in lines)
    assert f"requite score results --truth {out / 'truth.csv'}" in lines


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--patients", "1999"), "a sample has 2,000 to 100,000,000 patients"),
        (("--patients", "100000001"), "a sample has 2,000 to 100,000,000 patients"),
        (("--patients", "many"), "--patients"),
        (("--practices", "9"), "there may be 10 to 3,900 practices"),
        (("--patients", "2000", "--practices", "41"), "there may be 10 to 40 practices"),
        (("--seed", "-1"), "a seed is a whole number from 0 up"),
        (("--format", "xlsx"), "csv"),
        (("--memory", "a lot"), "is no amount of memory"),
        (("--memory", "1MB"), "too little memory"),
        (("--threads", "0"), "--threads"),
    ],
)
def test_used_wrongly(requite: Here, tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    done = requite("sample", "--out", tmp_path / "out", *arguments)
    assert done.status == 2
    assert said in done.err
    assert list(tmp_path.iterdir()) == []


def test_too_little_memory_is_said(tmp_path: Path) -> None:
    few = Settings(memory=12 * 10**6, threads=2)
    with pytest.raises(DataError, match="12 MB of memory and the room on the disk are too little"):
        make(Wanted(20, 100_000, 1, str(tmp_path / "out"), settings=few), lambda *_: None)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "error",
    [
        duckdb.IOException('IO Error: Could not write file "a": No space left on device'),
        duckdb.TransactionException("TransactionContext Error: Failed to commit: Could not write file: No space left on device"),
    ],
)
def test_a_full_disk_is_said(tmp_path: Path, error: duckdb.Error, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise error

    monkeypatch.setattr(making, "read_tariff", fails)
    with pytest.raises(DataError, match=r"^the disk of .*/out is full: of its .* were free when this began\n"):
        make(Wanted(20, 2_000, 1, str(tmp_path / "out"), settings=Settings(memory=10**9, threads=1)), lambda *_: None)
    assert list(tmp_path.iterdir()) == []


def test_another_fault_of_the_database_is_not_taken_for_a_full_disk(tmp_path: Path) -> None:
    with pytest.raises(duckdb.TransactionException), _database(tmp_path, Settings(memory=10**9, threads=1)):
        raise duckdb.TransactionException("a conflict")


def test_a_price_list_whose_name_looks_like_a_pattern(requite: Here, tmp_path: Path) -> None:
    (tmp_path / "prices1.csv").write_text(HEADER + "\nA,Ankle,01/04/2017,,,100,,,100,5,5,200\n", encoding="utf-8")
    (tmp_path / "prices[1].csv").write_text("hrg,price\nA,1\n", encoding="utf-8")
    done = requite("sample", "--patients", "2000", "--out", tmp_path / "out", "--tariff", tmp_path / "prices[1].csv")
    assert (done.status, "has no column valid_from" in done.err) == (1, True), done.err


def test_it_needs_a_folder(requite: Here) -> None:
    assert requite("sample").status == 2
    assert "name a folder" in requite("sample", "--out", " ").err


def test_a_folder_that_is_in_use(requite: Here, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    for more in ((), ("--overwrite",)):
        done = requite("sample", "--patients", "2000", "--out", tmp_path, *more)
        assert (done.status, "is not empty" in done.err) == (1, True)
    assert requite("sample", "--out", tmp_path / "mine.txt").status == 1
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_an_earlier_sample_is_replaced_only_if_that_is_said(requite: Here, tmp_path: Path) -> None:
    arguments = ("sample", "--patients", "2000", "--practices", "10", "--out", tmp_path / "out")
    assert requite(*arguments, "--format", "parquet").status == 0
    refused = requite(*arguments)
    assert (refused.status, "--overwrite" in refused.err) == (1, True)
    assert (tmp_path / "out" / "spell.parquet").exists()
    assert requite(*arguments, "--overwrite").status == 0
    assert (tmp_path / "out" / "spell.csv").exists()
    assert not (tmp_path / "out" / "spell.parquet").exists()
    (tmp_path / "out" / "notes.txt").write_text("mine", encoding="utf-8")
    done = requite(*arguments, "--overwrite")
    assert (done.status, "notes.txt" in done.err) == (1, True)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


HEADER = (
    "hrg,name,valid_from,valid_to,outpatient_procedure,combined_day_case_elective,day_case,ordinary_elective,non_elective,"
    "elective_trim_days,non_elective_trim_days,long_stay_day_rate"
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "has no column hrg"),
        ("hrg,price\nA,1\n", "has no column valid_from"),
        (HEADER.replace("day_case,ord", "daycase,ord") + "\n", "has no column day_case"),
        (HEADER + "\nA,Ankle,01/04/2017,2018-03-31,,100,,,100,5,5,200\n", "01/04/2017 in the column valid_from is not a date"),
        (
            HEADER + "\nA,Ankle,2017-04-01,2018-03-31,,£100,,,100,5,5,200\n",
            "£100 in the column combined_day_case_elective is not an",
        ),
        (HEADER + "\nA,Ankle,2017-04-01,2018-03-31,,100,,,100,5.5,5,200\n", "5.5 in the column elective_trim_days is not a whole"),
        (HEADER + "\nA,Ankle,2018-04-01,2019-03-31,,100,,,100,5,5,200\n", "too few prices that hold from 2017-04-01 to 2018-03-31"),
        (HEADER + "\nA,Ankle,2017-04-01,,,100.005,,,100,5,5,200\n", "100.005 in the column combined_day_case_elective is not an"),
        (HEADER + 2 * "\nA,Ankle,2017-04-01,,,100,,,100,5,5,200" + "\n", "two prices of A for one day"),
        (HEADER + "\nA,Ankle\n", "cannot be read"),
    ],
)
def test_a_price_list_that_will_not_do(requite: Here, tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "prices.csv").write_text(text, encoding="utf-8")
    done = requite("sample", "--patients", "2000", "--out", tmp_path / "out", "--tariff", tmp_path / "prices.csv")
    assert done.status == 1
    assert said in done.err
    assert [path.name for path in tmp_path.iterdir()] == ["prices.csv"]


def test_no_such_price_list(requite: Here, tmp_path: Path) -> None:
    done = requite("sample", "--patients", "2000", "--out", tmp_path / "out", "--tariff", tmp_path / "none.csv")
    assert (done.status, "there is no file" in done.err) == (1, True)
    (tmp_path / "prices.parquet").write_bytes(b"PAR1")
    done = requite("sample", "--patients", "2000", "--out", tmp_path / "out", "--tariff", tmp_path / "prices.parquet")
    assert (done.status, "cannot be read" in done.err) == (1, True)
