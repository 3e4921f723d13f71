"""`trustrelay shipment`, `monitor` and `batch` against a running case-api: answers, refusals and exit codes."""

import json
import uuid
from pathlib import Path

import pytest
from case_api_terminal import Terminal, terminal

from trustrelay.common.v1 import portfolio_types_pb2 as portfolio
from trustrelay.common.v1 import shipment_types_pb2 as types
from trustrelay.common.v1.decision_types_pb2 import RISK_LEVEL_HIGH, RISK_LEVEL_LOW
from trustrelay.common.v1.evidence_types_pb2 import (
    CHECK_OUTCOME_CLEAR,
    CHECK_OUTCOME_FAILED,
    CHECK_OUTCOME_HIT,
    CHECK_OUTCOME_NOT_ASSESSED,
    SEVERITY_CRITICAL,
    SEVERITY_HIGH,
)

__all__ = ["terminal"]


def stored_shipment(on: Terminal) -> str:
    """One whose weights disagree and one good of which is controlled: explained by olivia, waiting for the second officer."""
    shipment_id = str(uuid.uuid4())
    header = types.ShipmentHeader(
        shipment_id=shipment_id, status=types.SHIPMENT_STATUS_HELD, state_version=4, reference="PO-1", direction=types.TRADE_DIRECTION_EXPORT,
        country_of_dispatch="BE", country_of_destination="GE", created_by="olivia", rules_version="shipment-rules/1", round=1,
    )  # fmt: skip
    values = [types.StatedValue(document_type="cmr", value="10"), types.StatedValue(document_type="packing_list", value="12")] * 2
    comparisons = [
        types.FieldComparison(field="packages", outcome=CHECK_OUTCOME_CLEAR),
        types.FieldComparison(
            field="gross_mass_kg", outcome=CHECK_OUTCOME_FAILED, severity=SEVERITY_HIGH, values=values, explanation="they differ by 20 %"
        ),
    ]
    controls = types.GoodsControlResult(outcome=CHECK_OUTCOME_HIT, hits=[types.GoodsControlHit(list="dual_use", commodity_code="90278100")])
    discrepancies = [
        types.Discrepancy(discrepancy_id="d-1", kind="field", about="gross_mass_kg", severity=SEVERITY_HIGH, status=1, explanation="20 % more"),
        types.Discrepancy(discrepancy_id="d-2", kind="goods_control", severity=SEVERITY_CRITICAL, status=2, explained_by="olivia"),
    ]
    file = types.ShipmentFile(header=header, comparisons=comparisons, goods_controls=controls, discrepancies=discrepancies)
    file.documents.add(document_id="p-1", file_name="cmr.pdf", document_type="cmr", state=2, confidence=0.9)
    on.store.portfolio.shipments["acme", shipment_id] = file
    return shipment_id


async def test_the_page_of_a_shipment_says_what_stands_in_the_way_and_whose_turn_it_is(terminal: Terminal):
    """The worst field first, each value once, and the command that goes on."""
    shipment_id = stored_shipment(terminal)
    assert await terminal.run("shipment list --status held") == 0
    assert shipment_id in terminal.out
    assert await terminal.run("shipment list --status cleared --json") == 0
    assert json.loads(terminal.out) == []
    assert await terminal.run(f"shipment show {shipment_id}") == 0
    for told in (
        "export BE → GE", "! HIGH d-1: 20 % more", "trustrelay shipment resolve", "a second officer (not olivia)", "cmr: 10 · packing_list: 12",
        "they differ by 20 %", "dual_use", "HELD",
    ):  # fmt: skip
        assert told in terminal.out, told
    assert terminal.out.index("gross_mass_kg") < terminal.out.index("packages")
    assert terminal.out.count("cmr: 10") == 1
    assert await terminal.run(f"shipment show {shipment_id} --json --as anton") == 0
    assert json.loads(terminal.out)["header"]["state_version"] == "4"


