"""After install, upgrade and rollback: search attributes exist, this build is its deployments' current version, and older ones in use are told.

A versioned worker gets no tasks before it is current, and Temporal refuses the change until the first worker of the build
has polled: so this waits for it. Run by the chart with TRUSTRELAY_TEMPORAL_*, DEPLOYMENTS, BUILD_ID, DEADLINE_SECONDS.
"""

# ruff: noqa: T201

import asyncio
import os
import sys
import time
from pathlib import Path

from temporalio.api.enums.v1 import IndexedValueType, VersionDrainageStatus
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import DescribeWorkerDeploymentRequest, SetWorkerDeploymentCurrentVersionRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode, TLSConfig

SEARCH_ATTRIBUTES = ("TenantId", "CaseStatus", "TemplateId", "Country", "AutomationTier")
# A worker that has not polled yet is NOT_FOUND or FAILED_PRECONDITION; a Temporal that is starting is the rest.
WAIT_FOR = {RPCStatusCode.NOT_FOUND, RPCStatusCode.FAILED_PRECONDITION, RPCStatusCode.UNAVAILABLE, RPCStatusCode.DEADLINE_EXCEEDED}


def _file(name: str) -> bytes | None:
    path = os.environ.get(f"TRUSTRELAY_TEMPORAL_TLS_{name}_FILE")
    return Path(path).read_bytes() if path else None


async def _connect(deadline: float) -> Client:
    ca = _file("CA")
    name = os.environ.get("TRUSTRELAY_TEMPORAL_TLS_SERVER_NAME")
    tls = TLSConfig(server_root_ca_cert=ca, client_cert=_file("CERT"), client_private_key=_file("KEY"), domain=name) if ca or name else False
    while True:
        try:
            return await Client.connect(os.environ["TRUSTRELAY_TEMPORAL_ADDRESS"], namespace=os.environ["TRUSTRELAY_TEMPORAL_NAMESPACE"], tls=tls)
        except RuntimeError as error:  # the SDK's word for "no connection"
            if time.monotonic() > deadline:
                raise
            print(f"waiting for Temporal: {type(error).__name__}", file=sys.stderr)
            await asyncio.sleep(2)


async def register(client: Client) -> None:
    known = await client.operator_service.list_search_attributes(ListSearchAttributesRequest(namespace=client.namespace))
    missing = [name for name in SEARCH_ATTRIBUTES if name not in known.custom_attributes]
    if missing:
        keyword = IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD
        request = AddSearchAttributesRequest(namespace=client.namespace, search_attributes=dict.fromkeys(missing, keyword))
        await client.operator_service.add_search_attributes(request)
        print(f"search attributes registered: {', '.join(missing)}")


async def make_current(client: Client, deployment: str, build_id: str, deadline: float) -> None:
    request = SetWorkerDeploymentCurrentVersionRequest(
        namespace=client.namespace, deployment_name=deployment, build_id=build_id, identity="helm", ignore_missing_task_queues=True
    )
    while True:
        try:
            await client.workflow_service.set_worker_deployment_current_version(request)
            print(f"{deployment}: {build_id} is current")
            return
        except RPCError as error:
            if error.status not in WAIT_FOR or time.monotonic() > deadline:
                raise
            print(f"{deployment}: waiting for a worker of {build_id} ({error.status.name})", file=sys.stderr)
            await asyncio.sleep(2)


async def report(client: Client, deployment: str) -> None:
    """Tells which older versions still have runs pinned to them: their workers have to stay (values: domains.DOMAIN.draining)."""
    request = DescribeWorkerDeploymentRequest(namespace=client.namespace, deployment_name=deployment)
    described = (await client.workflow_service.describe_worker_deployment(request)).worker_deployment_info
    for version in described.version_summaries:
        build_id, drained = version.deployment_version.build_id, version.drainage_status == VersionDrainageStatus.VERSION_DRAINAGE_STATUS_DRAINED
        if build_id == described.routing_config.current_deployment_version.build_id or drained:
            continue
        pinned = await client.count_workflows(
            f"TemporalWorkflowVersioningBehavior='Pinned' AND ExecutionStatus='Running' AND TemporalWorkerDeploymentVersion='{deployment}:{build_id}'"
        )
        print(f"{deployment}: {build_id} is not drained, {pinned.count} runs are pinned to it")


async def main() -> None:
    deadline = time.monotonic() + float(os.environ["DEADLINE_SECONDS"])
    client = await _connect(deadline)
    if os.environ["REGISTER_SEARCH_ATTRIBUTES"] == "true":
        await register(client)
    for deployment in os.environ["DEPLOYMENTS"].split(","):
        await make_current(client, deployment, os.environ["BUILD_ID"], deadline)
        try:
            await report(client, deployment)
        except RPCError as error:  # the switch is done; that is what the release waits for
            print(f"{deployment}: cannot tell what older versions still do ({error.status.name})", file=sys.stderr)


if __name__ == "__main__":
    asyncio.run(main())
