"""What Helm says after an install, of the umbrella and of a chart that is installed alone."""

import subprocess

import pytest
from chartkit import HELM, NAMESPACE, RELEASE, build, helm4

CHARTS = {
    "case-api": "rel-case-api.trust.svc:50051 (mutual TLS)",
    "document-service": "rel-document-service.trust.svc:50052 (mutual TLS)",
    "osint-service": "rel-osint-service:50053",
    "persistence-service": "rel-persistence-service.trust.svc:50054 (mutual TLS)",
    "workflow-worker": "task queues batch compliance monitoring shipment",
    "devservers": "Single pods without backups or TLS",
}
VALUES = {"case-api": "tls", "document-service": "tls-secret", "persistence-service": "tls"}


def notes(chart, values):
    """The rendered NOTES.txt."""
    binary = helm4()
    build()
    argv = [binary, "install", RELEASE, str(HELM / chart), f"--namespace={NAMESPACE}", "--dry-run=client", f"-f{values}"]
    done = subprocess.run(argv, check=True, capture_output=True, text=True)
    return done.stdout.partition("\nNOTES:\n")[2]


@pytest.mark.parametrize("chart", CHARTS)
def test_a_chart_alone_says_where_it_is_and_what_it_needs(chart):
    """Address or queues, a command that shows the pods, and what must be there beside it."""
    said = notes(chart, HELM / chart / f"ci/{VALUES.get(chart, 'minimal')}-values.yaml")
    assert CHARTS[chart] in said
    assert f"kubectl -n {NAMESPACE} get pods" in said
    assert chart == "devservers" or "Needs " in said


@pytest.mark.parametrize(("profile", "phrase"), [("dev", "This is the DEV profile"), ("production", "with a client certificate")])
def test_the_umbrella_says_how_to_call_and_try_it(profile, phrase):
    """The API's address, the test, and what is particular about the profile."""
    said = notes("trustrelay", HELM / f"trustrelay/profiles/{profile}.yaml")
    assert "case-api" in said
    assert "helm test rel" in said
    assert phrase in said
