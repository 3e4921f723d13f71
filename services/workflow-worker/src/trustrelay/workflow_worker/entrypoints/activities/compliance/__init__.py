"""Activities of the compliance case."""
