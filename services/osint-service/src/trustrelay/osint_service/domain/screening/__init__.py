"""Name screening: normalise, block, score, qualify, explain."""
