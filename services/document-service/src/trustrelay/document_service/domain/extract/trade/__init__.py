"""What the papers of a shipment say: parties, masses, packages, amounts, codes, references."""

from .papers import FIELDS, LISTS, MESSAGE_TYPE, message_codes

__all__ = ["FIELDS", "LISTS", "MESSAGE_TYPE", "message_codes"]
