"""Activities of batch runs."""
