"""The cast: valid, unambiguous and the same for the same seed."""

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz import fuzz
from stdnum import iban, lei
from stdnum.be import nn, vat

from trustrelay.sandbox import Cast, forbidden
from trustrelay.sandbox.names import MAX_SIMILARITY, fold
from trustrelay.sandbox.numbers import dotted

seeds = st.integers(min_value=0, max_value=10**9)
some_seeds = settings(max_examples=25, deadline=None)


@given(seeds)
@some_seeds
def test_same_seed_same_cast(seed: int) -> None:
    """A seed names one cast, for ever."""
    assert Cast.generate(seed) == Cast.generate(seed)


@given(st.tuples(seeds, seeds).filter(lambda pair: pair[0] != pair[1]))
@some_seeds
def test_other_seed_other_people(pair: tuple[int, int]) -> None:
    """Two seeds share no subject, no owner and no number."""
    one, two = map(Cast.generate, pair)
    assert {p.name for p in one.subject.persons}.isdisjoint(p.name for p in two.subject.persons)
    assert one.subject.enterprise_number != two.subject.enterprise_number
    assert one.subject.iban != two.subject.iban


@given(seeds)
@some_seeds
def test_numbers_are_valid(seed: int) -> None:
    """Every number passes its own check digits, so that only a registry can tell it from a real one."""
    cast = Cast.generate(seed)
    for company in cast.companies:
        assert vat.is_valid(company.vat)
        assert vat.checksum(company.establishment_number) == 0
        assert company.establishment_number.startswith("2")
        assert iban.is_valid(company.iban)
        assert company.lei is None or lei.is_valid(company.lei)
    for person in cast.persons:
        if person.id_kind == "national_number":
            assert nn.is_valid(person.id_number)
            assert nn.get_birth_date(person.id_number) == person.birth_date
            assert nn.get_gender(person.id_number) == person.gender[0].upper()


@given(seeds)
@some_seeds
def test_nobody_can_be_taken_for_another(seed: int) -> None:
    """Names of different members stay apart, the namesake alone excepted; numbers are never shared."""
    cast = Cast.generate(seed)
    names = [fold(p.name) for p in cast.persons if p != cast.namesake.person]
    names += [fold(c.name) for c in (*cast.companies, *cast.lists.companies)]
    names += [fold(nickname) for entry in cast.lists.persons for nickname in entry.weak_aka]
    assert all(fuzz.token_sort_ratio(a, b) < MAX_SIMILARITY for a, b in combinations(names, 2))
    numbers = [c.enterprise_number for c in cast.companies] + [c.establishment_number for c in cast.companies]
    numbers += [p.id_number for p in cast.persons] + [c.iban for c in cast.companies]
    assert len(numbers) == len(set(numbers))


@given(seeds)
@some_seeds
def test_the_namesake_is_another_human(seed: int) -> None:
    """The list entry shares the owner's name and contradicts birth date, nationality and document."""
    cast = Cast.generate(seed)
    owner, entry = cast.subject.owners[0].person, cast.namesake.person
    assert entry.name == owner.name
    assert entry.birth_date.year != owner.birth_date.year
    assert entry.birth_date.day != owner.birth_date.day
    assert entry.nationality != owner.nationality
    assert entry.id_number != owner.id_number


@given(seeds)
@some_seeds
def test_the_true_match_is_the_owner(seed: int) -> None:
    """The second company's owner stands on the list with birth date, nationality and document, and directs the company."""
    cast = Cast.generate(seed)
    assert cast.true_match.person == cast.listed.owners[0].person == cast.listed.directors[0].person
    assert cast.listed.lei is None


@given(seeds)
@some_seeds
def test_only_the_intended_are_listed(seed: int) -> None:
    """Of the first company, one director holds office and nobody stands on a sanctions list."""
    cast = Cast.generate(seed)
    sanctioned = {entry.person for entry in cast.lists.persons}
    officials = {official.person for official in cast.peps}
    subject = set(cast.subject.persons)
    assert len(subject) == 4
    assert not subject & sanctioned
    assert subject & officials == {cast.subject.directors[1].person}
    assert not {cast.listed.owners[0].person} & officials
    assert sum(stake.percent for stake in cast.subject.owners) == 100


@given(seeds)
@some_seeds
def test_forbidden_words_cover_the_cast(seed: int) -> None:
    """The telemetry scan knows every name, number, IBAN and address of the cast, plain and as written on paper."""
    cast = Cast.generate(seed)
    words = forbidden(cast)
    known = {word for kind, values in words.items() if kind != "seed" for word in values}  # type: ignore[attr-defined]
    for company in cast.companies:
        assert {company.name, company.enterprise_number, dotted(company.enterprise_number), company.iban, company.email} <= known
    for person in cast.persons:
        assert {person.name, fold(person.name), person.family, person.id_number} <= known
    assert all(len(word) >= 5 for word in known)
