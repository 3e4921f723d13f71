"""Rules over what the sources say: corroboration and gaps."""
