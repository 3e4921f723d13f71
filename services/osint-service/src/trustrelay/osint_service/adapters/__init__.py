"""One file per outside system: its addresses, headers, error bodies and what is retryable."""
