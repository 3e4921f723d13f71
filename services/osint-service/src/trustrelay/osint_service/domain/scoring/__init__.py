"""How far the facts, and the investigation itself, can be relied on."""
