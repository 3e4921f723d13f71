"""CC015C to Markdown and DoclingDocument JSON: the message's name as title, then one text item per value, `path = value`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from docling_core.types.doc.document import DoclingDocument
from docling_core.types.doc.labels import DocItemLabel

from ...domain.conversion import Limits, MediaType
from ...domain.customs_message import SEPARATOR
from .message import ROOT, Leaf, read_leaves

# Raise the number with every change of what is written.
PIPELINE_ID = "trustrelay/cc015c-1"


def convert_message(path: Path, limits: Limits) -> tuple[str, dict[str, Any]]:
    """Markdown and exported DoclingDocument. Raises DocumentRefused."""
    leaves = read_leaves(path, limits)
    exported = _document(leaves).export_to_dict()
    exported["origin"] = {"mimetype": MediaType.CC015C.value, "binary_hash": 0, "filename": ROOT}
    return _markdown(leaves), exported


def _document(leaves: tuple[Leaf, ...]) -> DoclingDocument:
    document = DoclingDocument(name=ROOT)
    document.add_title(text=ROOT)
    for leaf in leaves:
        document.add_text(label=DocItemLabel.TEXT, text=f"{leaf.path}{SEPARATOR}{leaf.value}")
    return document


def _markdown(leaves: tuple[Leaf, ...]) -> str:
    """A list that a person can read; the values are not escaped, since nothing renders them as markup."""
    return "\n".join([f"# {ROOT}", "", *(f"- {leaf.path}{SEPARATOR}{' '.join(leaf.value.split())}" for leaf in leaves), ""])
