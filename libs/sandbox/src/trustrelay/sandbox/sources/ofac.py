"""OFAC SDN list: `SDN.CSV`, `ALT.CSV`, `ADD.CSV`. No header, `-0- ` for null, facts about people in the remarks."""

from trustrelay.sandbox._pools import BIRTH_PLACES, COUNTRIES
from trustrelay.sandbox.model import ListedCompany, ListedPerson
from trustrelay.sandbox.world import World

NULL = "-0- "
# Entries keep their numbers when others are added, so organisations have a range of their own.
FIRST_COMPANY = 990501
FIRST_ENTITY, FIRST_ALIAS, FIRST_ADDRESS = 990001, 880001, 770001


def _field(value: str | int | None) -> str:
    """Numbers bare, null as OFAC writes it, text in double quotes."""
    if value is None:
        return NULL
    return str(value) if isinstance(value, int) else '"' + value.replace('"', "'") + '"'


def _rows(rows: list[tuple[str | int | None, ...]]) -> bytes:
    return "".join(",".join(map(_field, row)) + "\n" for row in rows).encode("utf-8")


def _remarks(entry: ListedPerson) -> str:
    person = entry.person
    country = COUNTRIES[person.nationality]
    parts = [
        f"DOB {person.birth_date:%d %b %Y}",
        f"POB {BIRTH_PLACES[person.nationality]}, {country}",
        f"nationality {country}",
        f"Gender {person.gender.capitalize()}",
        f"Passport {person.id_number} ({country})",
    ]
    parts += [f"a.k.a. '{nickname.upper()}'" for nickname in entry.weak_aka]  # quoted in the remarks: weak
    return "; ".join(parts) + "."


def _entities(world: World) -> list[tuple[int, ListedPerson | ListedCompany]]:
    lists = world.cast.lists
    return [*enumerate(lists.ofac, FIRST_ENTITY), *enumerate(lists.ofac_companies, FIRST_COMPANY)]


def sdn_csv(world: World) -> bytes:
    """ent_num, name, type, program, title, call sign, vessel type, tonnage, GRT, flag, owner, remarks."""
    nothing = (None,) * 7
    rows: list[tuple[str | int | None, ...]] = []
    for number, entry in _entities(world):
        if isinstance(entry, ListedPerson):
            name = f"{entry.person.family.upper()}, {entry.person.given}"
            rows.append((number, name, "individual", "SDGT", *nothing, _remarks(entry)))
        else:
            rows.append((number, entry.name.upper(), None, "SDNTK", *nothing, None))
    return _rows(rows)


def alt_csv(world: World) -> bytes:
    """ent_num, alt_num, type, name, remarks."""
    pairs = [(number, alias) for number, entry in _entities(world) for alias in entry.aka]
    return _rows([(number, alt, "aka", alias, None) for alt, (number, alias) in enumerate(pairs, FIRST_ALIAS)])


def add_csv(world: World) -> bytes:
    """ent_num, add_num, street, city, country, remarks."""
    rows: list[tuple[str | int | None, ...]] = []
    for add, (number, entry) in enumerate(_entities(world), FIRST_ADDRESS):
        code = entry.person.nationality if isinstance(entry, ListedPerson) else entry.country
        rows.append((number, add, None, BIRTH_PLACES[code], COUNTRIES[code], None))
    return _rows(rows)
