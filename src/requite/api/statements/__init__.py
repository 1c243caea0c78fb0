"""Statements: what each payee gets and why, what each hospital is asked to credit, and a summary for the board."""
