"""Rewrites of a checked program that leave its meaning alone; `PASSES` is their order."""

from requite.engine.passes.fold import fold
from requite.engine.passes.prune import prune

PASSES = (fold, prune)
