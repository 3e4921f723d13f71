"""The pure rules, without any server."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trustrelay.common.v1.case_file_pb2 import CaseFile
from trustrelay.common.v1.case_types_pb2 import CaseStatus, Party
from trustrelay.common.v1.evidence_types_pb2 import AGREEMENT_CONTRADICTS, HIT_STATUS_DISMISSED, HIT_STATUS_OPEN, Discriminator, Hit
from trustrelay.common.v1.requirement_types_pb2 import DOCUMENT_STATE_VALID, CaseDocument, ValidationReason, ValidationResult
from trustrelay.contracts.case_workflow import TERMINAL, Status
from trustrelay.persistence_service.adapters.templates import YamlTemplates
from trustrelay.persistence_service.domain import audit, capsule, ids, media
from trustrelay.persistence_service.domain.cases import merged_projection
from trustrelay.persistence_service.domain.documents import revised, supersedes
from trustrelay.persistence_service.domain.enums import CASE_STATUS
from trustrelay.persistence_service.domain.hits import HitState, after_screening, contradicting_kinds
from trustrelay.persistence_service.domain.objects import CaseFolder, quarantine_key, tenant_is_usable
from trustrelay.persistence_service.domain.parties import merged
from trustrelay.persistence_service.domain.requirements import status_after_analysis, status_after_documents

FOLDER = CaseFolder("acme", "c-1")
NOW = datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)


def zipped(*names: str) -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return body.getvalue()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"%PDF-1.7 ...", media.PDF),
        (b"\xef\xbb\xbf junk before %PDF-1.4", media.PDF),
        (b"\x89PNG\r\n\x1a\n...", media.PNG),
        (b"\xff\xd8\xff\xe0...", media.JPEG),
        (zipped("[Content_Types].xml", "word/document.xml"), media.DOCX),
        (zipped("[Content_Types].xml", "xl/workbook.xml"), media.XLSX),
        (zipped("ppt/presentation.xml"), media.PPTX),
        (zipped("a.txt"), media.ZIP),
        (b"PK\x03\x04 and then nothing of a zip", media.UNKNOWN),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", media.OLE),
        (b'<?xml version="1.0"?><a/>', media.XML),
        (b'\xef\xbb\xbf\n<?xml version="1.0"?><a/>', media.XML),
        ('<?xml version="1.0"?><a/>'.encode("utf-16"), media.XML),
        (b"<html></html>", media.UNKNOWN),
        (b"hello", media.UNKNOWN),
        (b"", media.UNKNOWN),
    ],
)
def test_a_file_is_what_its_bytes_say(body: bytes, expected: str) -> None:
    """Signatures decide; office formats are told apart by their parts; a broken zip is nothing."""
    file = io.BytesIO(body)
    assert media.sniff(file) == expected
    assert file.tell() == 0
    assert media.extension(expected).startswith(".")


@given(st.text(max_size=30), st.text(max_size=30))
def test_ids_of_different_parts_differ(a: str, b: str) -> None:
    """Parts cannot be shifted against each other, and the same parts give the same id."""
    assert ids.derived(a, b) == ids.derived(a, b)
    assert ids.derived(a, b) != ids.derived(a + b)
    if b:
        assert ids.derived(a, b) != ids.derived(a + b[0], b[1:])


@given(st.text(max_size=40))
def test_no_folder_name_leaves_the_case(name: str) -> None:
    """Whatever a caller asks for, a granted prefix lies below the case's iteration and has no odd segment."""
    prefix = FOLDER.folder(0, name)
    if prefix is not None:
        assert prefix.startswith("tenant/acme/case/c-1/iteration-0/")
        assert not {"", ".", ".."} & set(prefix.rstrip("/").split("/"))


@pytest.mark.parametrize("key", ["", "tenant/acme/case/c-1", "tenant/acme/case/c-1/", "tenant/acme/case/c-2/a", "tenant/acme/case/c-1/../c-2/a"])
def test_keys_of_others_are_not_the_cases(key: str) -> None:
    """Neither the folder itself, nor a neighbour, nor a way out of it."""
    assert not FOLDER.contains(key)


@pytest.mark.parametrize("tenant", ["", ".x", "a/b", "ä", "a" * 64])
def test_a_tenant_is_a_path_segment(tenant: str) -> None:
    """Tenant ids that could leave their folder are not accepted."""
    assert not tenant_is_usable(tenant)
    assert tenant_is_usable("a.b-c_1")
    assert quarantine_key("acme", "u") == "tenant/acme/upload/u"


def test_every_terminal_status_is_known() -> None:
    """The contract's enum, the workflow's names and the stored names are one list."""
    assert {status.value for status in Status} == {CASE_STATUS.name(n) for n in CaseStatus.values()} - {"UNSPECIFIED"}
    assert all(CASE_STATUS.number(status.value) for status in TERMINAL)
    with pytest.raises(ValueError, match="no value 99"):
        CASE_STATUS.name(99)


