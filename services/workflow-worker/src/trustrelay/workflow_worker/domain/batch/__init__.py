"""A pass of the risk model over a portfolio: its state, its messages, and what differs between two scores."""
