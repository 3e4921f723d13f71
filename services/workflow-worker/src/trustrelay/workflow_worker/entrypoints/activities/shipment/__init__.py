"""Activities of a shipment."""
