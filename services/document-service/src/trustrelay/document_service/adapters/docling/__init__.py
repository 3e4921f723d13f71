"""Our rule-based layout and table stages inside docling's real pipeline; imported in worker processes only."""
