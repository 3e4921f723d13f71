"""`python -m trustrelay.document_service`."""

from trustrelay.document_service.bootstrap import main

if __name__ == "__main__":
    main()
