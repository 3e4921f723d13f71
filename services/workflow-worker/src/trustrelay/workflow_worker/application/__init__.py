"""Workflow code: the path of a case, its messages, and the activities it names."""
