"""SanctionsSuppressionRefreshWorkflow and the activities it names."""
