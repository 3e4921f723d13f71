"""The identity provider in the rendered charts: all of it or none, its keys in one pod, and a way to it and to nothing beside it."""

import json

import pytest
from chartkit import PROFILES, Pod, pods, render
from test_charts_reachability import DEVELOPMENT, INSIDE, allows, policies, reachable

from trustrelay.devstack.relying_party import CLIENT_ID, REDIRECT_URI, SCOPE

ADDRESS = "10.20.0.40/32"
GIVEN = {
    "discoveryUrl": "https://id.example.org/.well-known/openid-configuration",
    "clientId": "acme",
    "redirectUri": "https://portal.example.org/portal/identity",
    "keysSecret": "trustrelay-identity",
    "peers": [{"ipBlock": {"cidr": ADDRESS}}],
    "port": 8443,
}
PREFIX = "TRUSTRELAY_IDENTITY_"


def identity(**changes):
    """The setting that configures a provider."""
    return "case-api.identity=" + json.dumps(GIVEN | changes)


def case_api(manifest) -> Pod:
    """Its pod."""
    [pod] = [one for one in pods(manifest) if one.component == "case-api"]
    return pod


def variables(pod: Pod) -> dict[str, str]:
    """What it is told of the provider, by the end of the variables' names."""
    return {name.removeprefix(PREFIX): value for name, value in pod.environment.items() if name.startswith(PREFIX)}


def keys_mounted(pod: Pod) -> list[str]:
    """Files that variables may name, from the Secret with the provider's keys."""
    [volume] = [one["secret"] for one in pod.spec["volumes"] if one["name"] == "identity"]
    [mount] = [one for one in pod.spec["containers"][0]["volumeMounts"] if one["name"] == "identity"]
    assert mount["readOnly"] is True
    assert volume["defaultMode"] == 0o400
    return [f"{mount['mountPath']}/{item['path']}" for item in volume["items"]]


def test_without_a_provider_nothing_of_it_is_there():
    """Production as it comes: no variable, no Secret; such cases wait for an officer."""
    pod = case_api(render("production"))
    assert variables(pod) == {}
    assert "identity" not in {one["name"] for one in pod.spec["volumes"]}


def test_a_provider_is_told_whole_and_its_keys_are_files():
    """Addresses and names as given, itsme's ways unless told otherwise, and each key file comes from the Secret."""
    pod = case_api(render("production", identity(keyId="k1")))
    told = variables(pod)
    files = [told.pop("PRIVATE_KEY_FILE"), told.pop("DECRYPTION_KEY_FILE")]
    assert files == keys_mounted(pod)
    assert told == {
        "DISCOVERY_URL": GIVEN["discoveryUrl"],
        "CLIENT_ID": "acme",
        "REDIRECT_URI": GIVEN["redirectUri"],
        "PROVIDER": "itsme",
        "KEY_ID": "k1",
        "SCOPE": "openid profile eid",
        "ACR_VALUES": "http://itsme.services/v2/claim/acr_advanced",
    }


def test_a_provider_that_only_signs_needs_one_key():
    """Without sealing neither the file nor the Secret's key is asked for."""
    pod = case_api(render("production", identity(sealed=False)))
    assert "DECRYPTION_KEY_FILE" not in variables(pod)
    assert keys_mounted(pod) == [variables(pod)["PRIVATE_KEY_FILE"]]


@pytest.mark.parametrize("profile", PROFILES)
def test_the_keys_reach_case_api_alone(profile):
    """Nobody else can pretend to be us at the provider; the sandbox gets public halves from a Secret of its own."""
    manifest = render(profile, *([] if profile in ("dev", "ci") else [identity()]))
    assert {pod.component for pod in pods(manifest) if "trustrelay-identity" in pod.secrets} == {"case-api"}
    assert {pod.component for pod in pods(manifest) if "trustrelay-dev-sandbox" in pod.secrets} <= {"dev-sandbox"}


@pytest.mark.parametrize("profile", ["production", "dev"])
def test_the_way_to_a_provider_is_one_port_from_case_api(profile):
    """Configuring one opens its peers to case-api, with its own port, and changes no other policy; in dev the sandbox's is closed instead."""
    manifest = render(profile, identity())
    ways = [
        (pod.component, rule["ports"])
        for pod in pods(manifest)
        for spec in policies(manifest, pod, "Egress")
        for rule in spec.get("egress", [])
        if {"ipBlock": {"cidr": ADDRESS}} in rule["to"]
    ]
    assert ways == [("case-api", [{"port": 8443, "protocol": "TCP"}])]
    entered = [rule["ports"] for spec in policies(manifest, case_api(manifest), "Egress") for rule in spec.get("egress", [])]
    assert [{"port": 8070, "protocol": "TCP"}] not in entered


@pytest.mark.parametrize("profile", ["dev", "ci"])
def test_development_is_registered_at_its_own_sandbox(profile):
    """What the profile tells case-api is what `deploy/kind/dev-secrets` registers, at the address of this release's sandbox."""
    told = variables(case_api(render(profile)))
    assert (told["CLIENT_ID"], told["REDIRECT_URI"], told["SCOPE"]) == (CLIENT_ID, REDIRECT_URI, SCOPE)
    assert told["DISCOVERY_URL"] == "http://rel-dev-sandbox:8070/itsme/v2/.well-known/openid-configuration"


@pytest.mark.parametrize("profile", ["dev", "ci"])
def test_a_pod_of_the_namespace_may_be_a_customers_browser(profile):
    """Whoever tries a case out from inside the cluster can go where case-api sends customers, and to no other port of the sandbox."""
    manifest = render(profile)
    [sandbox] = [one for one in pods(manifest) if one.component == "dev-sandbox"]
    browser = Pod("Pod", "browser", {"run": "browser"}, {}, "")
    assert [port for port in (8070, 8071) if allows(manifest, sandbox, "Ingress", browser, port)] == [8070]


def test_case_api_needs_no_visitors_rule():
    """Where no pod may act as a customer, case-api still reaches the provider that it is registered at."""
    assert reachable(render("dev", "devservers.sandbox.visitors=[]")) == INSIDE | DEVELOPMENT


def test_a_sandbox_that_knows_nobody_is_entered_by_osint_service_alone():
    """Without a registration there is nothing for case-api or customers to do there."""
    manifest = render("dev", 'devservers.sandbox={"secret":"","visitors":[]}', 'case-api.identity={"clientId":"","redirectUri":"","keysSecret":""}')
    [sandbox] = [one for one in pods(manifest) if one.component == "dev-sandbox"]
    entries = [one for spec in policies(manifest, sandbox, "Ingress") for rule in spec.get("ingress", []) for one in rule["from"]]
    assert [one["podSelector"]["matchLabels"]["app.kubernetes.io/name"] for one in entries] == ["osint-service"]
    assert variables(case_api(manifest)) == {}
    assert "SANDBOX_RELYING_PARTY" not in sandbox.environment
