"""Files that are sent: kept whole, under names of our own, within limits, and for one organisation alone."""

from __future__ import annotations

import errno
import hashlib
import io
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from requite.api.jobs.uploads import clean_name
from requite.api.service.service import Service
from requite.api.service.settings import ServiceSettings
from requite.api.store.schema import AuditEntry
from tests.service.runs_support import PRACTICES, files_below, made, published, sent
from tests.service.support import Call, problem, sound

MB = 1024 * 1024


@pytest.fixture
def settings(make_settings: Any) -> ServiceSettings:
    found: ServiceSettings = make_settings(most_upload=2 * MB, most_stored=5 * MB, most_body=1 * MB)
    return found


def home(service: Service) -> Path:
    return service.settings.home / "uploads"


def test_a_file_is_kept_whole_and_told_by_its_fingerprint(service: Service, call: Call) -> None:
    content = PRACTICES.encode() * 9000
    assert len(content) > MB
    answer = call("analyst").post("/uploads", files={"file": ("März 2026.csv", content)})
    told = sound(answer, 201)
    assert told["name"] == "März 2026.csv"
    assert told["bytes"] == len(content)
    assert told["sha256"] == hashlib.sha256(content).hexdigest()
    assert answer.headers["location"] == f"/uploads/{told['id']}"
    (file,) = files_below(home(service))
    assert file.endswith(f"/{told['id']}.csv")
    assert (home(service) / file).read_bytes() == content
    assert sound(call("auditor").get(f"/uploads/{told['id']}")) == told
    with service.database.reading() as session:
        entry = session.scalars(select(AuditEntry)).all()[-1]
    assert (entry.action, entry.subject, entry.detail["bytes"]) == ("upload.created", told["id"], len(content))
    assert "März" not in str(entry.detail)


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd.csv",
        "..\\..\\boot.csv",
        "/etc/x.csv",
        "a/b/../c.csv",
        "x\u202e.csv",
        "'; DROP TABLE upload; --.csv",
        "=1+1.csv",
    ],
)
def test_a_name_from_outside_is_never_a_path(service: Service, call: Call, name: str) -> None:
    id = sent(call("analyst"), name=name)
    (file,) = files_below(home(service))
    assert file.endswith(f"/{id}.csv")
    told = sound(call("analyst").get(f"/uploads/{id}"))["name"]
    assert not set(told) & set("/\\'\u202e;=")
    assert told.endswith(".csv")


def test_names_are_cut_and_keep_their_ending() -> None:
    assert clean_name("a" * 5000 + ".parquet") == "a" * 142 + ".parquet"
    assert clean_name("C:\\data\\claims.csv") == "claims.csv"
    assert clean_name("...") == ""


@pytest.mark.parametrize("name", ["claims.exe", "claims", "claims.csv.gz", "claims.xls", ".csv", "", "claims.csv/"])
def test_other_kinds_of_files_are_not_taken(service: Service, call: Call, name: str) -> None:
    answer = call("analyst").post("/uploads", files={"file": (name, b"x")})
    assert answer.status_code in (415, 422), answer.text
    assert files_below(home(service)) == []


def form(*parts: bytes, end: bytes = b"--b--\r\n", boundary: bytes = b"b") -> bytes:
    whole = b"".join(b"--b\r\n" + part + b"\r\n" for part in parts) + end
    return whole.replace(b"--b", b"--" + boundary)


FILE = b'Content-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\ncode\r\n1'
FIELD = b'Content-Disposition: form-data; name="note"\r\n\r\nhello'
TYPE = "multipart/form-data; boundary=b"


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("application/json", b"{}", 415),
        ("text/csv", b"code\n1", 415),
        ("multipart/form-data", form(FILE), 415),
        (TYPE, b"", 400),
        (TYPE, b"nonsense", 400),
        (TYPE, form(FILE, end=b""), 400),
        (TYPE, form(FIELD), 422),
        (TYPE, form(FILE, FILE), 422),
        (TYPE, form(FILE, FIELD), 422),
        (TYPE, form(), 422),
        (TYPE, form(b'Content-Disposition: form-data; name="file"; filename="a.csv"; x="' + b"y" * 9000 + b'"\r\n\r\n1'), 400),
        (TYPE, form(FILE.replace(b'"file"', b'"other"')), 422),
    ],
)
def test_a_form_that_is_none(service: Service, call: Call, kind: str, body: bytes, status: int) -> None:
    answer = call("analyst").post("/uploads", content=body, headers={"Content-Type": kind})
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert files_below(home(service)) == []
    assert sound(call("analyst").get("/uploads"))["items"] == []


