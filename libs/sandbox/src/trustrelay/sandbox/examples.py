"""Writes the customer's files of case A, the hostile files, and the two JSON files that describe the cast."""

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from random import Random

from trustrelay.sandbox.cast import Cast
from trustrelay.sandbox.documents import hostile, letters, office, scan, ubo_register
from trustrelay.sandbox.dossier import dossier
from trustrelay.sandbox.forbidden import forbidden
from trustrelay.sandbox.shipment_papers import shipment_files


def customer_files(cast: Cast, as_of: date) -> dict[str, bytes]:
    """File name → content; dates inside lie shortly before `as_of`."""
    company = cast.subject
    return {
        "ubo-register-extract.pdf": ubo_register.ubo_register_extract(company, as_of),
        "proof-of-address.png": scan.scanned_png(letters.utility_bill(company, as_of), Random(cast.seed)),
        "articles-of-association.docx": office.articles_of_association(company),
        "shareholder-register.xlsx": office.shareholder_register(company, as_of),
        "wrong-document.pdf": letters.invoice(cast.outsider, company, as_of),
    }


def client_files(cast: Cast, as_of: date) -> dict[str, bytes]:
    """The same for the private client whose case is clean (`kyc/`) and for the customs client (`customs/`)."""
    company, person = cast.customs.company, cast.private_clients[0].person
    return {
        "kyc/proof-of-address.pdf": letters.utility_bill(person, as_of),
        "customs/ubo-register-extract.pdf": ubo_register.ubo_register_extract(company, as_of),
        "customs/proof-of-address.pdf": letters.utility_bill(company, as_of),
        "customs/articles-of-association.docx": office.articles_of_association(company),
    }


def hostile_files() -> dict[str, bytes]:
    """The same for every cast; the oversize file is made on demand by `hostile.write_oversize_pdf`."""
    return {
        "bad/empty.pdf": hostile.empty_pdf(),
        "bad/garbage.pdf": hostile.garbage_pdf(),
        "bad/encrypted.pdf": hostile.encrypted_pdf(),
        "bad/cellbomb.xlsx": hostile.cell_bomb_xlsx(),
    }


def write_description(cast: Cast, out: Path, as_of: date) -> None:
    """`cast.json` and `forbidden.json`."""
    out.mkdir(parents=True, exist_ok=True)
    for name, content in (("cast.json", dossier(cast, as_of)), ("forbidden.json", forbidden(cast))):
        (out / name).write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", "utf-8")


def write_examples(cast: Cast, out: Path, as_of: date) -> tuple[Path, ...]:
    """All files under `out`, which is made when missing; returns the documents' paths."""
    write_description(cast, out, as_of)
    files: Mapping[str, bytes] = customer_files(cast, as_of) | client_files(cast, as_of) | shipment_files(cast, as_of) | hostile_files()
    for name, content in files.items():
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return tuple(out / name for name in files)
