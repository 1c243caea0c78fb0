"""Makes requite.client anew from the OpenAPI document: `make client`.

The generator wants another version of a library than Requite does, so it has an environment of its own, which uv keeps.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from requite.api.service.document import openapi_document

CLIENT: Final = Path(__file__).parents[2] / "src" / "requite" / "client"
SEALED: Final = CLIENT / "document.sha256"
GENERATOR: Final = "openapi-python-client==0.29.1"
CONFIG: Final = {"post_hooks": [], "literal_enums": True, "package_name_override": "client"}
BIN: Final = Path(sys.executable).parent
TEXT: Final = "text/"
PROBLEM: Final = "application/problem+json"


def main() -> None:
    """Put a new client in the place of the old one."""
    document = openapi_document()
    several = of_several_forms(document)
    with tempfile.TemporaryDirectory() as name:
        made = _generated(simplified(document), Path(name))
        for path in made.rglob("*.py"):
            text = with_dots_quoted(without_async(path.read_text(encoding="utf-8")))
            path.write_text(with_other_forms(text) if path.stem in several else text, encoding="utf-8")
        shutil.rmtree(CLIENT, ignore_errors=True)
        shutil.copytree(made, CLIENT)
    SEALED.write_text(fingerprint(document) + "\n", encoding="utf-8")
    _run(BIN / "ruff", "check", "--quiet", "--fix", "--isolated", "--select", "F401,I", CLIENT)
    _run(BIN / "ruff", "format", "--quiet", CLIENT)


def fingerprint(document: dict[str, Any]) -> str:
    """A hash of what the client is made from, whatever Requite's version."""
    told = without_examples(document) | {"info": {}}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def without_examples(document: dict[str, Any]) -> dict[str, Any]:
    """A document without recorded requests and answers, which change nothing of the client."""
    found: dict[str, Any] = json.loads(json.dumps(document))
    for operation in (operation for path in found["paths"].values() for operation in path.values()):
        answers = [operation.get("requestBody", {}), *operation["responses"].values()]
        contents = [content for answer in answers for content in answer.get("content", {}).values()]
        for shown in (*operation.get("parameters", ()), *contents):
            shown.pop("example", None)
    return found


def simplified(document: dict[str, Any]) -> dict[str, Any]:
    """A document in which each operation has one answer for all that may go wrong: the same problem details."""
    found = without_examples(document)
    for path in found["paths"].values():
        for operation in path.values():
            answers = operation["responses"]
            problems = {status: answer for status, answer in answers.items() if set(answer.get("content", ())) == {PROBLEM}}
            if problems:
                one = {"description": "What went wrong", "content": next(iter(problems.values()))["content"]}
                operation["responses"] = {s: a for s, a in answers.items() if s not in problems} | {"default": one}
    return found


def of_several_forms(document: dict[str, Any]) -> set[str]:
    """The operations that answer with JSON or text or, if they are asked to, in another form."""
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    forms = {one["operationId"]: set(one["responses"].get("200", {}).get("content", ())) for one in operations}
    return {name for name, found in forms.items() if len(found) > 1 and not all(form.startswith(TEXT) for form in found)}


def with_other_forms(text: str) -> str:
    """A module of an operation that reads JSON, or else text, as such: an answer in another form is handed on as it came."""
    [(indent, made)] = re.findall(r"^( +)response_200 = (\w+\.from_dict|response\.text)", text, flags=re.MULTILINE)
    kind, known = ("str", TEXT) if made == "response.text" else (made.removesuffix(".from_dict"), "json")
    other = f'{indent}if "{known}" not in response.headers.get("content-type", ""):\n{indent}    return response.content\n\n'
    text = text.replace(f"{indent}response_200 = {made}", f"{other}{indent}response_200 = {made}")
    return re.sub(rf"\b({kind} \| ProblemDetails|ProblemDetails \| {kind})\b", r"\1 | bytes", text)


def without_async(text: str) -> str:
    """A module of an operation without its second half, which is the first once more."""
    return re.sub(r"^async def asyncio_detailed\(.*", "", text, flags=re.MULTILINE | re.DOTALL)


def with_dots_quoted(text: str) -> str:
    """A module of an operation in which no name in a path is taken for the folder above."""
    return text.replace(', safe="")', ', safe="").replace(".", "%2E")')


def _generated(document: dict[str, Any], folder: Path) -> Path:
    for name, content in (("openapi.json", document), ("config.json", CONFIG)):
        (folder / name).write_text(json.dumps(content), encoding="utf-8")
    made = folder / "client"
    tool = (BIN / "uv", "tool", "run", "--quiet", "--from", GENERATOR, "openapi-python-client")
    told = ("--path", folder / "openapi.json", "--config", folder / "config.json", "--output-path", made)
    _run(*tool, "generate", "--meta", "none", "--fail-on-warning", *told)
    return made


def _run(*command: str | Path) -> None:
    subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
