"""``python -m trustrelay.case_api`` runs the service."""

from trustrelay.case_api.bootstrap import main

main()
