"""Pure rules of the case workflow: no Temporal, no gRPC."""
