"""Country names as lists write them → ISO 3166-1 alpha-2."""

from __future__ import annotations

from functools import lru_cache

from rigour.territories import get_territory, lookup_territory

# Two letters that name no country: the world, the European Union.
_NO_COUNTRY = frozenset({"zz", "eu"})


@lru_cache(maxsize=2_000)
def iso_country(text: str) -> str:
    """Upper-case alpha-2 of a country name or code; empty when it is no country of today."""
    cleaned = text.strip()
    if not cleaned:
        return ""
    territory = get_territory(cleaned.lower()) if len(cleaned) == 2 else lookup_territory(cleaned)
    while territory is not None and len(territory.code) != 2:
        territory = territory.parent  # a region is of its country; a country that is no more has no parent
    if territory is None or territory.is_historical or territory.code in _NO_COUNTRY:
        return ""
    return str(territory.code.upper())


def iso_countries(texts: list[str]) -> tuple[str, ...]:
    """Every country that could be named, each once, in the list's order."""
    return tuple(dict.fromkeys(code for text in texts if (code := iso_country(text))))
