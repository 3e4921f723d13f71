"""Dates, shares and numbers in the shapes that documents give them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trustrelay.document_service.domain.dates import MONTHS, find_dates, parse_date
from trustrelay.document_service.domain.numbers import digits, find_be_numbers, find_ibans, percent, same_number, shares

ENGLISH = ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"]
DUTCH = ["januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september", "oktober", "november", "december"]
FRENCH = ["janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"]
days = st.dates(date(1900, 1, 1), date(2099, 12, 31))


@pytest.mark.parametrize("text", ["2026-03-01", "01/03/2026", "1 March 2026", "1 maart 2026", "1 mars 2026", "1er mars 2026", "March 1, 2026"])
def test_the_same_day_is_read_in_every_shape(text: str) -> None:
    """A date means the same day however it is written."""
    assert parse_date(f"issued on {text}.") == date(2026, 3, 1)


@given(days)
def test_any_day_survives_every_way_of_writing_it(day: date) -> None:
    """ISO, slashes, dots and month names in three languages all give the day back."""
    written = [day.isoformat(), f"{day:%d/%m/%Y}", f"{day:%d.%m.%Y}"]
    written += [f"{day.day} {names[day.month - 1]} {day.year:04d}" for names in (ENGLISH, DUTCH, FRENCH)]
    assert {parse_date(text) for text in written} == {day}


@given(st.text(max_size=60))
def test_no_text_breaks_the_date_reader(text: str) -> None:
    """Whatever a document says, reading dates from it raises nothing and quotes verbatim."""
    assert all(found.text in text for found in find_dates(text))


@pytest.mark.parametrize("text", ["31/02/2026", "12345/01/20267", "2026-13-01", "no date", "1 foo 2026"])
def test_what_is_no_day_is_no_date(text: str) -> None:
    """Impossible dates are passed over rather than bent into possible ones."""
    assert parse_date(text) is None


def test_every_month_name_maps_to_one_month() -> None:
    """The month table holds twelve months and nothing else."""
    assert set(MONTHS.values()) == set(range(1, 13))


@pytest.mark.parametrize(
    ("text", "share"), [("60 %", "0.6"), ("40,5%", "0.405"), ("12.5 procent", "0.125"), ("100 %", "1"), ("140 %", None), ("many", None)]
)
def test_percentages_become_fractions(text: str, share: str | None) -> None:
    """A percentage is read as a fraction of one; nonsense is nothing."""
    assert percent(text) == (None if share is None else Decimal(share))


def test_a_column_without_percent_signs_is_read_as_a_whole() -> None:
    """Numbers above one make the column percentages; a spreadsheet's fractions stay fractions."""
    assert shares(["60", "1", "39"]) == [Decimal("0.6"), Decimal("0.01"), Decimal("0.39")]
    assert shares(["0.6", "0.4"]) == [Decimal("0.6"), Decimal("0.4")]
    assert shares(["1"], "Share %") == [Decimal("0.01")]


@given(st.integers(10**7, 10**10 - 1), st.sampled_from(["", " ", ".", "-"]))
def test_register_numbers_are_equal_in_any_punctuation(number: int, sign: str) -> None:
    """Punctuation, a country prefix and leading zeros never make two numbers differ."""
    bare = f"{number:010d}"
    assert same_number(f"BE {bare[:4]}{sign}{bare[4:7]}{sign}{bare[7:]}", str(number))
    assert not same_number(bare, str(number + 1))


def test_an_empty_number_equals_nothing() -> None:
    """Not known is not a match."""
    assert not same_number("", "")


def test_only_numbers_with_right_check_digits_are_found_in_running_text() -> None:
    """An enterprise number without a label counts only when its check digits hold."""
    assert [digits(text) for text in find_be_numbers("see 0403.019.261, not 0403.019.262")] == ["0403019261"]


def test_ibans_are_checked_and_cut_free_from_following_words() -> None:
    """An account number is found with its check digits, without the words behind it."""
    assert list(find_ibans("to BE68 5390 0754 7034 BIC ABCD")) == [("BE68 5390 0754 7034", "BE68539007547034")]
    assert list(find_ibans("to BE69 5390 0754 7034")) == []
