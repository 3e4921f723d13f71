"""Customs messages in XML: read with bounds, written as one line per value."""
