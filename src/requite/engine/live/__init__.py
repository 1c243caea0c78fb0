"""The live engine: a claim as it arrives. The interpreter reckons, durable-rules decides which checks flag it."""
