"""Mutual TLS in the rendered charts: certificates name exactly the architecture's edges, and nothing speaks it halfway."""

import json
import stat
import subprocess
import sys

import pytest
from chartkit import HELM, NAMESPACE, PROFILES, RELEASE, TLS_OFF, TLS_ON, pods, render
from cryptography import x509
from test_charts_reachability import HEALTH, INSIDE, SERVICES

GATEWAY = "gateway.gateway.svc"
SMOKE_TEST = ("smoke-test", "case-api", 50051)
PRODUCTION = ["production", "production-1k", "production-100k"]
VARIABLES = {"TRUSTRELAY_TLS_CERTIFICATE_FILE", "TRUSTRELAY_TLS_PRIVATE_KEY_FILE", "TRUSTRELAY_TLS_CA_FILE"}


def name_of(component):
    """The name in a component's certificate."""
    return f"{RELEASE}-{component}.{NAMESPACE}.svc"


def servers(manifest):
    """Pods of our own services."""
    return [pod for pod in pods(manifest) if pod.component in SERVICES]


def expected_callers(manifest):
    """(caller's name, component, its port) for every name on every service's list."""
    return {
        (name, pod.component, int(pod.environment["TRUSTRELAY_PORT"]))
        for pod in servers(manifest)
        for name in pod.environment["TRUSTRELAY_TLS_ALLOWED_CLIENTS"].split(",")
        if name
    }


def named(edges):
    """Edges with the caller's name in its certificate."""
    return {(name_of(caller), called, port) for caller, called, port in edges}


@pytest.mark.parametrize("profile", PRODUCTION)
def test_services_expect_the_callers_that_are_drawn(profile):
    """The lists of names and the NetworkPolicies say the same: the picture's four edges, and the gateway to case-api."""
    assert expected_callers(render(profile)) == named(INSIDE) | {(GATEWAY, "case-api", 50051)}


@pytest.mark.parametrize("profile", ["dev", "ci"])
def test_the_smoke_test_is_expected_where_it_is_rendered(profile):
    """With mutual TLS on, `helm test` calls case-api with a certificate of its own, and nobody else does."""
    manifest = render(profile, *TLS_ON)
    assert expected_callers(manifest) == named(INSIDE | {SMOKE_TEST})
    [smoke] = [pod for pod in pods(manifest) if pod.component == "smoke-test"]
    assert smoke.environment.keys() >= VARIABLES
    assert f"--case-api={name_of('case-api')}:50051" in smoke.spec["containers"][0]["args"]


@pytest.mark.parametrize("profile", PRODUCTION)
def test_clients_call_servers_by_the_name_in_their_certificate(profile):
    """What a client is told to call is what the server can prove to be."""
    manifest = render(profile)
    names = {one["metadata"]["name"]: one["spec"]["dnsNames"] for one in manifest if one["kind"] == "Certificate"}
    targets = {(pod.component, value) for pod in servers(manifest) for key, value in pod.environment.items() if key.endswith("_TARGET")}
    assert len(targets) == len(INSIDE)
    for host, _, port in (target.rpartition(":") for _, target in targets):
        component = next(name for name, number in SERVICES.items() if number == int(port))
        assert host == name_of(component)
        assert host in names[f"{RELEASE}-{component}"]


@pytest.mark.parametrize("profile", PRODUCTION)
def test_each_certificate_is_one_components_own(profile):
    """One order per component, for server and client use, and its Secret reaches that component's pods alone."""
    manifest = render(profile)
    orders = {one["metadata"]["name"]: one["spec"] for one in manifest if one["kind"] == "Certificate"}
    assert set(orders) == {f"{RELEASE}-{component}" for component in SERVICES}
    for name, spec in orders.items():
        assert {"server auth", "client auth"} <= set(spec["usages"])
        assert spec["privateKey"]["rotationPolicy"] == "Always"
        assert spec["issuerRef"] == {"name": "trustrelay-services", "kind": "Issuer", "group": "cert-manager.io"}
        readers = {f"{RELEASE}-{pod.component}" for pod in pods(manifest) if spec["secretName"] in pod.secrets}
        assert readers == {name}


