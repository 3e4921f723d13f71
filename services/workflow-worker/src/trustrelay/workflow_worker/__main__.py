"""`python -m trustrelay.workflow_worker DOMAIN`."""

from trustrelay.workflow_worker.bootstrap import main

main()
