"""The commands: every command with its arguments and its help. What each does is in `requite.api.commands`.

Each command imports what it needs when it is called, so that help and small commands are there at once.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from io import TextIOWrapper
from itertools import takewhile
from pathlib import Path
from typing import Annotated, Any

import typer

from requite import __version__
from requite.api import store_commands
from requite.api.arguments import TO, ClaimFile, Engine, Files, Form, Json, Memory, Paper, Plain, Ruleset, Run, Threads, Written

app = typer.Typer(
    name="requite",
    help="Run local incentive schemes and hospital tariff checks that are written as text.",
    epilog="Exit status: 0 done, 1 the ruleset or the data has errors, 2 the command was used wrongly.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def _deliver(command: str, as_json: bool, work: Callable[[Any], Any], bare: bool = False) -> None:
    from requite.api.answers import deliver

    raise typer.Exit(deliver(command, as_json, work, bare))


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"requite {__version__}")
        raise typer.Exit


@app.callback()
def _top(
    version: Annotated[bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)] = False,
) -> None:
    pass


@app.command(cls=Plain)
def demo(
    out: Annotated[str | None, typer.Option("--out", metavar="DIR", help="Where to write it; otherwise a new folder.")] = None,
    as_json: Json = False,
) -> None:
    """Show Requite at work on a small consortium of its own making.

    It settles a scheme, checks hospital claims in which errors are planted, says which of them it found, and explains one.
    """
    from requite.api.commands.demo import demo as work

    _deliver("demo", as_json, lambda screen: work(out, screen))


@app.command(cls=Plain)
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the ruleset is to be called.", show_default=False)],
    as_json: Json = False,
) -> None:
    """Write a small ruleset to start from, and data to try it on."""
    from requite.api.commands.new import new as work

    _deliver("new", as_json, lambda _: work(name))


@app.command(cls=Plain)
def check(files: Files, as_json: Json = False) -> None:
    """Say what is wrong with rulesets, and where.

    In folders, files that hold no rules are passed over.
    """
    from requite.api.commands.check import check as work

    _deliver("check", as_json, lambda _: work(files))


@app.command(cls=Plain)
def fmt(
    files: Files,
    only_check: Annotated[bool, typer.Option("--check", help="Change nothing; only say which files would change.")] = False,
    as_json: Json = False,
) -> None:
    """Put rulesets into the usual form; their meaning stays."""
    from requite.api.commands.fmt import fmt as work

    _deliver("fmt", as_json, lambda _: work(files, only_check))


@app.command("test", cls=Plain)
def run_examples(
    files: Files,
    coverage: Annotated[bool, typer.Option("--coverage", help="Say what no example reaches.")] = False,
    engine: Annotated[
        Engine,
        typer.Option("--engine", metavar="NAME", help="What decides: interpret (unless you say otherwise), duckdb or spark."),
    ] = Engine.INTERPRET,
    as_json: Json = False,
) -> None:
    """Run the examples that stand in rulesets.

    An example that does not hold is shown with what was expected and what came out.
    """
    from requite.api.commands.test import test as work

    if coverage and engine is not Engine.INTERPRET:
        from requite.api.answers import WrongUse

        raise WrongUse("--coverage is told by the interpreter: leave out --engine")
    _deliver("test", as_json, lambda _: work(files, coverage, engine.value))


@app.command("run", cls=Plain)
def run_ruleset(
    ruleset: Ruleset,
    out: Annotated[str, typer.Option("--out", metavar="DIR", help="The folder for the results.", show_default=False)],
    data: Annotated[
        list[str] | None,
        typer.Option(
            "--data",
            metavar="RECORD=FILE",
            help="Where the rows of a record are: a file (CSV, TSV, Parquet, JSON Lines, Excel), a folder or a pattern such as "
            "'claims/*.csv'. Once for each record.",
        ),
    ] = None,
    data_dir: Annotated[
        str | None, typer.Option("--data-dir", metavar="DIR", help="A folder whose files are named like the records.")
    ] = None,
    known: Annotated[
        str | None,
        typer.Option("--known", metavar="DATE", help="Use only what was known on this date, as in 2018-06-30."),
    ] = None,
    brought_forward: Annotated[
        str | None,
        typer.Option("--brought-forward", metavar="DIR", help="The results of the run before, whose figures are carried on."),
    ] = None,
    csv: Annotated[bool, typer.Option("--csv", help="Write the results as CSV, too.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the results of an earlier run there.")] = False,
    engine: Annotated[
        Engine,
        typer.Option(
            "--engine",
            metavar="NAME",
            help="What decides: duckdb (unless you say otherwise), spark, or interpret, which takes one row after another.",
        ),
    ] = Engine.DUCKDB,
    spark: Annotated[
        str | None,
        typer.Option(
            "--spark",
            metavar="ADDRESS",
            help="With --engine spark: decide on the Spark behind this address, as in sc://host:15002. Otherwise what "
            "SPARK_REMOTE holds, or Spark in this process.",
        ),
    ] = None,
    memory: Memory = None,
    threads: Threads = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with a run that was stopped, and let this one be gone on with.")
    ] = False,
    check_engines: Annotated[
        int,
        typer.Option(
            "--check-engines", metavar="N", min=0, max=10**9, help="Decide N records again with the interpreter, and compare."
        ),
    ] = 0,
    to: Annotated[
        str | None, typer.Option("--to", metavar="PLACE", help=f"Where else the results are to be written: {TO}.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Run a ruleset on data, and write what it decides.

    The folder gets payments, findings, figures, what could not be assessed, rejected rows, and a manifest with which the
    run can be verified.
    """
    from requite.api.commands.run import Request
    from requite.api.commands.run import run as work

    request = Request.read(
        ruleset,
        out,
        data or [],
        known,
        to,
        data_dir=data_dir,
        brought_forward=brought_forward,
        csv=csv,
        overwrite=overwrite,
        engine=engine.value,
        spark=spark,
        memory=memory,
        threads=threads,
        resume=resume,
        check_engines=check_engines,
    )
    _deliver("run", as_json, lambda screen: work(request, screen))


