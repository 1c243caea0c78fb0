"""What the service remembers: rulesets, rows, decisions, challenges, runs, and who did what."""
