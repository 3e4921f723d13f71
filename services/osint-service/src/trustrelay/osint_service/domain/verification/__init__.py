"""Checks of what was declared: formats, check digits, identity. Pure; nobody outside is asked here."""
