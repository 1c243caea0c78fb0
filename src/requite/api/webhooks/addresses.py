"""Where a webhook may go: to public addresses over TLS, and to hosts that the settings name."""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
from typing import Final

import httpx

LONGEST_URL: Final = 2000

NAT64: Final = ipaddress.ip_network("64:ff9b::/96")

SPECIAL: Final = (ipaddress.ip_network("192.0.0.0/24"), ipaddress.ip_network("192.88.99.0/24"))
"""Addresses of protocols, not of anybody: the library takes some of them for public."""

HOST: Final = re.compile(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+(?:%[A-Za-z0-9._-]+)?")
"""What a host can be: a name as it is looked up, or an address."""


class UnsuitableAddressError(ValueError):
    """An address to which nothing is sent, with the reason."""


def hosts_of(setting: str) -> frozenset[str]:
    """The hosts that a setting names, parted by commas."""
    return frozenset(host.strip().lower() for host in setting.split(",") if host.strip())


def checked(text: str, allowed: frozenset[str]) -> httpx.URL:
    """An address as it is written, UnsuitableAddressError where nothing may be sent to it. Names are not looked up yet."""
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, ValueError) as error:
        raise UnsuitableAddressError("it is no address") from error
    if len(text) > LONGEST_URL:
        raise UnsuitableAddressError(f"it is longer than {LONGEST_URL:,} characters")
    if url.port is not None and not 0 < url.port < 2**16:
        raise UnsuitableAddressError("its port is no port")
    if not url.host:
        raise UnsuitableAddressError("it names no host")
    if not HOST.fullmatch(url.raw_host.decode("ascii")):
        raise UnsuitableAddressError("its host is no host")
    if url.userinfo:
        raise UnsuitableAddressError("it has a user or a password in it")
    if url.fragment:
        raise UnsuitableAddressError("it has a part after #")
    if url.host.lower() in allowed and url.scheme in ("http", "https"):
        return url
    if url.scheme != "https":
        raise UnsuitableAddressError("it does not begin with https://")
    if url.host.lower().rstrip(".") == "localhost" or (_literal(url.host) and not is_public(url.host)):
        raise UnsuitableAddressError("it is no public address")
    return url


def _literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the open internet. One inside another, as IPv4 within IPv6, counts as the inner one."""
    found = ipaddress.ip_address(address)
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo or (None, None))[1]
        if inner is None and found in NAT64:
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
        if found.is_site_local:
            return False
    elif any(found in network for network in SPECIAL):
        return False
    return found.is_global and not (found.is_multicast or found.is_reserved or found.is_unspecified)


async def resolved(url: httpx.URL, allowed: frozenset[str]) -> tuple[str, ...]:
    """The IP addresses of a host, all of them public unless the host is allowed.

    What is sent goes to these and not to the name, so that a name cannot mean one thing here and another a moment later.
    """
    host = url.raw_host.decode("ascii")
    port = url.port or (443 if url.scheme == "https" else 80)
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpx.ConnectError("the host is not known") from error
    addresses = tuple(dict.fromkeys(str(entry[4][0]) for entry in found))
    if url.host.lower() not in allowed and not all(map(is_public, addresses)):
        raise UnsuitableAddressError("the host has an address that is not public")
    return addresses
