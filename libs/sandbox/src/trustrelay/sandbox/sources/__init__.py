"""One module per public source: pure functions that write its files or bodies, and a router where it answers over HTTP."""
