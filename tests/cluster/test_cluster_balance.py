"""The cluster test's reading of spans: who served how many calls, and who was left out. No cluster needed."""

from __future__ import annotations

import json
from collections import Counter

from balance import served, shortfalls


def line(pod: str, *rpc_services: str, kind: int = 2) -> str:
    """One export of one pod: a span per call."""

    def attribute(key: str, value: str) -> dict[str, object]:
        return {"key": key, "value": {"stringValue": value}}

    spans = [{"kind": kind, "attributes": [attribute("rpc.service", name)]} for name in rpc_services]
    resource = {"attributes": [attribute("service.name", "osint-service"), attribute("host.name", pod)]}
    return json.dumps({"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": spans}]}]})


def test_only_served_calls_of_callers_count() -> None:
    """Client spans and the kubelet's health checks are nobody's load."""
    lines = [line("a", "trustrelay.osint.v1.RiskService", "grpc.health.v1.Health"), line("b", "trustrelay.osint.v1.RiskService", kind=3)]
    assert Counter(served(lines)) == {("osint-service", "a"): 1}


def test_a_pod_with_its_share_is_fine() -> None:
    """Half of the calls, more or less, is balance."""
    assert shortfalls(Counter({("osint-service", "a"): 12, ("osint-service", "b"): 9}), ["a", "b"]) == []


def test_a_pod_that_is_pinned_out_is_told() -> None:
    """One connection through a ClusterIP would give one pod everything."""
    assert shortfalls(Counter({("osint-service", "a"): 40, ("osint-service", "b"): 2}), ["a", "b"]) == ["b served 2 of 42 calls"]
    assert shortfalls(Counter({("osint-service", "a"): 40}), ["a", "b"]) == ["b served nothing"]


def test_too_few_calls_prove_nothing() -> None:
    """Two calls on two pods may be chance."""
    assert shortfalls(Counter({("osint-service", "a"): 1, ("osint-service", "b"): 1}), ["a", "b"]) != []