def test_a_file_that_is_too_large_is_refused_while_it_comes_in(service: Service, call: Call) -> None:
    analyst = call("analyst")
    problem(analyst.post("/uploads", files={"file": ("a.csv", b"x" * (2 * MB + 1))}), 413, "too-large")
    # Without a length, it is counted as it comes in.
    blocks = iter(
        [b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n', *[b"x" * MB] * 3, b"\r\n--b--\r\n"]
    )
    problem(analyst.post("/uploads", content=blocks, headers={"Content-Type": TYPE}), 413, "too-large")
    assert files_below(home(service)) == []


class LittleRoom(io.FileIO):
    """A file on a disk that has room for some of it."""

    room = MB // 4
    code = errno.ENOSPC

    def write(self, data: Any) -> int:
        if self.tell() + len(data) > self.room:
            super().write(bytes(data)[: self.room - self.tell()])
            raise OSError(self.code, os.strerror(self.code))
        return super().write(data)


@pytest.mark.parametrize(
    ("code", "size", "headers"),
    [
        ("ENOSPC", MB, {}),
        ("ENOSPC", 100, {"Idempotency-Key": "k"}),
        ("EDQUOT", MB, {"Idempotency-Key": "k"}),
        ("EFBIG", 100, {}),
    ],
)
def test_a_disk_that_is_full(
    service: Service, call: Call, code: str, size: int, headers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LittleRoom, "code", getattr(errno, code))
    monkeypatch.setattr(LittleRoom, "room", MB // 4 if size == MB else 10)
    analyst, real = call("analyst"), Path.open

    def opened(path: Path, mode: str = "r", *rest: Any, **more: Any) -> Any:
        return io.BufferedWriter(LittleRoom(path, "xb")) if mode == "xb" else real(path, mode, *rest, **more)

    body = form(FILE + b"x" * size)
    with monkeypatch.context() as full:
        full.setattr(Path, "open", opened)
        answer = analyst.post("/uploads", content=body, headers={"Content-Type": TYPE, **headers})
    said = problem(answer, 503, "disk-full")
    assert "room" in said["help"]
    assert answer.headers["Retry-After"] == "30"
    assert files_below(home(service)) == []
    assert sound(analyst.get("/uploads"))["items"] == []
    sound(analyst.post("/uploads", content=body, headers={"Content-Type": TYPE, **headers}), 201)
    assert len(files_below(home(service))) == 1


def test_what_the_system_says_otherwise_is_a_fault(service: Service, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LittleRoom, "code", errno.EIO)
    monkeypatch.setattr(LittleRoom, "room", 0)
    real = Path.open

    def opened(path: Path, mode: str = "r", *rest: Any, **more: Any) -> Any:
        return io.BufferedWriter(LittleRoom(path, "xb")) if mode == "xb" else real(path, mode, *rest, **more)

    analyst = call("analyst")
    with monkeypatch.context() as broken:
        broken.setattr(Path, "open", opened)
        answer = analyst.post("/uploads", content=form(FILE), headers={"Content-Type": TYPE})
    problem(answer, 500, "internal")
    assert files_below(home(service)) == []


def test_an_organisation_has_so_much_room(call: Call) -> None:
    analyst = call("analyst")
    ids = [sent(analyst, b"x" * (3 * MB // 2)) for _ in range(3)]
    problem(analyst.post("/uploads", files={"file": ("a.csv", b"x" * MB)}), 507, "no-room")
    sent(call("analyst", org="merton"), b"x" * MB)
    assert analyst.delete(f"/uploads/{ids[0]}").status_code == 204
    sent(analyst, b"x" * MB)


def test_uploads_are_listed_a_page_at_a_time(call: Call) -> None:
    analyst = call("analyst")
    ids = [sent(analyst) for _ in range(5)]
    first = sound(analyst.get("/uploads?limit=3"))
    rest = sound(analyst.get("/uploads", params={"limit": 3, "after": first["next"]}))
    assert [one["id"] for one in first["items"] + rest["items"]] == ids[::-1]
    assert rest["next"] is None


def test_another_organisation_sees_none_of_it(service: Service, call: Call) -> None:
    id = sent(call("analyst"))
    other = call("admin", org="merton")
    problem(other.get(f"/uploads/{id}"), 404, "not-found")
    problem(other.delete(f"/uploads/{id}"), 404, "not-found")
    assert sound(other.get("/uploads"))["items"] == []
    version = published(service, org="merton")
    asked = {"ruleset": "fees", "version": version, "inputs": {"practice": {"upload": id}}}
    problem(other.post("/runs", json=asked), 404, "not-found")
    assert len(files_below(home(service))) == 1


def test_an_upload_that_a_run_waits_for_stays(service: Service, call: Call) -> None:
    analyst = call("analyst")
    id = sent(analyst)
    run = made(analyst, published(service), id)
    problem(analyst.delete(f"/uploads/{id}"), 409, "in-use")
    sound(analyst.post(f"/runs/{run}/cancel"))
    assert analyst.delete(f"/uploads/{id}").status_code == 204
    problem(analyst.get(f"/uploads/{id}"), 404, "not-found")
    assert files_below(home(service)) == []


def test_the_same_request_twice_keeps_one_file(service: Service, call: Call) -> None:
    analyst = call("analyst")
    answers = [
        analyst.post("/uploads", content=form(FILE), headers={"Content-Type": TYPE, "Idempotency-Key": "march"}) for _ in range(2)
    ]
    assert answers[0].json() == answers[1].json()
    assert answers[1].headers["idempotent-replayed"] == "true"
    assert len(files_below(home(service))) == 1


def sent_under(client: Any, key: str, content: bytes, name: str = "a.csv", boundary: str = "b") -> Any:
    part = f'Content-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode() + content
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}", "Idempotency-Key": key}
    return client.post("/uploads", content=form(part, boundary=boundary.encode()), headers=headers)


@pytest.mark.parametrize("boundary", ["c", "a-boundary-of-another-length"])
def test_the_same_file_is_the_same_request_however_it_is_framed(service: Service, call: Call, boundary: str) -> None:
    analyst = call("analyst")
    first = sound(sent_under(analyst, "march", b"code\n1"), 201)
    again = sent_under(analyst, "march", b"code\n1", boundary=boundary)
    assert sound(again, 201) == first
    assert again.headers["idempotent-replayed"] == "true"
    assert len(files_below(home(service))) == 1


@pytest.mark.parametrize(("content", "name"), [(b"code\n2", "a.csv"), (b"code\n1", "b.csv"), (b"code\n11", "a.csv")])
def test_another_file_under_a_key_is_another_request(service: Service, call: Call, content: bytes, name: str) -> None:
    analyst = call("analyst")
    first = sound(sent_under(analyst, "march", b"code\n1"), 201)
    problem(sent_under(analyst, "march", content, name), 422, "key-in-use")
    assert sound(analyst.get("/uploads"))["items"] == [first]
    assert len(files_below(home(service))) == 1


def test_a_file_that_has_used_up_the_room_is_sent_again(service: Service, call: Call) -> None:
    analyst, most = call("analyst"), b"x" * (3 * MB // 2)
    for key in "abc":
        first = sound(sent_under(analyst, key, most), 201)
    problem(sent_under(analyst, "d", most), 507, "no-room")
    again = sent_under(analyst, "c", most)
    assert sound(again, 201) == first
    assert again.headers["idempotent-replayed"] == "true"
    assert len(files_below(home(service))) == 3


def test_a_form_that_was_refused_is_sent_again_put_right(call: Call) -> None:
    analyst = call("analyst")
    problem(sent_under(analyst, "march", b"code\n1", name="a.exe"), 415, "wrong-kind")
    problem(sent_under(analyst, "mar ch", b"code\n1"), 422, "wrong-key")
    sound(sent_under(analyst, "march", b"code\n1"), 201)


def test_of_the_same_file_sent_many_times_at_once_one_is_kept(service: Service, call: Call) -> None:
    analyst, content = call("analyst"), PRACTICES.encode() * 3000
    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(lambda number: sent_under(analyst, "march", content, boundary=f"b{number}"), range(6)))
    told = {answer.status_code: answer.json() for answer in answers}
    assert told.keys() <= {201, 409}
    assert told.get(409, {"type": "urn:requite:problem:still-running"})["type"] == "urn:requite:problem:still-running"
    assert sound(analyst.get("/uploads"))["items"] == [told[201]]
    assert len(files_below(home(service))) == 1
