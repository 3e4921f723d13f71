"""Typed fields out of a converted document, each with its place."""

from .fields import ExtractedField, Person, extract_fields, persons_of

__all__ = ["ExtractedField", "Person", "extract_fields", "persons_of"]
