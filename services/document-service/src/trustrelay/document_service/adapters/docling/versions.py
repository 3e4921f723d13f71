"""What produced a result: versions of the libraries and a hash of our own rules."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

PACKAGES = ("docling-slim", "docling-core", "docling-parse", "rapidocr", "onnxruntime", "defusedxml")


@cache
def versions() -> dict[str, str]:
    """Package versions and `rules`: the hash of our rules' source."""
    return {package: version(package) for package in PACKAGES} | {"rules": rules_hash()}


def rules_hash() -> str:
    """First 16 hex digits of SHA-256 over the source of the layout rules, of the message reader and of the domain rules."""
    digest = hashlib.sha256()
    here = Path(__file__).parent
    for path in (
        *sorted(here.glob("*.py")),
        *sorted((here.parent / "customs_xml").glob("*.py")),
        *sorted((here.parents[1] / "domain").rglob("*.py")),
    ):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]
