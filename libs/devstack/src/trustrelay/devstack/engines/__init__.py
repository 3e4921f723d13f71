"""The real servers: one file each. An engine is a part that can also be started alone (tests do)."""

from trustrelay.devstack.engines.postgres import PostgresEngine
from trustrelay.devstack.engines.seaweed import SeaweedEngine
from trustrelay.devstack.engines.temporal import TemporalEngine

__all__ = ["PostgresEngine", "SeaweedEngine", "TemporalEngine"]
