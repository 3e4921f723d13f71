"""Root of all tests: the fixtures with real servers, and the second process of `make test`, come from the stack's own package."""

pytest_plugins = ["trustrelay.devstack.testing", "trustrelay.devstack.testing_beside"]
