"""The container files name only what there is: paths, extras, commands, settings. They are built where Docker is."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]
from typer.main import get_command

from requite.api.app import app
from requite.api.service.settings import ServiceSettings

ROOT = Path(__file__).parents[2]
VARIABLES = {f"REQUITE_{name.upper()}" for name in ServiceSettings.model_fields}
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))


def instructions() -> list[tuple[str, str]]:
    """The lines of the Dockerfile: instruction and what follows, without comments."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in joined.splitlines())]


def check_command(words: list[str]) -> None:
    """That Requite has such a command with such options."""
    assert words[0] == "requite"
    command: Any = get_command(app)
    rest = words[1:]
    while hasattr(command, "commands"):
        assert rest[0] in command.commands, words
        command = command.commands[rest.pop(0)]
    options = {option for param in command.params for option in param.opts}
    assert {word for word in rest if word.startswith("--")} <= options, words


def test_what_is_copied_is_there_and_sent_to_the_builder() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split("\n")
    sent = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    copied = {
        source
        for word, rest in instructions()
        if word == "COPY" and not rest.startswith("--from")
        for source in shlex.split(rest)[:-1]
    }
    assert copied
    assert all((ROOT / source).exists() for source in copied)
    assert copied == sent
    assert "*" in ignored


def test_the_package_is_built_from_what_is_copied() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    copied = " ".join(rest for word, rest in instructions() if word == "COPY").split()
    assert {project["readme"], *project["license-files"], "pyproject.toml", "src"} <= set(copied)


def test_its_extras_are_there() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    [wanted] = re.findall(r"requite\[([a-z,]+)\]", " ".join(rest for _, rest in instructions()))
    assert {"service", "postgres"} <= set(wanted.split(",")) <= project["optional-dependencies"].keys()


def test_the_images_run_a_python_that_is_supported() -> None:
    assert {rest.split()[0] for word, rest in instructions() if word == "FROM"} == {"python:3.11-slim"}


def test_it_runs_as_somebody_who_may_do_little() -> None:
    [user] = [rest for word, rest in instructions() if word == "USER"]
    assert user == "requite"
    last = [word for word, _ in instructions()].index("USER")
    assert not [rest for word, rest in instructions()[last:] if word in ("RUN", "COPY", "ADD")]


def test_its_settings_are_there() -> None:
    named = re.findall(r"\bREQUITE_[A-Z_]+", (ROOT / "Dockerfile").read_text(encoding="utf-8"))
    assert named
    assert set(named) <= VARIABLES
    for service in COMPOSE["services"].values():
        environment = service.get("environment", {})
        assert {name for name in environment if name.startswith("REQUITE_")} <= VARIABLES


def test_its_commands_are_there() -> None:
    [[*default]] = [json.loads(rest) for word, rest in instructions() if word == "CMD"]
    check_command(default)
    commands = [service["command"] for service in COMPOSE["services"].values() if "command" in service]
    assert len(commands) == 2
    for command in commands:
        check_command(command)


@pytest.mark.parametrize("name", ["upgrade", "service"])
def test_nothing_secret_stands_in_compose(name: str) -> None:
    address = COMPOSE["services"][name]["environment"]["REQUITE_DATABASE_URL"]
    assert re.fullmatch(r"postgresql\+psycopg://requite:\$\{POSTGRES_PASSWORD:\?[^}]+\}@database/requite", address)
    assert COMPOSE["services"]["database"]["environment"]["POSTGRES_PASSWORD"].startswith("${POSTGRES_PASSWORD:?")


def test_compose_holds_together() -> None:
    services = COMPOSE["services"]
    for service in services.values():
        assert set(service.get("depends_on", {})) <= services.keys()
        for volume in service.get("volumes", []):
            assert volume.partition(":")[0] in COMPOSE["volumes"]
        for port in service.get("ports", []):
            assert port.startswith("127.0.0.1:")
    assert services["service"]["depends_on"]["upgrade"]["condition"] == "service_completed_successfully"
    assert services["upgrade"]["depends_on"]["database"]["condition"] == "service_healthy"
    assert "healthcheck" in services["database"]
