"""Statements on paper: the HTML page as PDF, through WeasyPrint, which is an extra of its own."""

from __future__ import annotations

import logging
import warnings
from typing import Any, Final

from requite.engine.reading.problems import problem

HELP: Final = (
    'Install it with `pip install "requite[pdf]"`; it needs the library Pango, too (on Debian: libpango-1.0-0, libpangoft2-1.0-0).'
)


def writer() -> Any:
    """What turns pages into PDF; DataError where it is not installed."""
    try:
        # Without HarfBuzz's library of subsets it warns, and writes the same page.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import weasyprint
    except (ImportError, OSError) as error:
        # An OSError says that the library behind it is not there.
        missing = "WeasyPrint" if isinstance(error, ImportError) else "a library that WeasyPrint needs"
        raise problem("no-pdf", f"no PDF can be written, since {missing} is not installed", help=HELP) from error
    # What it has to say of style sheets is for their author.
    logging.getLogger("weasyprint").setLevel(logging.ERROR)
    return weasyprint


def pdf_of(page: str) -> bytes:
    """A page as PDF; nothing is fetched for it."""
    weasyprint = writer()
    made: bytes = weasyprint.HTML(string=page, url_fetcher=_refuse).write_pdf()
    return made


def _refuse(url: str, *_: Any, **__: Any) -> Any:
    raise ValueError(f"a statement fetches nothing, and asked for {url}")
