"""`requite serve`: the service over HTTP, until it is told to stop."""

from __future__ import annotations

import errno
import gc
import os
import signal
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from requite.api.answers import WrongUse, refused
from requite.api.console import Screen
from requite.api.signals import Signals

if TYPE_CHECKING:
    from requite.api.service.settings import ServiceSettings

NEEDED: Final = (
    "alembic",
    "durable",
    "fastapi",
    "jwt",
    "limits",
    "prometheus_client",
    "pydantic_settings",
    "sqlalchemy",
    "structlog",
    "uvicorn",
)
MOST_WORKERS: Final = 64
STOP_SECONDS: Final = 10
"""How long answers under way may take when the service stops."""

MOST_AT_ONCE: Final = 512
"""Connections that a process holds; one more is told to come again."""

WAITING: Final = 512
"""Connections that wait to be taken."""


@dataclass(frozen=True, slots=True)
class Served:
    """That the service has stopped, and where it listened."""

    url: str
    ok: bool = True

    def content(self) -> dict[str, Any]:
        return {"errors": [], "url": self.url}

    def show(self, screen: Screen) -> None:
        screen.note("stopped")


@dataclass(frozen=True, slots=True)
class Documented:
    """The OpenAPI document."""

    document: dict[str, Any]
    ok: bool = True

    def content(self) -> dict[str, Any]:
        return self.document

    def show(self, screen: Screen) -> None:
        screen.json(self.document)


def serve(host: str, port: int, workers: int, screen: Screen, as_json: bool = False) -> Served:
    """Serve until a signal says stop. With `as_json`, what is told meanwhile leaves standard output to the answer."""
    _demand_extra()
    if not 1 <= workers <= MOST_WORKERS:
        raise WrongUse(f"--workers: {workers} processes are not 1 to {MOST_WORKERS}")
    # A command is over before there is garbage worth looking for; a service is not.
    gc.enable()
    settings = _settings()
    with _listening(host, port) as listener, _counting_together(workers):
        first_key = _prepared(settings)
        url = _url(listener, host)
        _announce(listener, url, first_key, screen.note if as_json else screen.say, screen)
        screen.out.file.flush()
        _run(settings, listener, workers)
    return Served(url)


def document() -> Documented:
    """The OpenAPI document, without serving anything."""
    _demand_extra()
    from requite.api.service.document import openapi_document

    return Documented(openapi_document())


def _demand_extra() -> None:
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        help = "Install it with `pip install 'requite[service]'`."
        raise refused("missing-extra", f"the service needs more than Requite alone: {', '.join(missing)} is not installed", help)


def _settings() -> ServiceSettings:
    from requite.api.commands.opening import settings
    from requite.api.service.oidc import issuer_of

    found = settings()
    try:
        issuer_of(found)
    except ValueError as error:
        raise refused("wrong-setting", str(error)) from None
    return found


def _prepared(settings: ServiceSettings) -> Path | None:
    from requite.api.commands.opening import in_words
    from requite.api.service.starting import prepare

    with in_words():
        return prepare(settings)


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    """A socket that takes connections, which wait until the service is ready."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except (socket.gaierror, UnicodeError):
        raise refused("wrong-host", f"there is no host {host}", "Give --host an address of this machine.") from None
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(address)
            listener.listen(WAITING)
        except OSError as error:
            raise _cannot_listen(error, host, port) from None
        listener.set_inheritable(True)
        yield listener


def _cannot_listen(error: OSError, host: str, port: int) -> Exception:
    if error.errno == errno.EADDRINUSE:
        return refused("port-in-use", f"port {port} is in use", "Stop what listens there, or choose another with --port.")
    if error.errno == errno.EACCES:
        return refused("port-denied", f"port {port} is not for everybody", "Choose one above 1023 with --port.")
    why = (error.strerror or "it failed").lower()
    return refused("wrong-host", f"nothing can listen at {host}, port {port}: {why}", "Give --host an address of this machine.")


def _url(listener: socket.socket, host: str) -> str:
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{listener.getsockname()[1]}"


def _announce(listener: socket.socket, url: str, first_key: Path | None, say: Callable[[str], None], screen: Screen) -> None:
    say(f"Requite listens on {url}")
    if first_key is not None:
        say(f"The first key, an administrator's, was written to {first_key}")
    if not _is_loopback(listener.getsockname()[0]):
        screen.note("Others can reach this address: put a proxy that speaks HTTPS before it, and name it in REQUITE_PROXIES.")


def _is_loopback(address: str) -> bool:
    return ip_address(address.partition("%")[0]).is_loopback


@contextmanager
def _counting_together(workers: int) -> Iterator[None]:
    """Where several processes serve, let them put what they count into one folder."""
    if workers == 1:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="requite-metrics-") as folder:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        yield


def _run(settings: ServiceSettings, listener: socket.socket, workers: int) -> None:
    import uvicorn
    from uvicorn.supervisors.multiprocess import Multiprocess

    from requite.api.service.logs import take_over

    take_over(settings.log_level)
    config = uvicorn.Config(
        "requite.api.service.starting:app",
        factory=True,
        workers=workers,
        lifespan="on",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.proxies),
        forwarded_allow_ips=settings.proxies,
        limit_concurrency=MOST_AT_ONCE,
        timeout_graceful_shutdown=STOP_SECONDS,
    )
    server = uvicorn.Server(config)
    if hasattr(signal, "SIGHUP"):
        # A closed terminal stops the service in the same order as Ctrl-C.
        signal.signal(signal.SIGHUP, lambda *_: signal.raise_signal(signal.SIGTERM))
    with suppress(KeyboardInterrupt):
        if workers == 1:
            server.run(sockets=[listener])
        else:
            Multiprocess(config, sockets=[listener]).run()
    # To be stopped is how a service ends: nothing went wrong.
    Signals.received = 0
    if workers == 1 and not server.started:
        raise refused("not-started", "the service could not start", "Its log, above, says where it failed.")
