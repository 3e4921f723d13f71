"""Charts and services agree on settings: none without a value, and no variable that a service would silently ignore."""

import pytest
from chartkit import Pod, pods, render

from trustrelay.devstack.commands.settings import SERVICES, settings_of

# Everything optional, once, so that each variable is rendered somewhere.
EVERYTHING = (
    "global.tls.enabled=true",
    'global.temporal.serverName="frontend.example.org"',
    'osint-service.sources={"vies":"a","viesRequester":"b","gleif":"c","eori":"d","kbo":"e","nbb":"f","gdelt":"g","ofac":"h","un":"i","eu":"j","pep":"k","goodsControls":"l"}',
    'osint-service.goodsControlsConfigMap="controls"',
    'osint-service.shipmentRulesConfigMap="rules"',
    "workflow-worker.domains.batch.queueActivitiesPerSecond=100",
    'case-api.identity={"discoveryUrl":"a","clientId":"b","redirectUri":"c","keysSecret":"d","keyId":"e","peers":[{}]}',
)


def _variables(pod: Pod) -> set[str]:
    return {one["name"] for one in pod.spec["containers"][0]["env"] if one["name"].startswith("TRUSTRELAY_")}


@pytest.mark.parametrize("service", SERVICES)
def test_every_setting_of_a_service_comes_from_its_chart_and_nothing_else_does(service):
    """What `trustrelay settings` lists and what the chart can set are the same names."""
    known = {one.variable for one in settings_of(service)}
    found = [_variables(pod) for pod in pods(render("production", *EVERYTHING)) if pod.component == service.replace("_", "-")]
    assert set().union(*found) == known
    assert len(found) == (4 if service == "workflow_worker" else 1)


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("profile", ["dev", "production"])
def test_every_profile_gives_what_a_service_cannot_do_without(service, profile):
    """A setting without a default is set in every profile, and no profile sets one that nobody reads."""
    settings = settings_of(service)
    for pod in [pod for pod in pods(render(profile)) if pod.component == service.replace("_", "-")]:
        assert {one.variable for one in settings if one.default is None} <= _variables(pod) <= {one.variable for one in settings}


def test_eori_is_asked_where_an_address_is_given():
    """The Commission's service in production; in development nothing, as the sandbox does not speak it: the check says so instead of failing."""
    addresses = {
        profile: pod.environment.get("TRUSTRELAY_EORI_URL")
        for profile in ("production", "dev")
        for pod in pods(render(profile))
        if pod.component == "osint-service"
    }
    assert addresses == {"production": "https://ec.europa.eu/taxation_customs/dds2/eos/validation/services/validation", "dev": None}
