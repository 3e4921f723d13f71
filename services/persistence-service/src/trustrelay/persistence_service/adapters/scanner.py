"""The malware scan hook."""

from trustrelay.persistence_service.application.object_ports import Inspected


class NoScanner:
    """No scanner is configured: every upload says so, instead of passing as clean."""

    async def scan(self, inspected: Inspected) -> str:
        """Always NOT_ASSESSED."""
        return "NOT_ASSESSED SCANNER_NOT_CONFIGURED"
