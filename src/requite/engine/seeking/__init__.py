"""Rows sought in a database when the interpreter asks for them, so that no more is read than what it is asked about needs."""

from __future__ import annotations

from requite.engine.seeking.opening import Opened, opened
from requite.engine.seeking.tables import SoughtTables, TooManyRows

__all__ = ["Opened", "SoughtTables", "TooManyRows", "opened"]
