"""Requite runs incentive schemes and tariff checks that are written as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from requite.api.library import DataError, Explained, Ruleset, RulesetError, Run, Table, compile

__version__: Final = "0.1.0"

__all__ = ["DataError", "Explained", "Ruleset", "RulesetError", "Run", "Table", "__version__", "compile"]


def __getattr__(name: str) -> Any:
    """What a program that embeds Requite uses, loaded when it is first asked for: the command line starts faster without it."""
    if name in __all__:
        from requite.api import library

        return getattr(library, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
