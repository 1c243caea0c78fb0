"""The parts of the interpreter: what each expression, range, payment, share and check means for one row."""
