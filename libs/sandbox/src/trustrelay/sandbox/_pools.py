"""Word pools for invented names: ordinary given names, coined family names, coined company roots.

Everything stays within Latin-1, so that the standard PDF fonts can draw it.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Culture:
    """Given names are common ones; family names are head + middle + tail, coined so that nobody bears them."""

    nationality: str  # ISO 3166-1 alpha-2 of a typical bearer
    abroad: str  # another country where the same names occur: home of namesakes
    female: tuple[str, ...]
    male: tuple[str, ...]
    heads: tuple[str, ...]
    middles: tuple[str, ...]
    tails: tuple[str, ...]
    particles: tuple[str, ...] = ("",)


def _w(words: str) -> tuple[str, ...]:
    return tuple(words.split())


DUTCH = Culture(
    "BE",
    "ZA",
    _w("Liesbet Marieke Noor Hanne Jolien Elke Fien Saar Katrijn Lotte Veerle Amélie Griet Nele"),
    _w("Bram Joris Wout Lander Stijn Seppe Jasper Ruben Tijs Korneel Wannes Gilles Pieter Daan"),
    _w("Vel Brou Kest Hald Loon Dren Wesp Merk Stee Roev Oost Zand Quin Bever Turn Gavel"),
    _w("der en el ing ver ens eling aer"),
    _w("hove broek werf linck daele huys gaerde poel rode velt schaert coop"),
    ("", "", "Van ", "De "),
)
FRENCH = Culture(
    "FR",
    "CM",
    _w("Élodie Solène Margaux Clémence Hélène Noémie Camille Aurore Mathilde Océane Agnès Sidonie"),
    _w("Rémi Bastien Thibault Loïc Cédric François Adrien Mathieu Aurélien Gaspard Étienne Lucien"),
    _w("Mont Verd Cham Lamb Brév Roch Delv Fauc Garr Péli Tour Saul Bois Cour"),
    _w("el an er ou ev ais onn eu"),
    _w("court vaux rillon gnac ssart mignet lière doux pagnol rive gault"),
)
PORTUGUESE = Culture(
    "PT",
    "AO",
    _w("Inês Conceição Beatriz Leonor Madalena Graça Mafalda Luísa Matilde Teresa"),
    _w("João Gonçalo Tomás Rui Nuno Vasco Duarte Simão Álvaro Martim"),
    _w("Alb Cast Figu Mour Torr Sarm Pedr Lour Vilh Barr Quint Cald"),
    _w("an er el ein ar ol ut"),
    _w("eiro edo oso inha ães ilha umbra ardo ique anjo"),
)
ITALIAN = Culture(
    "IT",
    "AR",
    _w("Chiara Ginevra Beatrice Elisabetta Fiorella Ornella Giada Loredana Viola Teresa"),
    _w("Matteo Lorenzo Ettore Davide Ruggero Niccolò Tommaso Corrado Fabrizio Elio"),
    _w("Bel Cor Fer Gal Mar Tre Ven Zan Pal Lum Sca Bru"),
    _w("and ell ig or ust amb ir ov"),
    _w("ini etti acci aldo oni ucci asco enghi arello"),
)
POLISH = Culture(
    "PL",
    "CA",
    _w("Agnieszka Malgorzata Zofia Halina Danuta Jadwiga Kinga Bozena Ewelina"),
    _w("Zbigniew Tadeusz Wojciech Marek Ryszard Bogdan Leszek Jerzy Kamil"),
    _w("Kowr Wisn Zabl Drog Lesz Maz Stan Gor Byst Chmur Jawr Pruch"),
    _w("oc ew an ow il ub yn"),
    _w("iak czyk ewicz inek ulski orski alka owiec"),
)
SPANISH = Culture(
    "ES",
    "CO",
    _w("Begoña Íñiga Rocío Nuria Marisol Candela Jimena Araceli Lucía"),
    _w("Íñigo Álvaro Joaquín Andrés Hernán Gonzalo Ramón Tomás Emilio"),
    _w("Arr Bald Cerv Esc Gald Llan Men Oria Pav Sald Urr Zam"),
    _w("ar eb il on ut ag ez"),
    _w("ueta ondo aldo ieta uela asco izaga eros uño"),
)
BALKAN = Culture(
    "RS",
    "AM",
    _w("Vesna Jelena Mirjana Slavica Dusanka Radmila Zorica Ljubica"),
    _w("Dragan Milorad Branko Zoran Nebojsa Slobodan Vukasin Predrag"),
    _w("Brad Kost Stoj Zor Vuk Gruj Trif Plav Sred Krun Ruzh"),
    _w("an il or ad im ub och"),
    _w("ovac evac ilov ovec anski ujev aric ogin"),
)
GEORGIAN = Culture(
    "GE",
    "BY",
    _w("Ketevan Nino Tamuna Lali Eteri Manana Rusudan Khatuna"),
    _w("Zurab Levan Vakhtang Otar Gocha Avtandil Merab Tengiz"),
    _w("Kvar Bagr Cher Dzhan Gurg Lom Mchel Tsul Chik Sabr"),
    _w("at el ish ov unt ak"),
    _w("idze ashvili aia uri eladze onia avani"),
)
CULTURES = (DUTCH, FRENCH, PORTUGUESE, ITALIAN, POLISH, SPANISH, BALKAN, GEORGIAN)

COUNTRIES = {
    "AM": "Armenia",
    "AO": "Angola",
    "AR": "Argentina",
    "BE": "Belgium",
    "BY": "Belarus",
    "CA": "Canada",
    "CM": "Cameroon",
    "CO": "Colombia",
    "DE": "Germany",
    "EL": "Greece",
    "ES": "Spain",
    "FR": "France",
    "GE": "Georgia",
    "IT": "Italy",
    "PL": "Poland",
    "PT": "Portugal",
    "RS": "Serbia",
    "ZA": "South Africa",
}
BIRTH_PLACES = {
    "AM": "Gyumri",
    "AO": "Huambo",
    "AR": "Rosario",
    "BE": "Leuven",
    "BY": "Hrodna",
    "CA": "Winnipeg",
    "CM": "Bafoussam",
    "CO": "Manizales",
    "ES": "Burgos",
    "FR": "Angers",
    "GE": "Kutaisi",
    "IT": "Ferrara",
    "PL": "Olsztyn",
    "PT": "Aveiro",
    "RS": "Kragujevac",
    "ZA": "Kimberley",
}

COMPANY_HEADS = _w("Quor Bral Zent Vond Lumb Kelt Arvo Nord Tesk Hyl Orv Pell Durv Fenn Gald Sarn Wrex Ixt Jov Umb")
COMPANY_MIDDLES = _w("a e i o u ae io")
COMPANY_TAILS = _w("vex dris lyn quin skar tor nvia ndra xis bor lith mper zzo rant phis")

NICKNAME_WORDS = _w(
    "Anvil Lantern Magpie Cobalt Thistle Harpoon Sundial Walnut Gravel Pelican Copper Bramble Icicle Saddle "
    "Obelisk Parsnip Tundra Velvet Cinder Mortar Nettle Quartz Rudder Spindle"
)


@dataclass(frozen=True, slots=True)
class Trade:
    """A line of business: the word in the name, NACE-BEL 2008 and 2025 codes (5 digits), and a sentence."""

    word: str
    nace_2008: str
    nace_2025: str
    object: str


TRADES = (
    Trade("Logistics", "52290", "52260", "freight forwarding and other support activities for transport"),
    Trade("Engineering", "71121", "71121", "engineering activities and related technical consultancy"),
    Trade("Bakeries", "10711", "10711", "the industrial manufacture of bread and fresh pastry goods"),
    Trade("Electro", "43211", "43211", "electrical installation in buildings"),
    Trade("Advies", "70220", "70200", "business and other management consultancy activities"),
    Trade("Systems", "62020", "62200", "computer consultancy and the management of computer facilities"),
    Trade("Machining", "25620", "25530", "machining of metal parts for third parties"),
    Trade("Timber", "16230", "16230", "the manufacture of builders' carpentry and joinery"),
)

STREET_HEADS_NL = _w("Vlinder Kersen Molen Wilgen Zwaluw Linden Ambacht Weverij Hoeve Klaver Berken Vossen")
STREET_TAILS_NL = _w("hofstraat dreef pad laan veldstraat kaai")
STREETS_FR = (
    "Rue des Ateliers",
    "Rue du Verger",
    "Avenue des Tilleuls",
    "Rue de la Filature",
    "Rue des Saules",
    "Avenue du Moulin",
    "Rue du Lavoir",
    "Chemin des Alouettes",
)
CITIES_NL = (
    ("9000", "Gent"),
    ("3000", "Leuven"),
    ("2800", "Mechelen"),
    ("3500", "Hasselt"),
    ("8000", "Brugge"),
    ("8500", "Kortrijk"),
    ("9300", "Aalst"),
    ("2300", "Turnhout"),
)
CITIES_FR = (("5000", "Namur"), ("4000", "Liège"), ("7000", "Mons"), ("1400", "Nivelles"), ("4500", "Huy"))
