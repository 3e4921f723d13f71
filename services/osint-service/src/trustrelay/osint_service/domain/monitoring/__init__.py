"""Looking again at a subject that was decided: what was seen, and which differences matter."""
