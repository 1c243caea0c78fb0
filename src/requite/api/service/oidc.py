"""Callers who come with a token of an OpenID Connect issuer: signed with one of its keys, for us, and not run out."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
import jwt

from requite.api.identity import Actor, Role, is_reserved, person, plain
from requite.api.service.problems import Problem
from requite.api.service.settings import ServiceSettings
from requite.api.store.database import Database
from requite.api.store.schema import NAME, Organisation

ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Only those in which who checks a signature could not have made it."""

KEPT_SECONDS: Final = 3600
ASKED_AGAIN_SECONDS: Final = 30
"""Issuers change their keys: an unknown one is asked after, but not at the pace at which somebody makes them up."""

TIMEOUT: Final = 5
AWAY_SECONDS: Final = 5
"""How long an issuer that could not be asked is not asked again."""

WAIT_SECONDS: Final = 0.25
"""How long a request waits for what another one is asking."""

LEEWAY: Final = 30
"""Seconds by which clocks may differ."""

MOST_BYTES: Final = 1024 * 1024


def looks_like_token(secret: str) -> bool:
    """Whether what was given is a signed token, not an API key."""
    return secret.count(".") == 2


@dataclass(eq=False)
class Issuer:
    """An issuer of tokens, and its keys as they were last heard."""

    address: str
    audience: str
    name: str = "sub"
    org: str = "requite_org"
    role: str = "requite_role"
    provider: str = "requite_provider"
    _keys: dict[str, Any] = field(default_factory=dict)
    _asked: float = float("-inf")
    _failed: float = float("-inf")
    _is_asking: bool = False
    _turn: threading.Condition = field(default_factory=threading.Condition)

    def actor_of(self, database: Database, token: str) -> Actor | None:
        """Whose token this is; None where it is not one that holds."""
        try:
            claims = self._claims(token)
        except (jwt.PyJWTError, ValueError, TypeError):
            return None
        actor = self._actor(claims)
        if actor is None:
            return None
        with database.reading() as session:
            return actor if session.get(Organisation, actor.org) is not None else None

    def close(self) -> None:
        """Nothing is held open."""

    def _claims(self, token: str) -> Mapping[str, Any]:
        head = jwt.get_unverified_header(token)
        if head.get("alg") not in ALGORITHMS:
            raise jwt.InvalidAlgorithmError("not a signature that is taken")
        # What does not even claim to be for us is not worth asking anybody for a key.
        self._decoded(token, "", verify_signature=False, verify_exp=True, verify_iss=True, verify_aud=True, verify_nbf=True)
        return self._decoded(token, self._key(head.get("kid")))

    def _decoded(self, token: str, key: Any, **options: bool) -> Mapping[str, Any]:
        wanted: Any = {"require": ["exp", "iss", "aud", self.name], **options}
        found: Mapping[str, Any] = jwt.decode(
            token,
            key,
            algorithms=list(ALGORITHMS),
            audience=self.audience,
            issuer=self.address,
            leeway=LEEWAY,
            options=wanted,
        )
        return found

    def _actor(self, claims: Mapping[str, Any]) -> Actor | None:
        name, org = _text(claims.get(self.name)), _text(claims.get(self.org))
        role, provider = _text(claims.get(self.role)), _text(claims.get(self.provider))
        if name is None or org is None or role not in set(Role) or is_reserved(name) or not person(name):
            return None
        if (Role(role) is Role.HOSPITAL) != (provider is not None):
            return None
        subject = json.dumps([claims["iss"], claims.get("sub") or name])
        id = f"oidc:{hashlib.sha256(subject.encode()).hexdigest()}"
        return Actor(org, plain(name), Role(role), provider and plain(provider), id)

    def _key(self, kid: Any) -> Any:
        """The issuer's key of this name."""
        name = kid if isinstance(kid, str) else ""
        if self._is_to_ask(name):
            self._ask()
        if name in self._keys:
            return self._keys[name]
        if self._is_asking or time.monotonic() - self._failed < AWAY_SECONDS:
            raise Problem(503, "issuer-away", "the issuer of tokens cannot be asked for its keys", headers={"Retry-After": "5"})
        raise jwt.InvalidKeyError("the issuer has no such key")

    def _is_to_ask(self, name: str) -> bool:
        """Whether this request is the one that asks; others wait a little, and go on with what is known."""
        with self._turn:
            if self._is_asking and name not in self._keys:
                self._turn.wait_for(lambda: not self._is_asking, WAIT_SECONDS)
            moment = time.monotonic()
            longest = KEPT_SECONDS if name in self._keys else ASKED_AGAIN_SECONDS
            if self._is_asking or moment - self._failed < AWAY_SECONDS or moment - self._asked <= longest:
                return False
            self._is_asking = True
            return True

    def _ask(self) -> None:
        """Ask for the keys. Those that were heard before hold until the issuer is back."""
        try:
            found = self._heard()
        except (httpx.HTTPError, ValueError, KeyError, TypeError):
            self._failed = time.monotonic()
        else:
            self._keys, self._asked = found, time.monotonic()
        finally:
            with self._turn:
                self._is_asking = False
                self._turn.notify_all()

    def _heard(self) -> dict[str, Any]:
        about = _fetched(f"{self.address.rstrip('/')}/.well-known/openid-configuration")
        where = about["jwks_uri"]
        if about["issuer"] != self.address or not is_safe(where):
            raise ValueError("another issuer's")
        return dict(_public(_fetched(where)["keys"]))


def _public(found: Any) -> list[tuple[str, Any]]:
    keys: list[tuple[str, Any]] = []
    for one in found if isinstance(found, list) else []:
        try:
            if one.get("kty") != "oct" and one.get("use", "sig") == "sig":
                keys.append((str(one.get("kid", "")), jwt.PyJWK(one).key))
        except (jwt.PyJWTError, AttributeError, ValueError, KeyError):
            continue  # of a kind that is not known here
    return keys


def _fetched(address: str) -> Any:
    with httpx.Client(timeout=TIMEOUT, follow_redirects=False, trust_env=False) as client, client.stream("GET", address) as answer:
        answer.raise_for_status()
        content, until = b"", time.monotonic() + TIMEOUT
        for part in answer.iter_bytes():
            content += part
            if len(content) > MOST_BYTES or time.monotonic() > until:
                raise ValueError("far too long")
    return httpx.Response(200, content=content).json()


def _text(value: Any) -> str | None:
    if not isinstance(value, str) or not 0 < len(value) <= NAME or not value.isprintable():
        return None
    return value


def is_safe(address: Any) -> bool:
    """Whether what is fetched there cannot be changed on its way: https, or this machine itself."""
    if not isinstance(address, str):
        return False
    parts = urlsplit(address)
    if parts.scheme == "https":
        return True
    host = parts.hostname or ""
    try:
        return parts.scheme == "http" and (host == "localhost" or ip_address(host).is_loopback)
    except ValueError:
        return False


def issuer_of(settings: ServiceSettings) -> Issuer | None:
    """The issuer that the settings name; ValueError where they cannot be meant."""
    if settings.oidc_issuer is None:
        return None
    if not settings.oidc_audience:
        raise ValueError("REQUITE_OIDC_ISSUER needs REQUITE_OIDC_AUDIENCE: whose tokens are for us")
    if not is_safe(settings.oidc_issuer):
        raise ValueError("REQUITE_OIDC_ISSUER must begin with https://")
    return Issuer(
        settings.oidc_issuer,
        settings.oidc_audience,
        settings.oidc_name,
        settings.oidc_org,
        settings.oidc_role,
        settings.oidc_provider,
    )