@given(st.dictionaries(st.text(max_size=5), st.integers()), st.dictionaries(st.text(max_size=5), st.none() | st.integers()))
def test_a_patch_changes_its_own_keys_only(stored: dict[str, Any], patch: dict[str, Any]) -> None:
    """Keys that a patch does not name stay; null clears."""
    result = merged_projection(stored, patch)
    assert {k: v for k, v in result.items() if k not in patch} == {k: v for k, v in stored.items() if k not in patch}
    assert {k: v for k, v in result.items() if k in patch} == {k: v for k, v in patch.items() if v is not None}


def entry(**more: Any) -> audit.Entry:
    return audit.Entry(**({"event_id": "e", "type": "t", "actor": "a", "event_time": NOW, "data": {"b": 1, "a": 2}} | more))


def test_a_link_depends_on_everything_before_and_in_it() -> None:
    """Any changed fact or predecessor changes the hash; the zone a time is written in does not."""
    first = audit.link("acme", "c", entry(), 1, audit.GENESIS)
    assert first.data == '{"a":2,"b":1}'
    same = entry(event_time=NOW.astimezone(timezone(timedelta(hours=2))))
    assert audit.link("acme", "c", same, 1, audit.GENESIS).chain_hash == first.chain_hash
    others = [
        audit.link("acme", "c", entry(data={"a": 3}), 1, audit.GENESIS), audit.link("acme", "c", entry(actor="b"), 1, audit.GENESIS),
        audit.link("globex", "c", entry(), 1, audit.GENESIS), audit.link("acme", "c", entry(), 2, audit.GENESIS),
        audit.link("acme", "c", entry(), 1, first.chain_hash),
    ]  # fmt: skip
    assert len({first.chain_hash, *(other.chain_hash for other in others)}) == 6
    body = f'{{"actor":"a","case_id":"c","data":{first.data},"event_id":"e","event_time":"2026-01-02T03:04:05.000006Z"'
    body += ',"sequence":1,"tenant_id":"acme","trace_id":"","type":"t"}'
    assert hashlib.sha256((audit.GENESIS + body).encode()).hexdigest() == first.chain_hash


@pytest.mark.parametrize("status", ["FALSE_POSITIVE", "TRUE_MATCH"])
def test_people_outrank_screenings(status: str) -> None:
    """What an officer said stays, whatever a screening finds later."""
    stored = HitState(status, "why", "officer:ines")
    for found in (Hit(status=HIT_STATUS_OPEN), Hit(status=HIT_STATUS_DISMISSED, status_reason="r@1")):
        assert after_screening(stored, found) == stored


def test_screenings_move_between_open_and_dismissed() -> None:
    """The newest screening decides in both directions, and a dismissal names its rule."""
    dismissed = HitState("DISMISSED", "r@1", "rule:r@1")
    assert after_screening(HitState("OPEN"), Hit(status=HIT_STATUS_DISMISSED, status_reason="r@1")) == dismissed
    assert after_screening(dismissed, Hit(status=HIT_STATUS_OPEN)) == HitState("OPEN")
    contradiction = Discriminator(kind="gender", query_value="male", agreement=AGREEMENT_CONTRADICTS)
    assert contradicting_kinds(Hit(discriminators=[contradiction, Discriminator(kind="country")])) == ["gender"]


party = st.builds(
    Party, party_id=st.just("p"), full_name=st.sampled_from(["", "A B", "B A"]), birth_date=st.sampled_from(["", "1961", "1962"]),
    roles=st.lists(st.integers(1, 4), max_size=3, unique=True), source=st.sampled_from(["kbo", "nbb", "declared"]),
)  # fmt: skip


@given(st.lists(party, min_size=1, max_size=5))
def test_merging_parties_twice_is_merging_them_once(found: list[Party]) -> None:
    """Merging is idempotent and never forgets a known fact, role or source."""
    result: Party | None = None
    for one in found:
        result = merged(result, one)
        assert merged(result, one) == result
    assert result is not None
    for one in found:
        assert set(one.roles) <= set(result.roles)
        assert one.source in result.source.split(",")
        assert not one.birth_date or result.birth_date


def test_a_revision_replaces_what_it_sets_and_nothing_of_the_upload() -> None:
    """Lists and messages are replaced whole; the original, its uploader and its requirement are not up for revision."""
    old = ValidationResult(reasons=[ValidationReason(code="TOO_OLD")])
    stored = CaseDocument(document_id="d", uploaded_by="customer", pipeline="p1", validation=old)
    stored.original.sha256 = "a"
    update = CaseDocument(document_id="d", uploaded_by="somebody", state=DOCUMENT_STATE_VALID, validation=ValidationResult(confidence=0.9))
    update.original.sha256 = "b"
    result = revised(stored, update)
    assert (result.uploaded_by, result.original.sha256, result.pipeline) == ("customer", "a", "p1")
    assert (list(result.validation.reasons), result.state) == ([], DOCUMENT_STATE_VALID)