async def test_refusals_about_shipments_say_what_to_do(terminal: Terminal):
    """No such shipment, a closed one, a wrong role, an engine that is away; exit code 1 each."""
    shipment_id = stored_shipment(terminal)
    for line in (f"resolve {shipment_id} d-1", f"confirm {shipment_id} d-2", f"confirm {shipment_id} d-2 --return", f"decide {shipment_id} hold"):
        assert await terminal.run(f"shipment {line} --reason r") == 1
        assert "WORKFLOW_ENGINE_UNAVAILABLE" in terminal.err
    assert await terminal.run(f"shipment resolve {shipment_id} d-1 --reason r --as anton") == 1
    assert "ROLE_REQUIRED" in terminal.err
    assert await terminal.run(f"shipment capsule {shipment_id}") == 1
    assert "CAPSULE_NOT_READY" in terminal.err
    terminal.store.portfolio.move_shipment("acme", shipment_id, "CLEARED")
    assert await terminal.run(f"shipment resolve {shipment_id} d-1 --reason r") == 1
    assert "open a new one" in terminal.err
    assert await terminal.run(f"shipment audit {shipment_id}") == 0
    assert "message_refused" in terminal.out
    assert await terminal.run(f"shipment show {uuid.uuid4()}") == 1
    assert "shipment list" in terminal.err


async def test_a_schedule_is_set_shown_and_deleted(terminal: Terminal):
    """It is stored although no engine answers here, and the page says that it is not in force yet."""
    assert await terminal.run("monitor schedule show") == 1
    assert "monitor schedule set" in terminal.err
    assert await terminal.run("monitor schedule set --every 12h --check registry --path kyb --review-from high --jitter 5m") == 0
    for told in ("every 12h, up to 5m later", "watches registry", "approved kyb cases", "HIGH or more opens a review case", "not in force yet"):
        assert told in terminal.out, told
    assert await terminal.run("monitor schedule pause") == 0
    assert terminal.out.splitlines()[-1] == "every 12h, up to 5m later, PAUSED"
    assert await terminal.run("monitor schedule resume --etag stale") == 1
    assert "ETAG_MISMATCH" in terminal.err
    assert await terminal.run("monitor schedule set --cron '61 * * * *'") == 1
    assert "schedule.cron" in terminal.err
    assert await terminal.run("monitor run") == 1
    assert "WORKFLOW_ENGINE_UNAVAILABLE" in terminal.err
    assert await terminal.run("monitor schedule delete") == 0
    assert not terminal.store.portfolio.schedules


async def test_runs_and_alerts_are_told(terminal: Terminal):
    """What changed into what, what nobody could look at, and who dealt with it."""
    run_id, alert_id, kept = str(uuid.uuid4()), str(uuid.uuid4()), terminal.store.portfolio
    kept.monitoring_runs["acme", run_id] = portfolio.MonitoringRun(run_id=run_id, status=portfolio.RUN_STATUS_COMPLETED, cases_checked=3)
    changes = [portfolio.FactChange(fact="status", before="active", after="bankrupt")]
    kept.alerts["acme", alert_id] = portfolio.Alert(
        alert_id=alert_id, case_id="c", kind="REGISTRY_CHANGED", severity=SEVERITY_CRITICAL, changes=changes, status=portfolio.ALERT_STATUS_OPEN
    )
    assert await terminal.run("monitor runs") == 0
    assert run_id in terminal.out
    assert await terminal.run(f"monitor show {run_id}") == 0
    assert "SOURCE_UNREACHABLE" in terminal.out
    assert await terminal.run("monitor alerts --status open") == 0
    assert "status: active → bankrupt" in terminal.out
    assert await terminal.run(f"monitor resolve-alert {alert_id} --reason called") == 0
    assert terminal.out.strip() == f"{alert_id} resolved by olivia"
    assert await terminal.run(f"monitor resolve-alert {alert_id} --reason again --as samir") == 1
    assert "ALERT_RESOLVED" in terminal.err
    assert await terminal.run("monitor alerts --status open --json") == 0
    assert json.loads(terminal.out) == []


