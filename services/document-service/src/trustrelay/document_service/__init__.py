"""Conversion, classification, validation and extraction of documents."""
