"""CaseSummary in one statement over stored facts."""

from typing import Any

from sqlalchemy import Row

from trustrelay.common.v1.case_file_pb2 import CaseSummary
from trustrelay.common.v1.decision_types_pb2 import RiskAssessment
from trustrelay.persistence_service.adapters.postgres.rows import from_json

# blocking_checks() and has_confirmed_hit() are also what the approval trigger asks: one truth for workflow and database.
SUMMARY = """
SELECT
  ARRAY(SELECT hit_id FROM hits h WHERE h.tenant_id = k.tenant_id AND h.case_id = k.case_id AND h.status = 'OPEN' ORDER BY 1) AS open_hits,
  ARRAY(SELECT * FROM blocking_checks(k.tenant_id, k.case_id)) AS blocking_checks,
  (SELECT count(*) FROM findings f WHERE f.tenant_id = k.tenant_id AND f.case_id = k.case_id AND f.severity = 'CRITICAL' AND f.superseded_by = '')
    AS critical_findings,
  has_confirmed_hit(k.tenant_id, k.case_id, 'role.pep%') AS confirmed_pep,
  has_confirmed_hit(k.tenant_id, k.case_id, 'sanction%') AS confirmed_sanction,
  EXISTS (SELECT FROM check_overrides o WHERE o.tenant_id = k.tenant_id AND o.case_id = k.case_id) AS has_override,
  (SELECT jsonb_build_object('level', r.body -> 'level', 'recommendation', r.body -> 'recommendation') FROM risk_assessments r
    WHERE r.tenant_id = k.tenant_id AND r.case_id = k.case_id ORDER BY r.ordinal DESC LIMIT 1) AS risk,
  ARRAY(SELECT q.requirement_id FROM requirements q WHERE q.tenant_id = k.tenant_id AND q.case_id = k.case_id AND q.status IN ('OPEN', 'BOUNCED')
        ORDER BY q.position, 1) AS open_requirements,
  ARRAY(SELECT d.document_id FROM documents d WHERE d.tenant_id = k.tenant_id AND d.case_id = k.case_id AND d.state = 'STORED'
        AND d.iteration = k.iteration ORDER BY d.created_at, 1) AS unprocessed,
  (SELECT count(*) FROM documents d WHERE d.tenant_id = k.tenant_id AND d.case_id = k.case_id AND d.state <> 'SUPERSEDED') AS document_count,
  (SELECT coalesce(jsonb_object_agg(q.requirement_id, q.status), '{}') FROM requirements q WHERE q.tenant_id = k.tenant_id AND q.case_id = k.case_id)
    AS requirement_statuses,
  ARRAY(SELECT q.question_id FROM questions q WHERE q.tenant_id = k.tenant_id AND q.case_id = k.case_id AND q.mandatory
        AND NOT EXISTS (SELECT FROM portal_answers a WHERE (a.tenant_id, a.case_id, a.question_id) = (q.tenant_id, q.case_id, q.question_id)
                        AND btrim(a.answer) <> '')
        AND NOT EXISTS (SELECT FROM creation_answers a WHERE (a.tenant_id, a.case_id, a.question_id) = (q.tenant_id, q.case_id, q.question_id)
                        AND btrim(a.answer) <> '')
        ORDER BY q.position, 1) AS unanswered_questions
FROM cases k WHERE k.tenant_id = :tenant AND k.case_id = :case
"""

# The final decision is the first officer's of the last round; a second officer confirms it, or there is another round.
TRACK_RECORD = """
SELECT count(*) AS decided, coalesce(avg(CASE WHEN d.decision = d.recommendation THEN 1.0 ELSE 0.0 END), 0) AS agreement
FROM (SELECT k.tenant_id, k.case_id FROM cases k
       WHERE k.tenant_id = :tenant AND k.created_by = :creator AND k.template_id = :template AND coalesce(k.subject ->> 'country', '') = :country
         AND k.decided_at IS NOT NULL
       ORDER BY k.decided_at DESC, k.case_id LIMIT 100) last
CROSS JOIN LATERAL (SELECT decision, recommendation FROM decisions WHERE tenant_id = last.tenant_id AND case_id = last.case_id AND step = 1
                     ORDER BY round DESC LIMIT 1) d
"""


def summary_of(row: Row[Any]) -> CaseSummary:
    """The row of SUMMARY as a message."""
    risk = from_json(RiskAssessment, row.risk or {})
    return CaseSummary(
        open_hit_ids=row.open_hits,
        blocking_check_ids=row.blocking_checks,
        critical_findings=row.critical_findings,
        confirmed_pep=row.confirmed_pep,
        confirmed_sanction=row.confirmed_sanction,
        has_override=row.has_override,
        risk_level=risk.level,
        recommendation=risk.recommendation,
        open_requirement_ids=row.open_requirements,
        unprocessed_document_ids=row.unprocessed,
        document_count=row.document_count,
        requirement_statuses=row.requirement_statuses,
        unanswered_question_ids=row.unanswered_questions,
    )
