"""Build the package as it is published and try it where nothing else of ours is.

The sdist is built, the wheel from the sdist; both must hold every file of the package and the sdist none of the links
at the root. The wheel is then installed into an empty environment outside the source tree, and run there.
"""

import os
import subprocess
import sys
import tarfile
import tempfile
import time
import venv
import zipfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LINKS = ("api", "dsl", "engine", "rulesets")


def main() -> None:
    """Build, compare, install and run; exits with a message at the first thing wrong."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="requite-package-") as name:
        folder = Path(name)
        sdist, wheel = build(folder / "dist")
        check_sdist(sdist)
        check_wheel(wheel)
        try_wheel(wheel, folder)
    took = time.monotonic() - started
    say(f"package: sdist and wheel are whole; the wheel runs in an empty environment ({took:.0f} s)")


def build(dist: Path) -> tuple[Path, Path]:
    """Build the sdist, then the wheel from it, with the build backend of this environment."""
    run([sys.executable, "-m", "build", "--no-isolation", "--outdir", dist, ROOT], cwd=dist.parent, quiet=True)
    (sdist,) = dist.glob("*.tar.gz")
    (wheel,) = dist.glob("*.whl")
    return sdist, wheel


def check_sdist(sdist: Path) -> None:
    """Every file of the package is in the sdist, and no link."""
    with tarfile.open(sdist) as archive:
        members = archive.getmembers()
    inside = {member.name.partition("/")[2] for member in members}
    expect_all({f"src/{file}" for file in package_files()}, inside, sdist)
    stray = sorted(file for file in inside if file.split("/")[0] in LINKS)
    stray += [member.name for member in members if member.issym() or member.islnk()]
    if stray:
        sys.exit(f"{sdist.name} holds what belongs to the repository alone: {', '.join(stray)}")


def check_wheel(wheel: Path) -> None:
    """Every file of the package is in the wheel, and nothing beside it."""
    with zipfile.ZipFile(wheel) as archive:
        inside = set(archive.namelist())
    expect_all(package_files(), inside, wheel)
    stray = sorted(file for file in inside if not file.startswith(("requite/", "requite-")))
    if stray:
        sys.exit(f"{wheel.name} holds what is not of the package: {', '.join(stray)}")


def package_files() -> set[str]:
    """Name the files of the package, relative to src, that the repository keeps."""
    found = (path for path in (ROOT / "src" / "requite").rglob("*") if path.is_file())
    return {path.relative_to(ROOT / "src").as_posix() for path in found if "__pycache__" not in path.parts}


def expect_all(expected: set[str], inside: set[str], archive: Path) -> None:
    """Exit naming what an archive lacks."""
    missing = sorted(expected - inside)
    if missing:
        sys.exit(f"{archive.name} lacks {', '.join(missing)}")


def try_wheel(wheel: Path, folder: Path) -> None:
    """Install the wheel into an empty environment, at the versions tested here, and run it in an empty folder."""
    environment, empty = folder / "environment", folder / "empty"
    empty.mkdir()
    venv.create(environment, with_pip=True)
    bin_folder = environment / "bin"
    versions = folder / "versions.txt"
    listing = [sys.executable, "-m", "pip", "list", "--format=freeze", "--exclude-editable"]
    versions.write_text(run(listing, empty, quiet=True))
    run([bin_folder / "python", "-m", "pip", "install", "--quiet", "--constraint", versions, wheel], empty)
    where = "import requite, pathlib; print(pathlib.Path(requite.__file__).parent)"
    installed = Path(run([bin_folder / "python", "-c", where], empty, quiet=True).strip())
    if not installed.resolve().is_relative_to(environment.resolve()):
        sys.exit(f"requite was imported from {installed}, not from the wheel")
    run([bin_folder / "requite", "demo"], empty)
    run([bin_folder / "requite", "check", installed / "rulesets"], empty)


def run(command: Sequence[str | Path], cwd: Path, *, quiet: bool = False) -> str:
    """Run a command in a folder, away from the source tree's settings; what a quiet one printed is returned."""
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    if not quiet:
        say("$", *(Path(part).name if isinstance(part, Path) else part for part in command))
    done = subprocess.run(command, cwd=cwd, env=environment, text=True, check=False, stdout=subprocess.PIPE if quiet else None)
    if done.returncode:
        sys.exit(f"{done.stdout or ''}{Path(command[0]).name} ended with status {done.returncode}")
    return done.stdout or ""


def say(*words: object) -> None:
    """Print at once, so that lines keep their order among those of the commands run."""
    print(*words, flush=True)


if __name__ == "__main__":
    main()
