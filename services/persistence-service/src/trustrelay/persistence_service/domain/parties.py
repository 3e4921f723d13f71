"""Merging what several sources say about one party."""

from collections.abc import Iterable

from trustrelay.common.v1.case_types_pb2 import Party

# Whose word counts first: who opened the case, then registers, then what the customer's documents say.
_DECLARED, _DOCUMENT = "declared", "document:"
_FACTS = ("type", "full_name", "birth_date", "nationality", "gender", "id_number", "share")


def merged(stored: Party | None, new: Party) -> Party:
    """`stored` with its empty facts filled from `new`; roles and sources are united, in the order first seen.

    A known fact is never replaced: disagreement is a finding of the cross-reference, not a silent correction.
    """
    if stored is None:
        return new
    result = Party()
    result.CopyFrom(stored)
    for fact in _FACTS:
        if not getattr(result, fact):
            setattr(result, fact, getattr(new, fact))
    result.roles.extend(role for role in dict.fromkeys(new.roles) if role not in stored.roles)
    result.source = ",".join(dict.fromkeys(s for s in (*stored.source.split(","), *new.source.split(",")) if s))
    return result


def merged_parties(statements: Iterable[Party]) -> list[Party]:
    """One party per id, in the order of ids; of facts that disagree the first source's is shown, the others stay in the statements."""
    parties: dict[str, Party] = {}
    for statement in sorted(statements, key=_precedence):
        parties[statement.party_id] = merged(parties.get(statement.party_id), statement)
    return list(parties.values())


def _precedence(statement: Party) -> tuple[str, int, str]:
    source = statement.source
    rank = 0 if source == _DECLARED else 2 if source.startswith(_DOCUMENT) else 1
    return statement.party_id, rank, source
