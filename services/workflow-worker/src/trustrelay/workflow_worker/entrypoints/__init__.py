"""What Temporal calls: activities and the worker itself."""
