"""How SQLite goes about what is asked with every claim: by an index over all that is named, and never through all that is kept.

It knows nothing of how many rows there are, so an order or a second condition can lead it to the wrong index.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy.dialects import sqlite

from requite.api.challenges import dates, raising
from requite.api.live import beginning, deciding, keeping, resting
from requite.api.store import audit, keys, versions
from requite.api.store.database import CLOCK, open_database

PLANS: Final[dict[str, tuple[Any, tuple[str, ...]]]] = {
    "rows that stand": (keeping.STANDING_NOW, ("ix_live_row_stands (org=? AND ruleset=? AND record=? AND key=?)",)),
    "rows that are linked": (
        keeping.LINKED_NOW,
        ("ix_live_link (org=? AND ruleset=? AND hash=?)", "INTEGER PRIMARY KEY (rowid=?)"),
    ),
    "rows that were linked": (
        keeping.LINKED_THEN,
        ("ix_live_link (org=? AND ruleset=? AND hash=?)", "INTEGER PRIMARY KEY (rowid=?)"),
    ),
    "rows by their ids": (keeping.BY_ID, ("INTEGER PRIMARY KEY (rowid=?)",)),
    "links of rows": (keeping.LINKS_OF, ("ix_live_link_row (row=?)",)),
    "rows that end": (keeping.SUPERSEDED, ("INTEGER PRIMARY KEY (rowid=?)",)),
    "decisions that stand": (deciding.STANDING, ("ix_decision_stands (org=? AND ruleset=? AND record=? AND key=?)",)),
    "what rests on hashes and days": (resting.ON_DAYS, ("ix_rests (org=? AND ruleset=? AND hash=?)",)),
    "what claims rest on": (resting.OF_CLAIMS, ("ix_rests_claim (org=? AND ruleset=? AND record=? AND key=?)",)),
    "what waits": (resting.WAITING, ("ix_rests (org=? AND ruleset=? AND hash=?)",)),
    "how many wait": (resting.NUMBER_DUE, ("ix_rests (org=? AND ruleset=? AND hash=?)",)),
    "the last entry of the log": (audit.LAST, ("sqlite_autoindex_audit_entry_1 (org=?)",)),
    "a key": (keys.BY_HASH, ("sqlite_autoindex_api_key_2 (hash=?)",)),
    "what is in force": (versions.IN_FORCE, ("ix_in_force (org=? AND ruleset=? AND starts<?)",)),
    "any row otherwise read": (
        beginning.any_otherwise_read(2),
        (
            "ix_live_row_shape (org=? AND ruleset=? AND record=? AND shape<?)",
            "ix_live_row_shape (org=? AND ruleset=? AND record=? AND shape>?)",
        )
        * 2,
    ),
    "challenges of claims": (raising.STANDING, ("ix_challenge_claim (org=? AND ruleset=? AND record=? AND key=?)",)),
    "what is said of months": (dates.SAID, ("ix_calendar_month (org=? AND month=?)",)),
    "how a ruleset stands": (
        beginning.STANDS,
        (
            "sqlite_autoindex_organisation_1 (id=?)",
            "ix_live_row_received (org=? AND ruleset=?)",
            "ix_decision_at (org=? AND ruleset=?)",
            "ix_in_force (org=? AND ruleset=? AND starts<?)",
            "ix_rests (org=? AND ruleset=? AND hash=?)",
            "ix_decision_version (org=? AND ruleset=?)",
            "ix_decision_version (org=? AND ruleset=?)",
        ),
    ),
    "the clock": (CLOCK, ("sqlite_autoindex_organisation_1 (id=?)",)),
    "rows otherwise read": (
        beginning.OTHERWISE_READ,
        (
            "ix_live_row_shape (org=? AND ruleset=? AND record=? AND shape<?)",
            "ix_live_row_shape (org=? AND ruleset=? AND record=? AND shape>?)",
        ),
    ),
}


@pytest.mark.parametrize(("statement", "indexes"), PLANS.values(), ids=PLANS)
def test_a_statement_is_answered_by_its_index(statement: Any, indexes: tuple[str, ...], sqlite_template: Path) -> None:
    text = str(statement.compile(dialect=sqlite.dialect()))
    text = re.sub(r"\(__\[POSTCOMPILE_\w+\]\)", "('a', 'b', 'c')", text)
    database = open_database(f"sqlite:///{sqlite_template}")
    with database.engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", tuple("x" * text.count("?"))).all()
    database.close()
    searches = [str(line[3]) for line in plan if str(line[3]).startswith(("SEARCH", "SCAN"))]
    assert len(searches) == len(indexes)
    for search, index in zip(searches, indexes, strict=True):
        assert re.fullmatch(rf"SEARCH \w+ USING (COVERING )?(INDEX )?{re.escape(index)}", search), plan
