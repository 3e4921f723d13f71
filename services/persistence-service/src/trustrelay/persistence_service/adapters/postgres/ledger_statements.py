"""The ledger's statements on the way of every transition: few, because a transition waits for each of them in turn."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from trustrelay.persistence_service.domain.audit import Link

# The newest event, and those of the wanted ids that are in the chain already.
CHAIN = text("""
(SELECT sequence, chain_hash, event_id FROM audit_events WHERE tenant_id = :tenant AND case_id = :case ORDER BY sequence DESC LIMIT 1)
UNION ALL
SELECT sequence, chain_hash, event_id FROM audit_events WHERE tenant_id = :tenant AND case_id = :case AND event_id = ANY(CAST(:wanted AS text[]))
""")

# In one order, so that two who lock several cases never wait for each other.
LOCK_CASES = text("SELECT FROM cases WHERE tenant_id = :tenant AND case_id = ANY(CAST(:cases AS text[])) ORDER BY case_id FOR UPDATE")
HEADS = text("""
SELECT DISTINCT ON (case_id) case_id, sequence, chain_hash FROM audit_events
 WHERE tenant_id = :tenant AND case_id = ANY(CAST(:cases AS text[])) ORDER BY case_id, sequence DESC
""")

_APPEND = """
INSERT INTO audit_events (tenant_id, case_id, sequence, event_id, type, actor, event_time, data, trace_id, chain_hash)
SELECT * FROM unnest(CAST(:tenant_ids AS text[]), CAST(:case_ids AS text[]), CAST(:sequences AS bigint[]), CAST(:event_ids AS text[]),
  CAST(:types AS text[]), CAST(:actors AS text[]), CAST(:event_times AS timestamptz[]), CAST(:datas AS text[]), CAST(:trace_ids AS text[]),
  CAST(:chain_hashs AS text[]))
"""
APPEND_AUDIT = text(_APPEND)

# The trigger on case_transitions asks for the case as it is now: its row is written before, by a statement of its own.
ADD_VERSION = text(f"""
WITH version AS (
  INSERT INTO case_transitions (tenant_id, case_id, state_version, status, iteration, tier, tier_set_by, projection, content_sha256, actor,
    trace_id, recorded_at)
  VALUES (:tenant_id, :case_id, :state_version, :status, :iteration, :tier, :tier_set_by, :projection, :content_sha256, :actor, :trace_id,
    :recorded_at)
), event AS (
  INSERT INTO domain_events (tenant_id, case_id, state_version, event_id, type, correlation_id, causation_id, data, created_at)
  VALUES (:tenant_id, :case_id, :state_version, :event_id, :event_type, :correlation_id, :causation_id, :event_data, :recorded_at)
)
{_APPEND}
""").bindparams(bindparam("projection", type_=JSONB), bindparam("event_data", type_=JSONB))  # noqa: S608 - constants above


def appended(links: Sequence[Link]) -> dict[str, list[Any]]:
    """The events by column, as APPEND_AUDIT takes them."""
    return {f"{name}s": [getattr(one, name) for one in links] for name in Link.__dataclass_fields__}
