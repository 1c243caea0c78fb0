"""Addresses of PostgreSQL: what to connect to, what is named there, and what may be shown of it, which is never a password."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote, unquote, urlencode, urlsplit, urlunsplit

POSTGRES: Final = ("postgresql://", "postgres://")
SCHEME: Final = "postgresql"
HOST: Final = r"(?:\[[0-9A-Fa-f:.%]+\]|[^:\[\],]*)(?::[0-9]*)?"
HOSTS: Final = re.compile(rf"{HOST}(?:,{HOST})*")


@dataclass(frozen=True, slots=True)
class Address:
    """`plain` is what the driver takes, and is shown nowhere; `named` what stands behind the #, `query` the options in it."""

    shown: str
    plain: str = field(repr=False)
    named: str
    query: dict[str, str] = field(repr=False)


def postgres_address(given: str, own: str = "") -> Address:
    """The parts of an address; ValueError, in which nothing of it stands, where it is none.

    `own` is an option that is ours, not the driver's: another way to write what stands behind the #.
    """
    try:
        parts = urlsplit(given)
    except ValueError:
        raise ValueError("the address cannot be read") from None
    host = parts.netloc.rpartition("@")[2]
    beyond = parts.path + parts.fragment + ("" if "@" in parts.netloc else parts.query)
    if "@" in beyond:
        # A password with one of these in it ends the address too early, and the rest of it would be shown.
        raise ValueError("in the user and the password of an address, write # as %23, / as %2F, ? as %3F and @ as %40")
    if "\0" in given or not HOSTS.fullmatch(host):
        raise ValueError("the address cannot be read: after the host comes a number, its port")
    # As the driver reads them: a + is a plus.
    pairs = (option.partition("=") for option in parts.query.split("&") if option)
    query = {unquote(name): unquote(value) for name, _, value in pairs}
    named = unquote(parts.fragment) or query.get(own, "")
    rest = {key: value for key, value in query.items() if key != own}
    plain = urlunsplit((SCHEME, parts.netloc, parts.path, urlencode(rest, quote_via=quote), ""))
    # The options are not shown: a password may be among them.
    return Address(f"{SCHEME}://{host}{parts.path}", plain, named, rest)
