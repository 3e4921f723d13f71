"""Putting a stack together for one data folder: keys, ports, engines, settings."""

from __future__ import annotations

from collections.abc import Sequence

from trustrelay.devstack.base_environment import child_environment
from trustrelay.devstack.engines import PostgresEngine, SeaweedEngine, TemporalEngine
from trustrelay.devstack.environment import StackEnvironment, choose_ports
from trustrelay.devstack.paths import DataFolder
from trustrelay.devstack.plan import deployment_version
from trustrelay.devstack.ports import LOOPBACK, PortClaims
from trustrelay.devstack.secrets import Secrets
from trustrelay.devstack.workers import chosen


def assemble(data: DataFolder, claims: PortClaims, *, seed: int, stack_id: str, domains: Sequence[str] | None = None) -> StackEnvironment:
    """Make missing keys and choose ports; starts nothing. `domains`: whose workers, None = all."""
    secrets, base = Secrets.open(data.keys), child_environment(stack_id)
    engines = data.engines
    return StackEnvironment(
        data=data,
        secrets=secrets,
        base=base,
        ports=choose_ports(claims),
        seed=seed,
        deployment_version=deployment_version(),
        domains=chosen(domains),
        postgres=PostgresEngine(engines / "postgres", PostgresEngine.choose_ports(claims), base, secrets.database),
        seaweed=SeaweedEngine(engines / "seaweed", SeaweedEngine.choose_ports(claims), base, secrets.s3_admin, secrets.s3_payloads),
        temporal=TemporalEngine(engines / "temporal", TemporalEngine.choose_ports(claims), base),
    )


def public_urls(env: StackEnvironment) -> dict[str, str]:
    """Where a person or a client connects."""
    return {
        "case-api": env.target("case-api"),
        "issuer": env.issuer_url,
        "sandbox": f"http://{env.target('sandbox')}",
        "temporal": env.temporal.address,
        "temporal-ui": f"http://{LOOPBACK}:{env.temporal.ports['ui']}",
        "s3": f"http://{env.seaweed.endpoint}",
        "traces": str(env.data.telemetry / "traces.jsonl"),
        "metrics": str(env.data.telemetry / "metrics.jsonl"),
    }
