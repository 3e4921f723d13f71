"""Parsers of the published list formats, one file each."""
