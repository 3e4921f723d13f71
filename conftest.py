"""Root of all tests: the fixtures with real servers come from the stack's own package; tests that share servers stay in one process."""

import pytest

pytest_plugins = ["trustrelay.devstack.testing"]

_WHOLE_STACK = "tests/e2e/"


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With several processes (`pytest -n 2 --dist loadgroup`): a file's tests run in one of them, and all that need the whole stack in one, first.

    The stack's tests take longest, so whoever begins with them does not end last; without processes nothing changes.
    """
    if not config.getoption("numprocesses", None) and not hasattr(config, "workerinput"):
        return
    for item in items:
        group = _WHOLE_STACK if item.nodeid.startswith(_WHOLE_STACK) else item.nodeid.partition("::")[0]
        item.add_marker(pytest.mark.xdist_group(group))
    items.sort(key=lambda item: not item.nodeid.startswith(_WHOLE_STACK))
