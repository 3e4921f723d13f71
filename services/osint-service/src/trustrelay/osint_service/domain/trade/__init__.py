"""What the papers of a shipment say about the same goods, and what the law says about those goods."""
