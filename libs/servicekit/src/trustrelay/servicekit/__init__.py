"""What every Trust Relay service shares: settings, gRPC bootstrap, errors, call context, telemetry, Temporal."""
