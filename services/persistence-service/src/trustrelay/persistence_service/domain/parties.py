"""Merging what several sources say about one party."""

from trustrelay.common.v1.case_types_pb2 import Party

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
