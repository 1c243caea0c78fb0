"""Claims as they arrive: rows in, decisions out, and what a late row re-opens. Nothing is overwritten."""
