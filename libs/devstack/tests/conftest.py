"""The devstack's own tests use the fixtures that it offers to others."""

from trustrelay.devstack.testing import (  # noqa: F401  (fixtures)
    fresh_database,
    make_database,
    postgres_engine,
    running_bench,
    s3_engine,
    temporal_engine,
)
