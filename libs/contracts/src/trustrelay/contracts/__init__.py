"""Contracts that are not gRPC: what callers and the workflow say to each other through Temporal."""
