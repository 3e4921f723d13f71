"""Rules of the edge: pure functions over requests and stored cases."""
