"""The parts of an explanation: a payment, a check, and what their clauses read."""
