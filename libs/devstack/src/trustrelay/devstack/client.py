"""case-api as its users call it: officers and managers with a dev user's token, customers with a portal token."""

from trustrelay.devstack.batch_client import BatchClient
from trustrelay.devstack.calling import Endpoint, explain, log_in, new_request_id, patiently
from trustrelay.devstack.customer_client import CustomerClient, post_file, visit_identity_provider
from trustrelay.devstack.monitoring_client import MonitoringClient
from trustrelay.devstack.officer_client import OfficerClient
from trustrelay.devstack.shipment_client import ShipmentClient
from trustrelay.devstack.suppression_client import SuppressionClient
from trustrelay.devstack.template_client import TemplateClient

__all__ = [
    "BatchClient",
    "CustomerClient",
    "Endpoint",
    "MonitoringClient",
    "OfficerClient",
    "ShipmentClient",
    "SuppressionClient",
    "TemplateClient",
    "explain",
    "log_in",
    "new_request_id",
    "patiently",
    "post_file",
    "visit_identity_provider",
]
