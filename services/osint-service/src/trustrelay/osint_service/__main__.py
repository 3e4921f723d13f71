"""`python -m trustrelay.osint_service`."""

from trustrelay.osint_service.bootstrap import main

if __name__ == "__main__":
    main()
