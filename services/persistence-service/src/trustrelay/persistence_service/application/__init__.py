"""Use cases of the read model and the object store, and the ports they need."""
