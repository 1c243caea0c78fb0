"""Requite runs incentive schemes and tariff checks that are written as text."""

from typing import Final

__version__: Final = "0.1.0"
