"""Who may call: keys, and tokens of an issuer."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from requite.api.service.app import create_app
from requite.api.service.oidc import is_safe, issuer_of
from requite.api.service.service import Service
from requite.api.service.settings import ServiceSettings
from tests.service.service_fixtures import MakeSettings
from tests.service.support import ORG, Call, TestClient, key_for, problem, sound

# --- keys -------------------------------------------------------------------------------------------------------------


def test_nobody(call: Call) -> None:
    answer = call(None).get("/me")
    problem(answer, 401, "not-signed-in")
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "header",
    ["Bearer", "Bearer ", "Bearer rq_wrong", "Basic YTpi", "Bearer " + "x" * 9000, "Bearer é".encode("latin-1"), "Bearer a.b.c"],
)
def test_somebody_unknown(call: Call, header: str | bytes) -> None:
    answer = call(None).get("/me", headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_key_is_made_listed_and_revoked(call: Call, service: Service) -> None:
    admin = call("admin")
    made = sound(admin.post("/keys", json={"name": "Ann", "role": "analyst"}), 201)
    secret = made.pop("secret")
    assert secret.startswith(made["prefix"])
    assert (made["created_by"], made["role"], made["revoked_at"]) == ("the admin", "analyst", None)
    listed = admin.get("/keys")
    assert secret not in listed.text
    assert made in sound(listed)["items"]
    with TestClient(create_app(service), headers={"Authorization": f"Bearer {secret}"}) as ann:
        assert sound(ann.get("/me"))["name"] == "Ann"
        sound(admin.post(f"/keys/{made['id']}/revoke"))
        problem(ann.get("/me"), 401, "unknown-key")
    problem(admin.post(f"/keys/{made['id']}/revoke"), 409, "already-revoked")
    done = [entry["action"] for entry in sound(call("auditor").get("/audit", params={"subject": made["id"]}))["items"]]
    assert done == ["key.made", "key.revoked"]


def test_a_key_that_has_ended(call: Call, service: Service) -> None:
    admin = call("admin")
    problem(admin.post("/keys", json={"name": "A", "role": "analyst", "expires_at": "2018-01-01T00:00:00Z"}), 422, "wrong-moment")
    made = sound(admin.post("/keys", json={"name": "A", "role": "analyst", "expires_at": "2199-01-01T00:00:00Z"}), 201)
    with TestClient(create_app(service), headers={"Authorization": f"Bearer {made['secret']}"}) as client:
        sound(client.get("/me"))


@pytest.mark.parametrize(
    "wanted",
    [
        {"name": "", "role": "analyst"},
        {"name": "   ", "role": "analyst"},
        {"name": "x" * 201, "role": "analyst"},
        {"name": "line\nbreak", "role": "analyst"},
        {"name": "Ann", "role": "emperor"},
        {"name": "Ann", "role": "analyst", "provider": "RAX"},
        {"name": "Ann", "role": "hospital"},
        {"name": "Ann", "role": "hospital", "provider": ""},
        {"name": "Ann", "role": "analyst", "org": "merton"},
        {"name": "Ann", "role": "analyst", "expires_at": "2199-01-01T00:00:00"},
        {"name": ["Ann"], "role": "analyst"},
    ],
    ids=str,
)
def test_a_key_that_would_be_of_no_use(call: Call, wanted: dict[str, Any]) -> None:
    answer = call("admin").post("/keys", json=wanted)
    assert answer.status_code == 422, answer.text
    assert "secret" not in answer.text


def test_keys_of_others_are_neither_seen_nor_revoked(call: Call) -> None:
    theirs = sound(call("admin", org="merton").post("/keys", json={"name": "Zoe", "role": "analyst"}), 201)
    ours = call("admin")
    assert theirs["id"] not in ours.get("/keys").text
    problem(ours.post(f"/keys/{theirs['id']}/revoke"), 404, "not-found")


NAMES_OF_THE_SERVICE = (
    "the clock",
    " The  CLOCK",
    "the cloc\uff4b",
    "the\u00a0clock",
    "the clo\u200bck",
    "the live desk",
    "the ruleset kingston",
    "The Ruleset",
    "webhooks",
    "requite",
    "Requite serve",
)


@pytest.mark.parametrize("name", NAMES_OF_THE_SERVICE)
def test_no_key_has_a_name_of_the_service(call: Call, name: str) -> None:
    answer = call("admin").post("/keys", json={"name": name, "role": "analyst"})
    problem(answer, 422, "wrong-name")


@pytest.mark.parametrize(
    ("name", "which"),
    [
        ("An\u200bn", "U+200B, zero width space, is letter 3 of it"),
        ("\u202eAnn", "U+202E, right-to-left override, is letter 1 of it"),
        ("Ann\ue000", "U+E000 is letter 4 of it"),
    ],
)
def test_a_letter_that_cannot_be_seen_is_told(call: Call, name: str, which: str) -> None:
    for wanted, where in (
        ({"name": name, "role": "analyst"}, "the key's name"),
        ({"name": "Ann", "role": "hospital", "provider": name}, "the provider's code"),
    ):
        told = problem(call("admin").post("/keys", json=wanted), 422, "wrong-name")
        assert told["detail"] == f"a letter that cannot be seen stands in {where}: {which}"
        assert told["help"] == "Leave it out."
    told = problem(call("admin").post("/keys", json={"name": "\u3000", "role": "analyst"}), 422, "wrong-name")
    assert told["detail"] == "a key has a name of at most 200 letters: that of who calls with it"


def test_names_and_codes_are_kept_in_one_form(call: Call) -> None:
    admin = call("admin")
    made = sound(admin.post("/keys", json={"name": " Zoe\u0308 ", "role": "hospital", "provider": " \uff32AX "}), 201)
    assert (made["name"], made["provider"]) == ("Zo\u00eb", "RAX")
    for wanted in ({"name": "\u2060", "role": "analyst"}, {"name": "Ann", "role": "hospital", "provider": " "}):
        assert admin.post("/keys", json=wanted).status_code == 422


# --- tokens of an issuer ----------------------------------------------------------------------------------------------


class LocalIssuer:
    """An OpenID Connect issuer on this machine."""

    def __init__(self) -> None:
        self.keys: dict[str, Any] = {"one": rsa.generate_private_key(public_exponent=65537, key_size=2048)}
        self.asked: list[str] = []
        self.is_away = False
        self.hangs: threading.Event | None = None
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append(self.path)
                if outer.hangs is not None:
                    outer.hangs.wait(20)
                content = outer.answer(self.path)
                self.send_response(503 if outer.is_away else 200)
                self.end_headers()
                self.wfile.write(json.dumps(content).encode())

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"

    def answer(self, path: str) -> Any:
        if path == "/.well-known/openid-configuration":
            return {"issuer": self.address, "jwks_uri": f"{self.address}/keys"}
        found = []
        for name, key in self.keys.items():
            kind = jwt.algorithms.RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else jwt.algorithms.ECAlgorithm
            found.append({**kind.to_jwk(key.public_key(), as_dict=True), "kid": name, "use": "sig"})
        return {"keys": [*found, {"kty": "oct", "kid": "shared", "k": "c2VjcmV0"}, {"kty": "none"}]}

    def token(self, kid: str = "one", algorithm: str = "RS256", **claims: Any) -> str:
        moment = int(time.time())
        usual = {
            "iss": self.address,
            "aud": "requite",
            "sub": "ann@consortium.example",
            "iat": moment,
            "exp": moment + 300,
            "requite_org": ORG,
            "requite_role": "analyst",
        }
        content = {name: value for name, value in (usual | claims).items() if value is not None}
        return jwt.encode(content, self.keys[kid], algorithm=algorithm, headers={"kid": kid})


@pytest.fixture
def issuer() -> Iterator[LocalIssuer]:
    made = LocalIssuer()
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


@pytest.fixture
def visitor(issuer: LocalIssuer, service: Service, make_settings: MakeSettings) -> Iterator[TestClient]:
    service.settings = make_settings(oidc_issuer=issuer.address, oidc_audience="requite")
    key_for(service, "admin")  # the organisation is there
    with TestClient(create_app(service)) as client:
        yield client


def bearing(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_a_token_says_who_calls(visitor: TestClient, issuer: LocalIssuer, service: Service) -> None:
    told = sound(visitor.get("/me", headers=bearing(issuer.token())))
    assert (told["org"], told["name"], told["role"]) == (ORG, "ann@consortium.example", "analyst")
    hospital = issuer.token(requite_role="hospital", requite_provider="RAX")
    assert sound(visitor.get("/me", headers=bearing(hospital)))["provider"] == "RAX"
    assert len(issuer.asked) == 2, "keys are kept"
    sound(visitor.get("/me", headers=bearing(key_for(service, "author"))))


def test_tokens_signed_with_curves(visitor: TestClient, issuer: LocalIssuer) -> None:
    issuer.keys["curve"] = ec.generate_private_key(ec.SECP256R1())
    sound(visitor.get("/me", headers=bearing(issuer.token("curve", "ES256"))))


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": 1_500_000_000},
        {"exp": None},
        {"nbf": 4_000_000_000},
        {"iss": "https://issuer.example"},
        {"iss": None},
        {"aud": "another"},
        {"aud": None},
        {"sub": None},
        {"sub": ""},
        {"sub": "x" * 201},
        {"sub": "a\nb"},
        {"requite_org": None},
        {"requite_org": "nowhere"},
        {"requite_org": ["kingston"]},
        {"requite_role": None},
        {"requite_role": "emperor"},
        {"requite_role": ["admin"]},
        {"requite_role": "hospital"},
        {"requite_provider": "RAX"},
    ],
    ids=str,
)
def test_a_token_that_does_not_hold(visitor: TestClient, issuer: LocalIssuer, claims: dict[str, Any]) -> None:
    problem(visitor.get("/me", headers=bearing(issuer.token(**claims))), 401, "unknown-key")


def test_a_signature_that_anybody_could_have_made(visitor: TestClient, issuer: LocalIssuer) -> None:
    content = jwt.decode(issuer.token(), options={"verify_signature": False})
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    forged = [
        jwt.encode(content, stranger, algorithm="RS256", headers={"kid": "one"}),
        jwt.encode(content, "s" * 32, algorithm="HS256", headers={"kid": "one"}),
        jwt.encode(content, "s" * 32, algorithm="HS256", headers={"kid": "shared"}),
        jwt.encode(content, "", algorithm="none", headers={"kid": "one"}),
        jwt.encode(content, stranger, algorithm="RS256", headers={"kid": "unknown"}),
        issuer.token()[:-4] + "AAAA",
    ]
    for token in forged:
        problem(visitor.get("/me", headers=bearing(token)), 401, "unknown-key")


def test_an_issuer_that_changes_its_keys(visitor: TestClient, issuer: LocalIssuer, service: Service) -> None:
    sound(visitor.get("/me", headers=bearing(issuer.token())))
    issuer.keys["two"] = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    new = issuer.token("two")
    problem(visitor.get("/me", headers=bearing(new)), 401, "unknown-key")
    assert len(issuer.asked) == 2, "a made-up key does not make us ask"
    service.parts["oidc"]._asked -= 31
    sound(visitor.get("/me", headers=bearing(new)))


def test_an_issuer_that_is_away(visitor: TestClient, issuer: LocalIssuer, service: Service) -> None:
    issuer.is_away = True
    answer = visitor.get("/me", headers=bearing(issuer.token()))
    problem(answer, 503, "issuer-away")
    issuer.is_away = False
    asked = len(issuer.asked)
    problem(visitor.get("/me", headers=bearing(issuer.token())), 503, "issuer-away")
    assert len(issuer.asked) == asked, "it is not asked again at once"
    service.parts["oidc"]._failed -= 6
    sound(visitor.get("/me", headers=bearing(issuer.token())))
    issuer.is_away = True
    service.parts["oidc"]._asked -= 4000
    sound(visitor.get("/me", headers=bearing(issuer.token())))


def test_an_issuer_that_hangs_holds_up_nobody(visitor: TestClient, issuer: LocalIssuer, service: Service) -> None:
    issuer.hangs = threading.Event()
    first = threading.Thread(target=lambda: visitor.get("/me", headers=bearing(issuer.token())))
    first.start()
    while not issuer.asked:
        time.sleep(0.01)
    problem(visitor.get("/me", headers=bearing(issuer.token())), 503, "issuer-away")
    sound(visitor.get("/me", headers=bearing(key_for(service, "author"))))
    assert len(issuer.asked) == 1, "one asks for all"
    issuer.hangs.set()
    first.join()
    sound(visitor.get("/me", headers=bearing(issuer.token())))


@pytest.mark.parametrize(
    "claims", [{"iss": "https://elsewhere.example"}, {"aud": "others"}, {"exp": 1_500_000_000}, {"exp": None}], ids=str
)
def test_nobody_is_asked_about_a_token_that_is_not_for_us(visitor: TestClient, issuer: LocalIssuer, claims: dict[str, Any]) -> None:
    problem(visitor.get("/me", headers=bearing(issuer.token(**claims))), 401, "unknown-key")
    assert issuer.asked == []


def test_a_token_has_an_id_of_its_own_and_a_name_in_one_form(visitor: TestClient, issuer: LocalIssuer, service: Service) -> None:
    oidc = service.parts["oidc"]
    zoe = oidc.actor_of(service.database, issuer.token(sub="Zoe\u0308 "))
    other = oidc.actor_of(service.database, issuer.token(sub="Zo\u00eb"))
    assert (zoe.name, other.name) == ("Zo\u00eb", "Zo\u00eb")
    assert zoe.id.startswith("oidc:")
    assert zoe.id != other.id
    hospital = issuer.token(requite_role="hospital", requite_provider=" \uff32AX ")
    assert sound(visitor.get("/me", headers=bearing(hospital)))["provider"] == "RAX"


@pytest.mark.parametrize("name", NAMES_OF_THE_SERVICE)
def test_no_token_has_a_name_of_the_service(visitor: TestClient, issuer: LocalIssuer, name: str) -> None:
    problem(visitor.get("/me", headers=bearing(issuer.token(sub=name))), 401, "unknown-key")


def test_a_token_where_no_issuer_is_configured(call: Call, issuer: LocalIssuer) -> None:
    problem(call(None).get("/me", headers=bearing(issuer.token())), 401, "unknown-key")


def test_an_issuer_must_be_one_that_can_be_trusted() -> None:
    assert issuer_of(ServiceSettings()) is None
    with pytest.raises(ValueError, match="REQUITE_OIDC_AUDIENCE"):
        issuer_of(ServiceSettings(oidc_issuer="https://issuer.example"))
    for address in ("http://issuer.example", "ftp://127.0.0.1", "issuer.example", "http://", "http://127.0.0.1.evil.example"):
        with pytest.raises(ValueError, match="https"):
            issuer_of(ServiceSettings(oidc_issuer=address, oidc_audience="requite"))
    assert is_safe("http://localhost:8080/realm")
