"""One file per outside system of the worker."""
