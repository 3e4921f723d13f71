"""`python -m trustrelay.devstack` is the `trustrelay` command."""

import sys

from trustrelay.devstack.cli import main

if __name__ == "__main__":
    sys.exit(main())
