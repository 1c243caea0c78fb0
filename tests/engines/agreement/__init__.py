"""Three engines, one meaning: programs and data at random, and what two engines make of them, compared to the penny."""
