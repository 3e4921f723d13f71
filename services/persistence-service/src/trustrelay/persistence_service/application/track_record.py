"""How often an officer decided as the rules recommended."""

from trustrelay.persistence_service.application.ports import Store


async def track_record(store: Store, tenant: str, case_id: str) -> tuple[int, float]:
    """(decided cases, share decided as recommended) over the last 100 of the case's creator, template and country.

    A case agrees when its final decision is the very one that was recommended when it was taken: approving with restrictions where a plain approval
    was recommended is another decision, and so is the reverse, as tiers are earned by the rules being right and not by their being near. Without
    a recommendation nothing agrees. Escalated, withdrawn and expired cases were not decided and do not count.
    """
    async with store.snapshot(tenant) as unit:
        return await unit.cases.track_record(await unit.cases.get(case_id))
