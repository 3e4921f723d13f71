"""The edge: CaseService and PortalService over gRPC."""
