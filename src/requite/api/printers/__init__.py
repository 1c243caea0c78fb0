"""Readable printings of what a ruleset becomes on its way from text to plan; the same text for the same ruleset."""
