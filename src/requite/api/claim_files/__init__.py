"""Claim files as others send them, made into the spell file that the claim checks read."""
