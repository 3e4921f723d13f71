"""Rules and values of the compliance case."""
