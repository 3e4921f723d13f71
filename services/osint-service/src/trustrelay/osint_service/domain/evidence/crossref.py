"""The corroboration matrix: which source says what about which fact, and where they disagree."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from trustrelay.osint_service.domain.evidence.agree import all_agree, same_address, same_company_name, same_share, same_text, share
from trustrelay.osint_service.domain.model import Finding, Party, PartyType, Profile, Severity, Subject

DECLARED = "declared"
_VAT_SOURCE = "vies"
_REGISTERS = frozenset({"kbo", "nbb", "gleif"})
# From here on a missing owner is a missing beneficial owner.
_BENEFICIAL = Decimal("0.25")


@dataclass(frozen=True, slots=True)
class Row:
    """One fact and what each source says about it. `severity` is how much a disagreement weighs, None where the sources agree."""

    fact: str
    values: Mapping[str, str]
    agrees: bool
    severity: Severity | None = None


@dataclass(frozen=True, slots=True)
class CrossReference:
    """The matrix, and its disagreements by severity, worst first."""

    matrix: tuple[Row, ...]
    findings: tuple[Finding, ...]


def cross_reference(subject: Subject, profiles: Iterable[Profile], parties: Iterable[Party]) -> CrossReference:
    """Compares every fact that at least one source states. `parties` holds one entry per person and source."""
    everyone = (*subject.declared_parties, *parties)
    rows = [row for row in (*_subject_rows(subject, tuple(profiles)), *_party_rows(everyone)) if row.values]
    findings = [_discrepancy(row, row.severity) for row in rows if row.severity is not None]
    if subject.type is PartyType.COMPANY:  # nobody owns a person
        findings += _missing_owners(everyone)
        findings += _unverified_ownership(everyone)
    findings.sort(key=lambda finding: (-finding.severity, finding.finding_id))
    return CrossReference(tuple(rows), tuple(findings))


def _row(fact: str, values: Mapping[str, str], same: Callable[[str, str], bool], severity: Severity) -> Row:
    agrees = all_agree(values.values(), same)
    return Row(fact, values, agrees, None if agrees else severity)


def _subject_rows(subject: Subject, profiles: tuple[Profile, ...]) -> Iterator[Row]:
    """Name, VAT name, address, status; what a profile does not say is left out."""

    def said(read: Callable[[Profile], str], *, vat: bool | None = None) -> dict[str, str]:
        return {p.source: read(p) for p in profiles if read(p) and (vat is None or (p.source == _VAT_SOURCE) is vat)}

    declared = {DECLARED: subject.legal_name} if subject.legal_name else {}
    yield _row("legal_name", declared | said(lambda p: p.legal_name, vat=False), same_company_name, Severity.HIGH)
    if vat_names := said(lambda p: p.legal_name, vat=True):
        yield _row("vat_name", declared | vat_names, same_company_name, Severity.HIGH)
    yield _row("registered_address", said(lambda p: p.registered_address), same_address, Severity.MEDIUM)
    yield _row("status", said(lambda p: p.status), same_text, Severity.HIGH)


def _party_rows(parties: tuple[Party, ...]) -> Iterator[Row]:
    """Shares of owners and birth dates of persons, per party over its sources."""
    for party_id, entries in sorted(_by_id(parties).items()):
        shares = {entry.source or DECLARED: entry.share for entry in entries if entry.share}
        yield _row(f"share:{party_id}", shares, same_share, Severity.HIGH)
        dates = {entry.source or DECLARED: entry.birth_date for entry in entries if entry.birth_date}
        yield _row(f"birth_date:{party_id}", dates, _same_date, Severity.MEDIUM)


def _same_date(left: str, right: str) -> bool:
    """A partial date agrees with every date that it begins."""
    return left.startswith(right) or right.startswith(left)


def _by_id(parties: Iterable[Party]) -> dict[str, list[Party]]:
    found: dict[str, list[Party]] = defaultdict(list)
    for party in parties:
        found[party.party_id].append(party)
    return found


def _discrepancy(row: Row, severity: Severity) -> Finding:
    kind, _, party_id = row.fact.partition(":")
    said = "; ".join(f"{source}: {value}" for source, value in sorted(row.values.items()))
    about = f"{kind}:{party_id}" if party_id else kind
    return Finding(f"discrepancy_{about}", f"discrepancy_{kind}", severity, f"Sources disagree on {kind.replace('_', ' ')} ({said})")


def _owners(parties: Iterable[Party], of: Callable[[str], bool]) -> dict[str, Party]:
    return {p.party_id: p for p in parties if p.owns and p.type is PartyType.PERSON and of(p.source)}


def _missing_owners(parties: tuple[Party, ...]) -> list[Finding]:
    """Owners that a register names and no ownership document does, and the other way round. Says nothing while one side is silent."""
    in_registers = _owners(parties, lambda source: source in _REGISTERS)
    in_documents = _owners(parties, lambda source: source.startswith("document:"))
    if not in_registers or not in_documents:
        return []
    undocumented = [
        Finding(
            f"discrepancy_owner_missing:{owner.party_id}", "discrepancy_owner_missing",
            Severity.CRITICAL if (share(owner.share) or Decimal(0)) >= _BENEFICIAL else Severity.HIGH,
            f"An owner in register {owner.source} ({owner.share or 'share unknown'}) is in no ownership document",
        )
        for owner in in_registers.values() if owner.party_id not in in_documents
    ]  # fmt: skip
    unregistered = [
        Finding(
            f"discrepancy_owner_unregistered:{owner.party_id}", "discrepancy_owner_unregistered", Severity.HIGH,
            f"An owner in an ownership document ({owner.share or 'share unknown'}) is in no register",
        )
        for owner in in_documents.values() if owner.party_id not in in_registers
    ]  # fmt: skip
    return undocumented + unregistered


def _unverified_ownership(parties: tuple[Party, ...]) -> list[Finding]:
    """Nobody but the customer says who owns the company."""
    if any(party.owns and party.source != DECLARED for party in parties if party.source):
        return []
    statement = "Ownership is not verified by a register or a document"
    return [Finding("unverified_ownership", "unverified_ownership", Severity.MEDIUM, statement)]
