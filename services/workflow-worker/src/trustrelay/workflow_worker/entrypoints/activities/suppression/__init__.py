"""Activities of the refresh of suppression."""
