"""Runs a case with the production telemetry in a process of its own, as a tracer provider is set once per process; writes its spans to a file."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer
from worker_harness import RunningCase, serving
from worker_store import ScriptedCase

from trustrelay.contracts.case_workflow import Decision, Status, Update
from trustrelay.servicekit import telemetry
from trustrelay.servicekit.settings import ServiceSettings
from trustrelay.servicekit.temporal import tracing_plugins
from trustrelay.workflow_worker.application.compliance.compliance_case import ComplianceCaseWorkflow
from trustrelay.workflow_worker.domain.compliance.records import FailedRequirement


class Settings(ServiceSettings):
    """Nothing of its own."""

    port: int = 1


def _told(span: ReadableSpan) -> dict[str, Any]:
    context = span.get_span_context()
    assert context is not None
    return {
        "name": span.name,
        "trace": trace.format_trace_id(context.trace_id),
        "span": trace.format_span_id(context.span_id),
        "parent": trace.format_span_id(span.parent.span_id) if span.parent else "",
        "links": [trace.format_trace_id(link.context.trace_id) for link in span.links],
        "seconds": ((span.end_time or 0) - (span.start_time or 0)) / 1e9,
        "status": span.status.status_code.name,
        "attributes": dict(span.attributes or {}),
    }


async def _sent(case: RunningCase, update: Update, **payload: Any) -> str:
    """Sends a message inside a span as case-api does; its trace id."""
    with trace.get_tracer("test").start_as_current_span(f"send {update}") as span:
        await case.send(update, **payload)
        return trace.format_trace_id(span.get_span_context().trace_id)


async def _case() -> tuple[dict[str, str], WorkflowHistory, str]:
    script = ScriptedCase(verdicts=[(FailedRequirement("r", ("TOO_OLD",)),)])
    async with serving(plugins=tracing_plugins(), max_cached_workflows=0) as server:
        case = await server.start(script, open_it=False)
        traces = {"open": await _sent(case, Update.OPEN)}
        await case.eventually(lambda: script.status is Status.REQUIREMENTS_REVIEW)
        await case.pass_time(days=1)
        traces["gate"] = await _sent(case, Update.REQUIREMENTS_APPROVED)
        await case.eventually(lambda: script.status is Status.AWAITING_DOCUMENTS)
        for number in (1, 2):
            traces[f"submission {number}"] = await _sent(case, Update.DOCUMENTS_SUBMITTED)
            await case.eventually(lambda number=number: script.calls.count("validate_documents") == number)
            await case.eventually(lambda: script.status in (Status.AWAITING_DOCUMENTS, Status.REVIEW_PENDING))
        traces["decision"] = await _sent(case, Update.OFFICER_DECISION, decision=Decision.REJECT)
        await case.result()
        return traces, await case.handle.fetch_history(), case.input.case_id


async def _run() -> str:
    exporter = InMemorySpanExporter()
    trace.get_tracer_provider().add_span_processor(SimpleSpanProcessor(exporter))  # type: ignore[attr-defined]
    traces, history, case_id = await _case()
    live = [_told(span) for span in exporter.get_finished_spans()]
    exporter.clear()
    replayer = Replayer(workflows=[ComplianceCaseWorkflow], plugins=tracing_plugins())
    await replayer.replay_workflow(history)
    replayed = [span.name for span in exporter.get_finished_spans()]
    return json.dumps({"traces": traces, "spans": live, "replayed": replayed, "case_id": case_id})


if __name__ == "__main__":
    telemetry.setup("workflow-worker", Settings())
    Path(sys.argv[1]).write_text(asyncio.run(_run()))
