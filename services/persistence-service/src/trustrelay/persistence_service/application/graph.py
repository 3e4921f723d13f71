"""What a case adds to what is known beyond it; no such store is configured yet, and every answer says so."""

from dataclasses import dataclass

from trustrelay.persistence_service.application.ports import Store


@dataclass(frozen=True)
class NotConfigured:
    """Nothing was stored, and why (UPPER_SNAKE)."""

    reason: str


GRAPH, GOAML, MEMORY = NotConfigured("GRAPH_NOT_CONFIGURED"), NotConfigured("GOAML_NOT_CONFIGURED"), NotConfigured("MEMORY_NOT_CONFIGURED")


async def contribute(store: Store, tenant: str, case_id: str, where: NotConfigured) -> NotConfigured:
    """What became of the case's contribution. Raises CASE_NOT_FOUND."""
    async with store.unit(tenant) as unit:
        await unit.cases.get(case_id)
    return where
