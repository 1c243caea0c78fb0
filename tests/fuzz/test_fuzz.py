"""A short run of the fuzzers, so that what they run stays in order; `make fuzz` goes on for longer."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.mutations import disordered, programs
from tests.fuzz.target import assert_reads
from tests.language.strategies import typed_texts

ROOT = Path(__file__).parents[2]
SECONDS = 20

names = st.sampled_from(["x.requite", "x.md"])
lively = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.skipif(find_spec("atheris") is None, reason="atheris is not installed")
def test_no_text_makes_the_reader_fail(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.fuzz.fuzz_parse", f"--seconds={SECONDS}", "--folder", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=20 * SECONDS)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-6000:]


@lively
@given(st.sampled_from(programs()), st.integers(0, 2**32), st.integers(1, 8))
def test_disordered_rulesets_are_read(program: tuple[str, str], seed: int, times: int) -> None:
    name, text = program
    random = Random(seed)
    for _ in range(times):
        text = disordered(text, random)
    assert_reads(text, name)


@lively
@given(st.text(max_size=200), names)
def test_any_characters_are_read(text: str, name: str) -> None:
    assert_reads(text, name)


@lively
@given(typed_texts, names)
def test_well_formed_texts_are_checked(text: str, name: str) -> None:
    assert_reads(f"```requite\n{text}\n```" if name.endswith(".md") else text, name)


OPENINGS = ("(", "-", "not ", "max(", "t[", "a + (", "a when (", "a else ", "a and ", "a + ", "a.", "count over each a where (")


@pytest.mark.parametrize("times", [30, 110, 3000])
def test_deep_and_long_texts_are_read(times: int) -> None:
    for opening in OPENINGS:
        for text in (opening * times, opening * times + "a", opening * times + "a" + ")" * times):
            assert_reads(f"for each r let x = {text}", "x.requite")
