"""ShipmentComplianceWorkflow and its parts."""
