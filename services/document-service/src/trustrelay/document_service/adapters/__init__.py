"""One package or file per outside system."""
