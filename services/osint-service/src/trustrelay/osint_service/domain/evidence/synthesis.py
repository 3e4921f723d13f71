"""The synthesis of an investigation, written for officers by rules from checks and findings. No model has a part in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from trustrelay.osint_service.domain.evidence.markdown import bullets, inline, quoted
from trustrelay.osint_service.domain.model import Check, Finding, Outcome, Party, PartyType, Subject

NEXT_STEPS = "Next steps"
_DOCUMENT = "document:"
# Named in the words of the requirements that satisfy them, so that a verified document can strike them through.
_ASK_UBO = "Verify the beneficial owners with an extract from the UBO register: no verified document names an owner yet."
_ASK_SHARES = "Compare the shares with the register of shareholders: no verified document states them yet."
_ASK_IDENTITY = "Verify the identity with an identity provider."
_NOTHING = "Nothing is left to do from this investigation."


def write_synthesis(subject: Subject, parties: Sequence[Party], checks: Sequence[Check], findings: Sequence[Finding]) -> str:
    """Markdown: what was searched, what was found, what to do next. `checks` carry the party they are about."""
    names = {"": subject.legal_name, **{party.party_id: party.full_name for party in parties}}
    searched = [_searched(check, names) for check in checks]
    found = [_found(finding) for finding in sorted(findings, key=lambda f: (-f.severity, f.finding_id))]
    steps = [*(_steps_of(checks, names)), *_ownership_steps(subject, parties)]
    return (
        "# Investigation of open sources\n\n## What was searched\n\n" + bullets(searched or ["Nothing."])
        + "\n## What was found\n\n" + bullets(found or ["No finding."])
        + f"\n## {NEXT_STEPS}\n\n" + bullets(steps or [_NOTHING])
    )  # fmt: skip


def _searched(check: Check, names: dict[str, str]) -> str:
    why = f" ({check.reason})" if check.reason else ""
    return f"{_kind(check)} of {quoted(names.get(check.party_id, ''))}: **{check.outcome.value}**{why}. {inline(check.detail)}".rstrip()


def _found(finding: Finding) -> str:
    cited = f" ({', '.join(map(inline, finding.evidence_ids))})" if finding.evidence_ids else ""
    return f"**{finding.severity.name}**: {quoted(finding.statement)}{cited}"


def _steps_of(checks: Iterable[Check], names: dict[str, str]) -> Iterable[str]:
    for check in checks:
        name, kind = quoted(names.get(check.party_id, "")), _kind(check)
        match check.outcome:
            case Outcome.NOT_ASSESSED:
                yield f"Repeat, or override with a reason, the check {kind} of {name}: nobody could look ({check.reason})."
            case Outcome.HIT | Outcome.FAILED:
                yield f"Judge what the check {kind} of {name} brought up."
            case Outcome.CLEAR:
                continue


def _ownership_steps(subject: Subject, parties: Iterable[Party]) -> list[str]:
    if subject.type is PartyType.PERSON:
        return [_ASK_IDENTITY]
    documented = [party for party in parties if party.owns and party.source.startswith(_DOCUMENT)]
    return [] if documented else [_ASK_UBO, _ASK_SHARES]


def _kind(check: Check) -> str:
    return check.kind.replace("_", " ")
