"""The refresh of suppression: what its activities are asked for, and what they come to."""
