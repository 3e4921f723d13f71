"""A portfolio of decided cases for batches to score, written straight into the database: tens of thousands of real ones would take days.

Every third company has a second register's profile, parties are two to four, findings one to three, every fourth case has a judged hit, every tenth
is a person. Levels are those of an older model, so that scoring again finds some that rose and some that fell. All of it is invented.
"""

from __future__ import annotations

from trustrelay.devstack.engines.postgres import DATABASE, PostgresEngine

# A superuser's session without triggers: rules about how cases come to be decided are not what is measured here.
_PREAMBLE = """
\\connect {database}
SET session_replication_role = replica;
SET synchronous_commit = off;
CREATE TEMP TABLE seeded AS
SELECT n, md5('{tenant}/' || n)::uuid::text AS case_id, n % 10 = 0 AS person,
       (ARRAY['BE', 'NL', 'FR', 'DE', 'LU'])[1 + n % 5] AS country
  FROM generate_series({first}, {last}) n;
"""

_CASES = """
INSERT INTO cases (tenant_id, case_id, request_id, request_sha256, template_id, template_version, subject, language, policy, status, state_version,
                   iteration, tier, tier_set_by, projection, created_by, created_at, updated_at, opened_at, decided_at, owner)
SELECT '{tenant}', case_id, md5('request/{tenant}/' || n)::uuid::text, repeat('0', 64),
       CASE WHEN person THEN 'kyc_natural_person' ELSE 'kyb_standard' END, 1,
       CASE WHEN person THEN jsonb_build_object('type', 'SUBJECT_TYPE_PERSON', 'legal_name', 'Invented Person ' || n, 'country', country,
                                                'birth_date', '1970-01-01', 'nationality', (ARRAY['BE', 'NL', 'FR', 'MA'])[1 + n % 4])
            ELSE jsonb_build_object('type', 'SUBJECT_TYPE_COMPANY', 'legal_name', 'Invented Company ' || n, 'country', country,
                                    'registration_number', lpad(n::text, 10, '0'), 'website', 'https://company-' || n || '.example') END,
       'en', '{{"path": "kyb", "mandatory_check_kinds": ["registry_status", "vat_vies"]}}', CASE WHEN n % 20 = 0 THEN 'APPROVED_WITH_RESTRICTIONS'
       ELSE 'APPROVED' END, 12, 1, 'FULL_REVIEW', 'rule', '{{"bounces": 0}}', 'olivia', now() - interval '90 days', now() - interval '30 days',
       now() - interval '90 days', now() - interval '30 days', 'olivia'
  FROM seeded;
"""

