"""Files that were made to do harm: the run fails in words, and what works on runs goes on."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from requite.api.jobs import sound_files
from requite.api.jobs.runner import start
from requite.api.jobs.sound_files import refuse_harmful
from requite.api.service.service import Service
from requite.api.service.settings import ServiceSettings
from requite.engine.reading.files import InputFile
from requite.engine.reading.problems import DataError
from tests.service.runs_support import PRACTICES, made, published, sent, whole
from tests.service.support import Call

MB = 1024 * 1024

SHEET = '<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>%s</sheetData></worksheet>'
PARTS = {
    "[Content_Types].xml": (
        '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Override PartName="/xl/workbook.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
        '<Override PartName="/xl/worksheets/sheet1.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>'
    ),
    "_rels/.rels": (
        '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/workbook.xml": (
        '<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
        'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
        '<sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": (
        '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" '
        'Target="worksheets/sheet1.xml"/></Relationships>'
    ),
}


def workbook(rows: str, **more: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as book:
        for name, text in {**PARTS, "xl/worksheets/sheet1.xml": SHEET % rows}.items():
            book.writestr(name, text)
        for name, content in more.items():
            book.writestr(name, content)
    return made.getvalue()


def parquet(table: pa.Table) -> bytes:
    made = io.BytesIO()
    pq.write_table(table, made, compression="zstd")
    return made.getvalue()


def cell(place: str, text: str) -> str:
    return f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'


HEAD = f'<row r="1">{cell("A1", "code")}{cell("B1", "list_size")}{cell("C1", "given_by")}{cell("D1", "budget")}</row>'
FAR = HEAD + "".join(f'<row r="{row}">{cell(f"XFD{row}", "x")}</row>' for row in (2, 4000))
"""Two cells far away from each other: a sheet of 65 million cells between them."""

DEEP = '{"code": ' + "[" * 200_000 + "]" * 200_000 + "}\n"

HARMFUL: dict[str, tuple[str, bytes, str]] = {
    "a workbook of zeros": ("a.xlsx", workbook(HEAD, zeros=b"\0" * 150 * MB), "too-large"),
    "a workbook with a far cell": ("a.xlsx", workbook(FAR), "out-of-memory"),
    "a workbook that is none": ("a.xlsx", b"PK\x03\x04" + b"x" * 1000, "wrong-kind"),
    "a workbook cut off": ("a.xlsx", workbook(HEAD)[:-200], "wrong-kind"),
    "too many columns": ("a.parquet", parquet(pa.table({f"c{i}": [1] for i in range(6000)})), "too-large"),
    "Parquet that is none": ("a.parquet", b"PAR1" + b"\xff" * 1000 + b"PAR1", "unreadable-file"),
    "Parquet cut off": ("a.parquet", parquet(pa.table({"code": ["P1"]}))[:-20], "unreadable-file"),
    "a line without an end": ("a.csv", b"code,list_size\n" + b"x" * 9 * MB, "too-large"),
    "a header without an end": ("a.csv", b"x," * 5 * MB, "too-large"),
    "nothing": ("a.csv", b"", "empty-file"),
    "JSON in JSON": ("a.jsonl", DEEP.encode(), "wrong-kind"),
    "a program": ("a.csv", b"\x7fELF" + bytes(range(256)) * 20, "wrong-kind"),
}


@pytest.fixture
def settings(make_settings: Any) -> ServiceSettings:
    found: ServiceSettings = make_settings(run_memory="100MB", most_runs=20)
    return found


@pytest.mark.parametrize("name", HARMFUL)
def test_a_harmful_file_fails_in_words_and_the_next_run_is_done(service: Service, call: Call, name: str) -> None:
    service.parts["jobs"] = pool = start(service)
    analyst, version = call("analyst"), published(service)
    file, content, code = HARMFUL[name]
    bad = made(analyst, version, sent(analyst, content, file))
    good = made(analyst, version, sent(analyst))
    run = whole(analyst, bad)
    assert run["state"] == "failed"
    codes = [one["code"] for one in run["problems"]]
    # Where memory cannot even be asked for, the process ends by itself.
    assert codes[0] == code or (code == "out-of-memory" and codes == ["stopped"]), run["problems"]
    assert all(one["message"] for one in run["problems"])
    assert str(service.settings.home) not in str(run)
    assert whole(analyst, good)["state"] == "done"
    assert pool.watched == {}


def given(folder: Path, name: str, content: bytes) -> InputFile:
    path = folder / name
    path.write_bytes(content)
    return InputFile(path, name)


def test_honest_files_are_let_through(tmp_path: Path) -> None:
    lines = ("x" * 1000 + "\n") * 20_000
    for name, content in {
        "a.csv": lines.encode(),
        "b.csv": PRACTICES.encode("utf-16"),
        "c.xlsx": workbook(HEAD),
        "d.parquet": parquet(pa.table({"x": ["same"] * 1_000_000})),
        "e.jsonl": b'{"code": "P1"}\n',
    }.items():
        refuse_harmful(given(tmp_path, name, content), "practice")


@pytest.mark.parametrize(
    ("limit", "most", "name", "content"),
    [
        ("MOST_ROWS", 99, "a.parquet", parquet(pa.table({"x": [1] * 100}))),
        ("MOST_CELLS", 199, "a.parquet", parquet(pa.table({"x": [1] * 100, "y": [2] * 100}))),
        ("MOST_GROUPS", 0, "a.parquet", parquet(pa.table({"x": [1]}))),
        ("HARMLESS", 0, "a.xlsx", workbook(HEAD, zeros=b"\0" * 10 * MB)),
        ("MOST_UNPACKED", 100, "a.xlsx", workbook(HEAD)),
        ("MOST_PARTS", 4, "a.xlsx", workbook(HEAD)),
        ("LONGEST_LINE", 2 * MB, "a.csv", b"short\n" + b"x" * 3 * MB + b"\nshort\n"),
    ],
)
def test_each_limit_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, most: int, name: str, content: bytes
) -> None:
    file = given(tmp_path, name, content)
    refuse_harmful(file, "practice")
    monkeypatch.setattr(sound_files, limit, most)
    with pytest.raises(DataError) as refused:
        refuse_harmful(file, "practice")
    assert refused.value.problems[0].code == "too-large"
    assert refused.value.problems[0].file == name