@app.command(cls=Plain)
def export(
    run: Run,
    to: Annotated[str, typer.Option("--to", metavar="PLACE", help=f"{TO}.", show_default=False)],
    as_json: Json = False,
) -> None:
    """Write a run's results on to Delta tables or PostgreSQL.

    The tables there may hold many runs, and say of each row which run it is from. What they have of this run is replaced.
    """
    from requite.api.commands.export import export as work

    _deliver("export", as_json, lambda screen: work(run, to, screen))


@app.command("import", cls=Plain)
def import_file(
    form: Annotated[ClaimFile, typer.Argument(metavar="FORM", help="As what it comes: sus, hes or fhir.", show_default=False)],
    file: Annotated[str, typer.Argument(metavar="FILE", help="The claim file.", show_default=False)],
    out: Annotated[
        str, typer.Option("--out", metavar="FILE", help="The spell file to write: .csv or .parquet.", show_default=False)
    ],
    rejects: Annotated[
        str | None, typer.Option("--rejects", metavar="FILE", help="Where to write the rows that are rejected: .csv or .parquet.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what is there.")] = False,
    as_json: Json = False,
) -> None:
    """Make the spell file of a claim file that others sent.

    sus: an extract of the Secondary Uses Service under other headings; hes: Hospital Episode Statistics; fhir: FHIR R4 Claims.
    A row that does not cohere is rejected by name.
    """
    from requite.api.commands.import_ import import_claims as work

    _deliver("import", as_json, lambda screen: work(form.value, file, out, rejects, overwrite, screen))


