"""Workflow code of batch runs."""
