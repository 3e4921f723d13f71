"""DOCX and XLSX before conversion: no bombs, no entities, no far-away cells; macros and the like are named."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from ...domain.conversion import DocumentRefused, Limits, Notice, RefusalReason

# Parts smaller than this may compress as well as they like.
RATIO_FROM_BYTES = 1024 * 1024
CELL = re.compile(r"^\$?([A-Z]{1,3})\$?([0-9]{1,7})$")
ENCRYPTED_FLAG = 0x1
# Children that are looked at together with their parent.
KEPT_FOR_PARENT = frozenset({"rPr", "color", "vanish"})
WHITE = frozenset({"FFFFFF", "FEFEFE", "FDFDFD"})


def inspect_office(path: Path, limits: Limits) -> tuple[Notice, ...]:
    """Notices about an office file that may be converted. Raises DocumentRefused."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            _check_archive(parts, limits)
            hidden = False
            for part in parts:
                if part.filename.endswith((".xml", ".rels", ".vml")):
                    with archive.open(part) as stream:
                        hidden |= _check_xml(stream, part.filename, limits)
            return tuple(_notices([part.filename for part in parts], hidden))
    except DefusedXmlException as error:
        raise DocumentRefused(RefusalReason.UNSAFE, "The document declares XML entities.") from error
    except (zipfile.BadZipFile, ParseError, EOFError, OSError, NotImplementedError, ValueError) as error:
        raise DocumentRefused(RefusalReason.CORRUPT, "The document is damaged.") from error


def _check_archive(parts: list[zipfile.ZipInfo], limits: Limits) -> None:
    if any(part.flag_bits & ENCRYPTED_FLAG for part in parts):
        raise DocumentRefused(RefusalReason.ENCRYPTED, "The document is protected by a password.")
    if len(parts) > limits.max_parts:
        raise DocumentRefused(RefusalReason.UNSAFE, "The document has too many parts.")
    if sum(part.file_size for part in parts) > limits.max_unpacked_bytes:
        raise DocumentRefused(RefusalReason.UNSAFE, "The document unpacks to too much data.")
    for part in parts:
        if part.file_size > RATIO_FROM_BYTES and part.file_size > limits.max_ratio * max(1, part.compress_size):
            raise DocumentRefused(RefusalReason.UNSAFE, "The document unpacks to too much data.")


def _check_xml(stream: IO[bytes], name: str, limits: Limits) -> bool:
    """Parse one part to its end, refusing entities and far cells; returns whether it hides text or sheets."""
    hidden = False
    body, sheet = name.startswith("word/document"), name.startswith("xl/worksheets/")
    tables = 0
    for event, element in iterparse(stream, events=("start", "end"), forbid_dtd=True):
        tag = _local(element.tag)
        if tag == "tbl":
            tables += 1 if event == "start" else -1
        if event == "start":
            continue
        if sheet and tag in ("c", "mergeCell"):
            _check_reference(element.get("r") or element.get("ref") or "", limits)
        elif body and tag == "rPr":
            # White text in a table usually stands on a dark header.
            hidden |= _is_hidden(element, white_counts=tables == 0)
        elif tag == "sheet":
            hidden |= element.get("state") in ("hidden", "veryHidden")
        if tag not in KEPT_FOR_PARENT:
            element.clear()
    return hidden


def _is_hidden(properties: Element, white_counts: bool) -> bool:
    for child in properties:
        value = next((text for name, text in child.attrib.items() if _local(name) == "val"), "")
        if _local(child.tag) == "vanish" and value not in ("0", "false"):
            return True
        if white_counts and _local(child.tag) == "color" and value.upper() in WHITE:
            return True
    return False


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _check_reference(reference: str, limits: Limits) -> None:
    for corner in reference.split(":"):
        match = CELL.match(corner)
        if match is None:
            continue
        column = 0
        for letter in match[1]:
            column = column * 26 + ord(letter) - 64
        row = int(match[2])
        if row > limits.max_rows or column > limits.max_columns or row * column > limits.max_cells:
            raise DocumentRefused(RefusalReason.UNSAFE, "The sheet reaches further than a real document does.")


def _notices(names: list[str], hidden: bool) -> Iterator[Notice]:
    if any(name.endswith("vbaProject.bin") for name in names):
        yield Notice("macros", "medium", "The document carries macros; none was run.")
    embedded = [name for name in names if "/embeddings/" in name or "/externalLinks/" in name]
    if embedded:
        yield Notice("embedded_files", "medium", f"The document carries {len(embedded)} embedded or linked files; none was opened.")
    if hidden:
        yield Notice("hidden_text", "high", "The document holds hidden or white text, or hidden sheets.")