async def test_a_batch_is_shown_reported_and_followed_to_its_end(terminal: Terminal):
    """A cancelled run is not done: exit code 1; the report shows what differs most, and what could not be assessed."""
    run_id, kept = str(uuid.uuid4()), terminal.store.portfolio
    kept.batches["acme", run_id] = portfolio.BatchRun(
        run_id=run_id, status=portfolio.RUN_STATUS_COMPLETED, dry_run=True, cases_total=2, cases_scored=1, cases_not_assessed=1, state_version=2,
        levels=[portfolio.LevelCount(before=RISK_LEVEL_LOW, after=RISK_LEVEL_HIGH, cases=1)], created_by="mara",
    )  # fmt: skip
    changes = [portfolio.FactChange(fact=f"factor_{n}", before="0", after=str(n / 10)) for n in range(5)]
    kept.results = [
        portfolio.BatchResult(
            case_id="c-1", outcome=CHECK_OUTCOME_CLEAR, before_level=RISK_LEVEL_LOW, before_score=0.1, after_level=RISK_LEVEL_HIGH, after_score=0.9,
            changes=changes,
        ),
        portfolio.BatchResult(case_id="c-2", outcome=CHECK_OUTCOME_NOT_ASSESSED, reason="FACTS_MISSING", before_level=RISK_LEVEL_LOW),
    ]  # fmt: skip
    assert await terminal.run("batch list") == 0
    assert "1 of 2 scored, 1 not assessed" in terminal.out
    assert await terminal.run(f"batch watch {run_id}") == 0
    assert "dry run" in terminal.out
    assert "COMPLETED (2 of 2)" in terminal.err
    assert await terminal.run(f"batch report {run_id} --all") == 0
    for told in ("LOW 0.10", "HIGH 0.90", "factor_4: 0 → 0.4", "2 more", "NOT_ASSESSED FACTS_MISSING"):
        assert told in terminal.out, told
    assert await terminal.run(f"batch report {run_id} --json") == 0
    assert [json.loads(line)["case_id"] for line in terminal.out.splitlines()] == ["c-1", "c-2"]
    kept.move_batch("acme", run_id, "CANCELLED")
    assert await terminal.run(f"batch watch {run_id} --json") == 1
    assert json.loads(terminal.out)["status"] == "RUN_STATUS_CANCELLED"
    for verb in ("pause", "resume", "cancel"):
        assert await terminal.run(f"batch {verb} {run_id} --reason r") == 1
        assert "WORKFLOW_ENGINE_UNAVAILABLE" in terminal.err
    assert await terminal.run("batch reassess") == 1
    assert await terminal.run("batch reassess --as olivia") == 1
    assert "ROLE_REQUIRED" in terminal.err
    assert await terminal.run(f"batch show {uuid.uuid4()}") == 1
    assert "batch list" in terminal.err


@pytest.mark.parametrize(
    "line",
    [
        "shipment submit no-such-file.pdf --from CN --to BE",
        "shipment submit {here}",
        "shipment submit {here} --from CN --to BE --direction sideways",
        "shipment decide x perhaps --reason y",
        "shipment list --status nowhere",
        "shipment resolve x y",
        "monitor schedule set",
        "monitor schedule set --every 1d --cron '* * * * *'",
        "monitor schedule set --every sometimes",
        "monitor schedule set --every 1d --review-from rather",
        "monitor run --backfill yesterday today",
        "monitor run --backfill 2026-11-22",
        "monitor alerts --status maybe",
        "batch reassess --level extreme",
        "batch reassess --rate -1",
        "batch reassess --scored-before soon",
        "batch pause x",
    ],
)
async def test_wrong_usage_is_told_apart(terminal: Terminal, line: str):
    """Exit code 2, and nothing is sent."""
    assert await terminal.run(line.format(here=Path(__file__))) == 2
