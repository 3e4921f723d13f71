"""Root of all tests: the fixtures with real servers come from the stack's own package."""

pytest_plugins = ["trustrelay.devstack.testing"]
