"""Rules that dismiss hits, and the hits that are dismissed: always visible, always reversible."""
