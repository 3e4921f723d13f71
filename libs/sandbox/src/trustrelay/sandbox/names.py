"""Invented names that cannot be mistaken for one another: every new name is drawn until it is far from all earlier ones."""

import unicodedata
from random import Random

from rapidfuzz import fuzz, process

from trustrelay.sandbox import _pools as pools
from trustrelay.sandbox._pools import Culture, Trade
from trustrelay.sandbox.model import Address, Gender

MAX_SIMILARITY = 75.0  # token_sort_ratio between two different names stays below this
MAX_FAMILY_SIMILARITY = 75.0  # and so does the plain ratio between two family names, else initials could confuse them


def fold(text: str) -> str:
    """Lower-case ASCII, the form in which names are compared."""
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()


class NameSource:
    """Draws names from one random stream and remembers them, so that no two of a cast come near each other."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._taken: list[str] = []
        self._families: list[str] = []

    def person(self, culture: Culture, gender: Gender) -> tuple[str, str]:
        """A given and a family name; the family name is new in this cast."""
        while True:
            given = self._rng.choice(culture.female if gender == "female" else culture.male)
            family = self._family(culture)
            if self._is_new_family(fold(family)) and self._take(f"{given} {family}"):
                self._families.append(fold(family))
                return given, family

    def company(self, trade: Trade) -> str:
        """A coined root and the word of the trade, without a legal form."""
        while True:
            root = "".join(map(self._rng.choice, (pools.COMPANY_HEADS, pools.COMPANY_MIDDLES, pools.COMPANY_TAILS)))
            name = f"{root} {trade.word}"
            if self._take(name):
                return name

    def nickname(self) -> str:
        """Two words that say little about a person: what lists call a weak alias."""
        while True:
            name = " ".join(self._rng.sample(pools.NICKNAME_WORDS, 2))
            if self._take(name):
                return name

    def _family(self, culture: Culture) -> str:
        stem = "".join(map(self._rng.choice, (culture.heads, culture.middles, culture.tails)))
        return self._rng.choice(culture.particles) + stem

    def _is_new_family(self, family: str) -> bool:
        return not process.extractOne(family, self._families, scorer=fuzz.ratio, score_cutoff=MAX_FAMILY_SIMILARITY)

    def _take(self, name: str) -> bool:
        candidate = fold(name)
        if process.extractOne(candidate, self._taken, scorer=fuzz.token_sort_ratio, score_cutoff=MAX_SIMILARITY):
            return False
        self._taken.append(candidate)
        return True


def address(rng: Random) -> Address:
    """A street that does not exist in a Belgian town that does."""
    if rng.random() < 0.7:
        street = rng.choice(pools.STREET_HEADS_NL) + rng.choice(pools.STREET_TAILS_NL)
        postcode, city = rng.choice(pools.CITIES_NL)
    else:
        street = rng.choice(pools.STREETS_FR)
        postcode, city = rng.choice(pools.CITIES_FR)
    return Address(street, str(rng.randint(2, 289)), postcode, city)
