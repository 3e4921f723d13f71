"""Markdown that rules write and mend: text from outside never becomes structure."""

from __future__ import annotations

import re
from collections.abc import Callable

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#~|])")
_QUOTES = str.maketrans("“”", "''")
# A section ends where another of its level or above begins.
_NEXT_SECTION = re.compile(r"^#{1,2} ", re.MULTILINE)


def inline(text: str) -> str:
    """One line that shows `text` and nothing else: no heading, link, strike or list can come out of it."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split())).translate(_QUOTES)


def quoted(name: str) -> str:
    """A name, marked as one: rules that look for words of ours skip it."""
    return f"“{inline(name)}”"


def bullets(lines: list[str]) -> str:
    """A list, ended by a line break."""
    return "".join(f"- {line}\n" for line in lines)


def section_span(text: str, heading: str) -> tuple[int, int] | None:
    """(begin, end) of the first section `## heading`, its heading included; None when there is none."""
    found = re.search(rf"^## {re.escape(heading)}[ \t]*$", text, re.MULTILINE)
    if found is None:
        return None
    following = _NEXT_SECTION.search(text, found.end())
    return found.start(), following.start() if following else len(text)


def put_section(text: str, heading: str, body: str) -> str:
    """`text` with the section at its end, or in place of the one that is there; all else stays as it is."""
    section = f"## {heading}\n\n{body}"
    span = section_span(text, heading)
    if span is None:
        gap = "" if not text or text.endswith("\n\n") else "\n" if text.endswith("\n") else "\n\n"
        return text + gap + section
    begin, end = span
    return text[:begin] + section + ("\n" if end < len(text) else "") + text[end:]


def mend_section(text: str, heading: str, mend: Callable[[str], str]) -> str:
    """`text` with each line of one section mended; unchanged when there is no such section."""
    span = section_span(text, heading)
    if span is None:
        return text
    begin, end = span
    return text[:begin] + "\n".join(mend(line) for line in text[begin:end].split("\n")) + text[end:]
