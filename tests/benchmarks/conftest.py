"""The benchmark stands beside the tests, at the root of the repository, and is no part of the package."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2]))