@app.command(cls=Plain)
def challenges(
    run: Run,
    out: Annotated[
        str, typer.Option("--out", metavar="FILE", help="The schedule to write: .xlsx, .csv or .json (FHIR).", show_default=False)
    ],
    provider: Annotated[str | None, typer.Option("--provider", metavar="CODE", help="Only what this provider is asked.")] = None,
    sent: Annotated[
        str | None,
        typer.Option("--sent", metavar="DATE", help="The day on which it is sent; otherwise the day of what the run knew."),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what is there.")] = False,
    as_json: Json = False,
) -> None:
    """Write the schedule of the challenges of a run.

    Every finding that goes out, with its reason and the day by which an answer is due: as a workbook, as CSV, or as FHIR
    ClaimResponses.
    """
    from requite.api.commands.challenges import challenges as work

    _deliver("challenges", as_json, lambda screen: work(run, out, provider, sent, overwrite, screen))


@app.command(cls=Plain)
def explain(
    run: Run,
    key: Annotated[str, typer.Argument(metavar="ID", help="The record's key; parts of a key are joined by |.", show_default=False)],
    record: Annotated[str | None, typer.Option("--record", metavar="NAME", help="The record that is meant.")] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print the explanation as Markdown.")] = False,
    memory: Memory = None,
    threads: Threads = None,
    as_json: Json = False,
) -> None:
    """Say clause by clause why a record got what it got."""
    from requite.api.commands.explain import explain as work

    if markdown and as_json:
        from requite.api.answers import WrongUse

        raise WrongUse("choose --json or --markdown, not both")
    _deliver("explain", as_json, lambda screen: work(run, key, record, markdown, memory, threads, screen), bare=True)


@app.command(cls=Plain)
def statement(
    run: Run,
    parties: Annotated[
        list[str] | None,
        typer.Option(
            "--for", metavar="NAME", help="Whose statement: a payee's, or that of who is asked to credit. May be repeated."
        ),
    ] = None,
    everybody: Annotated[bool, typer.Option("--all", help="Everybody's, and a summary for the board.")] = False,
    record: Annotated[str | None, typer.Option("--record", metavar="NAME", help="The record that is meant.")] = None,
    out: Annotated[
        str | None, typer.Option("--out", metavar="DIR", help="The folder for them; otherwise one is printed, as Markdown.")
    ] = None,
    formats: Annotated[
        list[Paper] | None,
        typer.Option("--format", metavar="FORM", help="html (unless you say otherwise), pdf or md. May be repeated."),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace earlier statements there.")] = False,
    as_json: Json = False,
) -> None:
    """Write what each payee gets, and each hospital owes.

    Each statement is a file of its own, to be sent or printed.
    """
    from requite.api.commands.statement import Request
    from requite.api.commands.statement import statement as work

    chosen = [form.value for form in formats or []]
    request = Request.read(run, parties or [], everybody, record, out, chosen, overwrite, as_json)
    _deliver("statement", as_json, lambda screen: work(request, screen))


@app.command(cls=Plain)
def show(
    form: Annotated[Form, typer.Argument(metavar="FORM", help="syntax, program, plan or sql.", show_default=False)],
    ruleset: Ruleset,
    engine: Annotated[
        Engine | None, typer.Option("--engine", metavar="NAME", help="Whose SQL: duckdb (unless you say otherwise) or spark.")
    ] = None,
    data: Annotated[
        list[str] | None,
        typer.Option("--data", metavar="RECORD=FILE", help="Show the SQL for these data, whose numbers decide how it reckons."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show what Requite makes of a ruleset.

    syntax: what was written; program: what it means, checked; plan: in what order it is reckoned; sql: what a database runs.
    """
    from requite.api.commands.show import show as work

    _deliver("show", as_json, lambda _: work(form.value, ruleset, engine and engine.value, data or []))


@app.command(cls=Plain)
def verify(
    run: Run,
    engine: Annotated[
        Engine | None, typer.Option("--engine", metavar="NAME", help="What decides; otherwise what decided then.")
    ] = None,
    memory: Memory = None,
    threads: Threads = None,
    as_json: Json = False,
) -> None:
    """Run again from a run's manifest, and compare to the penny."""
    from requite.api.commands.verify import verify as work

    _deliver("verify", as_json, lambda screen: work(run, engine and engine.value, memory, threads, screen))


@app.command(cls=Plain)
def sample(
    out: Annotated[str, typer.Option("--out", metavar="DIR", help="The folder for the files.", show_default=False)],
    practices: Annotated[int, typer.Option("--practices", metavar="N", help="How many practices.")] = 27,
    patients: Annotated[int, typer.Option("--patients", metavar="N", help="How many patients they have together.")] = 195_000,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="The same number gives the same sample.")] = 1,
    tariff: Annotated[
        str | None,
        typer.Option("--tariff", metavar="FILE", help="The price list of 2017/18, CSV or Parquet; otherwise a small one."),
    ] = None,
    form: Annotated[
        Written, typer.Option("--format", metavar="FORM", help="csv (unless you say otherwise) or parquet.")
    ] = Written.CSV,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an earlier sample there.")] = False,
    memory: Memory = None,
    threads: Threads = None,
    as_json: Json = False,
) -> None:
    """Make up a consortium and its claims, errors planted.

    truth.csv lists each error, which checks should find it, and for how much.
    """
    from requite.api.commands.sample import sample as work
    from requite.api.commands.sample import wanted_of

    wanted = wanted_of(practices, patients, seed, out, tariff, form.value, overwrite, memory, threads)
    _deliver("sample", as_json, lambda screen: work(wanted, screen))


@app.command(cls=Plain)
def score(
    run: Run,
    truth: Annotated[
        str, typer.Option("--truth", metavar="FILE", help="What is truly wrong, as a sample's truth.csv.", show_default=False)
    ],
    as_json: Json = False,
) -> None:
    """Say how much of what is wrong a run found."""
    from requite.api.commands.score import score as work

    _deliver("score", as_json, lambda _: work(run, truth))


@app.command(cls=Plain)
def serve(
    host: Annotated[
        str, typer.Option("--host", metavar="ADDRESS", help="Where to listen; otherwise only this machine can reach it.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", metavar="N", min=0, max=65535, help="The port; 0 takes a free one.")] = 8000,
    workers: Annotated[int, typer.Option("--workers", metavar="N", help="How many processes serve.")] = 1,
    openapi: Annotated[bool, typer.Option("--openapi", help="Serve nothing; print the OpenAPI document.")] = False,
    as_json: Json = False,
) -> None:
    """Serve Requite over HTTP, until it is told to stop.

    Its settings are environment variables that begin with REQUITE_. Without any, the store is a file in requite-service.
    """
    from requite.api.commands import serve as work

    if openapi:
        _deliver("serve", True, lambda _: work.document(), bare=True)
    _deliver("serve", as_json, lambda screen: work.serve(host, port, workers, screen, as_json))


app.add_typer(store_commands.store, name="store")
app.add_typer(store_commands.keys, name="keys")
app.add_typer(store_commands.audit, name="audit")


def run(arguments: Sequence[str]) -> int:
    """Run a command, and give its exit status; whatever goes wrong is said in plain words."""
    from requite.api.answers import ERRORS, WRONG_USE, reader_gone, turned_away, unexpected
    from requite.api.signals import Signals
    from requite.engine.reading.problems import DataProblem

    _mend_streams()
    command = typer.main.get_command(app)
    try:
        status = command.main(list(arguments) or ["--help"], prog_name="requite", standalone_mode=False)
    except typer.TyperException as error:
        help = "requite --help, or requite COMMAND --help, says how it is used."
        problem = DataProblem("wrong-use", error.format_message(), help=help)
        return turned_away(_named(command, arguments), _wants_json(arguments), problem, error.exit_code)
    except SystemExit:
        # Typer's way of saying that nobody reads its help any more.
        return reader_gone()
    except Exception as error:
        return turned_away(_named(command, arguments), _wants_json(arguments), unexpected(error), ERRORS)
    # Typer makes an exit status of an interruption, which has more to say.
    if Signals.received:
        raise KeyboardInterrupt
    return int(status or 0) if arguments else WRONG_USE


def _wants_json(arguments: Sequence[str]) -> bool:
    """Whether an answer is wanted as JSON, of arguments that could not be read."""
    before_names = takewhile(lambda argument: argument != "--", arguments)
    return any(argument.partition("=")[0] == "--json" for argument in before_names)


def _named(command: Any, arguments: Sequence[str]) -> str:
    """The command that arguments begin with, as `keys make`; nothing where there is none of that name."""
    words: list[str] = []
    for argument in arguments:
        command = getattr(command, "commands", {}).get(argument)
        if command is None:
            break
        words.append(argument)
    return " ".join(words)


def _mend_streams() -> None:
    """Let output never fail for what it says: a closed stream takes everything, and a letter that a terminal lacks is a `?`."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - as long as the process lives
        elif isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