@pytest.mark.parametrize("profile", PRODUCTION)
def test_the_health_port_is_for_kubelets_alone(profile):
    """It is probed, and neither a Service nor a policy leads to it; a node's own traffic needs none."""
    manifest = render(profile)
    for pod in servers(manifest):
        assert pod.environment["TRUSTRELAY_HEALTH_PORT"] == str(HEALTH)
        assert {"name": "health", "containerPort": HEALTH, "protocol": "TCP"} in pod.spec["containers"][0]["ports"]
    published = [port["port"] for one in manifest if one["kind"] == "Service" for port in one["spec"]["ports"]]
    allowed = [
        port["port"]
        for one in manifest
        if one["kind"] == "NetworkPolicy"
        for rule in [*one["spec"].get("ingress", []), *one["spec"].get("egress", [])]
        for port in rule["ports"]
    ]
    assert HEALTH not in published
    assert HEALTH not in allowed


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("settings", [TLS_ON, TLS_OFF], ids=["on", "off"])
def test_every_service_speaks_it_or_none_does(profile, settings):
    """A release never mixes: variables, files, names and Services change together."""
    manifest = render(profile, *settings)
    on = settings is TLS_ON
    for pod in servers(manifest):
        assert (pod.environment.keys() >= VARIABLES) is on
        assert ("tls" in {one["name"] for one in pod.spec["volumes"]}) is on
        assert ("health" in {one["name"] for one in pod.spec["containers"][0]["ports"]}) is on
    assert (any(one["kind"] == "Certificate" for one in manifest)) is on
    protocols = {port.get("appProtocol") for one in manifest if one["kind"] == "Service" for port in one["spec"]["ports"] if port["name"] == "grpc"}
    assert protocols == {"https" if on else "kubernetes.io/h2c"}


def test_secrets_of_ones_own_need_no_issuer():
    """Where every chart names its Secret, cert-manager is asked for nothing, and each reaches its component alone."""
    for profile in ("production", "ci"):
        manifest = render(f"{profile}+own-certificates")
        assert not [one for one in manifest if one["kind"] == "Certificate"]
        for pod in pods(manifest):
            own = {f"trustrelay-tls-{pod.component}"} if pod.component in {*SERVICES, "smoke-test"} else set()
            assert {name for name in pod.secrets if name.startswith("trustrelay-tls")} == own


def test_the_script_makes_what_the_profile_names(tmp_path):
    """For clusters without cert-manager: the Secrets that pods mount, each for the one name that its callers use, by one CA that is kept."""
    folder = tmp_path / "ca"
    command = [sys.executable, str(HELM / "certificates.py"), str(folder), RELEASE, NAMESPACE]
    first, second = (json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["items"] for _ in range(2))
    mounted = {name for pod in pods(render("ci+own-certificates")) for name in pod.secrets if name.startswith("trustrelay-tls")}
    assert {one["metadata"]["name"] for one in first} == mounted
    authority = x509.load_pem_x509_certificate((folder / "ca.crt").read_bytes())
    for one in (*first, *second):
        certificate = x509.load_pem_x509_certificate(one["stringData"]["tls.crt"].encode())
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(x509.DNSName)
        assert names == [name_of(one["metadata"]["name"].removeprefix("trustrelay-tls-"))]
        certificate.verify_directly_issued_by(authority)
        assert x509.load_pem_x509_certificate(one["stringData"]["ca.crt"].encode()) == authority
    assert stat.S_IMODE((folder / "ca.key").stat().st_mode) == 0o600


def test_production_is_encrypted_and_development_is_not():
    """What the profiles choose."""
    assert all("TRUSTRELAY_TLS_CA_FILE" in pod.environment for pod in servers(render("production")))
    assert not any("TRUSTRELAY_TLS_CA_FILE" in pod.environment for profile in ("dev", "ci") for pod in servers(render(profile)))
