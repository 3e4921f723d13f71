"""What a shipment is to its workflow: states, messages, and what is stored of both."""
