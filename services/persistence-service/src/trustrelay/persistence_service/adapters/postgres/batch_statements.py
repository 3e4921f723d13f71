"""What batches ask of the database: whole pages at a time, and of facts only what the risk model reads."""

from sqlalchemy import TextClause, text

from trustrelay.common.v1.portfolio_types_pb2 import BatchFilter

# The assessment that stood when the run was made, whatever the run itself has written since.
_BEFORE = (
    "SELECT r.level, r.created_at FROM risk_assessments r WHERE r.tenant_id = k.tenant_id AND r.case_id = k.case_id AND r.ordinal <= :since"
    " ORDER BY r.ordinal DESC LIMIT 1"
)


def members(filter: BatchFilter, beyond: str = "") -> str:
    """The cases of a run: approved before it was made, and matching its filter. Terminal statuses are never left, so this stays the same set."""
    wanted = ["k.tenant_id = :tenant", "k.status IN ('APPROVED', 'APPROVED_WITH_RESTRICTIONS')", "k.decided_at <= :made_at"]
    if filter.template_ids:
        wanted.append("k.template_id = ANY(:templates)")
    if filter.countries:
        wanted.append("k.subject ->> 'country' = ANY(:countries)")
    if filter.risk_levels:
        wanted.append("coalesce(before.level, 'UNSPECIFIED') = ANY(:levels)")
    if filter.HasField("scored_before"):
        wanted.append("(before.level IS NULL OR coalesce(before.created_at, k.decided_at) < :scored_before)")
    judged = bool(filter.risk_levels) or filter.HasField("scored_before")
    join = f" LEFT JOIN LATERAL ({_BEFORE}) before ON true" if judged else ""
    return f"SELECT k.case_id FROM cases k{join} WHERE {' AND '.join(wanted)}{beyond}"  # noqa: S608 - constants; values are bound


# One row per page, and one for what lies beyond the last.
CUT = """
WITH wanted AS ({members} ORDER BY k.case_id LIMIT :most),
     placed AS (SELECT case_id, (row_number() OVER (ORDER BY case_id) - 1) / :page_size AS page FROM wanted)
SELECT max(case_id) AS last_case_id, count(*) AS cases FROM placed GROUP BY page ORDER BY page
"""

UNSCORED = " AND k.case_id > :after AND k.case_id <= :last" + (
    " AND NOT EXISTS (SELECT FROM batch_results b WHERE b.tenant_id = k.tenant_id AND b.run_id = :run AND b.case_id = k.case_id)"
    " ORDER BY k.case_id LIMIT :most"
)


def _of_cases(columns: str, table: str, more: str = "") -> TextClause:
    return text(f"SELECT f.case_id, {columns} FROM {table} f WHERE f.tenant_id = :tenant AND f.case_id = ANY(:ids){more}")  # noqa: S608 - constants


SUBJECTS = _of_cases(
    "f.subject ->> 'type', f.subject ->> 'country', f.subject ->> 'nationality', (f.subject -> 'declared_parties')::text",
    "cases",
    " ORDER BY f.case_id",
)
PROFILES = _of_cases("f.source, f.body ->> 'start_date', (f.body -> 'activity_codes')::text", "profiles", " ORDER BY f.case_id, f.source")
PARTIES = _of_cases(
    "f.party_id, f.source, f.body ->> 'type', f.body ->> 'nationality', (f.body -> 'roles')::text",
    "parties",
    " ORDER BY f.case_id, f.party_id, f.source",
)
CHECKS = _of_cases(
    "f.check_id, f.kind, f.outcome, f.body ->> 'reason', f.body ->> 'party_id', (f.body -> 'evidence_ids')::text,"
    " EXISTS (SELECT FROM check_overrides o WHERE o.tenant_id = f.tenant_id AND o.case_id = f.case_id AND o.check_id = f.check_id)",
    "checks",
    " ORDER BY f.case_id, f.kind, f.check_id",
)
FINDINGS = _of_cases("f.finding_id, f.body ->> 'kind', f.severity", "findings", " AND f.superseded_by = '' ORDER BY f.case_id, f.finding_id")
HITS = _of_cases("f.hit_id, f.party_id, f.topics, f.status", "hits", " ORDER BY f.case_id, f.hit_id")
CURRENT = text(
    "SELECT DISTINCT ON (f.case_id) f.case_id, f.level, (f.body ->> 'score')::float8, f.body ->> 'model_version', f.body ->> 'recommendation',"
    " (f.body -> 'factors')::text FROM risk_assessments f"
    " WHERE f.tenant_id = :tenant AND f.case_id = ANY(:ids) AND f.ordinal <= :since ORDER BY f.case_id, f.ordinal DESC"
)

ADD_RESULTS = text(
    "INSERT INTO batch_results (tenant_id, run_id, case_id, outcome, reason, before_level, before_score, after_level, after_score, model_version,"
    " changes, scored_at)"
    " SELECT :tenant, :run, u.case_id, u.outcome, u.reason, u.before_level, u.before_score, u.after_level, u.after_score, u.model_version,"
    " u.changes::jsonb, :at"
    " FROM unnest(CAST(:case_ids AS text[]), CAST(:outcomes AS text[]), CAST(:reasons AS text[]), CAST(:before_levels AS text[]),"
    " CAST(:before_scores AS float8[]), CAST(:after_levels AS text[]), CAST(:after_scores AS float8[]), CAST(:model_versions AS text[]),"
    " CAST(:changes AS text[]))"
    " AS u (case_id, outcome, reason, before_level, before_score, after_level, after_score, model_version, changes)"
    " ORDER BY u.case_id ON CONFLICT DO NOTHING RETURNING case_id"
)
MAKE_CURRENT = text(
    "INSERT INTO risk_assessments (tenant_id, case_id, operation_id, iteration, level, body)"
    " SELECT :tenant, k.case_id, :operation, k.iteration, u.level, u.body::jsonb"
    " FROM unnest(CAST(:case_ids AS text[]), CAST(:levels AS text[]), CAST(:bodies AS text[])) AS u (case_id, level, body)"
    " JOIN cases k ON k.tenant_id = :tenant AND k.case_id = u.case_id ORDER BY k.case_id ON CONFLICT DO NOTHING"
)
