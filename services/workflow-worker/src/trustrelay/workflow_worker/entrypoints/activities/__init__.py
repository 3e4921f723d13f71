"""Activities: each is a sentence and a call. They may be retried at any time, so every write they cause is idempotent."""
