"""Coverage-guided fuzzing of the reader, the checker and the formatter.

    python -m tests.fuzz.fuzz_parse --seconds 600

starts from the rulesets of this repository. A text that fails is left in `--folder`, and given again as an argument it is
tried alone.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from random import Random

import atheris

with atheris.instrument_imports(include=["requite.dsl"]):  # type: ignore[attr-defined]  # its types lack the name
    from tests.fuzz.mutations import disordered, seeds
    from tests.fuzz.target import as_bytes, assert_reads_bytes

LONGEST_INPUT = 4_000
BACKSTOP_SECONDS = 30


def mutated(data: bytes, most: int, seed: int) -> bytes:
    """Bytes changed as libFuzzer does, or a text changed piece by piece."""
    random = Random(seed)
    if not data or random.random() < 0.2:
        return bytes(atheris.Mutate(data, most))
    text = data[1:].decode("utf-8", "replace")
    for _ in range(random.choice((1, 1, 2, 5))):
        text = disordered(text, random, most)
    return (data[:1] + text.encode("utf-8", "replace"))[:most]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=60, help="how long to go on")
    parser.add_argument("--folder", type=Path, default=Path("build") / "fuzz", help="where texts are kept that reach new code")
    parser.add_argument("--seed", type=int, default=0, help="0 takes another one each time")
    parser.add_argument("failed", nargs="*", type=Path, help="texts to try alone")
    chosen = parser.parse_args()
    corpus = chosen.folder / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for i, (name, text) in enumerate(seeds(LONGEST_INPUT // 2)):
        (corpus / f"seed-{i}-{name}").write_bytes(as_bytes(name, text))
    options = [
        f"-max_total_time={chosen.seconds}",
        f"-max_len={LONGEST_INPUT}",
        f"-timeout={BACKSTOP_SECONDS}",
        f"-seed={chosen.seed}",
        f"-artifact_prefix={chosen.folder}/",
        "-print_final_stats=1",
    ]
    inputs = [str(path) for path in chosen.failed] or [str(corpus)]
    atheris.Setup([sys.argv[0], *options, *inputs], assert_reads_bytes, custom_mutator=mutated)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
