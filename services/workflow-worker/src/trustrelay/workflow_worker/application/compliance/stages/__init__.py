"""The stages of a case: what is done in each status, what is waited for, and where it leads."""