_FACTS = """
INSERT INTO profiles (tenant_id, case_id, source, body)
SELECT '{tenant}', case_id, source, jsonb_build_object(
         'legal_name', 'Invented Company ' || n, 'registration_number', lpad(n::text, 10, '0'), 'country', country, 'status', 'active',
         'legal_form', 'BV', 'registered_address', 'Invented street ' || n || ', 1000 Brussels',
         'start_date', CASE WHEN n % 50 = 0 THEN '2026-06-01' ELSE '2014-03-01' END,
         'activity_codes', jsonb_build_array('2008:' || CASE WHEN n % 7 = 0 THEN '46190' ELSE '62010' END, '2008:62020'), 'source', source)
  FROM seeded, unnest(ARRAY['kbo', 'gleif']) source WHERE NOT person AND (source = 'kbo' OR n % 3 = 0);
INSERT INTO parties (tenant_id, case_id, party_id, source, body)
SELECT '{tenant}', case_id, md5(case_id || p)::uuid::text, source, jsonb_build_object(
         'party_id', md5(case_id || p)::uuid::text, 'type', 'SUBJECT_TYPE_PERSON', 'full_name', 'Invented Party ' || n || '-' || p,
         'roles', CASE WHEN p = 1 THEN '["PARTY_ROLE_BENEFICIAL_OWNER"]'::jsonb ELSE '["PARTY_ROLE_DIRECTOR"]'::jsonb END,
         'birth_date', '1961-05-14', 'share', '0.5', 'source', source,
         'nationality', CASE WHEN n % 40 = 0 THEN 'VN' ELSE (ARRAY['BE', 'BE', 'NL', 'FR', 'DE'])[1 + (n + p) % 5] END)
  FROM seeded, generate_series(1, 2 + n % 3) p, unnest(ARRAY['declared', 'kbo']) source WHERE source = 'kbo' OR p = 1;
INSERT INTO checks (tenant_id, case_id, check_id, kind, outcome, body)
SELECT '{tenant}', case_id, kind, kind, found, jsonb_build_object(
         'check_id', kind, 'kind', kind, 'outcome', 'CHECK_OUTCOME_' || found, 'detail', 'Invented sentence for an officer.',
         'evidence_ids', jsonb_build_array(md5(case_id || kind)), 'check_time', '2026-10-20T10:00:00Z')
       || CASE WHEN found = 'NOT_ASSESSED' THEN '{{"reason": "SOURCE_DOWN"}}'::jsonb ELSE '{{}}'::jsonb END
  FROM seeded, unnest(ARRAY['registry_status', 'vat_vies', 'lei_gleif', 'sanctions_screening', 'pep_screening', 'adverse_media']) kind,
       LATERAL (SELECT CASE WHEN kind = 'lei_gleif' AND n % 2 = 0 THEN 'NOT_ASSESSED' WHEN kind = 'adverse_media' AND n % 25 = 0 THEN 'HIT'
                            ELSE 'CLEAR' END AS found) outcome;
INSERT INTO findings (tenant_id, case_id, finding_id, severity, body)
SELECT '{tenant}', case_id, 'finding-' || f, CASE WHEN f = 3 THEN 'HIGH' ELSE 'INFO' END, jsonb_build_object(
         'finding_id', 'finding-' || f, 'kind', 'address_mismatch', 'severity', CASE WHEN f = 3 THEN 'SEVERITY_HIGH' ELSE 'SEVERITY_INFO' END,
         'statement', 'The register and the website give another address.', 'evidence_ids', jsonb_build_array(md5(case_id || f)))
  FROM seeded, generate_series(1, 1 + n % 3) f;
INSERT INTO hits (tenant_id, case_id, hit_id, party_id, topics, status, status_reason, resolved_by, body)
SELECT '{tenant}', case_id, md5(case_id || 'hit'), md5(case_id || 1)::uuid::text, ARRAY[CASE WHEN n % 8 = 0 THEN 'role.pep' ELSE 'sanction' END],
       CASE WHEN n % 80 = 0 THEN 'TRUE_MATCH' ELSE 'FALSE_POSITIVE' END, 'seeded', 'officer:olivia',
       jsonb_build_object('hit_id', md5(case_id || 'hit'), 'dataset', 'pep', 'entity_id', 'e-' || n, 'caption', 'Invented Entry', 'score', 0.8)
  FROM seeded WHERE n % 4 = 0;
"""

_RISK = """
INSERT INTO risk_assessments (tenant_id, case_id, operation_id, iteration, level, body)
SELECT '{tenant}', case_id, 'seeded', 1, level, jsonb_build_object(
         'level', 'RISK_LEVEL_' || level, 'score', 0.2, 'model_version', 'risk-kyb@0', 'checkpoint', 'post_verification',
         'recommendation', 'DECISION_APPROVE', 'factors', (
           SELECT jsonb_agg(jsonb_build_object('group', 'customer', 'name', name, 'weight', 0.05, 'value', 0.1))
             FROM unnest(ARRAY['sanction_confirmed', 'sanction_hit_open', 'pep_confirmed', 'pep_hit_open', 'adverse_media', 'critical_finding',
                               'discrepancies', 'opaque_ownership', 'not_active_in_register', 'not_assessed', 'young_company', 'high_risk_country',
                               'monitored_country', 'foreign_parties', 'activity', 'remote_onboarding']) name))
  FROM seeded, LATERAL (SELECT CASE WHEN n % 30 = 0 THEN 'HIGH' ELSE 'LOW' END AS level) older;
DROP TABLE seeded;
"""
_END = "\n".join(f"ANALYZE {table};" for table in ("cases", "profiles", "parties", "checks", "findings", "hits", "risk_assessments"))
_AT_ONCE = 10_000


def seed(postgres: PostgresEngine, tenant: str, cases: int, database: str = DATABASE) -> None:
    """`cases` decided cases of `tenant`, which has no others made by this. Raises StartFailed with psql's first error."""
    for first in range(1, cases + 1, _AT_ONCE):
        script = _PREAMBLE + _CASES + _FACTS + _RISK
        last = min(first + _AT_ONCE - 1, cases)
        postgres.sql(script.format(database=database, tenant=tenant, first=first, last=last))
    postgres.sql(f"\\connect {database}\n{_END}")
