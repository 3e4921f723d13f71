"""The customer's papers, the hostile ones, and what they say about each seed."""

import io
import json
from datetime import date
from pathlib import Path
from random import Random

import docx
import openpyxl
import pypdfium2
import pytest
from PIL import Image
from typer.testing import CliRunner

from trustrelay.sandbox import Cast, dossier, write_examples, write_oversize_pdf
from trustrelay.sandbox.__main__ import cli
from trustrelay.sandbox.documents import hostile, letters, scan
from trustrelay.sandbox.examples import customer_files

AS_OF = date(2026, 11, 22)


@pytest.fixture(scope="module")
def files(cast: Cast) -> dict[str, bytes]:
    return customer_files(cast, AS_OF)


def _pdf_text(pdf: bytes) -> str:
    return pypdfium2.PdfDocument(pdf)[0].get_textpage().get_text_range()


def test_ubo_extract_identifies_everyone(files: dict[str, bytes], cast: Cast) -> None:
    """Name, birth date and share of every party, the company, and a recent date of issue."""
    text = _pdf_text(files["ubo-register-extract.pdf"])
    assert cast.subject.legal_name in text
    assert "Date of issue: 13/11/2026" in text
    for person in cast.subject.persons:
        assert person.name in text
        assert f"{person.birth_date:%d/%m/%Y}" in text
    assert all(f"{stake.percent},00 %" in text for stake in cast.subject.owners)


def test_scan_is_a_page_at_a_known_resolution(files: dict[str, bytes]) -> None:
    """A grey A4 page that says how many dots per inch it has, small enough to keep."""
    image = Image.open(io.BytesIO(files["proof-of-address.png"]))
    assert image.mode == "L"
    assert round(image.info["dpi"][0]) == scan.DPI
    assert image.width / scan.DPI == pytest.approx(8.27, abs=0.02)
    assert len(files["proof-of-address.png"]) < 300_000


def test_bill_goes_to_the_registered_office(cast: Cast) -> None:
    """Before it is scanned, the bill names the company and its seat, and is a few weeks old."""
    text = _pdf_text(letters.utility_bill(cast.subject, AS_OF))
    assert cast.subject.legal_name in text
    assert cast.subject.address.line in text
    assert "Bill date: 29/10/2026" in text


def test_wrong_document_is_an_invoice_of_another(files: dict[str, bytes], cast: Cast) -> None:
    """An invoice, issued by someone else."""
    text = _pdf_text(files["wrong-document.pdf"])
    assert text.startswith("INVOICE")
    assert cast.outsider.legal_name in text


def test_articles_name_company_and_directors(files: dict[str, bytes], cast: Cast) -> None:
    """The Word document opens and says who directs what."""
    text = "\n".join(p.text for p in docx.Document(io.BytesIO(files["articles-of-association.docx"])).paragraphs)
    assert cast.subject.legal_name in text
    assert all(m.person.name in text for m in cast.subject.directors)


def test_shareholder_register_holds_true_values(files: dict[str, bytes], cast: Cast) -> None:
    """Dates are dates, shares are numbers, percentages fractions that add up to one."""
    sheet = openpyxl.load_workbook(io.BytesIO(files["shareholder-register.xlsx"])).active
    rows = list(sheet.iter_rows(min_row=7, values_only=True))
    assert [(row[1], row[2].date()) for row in rows] == [(s.person.name, s.person.birth_date) for s in cast.subject.owners]
    assert sum(row[7] for row in rows) == pytest.approx(1)


def test_files_are_reproducible(files: dict[str, bytes], cast: Cast) -> None:
    """The same cast on the same day gives the same bytes."""
    assert customer_files(cast, AS_OF) == files


def test_longest_names_fit_their_cells() -> None:
    """No name runs into the next column, whatever the seed."""
    from reportlab.pdfbase.pdfmetrics import stringWidth

    from trustrelay.sandbox.documents.ubo_register import OWNER_WIDTHS

    rng = Random(0)
    widest = max(stringWidth(p.name, "Helvetica", 9) for _ in range(60) for p in Cast.generate(rng.randrange(10**6)).subject.persons)
    assert widest * 25.4 / 72 < OWNER_WIDTHS[0] - 4


def test_hostile_files_are_what_they_claim(tmp_path: Path) -> None:
    """Locked needs its password, garbage does not open, the bomb is tiny, the oversize one is not."""
    with pytest.raises(pypdfium2.PdfiumError, match="password"):
        pypdfium2.PdfDocument(hostile.encrypted_pdf())
    assert len(pypdfium2.PdfDocument(hostile.encrypted_pdf(), password=hostile.PASSWORD)) == 1
    with pytest.raises(pypdfium2.PdfiumError):
        pypdfium2.PdfDocument(hostile.garbage_pdf())
    assert len(hostile.cell_bomb_xlsx()) < 10_000
    assert write_oversize_pdf(tmp_path / "big.pdf").stat().st_size > 50 * 1024 * 1024


def test_written_examples(tmp_path: Path, cast: Cast) -> None:
    """One call writes documents, hostile files and both descriptions."""
    paths = write_examples(cast, tmp_path / "out", AS_OF)
    assert all(path.is_file() for path in paths)
    described = json.loads((tmp_path / "out/cast.json").read_text())
    uploads = [u["file"] for u in described["cases"]["a"]["uploads"]]
    assert all((tmp_path / "out" / name).is_file() for name in uploads)
    assert cast.subject.iban in json.loads((tmp_path / "out/forbidden.json").read_text())["ibans"]


def test_command_line(tmp_path: Path) -> None:
    """The examples command writes the same as the function."""
    result = CliRunner().invoke(cli, ["examples", "--seed", "7", "--as-of", "2026-11-22", "--out", str(tmp_path / "cli")])
    assert result.exit_code == 0
    write_examples(Cast.generate(7), tmp_path / "api", AS_OF)
    for made in sorted((tmp_path / "api").glob("*.*")):
        assert made.read_bytes() == (tmp_path / "cli" / made.name).read_bytes()


@pytest.mark.parametrize("seed", [2, 3, 4_242, 900_000_001])
def test_verdicts_do_not_depend_on_the_seed(seed: int, cast: Cast) -> None:
    """Another cast has other names and numbers, and the same ending."""
    mine, other = (dossier(c, AS_OF)["cases"] for c in (cast, Cast.generate(seed)))
    for case in ("a", "b"):
        assert mine[case]["expected"] == other[case]["expected"]
        assert mine[case]["company"]["registration_number"] != other[case]["company"]["registration_number"]
        assert [(p["key"], p["roles"]) for p in mine[case]["known_parties"]] == [(p["key"], p["roles"]) for p in other[case]["known_parties"]]
    assert mine["a"]["declared_parties"] == []
    assert mine["b"]["declared_parties"][0]["birth_date"] != other["b"]["declared_parties"][0]["birth_date"]


def test_committed_examples_are_current() -> None:
    """The files under examples/ are what the documented command writes."""
    folder = Path(__file__).parents[3] / "examples"
    described = json.loads((folder / "cast.json").read_text())
    cast, day = Cast.generate(described["seed"]), date.fromisoformat(described["as_of"])
    assert described == dossier(cast, day)
    for name, content in customer_files(cast, day).items():
        if name.endswith(".pdf"):
            assert (folder / name).read_bytes() == content
