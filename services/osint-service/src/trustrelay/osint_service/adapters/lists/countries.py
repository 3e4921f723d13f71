"""Country names as lists write them → ISO 3166-1 alpha-2."""

from __future__ import annotations

from functools import lru_cache

from rigour.territories import get_territory, lookup_territory


@lru_cache(maxsize=2_000)
def iso_country(text: str) -> str:
    """Upper-case alpha-2 of a country name or code; empty when it is no country of today."""
    cleaned = text.strip()
    if not cleaned:
        return ""
    territory = get_territory(cleaned.lower()) if len(cleaned) == 2 else lookup_territory(cleaned)
    while territory is not None and not territory.is_country and territory.parent is not None:
        territory = territory.parent
    code = (territory.code if territory is not None else "").upper()
    return code if len(code) == 2 else ""


def iso_countries(texts: list[str]) -> tuple[str, ...]:
    """Every country that could be named, each once, in the list's order."""
    return tuple(dict.fromkeys(code for text in texts if (code := iso_country(text))))
