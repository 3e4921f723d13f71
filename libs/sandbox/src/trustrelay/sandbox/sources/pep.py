"""Politically exposed persons as FollowTheMoney JSON lines (`topics: role.pep`)."""

import json

from trustrelay.sandbox.model import PublicOfficial
from trustrelay.sandbox.world import World


def _entity(official: PublicOfficial, world: World) -> dict[str, object]:
    person = official.person
    country = person.nationality.lower()
    stamp = f"{world.as_of}T04:00:00"
    return {
        "id": f"sbx-pep-{world.cast.seed}-{person.key}",
        "caption": person.name,
        "schema": "Person",
        "properties": {
            "name": [person.name],
            "firstName": [person.given],
            "lastName": [person.family],
            "birthDate": [person.birth_date.isoformat()],
            "gender": [person.gender],
            "nationality": [country],
            "country": [country],
            "position": [official.position],
            "topics": ["role.pep"],
        },
        "referents": [],
        "datasets": ["sandbox_peps"],
        "first_seen": stamp,
        "last_seen": stamp,
        "last_change": stamp,
        "target": True,
    }


def entities_json(world: World) -> bytes:
    """One entity per line."""
    lines = (json.dumps(_entity(official, world), ensure_ascii=False) for official in world.cast.peps)
    return ("\n".join(lines) + "\n").encode()
