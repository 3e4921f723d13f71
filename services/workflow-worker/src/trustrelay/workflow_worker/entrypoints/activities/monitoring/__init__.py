"""Activities of monitoring runs and of the schedules that begin them."""
