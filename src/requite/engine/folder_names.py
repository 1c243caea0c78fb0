"""What a run's folder calls its own: known without loading what writes it, so that a command that reads no data starts at once."""

from __future__ import annotations

from typing import Final

NAME: Final = "manifest.json"
TEXTS: Final = "ruleset"
"""The folder, inside a run's, that holds the ruleset's texts."""
