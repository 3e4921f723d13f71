"""What may be done with shipments; one file per kind of thing that is done."""
