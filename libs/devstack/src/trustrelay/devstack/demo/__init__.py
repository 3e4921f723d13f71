"""`trustrelay demo`: real cases on a stack of its own, from creation to signed decisions, checked as they go."""
