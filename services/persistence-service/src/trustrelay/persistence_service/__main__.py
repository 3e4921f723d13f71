"""`python -m trustrelay.persistence_service` runs the service."""

from trustrelay.persistence_service.bootstrap import main

main()
