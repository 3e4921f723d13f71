"""`trustrelay capsule …`: fetch the signed evidence of a decision, and verify one offline."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from trustrelay.devstack.commands._capsule_verification import CapsuleRefused, VerifiedCapsule, verify_capsule
from trustrelay.devstack.commands._session import AsOption, Caller, DataOption, JsonOption, as_officer, run
from trustrelay.devstack.errors import UsageError
from trustrelay.devstack.files import write_atomically

app = typer.Typer(name="capsule", no_args_is_help=True, help="Trust capsules: the signed evidence of a decision.")


def register(parent: typer.Typer) -> None:
    """Add the group."""
    parent.add_typer(app, name="capsule")


@app.command()
def fetch(
    case_id: str,
    out: Annotated[Path | None, typer.Option("--out", help="File to write.", show_default="capsule-CASE_ID.dsse.json")] = None,
    user: AsOption = "anton",
    data: DataOption = None,
    as_json: JsonOption = False,
) -> int:
    """Download the capsule of a decided case; prints the file's name."""
    path = out or Path(f"capsule-{case_id}.dsse.json")

    async def work() -> int:
        content = await as_officer(Caller(data, user), lambda api: api.capsule(case_id))
        write_atomically(path.resolve(), content)
        print(json.dumps({"case_id": case_id, "file": str(path)}) if as_json else path)
        return 0

    return run(work())


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(help="DSSE envelope, as `capsule fetch` writes it.")],
    key: Annotated[list[Path], typer.Option("--key", help="Pinned public key (PEM); may be repeated.")],
    evidence: Annotated[Path | None, typer.Option("--evidence", help="Folder with the files of evidence, to compare them too.")] = None,
    as_json: JsonOption = False,
) -> int:
    """Verify a capsule without any service. Unsigned, re-signed, not canonical or altered: exit code 1."""
    content, keys = _read(file), [_read(one) for one in key]
    try:
        verified = verify_capsule(content, keys, evidence)
    except CapsuleRefused as refused:
        print(f"trustrelay: {refused}", file=sys.stderr)
        return 1
    except ValueError as error:
        raise UsageError("--key takes a PEM file with a public key") from error
    _print(verified, as_json)
    return 0


def _print(verified: VerifiedCapsule, as_json: bool) -> None:
    predicate, (kind, about) = verified.statement["predicate"], verified.about
    if as_json:
        facts = {"verified": True, "key_id": verified.key_id, "subjects": len(verified.subjects), "files_checked": verified.files_checked}
        print(json.dumps({**facts, kind: about, "status": predicate["status"]}, indent=1))
        return
    compared = f"{verified.files_checked} compared with their files" if verified.files_checked else "files not compared: give --evidence"
    print(f"verified: {kind} {about} {predicate['status'].removeprefix('CASE_STATUS_')}")
    print(f"  signed by key {verified.key_id}")
    print(f"  {len(verified.subjects)} subjects ({compared})")
    for decision in predicate["decisions"]:
        print(f"  {_decided(decision)} by {decision['actor']}")


def _decided(decision: dict[str, Any]) -> str:
    """`step 1: APPROVE` of a case, `CLEAR` of a shipment."""
    if "step" not in decision:
        return str(decision["decision"]).removeprefix("SHIPMENT_DECISION_")
    second = decision["step"] == 2
    word = str(decision["second_decision" if second else "decision"])
    return f"step {decision['step']}: {word.removeprefix('SECOND_').removeprefix('DECISION_')}"


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({type(error).__name__})") from error
