"""The commands that look after a service's store: `requite store`, `requite keys`, `requite audit`."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Annotated, Any, Final

import typer

from requite.api.arguments import Json, Plain
from requite.api.identity import Role


def _alone(context: typer.Context) -> None:
    """Show the commands of a group that was called without one."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit(WRONG_USE)


WRONG_USE: Final = 2
OPTIONS: Final[dict[str, Any]] = {
    "callback": _alone,
    "invoke_without_command": True,
    "context_settings": {"help_option_names": ["-h", "--help"], "max_content_width": 100},
}

store = typer.Typer(help="Look after the service's store: its schema, organisations, copies.", **OPTIONS)
keys = typer.Typer(help="Say who may call the service, and as what.", **OPTIONS)
audit = typer.Typer(help="Show the log of who did what, and say whether it is as it was written.", **OPTIONS)

Org = Annotated[str | None, typer.Option("--org", metavar="ID", help="The organisation; may be left out where there is only one.")]


def _deliver(command: str, as_json: bool, work: Callable[[Any], Any]) -> None:
    """Do what a module of the same name as the group can do, once all that it needs is known to be installed."""
    from requite.api.answers import deliver
    from requite.api.commands.opening import demand_service

    def do(_: object) -> Any:
        demand_service()
        return work(import_module(f"requite.api.commands.{command.split()[0]}"))

    raise typer.Exit(deliver(command, as_json, do))


@store.command("upgrade", cls=Plain)
def store_upgrade(as_json: Json = False) -> None:
    """Bring the store to the schema of this Requite, or make one.

    All of it is done, or nothing. Make a backup first.
    """
    _deliver("store upgrade", as_json, lambda work: work.upgrade())


@store.command("org", cls=Plain)
def store_org(
    id: Annotated[str | None, typer.Argument(metavar="ID", help="A new organisation; without, all are shown.")] = None,
    name: Annotated[str | None, typer.Option("--name", metavar="NAME", help="Its name in full.")] = None,
    as_json: Json = False,
) -> None:
    """Make an organisation, or show those that there are."""
    _deliver("store org", as_json, lambda work: work.org(id, name))


@store.command("backup", cls=Plain)
def store_backup(
    file: Annotated[str, typer.Argument(metavar="FILE", help="The file to write.", show_default=False)], as_json: Json = False
) -> None:
    """Copy a store that is a file, even while it is in use.

    Of a store in PostgreSQL, pg_dump makes copies.
    """
    _deliver("store backup", as_json, lambda work: work.backup(file))


@store.command("restore", cls=Plain)
def store_restore(
    file: Annotated[str, typer.Argument(metavar="FILE", help="What a backup wrote.", show_default=False)], as_json: Json = False
) -> None:
    """Make a store of a copy; one that is there is never overwritten."""
    _deliver("store restore", as_json, lambda work: work.restore(file))


@keys.command("make", cls=Plain)
def keys_make(
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="Who will call with it; the audit log tells.")],
    role: Annotated[Role, typer.Option("--role", metavar="ROLE", help=f"One of {', '.join(Role)}.")],
    org: Org = None,
    provider: Annotated[
        str | None, typer.Option("--provider", metavar="CODE", help="The hospital's code, for the role hospital.")
    ] = None,
    expires: Annotated[
        str | None, typer.Option("--expires", metavar="DATE", help="The last day on which it holds, as in 2027-03-31.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Make a key, and show it this once.

    Only its hash is kept: a key that is lost is revoked, and another one made.
    """
    _deliver("keys make", as_json, lambda work: work.make(org, name, role, provider, expires))


@keys.command("list", cls=Plain)
def keys_list(org: Org = None, as_json: Json = False) -> None:
    """Show the keys and what they may do, without their secrets."""
    _deliver("keys list", as_json, lambda work: work.list_keys(org))


@keys.command("revoke", cls=Plain)
def keys_revoke(
    key: Annotated[str, typer.Argument(metavar="KEY", help="The key's id, or how its secret begins.", show_default=False)],
    org: Org = None,
    as_json: Json = False,
) -> None:
    """End a key: the next request that comes with it is refused."""
    _deliver("keys revoke", as_json, lambda work: work.revoke(key, org))


@audit.command("verify", cls=Plain)
def audit_verify(
    org: Annotated[str | None, typer.Option("--org", metavar="ID", help="One organisation; otherwise all.")] = None,
    expect_head: Annotated[
        str | None,
        typer.Option("--expect-head", metavar="HEAD", help="What an earlier verify said was the last entry, as NUMBER:HASH."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Say whether the log is as it was written.

    That entries were cut off at the end is seen only against a head that was kept elsewhere.
    """
    _deliver("audit verify", as_json, lambda work: work.verify(org, expect_head))


@audit.command("list", cls=Plain)
def audit_list(
    org: Org = None,
    subject: Annotated[str | None, typer.Option("--subject", metavar="ID", help="Only what was done to this.")] = None,
    last: Annotated[int, typer.Option("--last", metavar="N", min=1, max=100_000, help="How many entries, at most.")] = 50,
    as_json: Json = False,
) -> None:
    """Show the last entries of the log."""
    _deliver("audit list", as_json, lambda work: work.list_entries(org, subject, last))
