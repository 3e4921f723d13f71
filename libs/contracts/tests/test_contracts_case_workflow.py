from dataclasses import replace

from trustrelay.contracts.case_workflow import Decision, Envelope, OfficerDecision, SkipDocuments, Withdraw, payload_sha256
from trustrelay.contracts.etags import etag

EMPTY = Envelope("", "", "")
DECISION = OfficerDecision(EMPTY, Decision.APPROVE, "in order", restrictions=("a",))


def test_payload_digest_ignores_the_envelope_alone() -> None:
    """The sender computes it before there is an envelope, the receiver after; anything else that is said changes it."""
    assert payload_sha256("c", DECISION) == payload_sha256("c", replace(DECISION, envelope=Envelope("1", "2", "3", 4)))
    others = [replace(DECISION, decision=Decision.REJECT), replace(DECISION, reason="x"), replace(DECISION, restrictions=("a", "b"))]
    assert len({payload_sha256("c", one) for one in (DECISION, *others)}) == 4
    assert payload_sha256("c", DECISION) != payload_sha256("d", DECISION)


def test_payload_digest_tells_kinds_of_messages_apart() -> None:
    """A withdrawal is no skip, even with the same words."""
    assert payload_sha256("c", SkipDocuments(EMPTY, "r")) != payload_sha256("c", Withdraw(EMPTY, "r"))


def test_etag_belongs_to_one_version_of_one_case() -> None:
    """It changes with the version and with the case."""
    assert len({etag("c", 1), etag("c", 2), etag("d", 1)}) == 3
