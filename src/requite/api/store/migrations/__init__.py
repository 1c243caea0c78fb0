"""How the schema of the store came to be, one revision after another."""
