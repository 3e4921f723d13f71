"""Who reaches whom under the rendered NetworkPolicies: exactly the edges of the architecture, and nothing else.

A pod's policies are what the API says they are: no policy that selects it in a direction = open, else the union of their rules.
"""

import pytest
from chartkit import PROFILES, TLS_OFF, TLS_ON, pods, render

SERVICES = {"case-api": 50051, "document-service": 50052, "osint-service": 50053, "persistence-service": 50054, "workflow-worker": 50055}
# The picture's edges between our own pods: (from, to, port).
INSIDE = {
    ("case-api", "persistence-service", 50054),
    ("workflow-worker", "persistence-service", 50054),
    ("workflow-worker", "document-service", 50052),
    ("workflow-worker", "osint-service", 50053),
}
# With development stand-ins, edges to infrastructure are edges between pods.
DEVELOPMENT = {
    ("case-api", "dev-temporal", 7233),
    ("workflow-worker", "dev-temporal", 7233),
    ("worker-release", "dev-temporal", 7233),
    ("persistence-service", "dev-postgres", 5432),
    ("migrate", "dev-postgres", 5432),
    ("persistence-service", "dev-s3", 8333),
    ("document-service", "dev-s3", 8333),
    ("osint-service", "dev-s3", 8333),
    ("case-api", "dev-s3", 8333),
    ("workflow-worker", "dev-s3", 8333),
    ("osint-service", "dev-sandbox", 8070),
    ("case-api", "dev-issuer", 8071),
    ("case-api", "dev-sandbox", 8070),
    ("smoke-test", "case-api", 50051),
    ("smoke-test", "dev-issuer", 8071),
    ("smoke-test", "dev-s3", 8333),
}
DATABASE, STORE, TEMPORAL, IDENTITY, COLLECTOR, INTERNET, DNS = "database", "store", "temporal", "identity", "collector", "internet", "dns"
OUTSIDE = {
    "case-api": {DNS, COLLECTOR, TEMPORAL, STORE, IDENTITY},
    "workflow-worker": {DNS, COLLECTOR, TEMPORAL, STORE},
    "document-service": {DNS, COLLECTOR, STORE},
    "osint-service": {DNS, COLLECTOR, STORE, INTERNET},
    "persistence-service": {DNS, COLLECTOR, DATABASE, STORE},
    "migrate": {DNS, DATABASE},
    "worker-release": {DNS, TEMPORAL},
}
HEALTH = 50060
PORTS = [5432, 7233, 8070, 8071, 8333, 8888, 9333, HEALTH, *SERVICES.values()]


def matches(selector, labels):
    """Whether a label selector takes these labels; the charts use matchLabels only."""
    assert set(selector) <= {"matchLabels"}, "teach this test the other kinds of selectors"
    return selector.get("matchLabels", {}).items() <= labels.items()


def policies(manifest, pod, direction):
    """The policies that govern one direction of a pod."""
    found = [one["spec"] for one in manifest if one["kind"] == "NetworkPolicy" and matches(one["spec"]["podSelector"], pod.labels)]
    return [spec for spec in found if direction in spec["policyTypes"]]


def allows(manifest, pod, direction, other, port):
    """Whether pod's side of the connection lets other in or out, both being of this namespace."""
    governing = policies(manifest, pod, direction)
    key, peers = ("ingress", "from") if direction == "Ingress" else ("egress", "to")
    rules = [rule for spec in governing for rule in spec.get(key, [])]
    return not governing or any(
        (
            peers not in rule
            or any("podSelector" in one and "namespaceSelector" not in one and matches(one["podSelector"], other.labels) for one in rule[peers])
        )
        and ("ports" not in rule or any(one["port"] == port and one["protocol"] == "TCP" for one in rule["ports"]))
        for rule in rules
    )


def reachable(manifest):
    """Every (from, to, port) that both sides let through, by component."""
    everyone = pods(manifest)
    return {
        (one.component, two.component, port)
        for one in everyone
        for two in everyone
        for port in PORTS
        if one.component != two.component and allows(manifest, one, "Egress", two, port) and allows(manifest, two, "Ingress", one, port)
    }


