"""The KBO extract as an SQLite file: built in one go, then only read."""

from __future__ import annotations

import csv
import io
import os
import sqlite3
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from trustrelay.osint_service.application.ports import BodyUnparsable

# table → (columns that the service uses, the one it looks up by)
_TABLES = {
    "enterprise": (("EnterpriseNumber", "Status", "JuridicalSituation", "TypeOfEnterprise", "JuridicalForm", "StartDate"), "EnterpriseNumber"),
    "denomination": (("EntityNumber", "Language", "TypeOfDenomination", "Denomination"), "EntityNumber"),
    "address": (
        (
            "EntityNumber",
            "TypeOfAddress",
            "Zipcode",
            "MunicipalityNL",
            "MunicipalityFR",
            "StreetNL",
            "StreetFR",
            "HouseNumber",
            "Box",
            "DateStrikingOff",
        ),
        "EntityNumber",
    ),
    "activity": (("EntityNumber", "ActivityGroup", "NaceVersion", "NaceCode", "Classification"), "EntityNumber"),
    "code": (("Category", "Language", "Code", "Description"), "Code"),
}


def build(archive: Path, database: Path) -> None:
    """Write the look-up beside its final name and rename it: a killed build leaves nothing. Raises BodyUnparsable."""
    handle, temporary = tempfile.mkstemp(dir=database.parent, suffix=".part")
    os.close(handle)
    try:
        with zipfile.ZipFile(archive) as files, closing(sqlite3.connect(temporary)) as connection:
            connection.execute("PRAGMA journal_mode=OFF")
            connection.execute("PRAGMA synchronous=OFF")
            for table, (columns, key) in _TABLES.items():
                _fill(connection, files, table, columns, key)
            connection.commit()
        Path(temporary).replace(database)
    except (zipfile.BadZipFile, KeyError, UnicodeDecodeError, csv.Error) as error:
        raise BodyUnparsable("not the open data extract") from error
    finally:
        Path(temporary).unlink(missing_ok=True)


def rows_of(database: Path, number: str) -> dict[str, list[dict[str, str]]]:
    """Every row of one enterprise (dotted number), with the code table's rows for its legal form and juridical situation."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        found = {table: _select(connection, table, number) for table in _TABLES if table != "code"}
        codes = [
            code
            for row in found["enterprise"]
            for category in ("JuridicalForm", "JuridicalSituation")
            for code in _select(connection, "code", row[category])
            if code["Category"] == category
        ]
        return {**found, "code": codes}


def _select(connection: sqlite3.Connection, table: str, key: str) -> list[dict[str, str]]:
    column = _TABLES[table][1]
    rows = connection.execute(f'SELECT * FROM {table} WHERE "{column}" = ? ORDER BY rowid', (key,))  # noqa: S608  # names from the table above
    return [dict(row) for row in rows]


def _fill(connection: sqlite3.Connection, files: zipfile.ZipFile, table: str, columns: tuple[str, ...], key: str) -> None:
    names = ", ".join(f'"{column}"' for column in columns)
    places = ", ".join("?" for _ in columns)
    connection.execute(f"CREATE TABLE {table} ({names})")
    connection.executemany(f"INSERT INTO {table} VALUES ({places})", _rows(files, table, columns))  # noqa: S608  # names from the table above
    connection.execute(f'CREATE INDEX {table}_key ON {table} ("{key}")')


def _rows(files: zipfile.ZipFile, table: str, columns: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Raises KeyError when a file or a column is missing."""
    with files.open(f"{table}.csv") as raw:
        for row in csv.DictReader(io.TextIOWrapper(raw, encoding="utf-8", newline="")):
            yield tuple(row[column] or "" for column in columns)