@pytest.mark.parametrize(
    ("old", "expected"),
    [
        (("r", 1, "STORED"), True),
        (("r", 0, "VALID"), False),
        (("r", 0, "INVALID"), True),
        (("q", 1, "STORED"), False),
        (("r", 1, "SUPERSEDED"), False),
    ],
)
def test_what_an_upload_supersedes(old: tuple[str, int, str], expected: bool) -> None:
    """The same requirement in the same iteration, and whatever failed before; never another requirement's or a valid earlier one."""
    assert supersedes("r", 1, *old) is expected


@pytest.mark.parametrize(
    ("stored", "computed", "expected"),
    [
        (None, "UNSPECIFIED", "OPEN"), ("OPEN", "COVERED", "COVERED"), ("COVERED", "OPEN", "OPEN"), ("WAIVED", "OPEN", "WAIVED"),
        ("SATISFIED", "COVERED", "SATISFIED"), ("BOUNCED", "WAIVED", "WAIVED"), ("OPEN", "NOT_APPLICABLE", "NOT_APPLICABLE"),
        ("WAIVED", "NOT_APPLICABLE", "WAIVED"),
    ],
)  # fmt: skip
def test_an_analysis_never_undoes_a_person(stored: str | None, computed: str, expected: str) -> None:
    """OPEN, COVERED and NOT_APPLICABLE are computed; everything else happened, and what an officer asked for again stays asked for."""
    assert status_after_analysis(stored, computed) == expected
    assert status_after_analysis("OPEN", "COVERED", by_officer=True) == "OPEN"


@pytest.mark.parametrize(
    ("stored", "states", "expected"),
    [
        ("OPEN", ["STORED"], "SUBMITTED"), ("OPEN", ["INVALID", "VALID"], "SATISFIED"), ("SUBMITTED", ["INVALID", "UNREADABLE"], "BOUNCED"),
        ("BOUNCED", ["INVALID", "NEEDS_REVIEW"], "SUBMITTED"), ("WAIVED", ["INVALID"], None), ("COVERED", ["VALID"], None), (None, ["VALID"], None),
        ("OPEN", [], None),
    ],
)  # fmt: skip
def test_a_requirement_follows_its_documents(stored: str | None, states: list[str], expected: str | None) -> None:
    """One valid document satisfies, one undecided keeps it submitted, only refused ones bounce it; settled requirements stay settled."""
    assert status_after_documents(stored, states) == expected


@pytest.mark.parametrize("language", ["en", "nl", "fr"])
def test_the_kyb_template_speaks_every_language(language: str) -> None:
    """Five requirements with title, reason and what would satisfy it in each language; the first version can still be loaded."""
    template = YamlTemplates().built_in("kyb_standard")
    assert template is not None
    requirements = template.requirements(language)
    assert (template.version, len(requirements)) == (2, 5)
    assert all(r.title and r.why and r.how and r.media_types and r.mandatory for r in requirements)
    assert requirements[4].covered_by_evidence_kinds == ["annual_accounts"]
    first = YamlTemplates().built_in("kyb_standard", 1)
    assert first is not None
    assert [r.requirement_id for r in first.requirements(language)] == [r.requirement_id for r in requirements]
    assert list(first.policy.mandatory_check_kinds) == list(template.policy.mandatory_check_kinds)
    assert YamlTemplates().built_in("tea_party") is None


def test_a_statement_is_canonical_and_names_each_object_once() -> None:
    """The same facts make the same bytes; subjects are sorted, unique and relative to the case."""
    file = CaseFile()
    file.header.tenant_id, file.header.case_id = "acme", "c-1"
    for name in ("b", "a", "a"):
        evidence = file.evidence.add(evidence_id=name)
        evidence.object.key, evidence.object.sha256 = f"{FOLDER.prefix}iteration-0/{name}", name * 64
    facts: dict[str, Any] = {"screenings": [], "overrides": [], "resolutions": [], "audit_head": (3, "f" * 64)}
    first, again = (capsule.canonical(capsule.statement(file, **facts)) for _ in range(2))
    assert first == again
    assert [subject["name"] for subject in json.loads(first)["subject"]] == ["iteration-0/a", "iteration-0/b"]
    assert json.loads(first)["predicate"]["risk_assessment"] is None
    rewritten = file.evidence.add(evidence_id="a2").object
    rewritten.key, rewritten.sha256, rewritten.version = f"{FOLDER.prefix}iteration-0/a", "c" * 64, "v2"
    file.evidence[1].object.version = file.evidence[2].object.version = "v1"
    assert [subject["name"] for subject in capsule.subjects(file)] == ["iteration-0/a@v1", "iteration-0/a@v2", "iteration-0/b"]
    rewritten = file.evidence.add(evidence_id="a2").object
    rewritten.key, rewritten.sha256, rewritten.version = f"{FOLDER.prefix}iteration-0/a", "c" * 64, "v2"
    file.evidence[1].object.version = file.evidence[2].object.version = "v1"
    assert [subject["name"] for subject in capsule.subjects(file)] == ["iteration-0/a@v1", "iteration-0/a@v2", "iteration-0/b"]