@pytest.mark.parametrize("settings", [TLS_ON, TLS_OFF], ids=["tls", "plain"])
@pytest.mark.parametrize("profile", ["production", "production-1k", "production-100k"])
def test_production_pods_reach_each_other_as_drawn(profile, settings):
    """With outside infrastructure, the four edges between our own pods are all there is; a health port is no fifth."""
    assert reachable(render(profile, *settings)) == INSIDE


@pytest.mark.parametrize("settings", [TLS_ON, TLS_OFF], ids=["tls", "plain"])
@pytest.mark.parametrize("profile", ["dev", "ci"])
def test_development_pods_reach_each_other_as_drawn(profile, settings):
    """With stand-ins, the edges to them and the test's come on top; clients of the dev case-api may be anything in the namespace."""
    manifest = render(profile, *settings)
    found = reachable(manifest)
    # Ingress to case-api is open to the namespace in these profiles, egress of our own pods is not.
    assert found == INSIDE | DEVELOPMENT


@pytest.mark.parametrize("profile", PROFILES)
def test_every_pod_is_denied_by_default_in_both_directions(profile):
    """Each pod is selected by the release's default deny and by a policy of its own, for both directions."""
    manifest = render(profile)
    for pod in pods(manifest):
        for direction in ("Ingress", "Egress"):
            assert len(policies(manifest, pod, direction)) == 2, f"{pod.name} {direction}"


@pytest.mark.parametrize("profile", PROFILES)
def test_development_databases_open_one_port_and_call_nobody(profile):
    """Stand-ins have no way out, and SeaweedFS' other ports are closed."""
    manifest = render(profile)
    for pod in (one for one in pods(manifest) if one.component.startswith("dev-")):
        assert not [rule for spec in policies(manifest, pod, "Egress") for rule in spec.get("egress", [])]
        ports = {port["port"] for spec in policies(manifest, pod, "Ingress") for rule in spec.get("ingress", []) for port in rule["ports"]}
        assert ports == {pod.spec["containers"][0]["ports"][0]["containerPort"]}


def _destination(rule):
    """What of the production profile's outside world one egress rule means; None for pods of the release."""
    peer, port = rule["to"][0], rule["ports"][0]["port"]
    assert len(rule["to"]) == 1
    names = {"10.20.0.10/32": DATABASE, "10.20.0.20/32": STORE, "10.20.0.30/32": IDENTITY, "0.0.0.0/0": INTERNET}
    if "ipBlock" in peer:
        return names[peer["ipBlock"]["cidr"]]
    if "namespaceSelector" not in peer:
        return None
    return {53: DNS, 7233: TEMPORAL, 4317: COLLECTOR}[port]


def test_production_pods_reach_the_outside_as_drawn():
    """Database only from persistence-service and migration, the internet only from osint-service, and so on for every pod."""
    manifest = render("production")
    found = {}
    for pod in pods(manifest):
        rules = [rule for spec in policies(manifest, pod, "Egress") for rule in spec.get("egress", [])]
        found[pod.component] = {_destination(rule) for rule in rules} - {None}
    assert found == OUTSIDE


def test_the_internet_excludes_private_networks_and_metadata_services():
    """osint-service's way out does not lead into the cluster, the company's network or a cloud's metadata service."""
    manifest = render("production")
    blocks = [
        peer["ipBlock"]
        for one in manifest
        if one["kind"] == "NetworkPolicy"
        for rule in one["spec"].get("egress", [])
        for peer in rule["to"]
        if peer.get("ipBlock", {}).get("cidr") == "0.0.0.0/0"
    ]
    assert len(blocks) == 1
    assert {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"} <= set(blocks[0]["except"])


def test_only_case_api_can_be_entered_from_other_namespaces():
    """In production exactly one rule lets anybody outside the release in: the gateway's to case-api."""
    entries = [
        (one["metadata"]["name"], peer)
        for one in render("production")
        if one["kind"] == "NetworkPolicy"
        for rule in one["spec"].get("ingress", [])
        for peer in rule["from"]
        if "namespaceSelector" in peer or "ipBlock" in peer
    ]
    assert [name for name, _ in entries] == ["rel-case-api"]
