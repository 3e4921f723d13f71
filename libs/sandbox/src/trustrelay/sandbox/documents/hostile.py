"""Files that a customer should never send, and some do."""

import io
from pathlib import Path
from random import Random

from openpyxl import Workbook

from trustrelay.sandbox.documents import _page as page
from trustrelay.sandbox.documents.office import reproducible

PASSWORD = "opensesame"  # noqa: S105  (the sample's own password, printed in the README)
LIMIT_MB = 50
LAST_CELL = "XFD1048576"


def empty_pdf() -> bytes:
    """No bytes at all."""
    return b""


def garbage_pdf() -> bytes:
    """The first bytes of a PDF, then noise."""
    return b"%PDF-1.7\n" + Random(0).randbytes(4096)


def encrypted_pdf() -> bytes:
    """A PDF that opens only with `PASSWORD`."""
    return page.pdf("Locked", [page.title("LOCKED"), page.line("Nobody reads this without the password.")], password=PASSWORD)


def cell_bomb_xlsx() -> bytes:
    """A tiny workbook whose only cell is the last one a sheet can have: naive readers walk 17 billion cells."""
    book = Workbook()
    book.active[LAST_CELL] = "far away"
    out = io.BytesIO()
    book.save(out)
    return reproducible(out.getvalue())


def write_oversize_pdf(path: Path, megabytes: int = LIMIT_MB + 1) -> Path:
    """A PDF of more than the limit, made on demand (never stored); returns the path."""
    with path.open("wb") as out:
        out.write(page.pdf("Oversize", [page.title("OVERSIZE")]))
        for _ in range(megabytes):
            out.write(b"%" + b" " * (1024 * 1024 - 2) + b"\n")
    return path
