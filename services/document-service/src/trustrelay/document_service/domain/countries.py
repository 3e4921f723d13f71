"""Countries as nationality columns name them, in English, Dutch and French, to ISO 3166-1 alpha-2."""

from __future__ import annotations

from .text import fold

# alpha-2, alpha-3: names and adjectives, folded
_TABLE = """
AT AUT: austria austrian oostenrijk oostenrijks oostenrijkse autriche autrichien autrichienne
BE BEL: belgium belgian belgie belgisch belgische belgique belge
BG BGR: bulgaria bulgarian bulgarije bulgaars bulgaarse bulgarie bulgare
CH CHE: switzerland swiss zwitserland zwitsers zwitserse suisse
CN CHN: china chinese chinees chine chinois chinoise
CY CYP: cyprus cypriot cyprisch chypre chypriote
CZ CZE: czechia czech|czech-republic tsjechie tsjechisch tchequie tcheque
DE DEU: germany german duitsland duits duitse allemagne allemand allemande
DK DNK: denmark danish denemarken deens deense danemark danois danoise
EE EST: estonia estonian estland estisch estonie estonien
ES ESP: spain spanish spanje spaans spaanse espagne espagnol espagnole
FI FIN: finland finnish fins finse finlande finlandais finlandaise
FR FRA: france french frankrijk frans franse francais francaise
GB GBR: united-kingdom british uk great-britain verenigd-koninkrijk brits britse royaume-uni britannique
GR GRC: greece greek griekenland grieks griekse grece grec grecque
HR HRV: croatia croatian kroatie kroatisch croatie croate
HU HUN: hungary hungarian hongarije hongaars hongaarse hongrie hongrois hongroise
IE IRL: ireland irish ierland iers ierse irlande irlandais irlandaise
IN IND: india indian indiaas indiaase inde indien indienne
IR IRN: iran iranian iraans iraanse iranien iranienne
IT ITA: italy italian italie italiaans italiaanse italien italienne
JP JPN: japan japanese japans japanse japon japonais japonaise
LT LTU: lithuania lithuanian litouwen litouws lituanie lituanien
LU LUX: luxembourg luxembourgish luxemburg luxemburgs luxemburgse luxembourgeois luxembourgeoise
LV LVA: latvia latvian letland lets letse lettonie letton
MA MAR: morocco moroccan marokko marokkaans marokkaanse maroc marocain marocaine
MT MLT: malta maltese maltees malte maltais
NL NLD: netherlands dutch the-netherlands nederland nederlands nederlandse pays-bas neerlandais neerlandaise hollandais
NO NOR: norway norwegian noorwegen noors noorse norvege norvegien norvegienne
PL POL: poland polish polen pools poolse pologne polonais polonaise
PT PRT: portugal portuguese portugees portugese portugais portugaise
RO ROU: romania romanian roemenie roemeens roemeense roumanie roumain roumaine
RU RUS: russia russian russian-federation rusland russisch russische russie russe
SE SWE: sweden swedish zweden zweeds zweedse suede suedois suedoise
SI SVN: slovenia slovenian slovenie sloveens slovene
SK SVK: slovakia slovak slowakije slowaaks slovaquie slovaque
SY SYR: syria syrian syrie syrisch syrische syrien syrienne
TR TUR: turkey turkish turkiye turkije turks turkse turquie turc turque
UA UKR: ukraine ukrainian oekraine oekraiens oekraiense ukrainien ukrainienne
US USA: united-states american united-states-of-america verenigde-staten amerikaans amerikaanse etats-unis americain americaine
"""

_CODES: dict[str, str] = {}
for _line in _TABLE.strip().splitlines():
    _codes, _, _names = _line.partition(":")
    _alpha2, _alpha3 = _codes.split()
    for _name in (_alpha2.lower(), _alpha3.lower(), *_names.replace("|", " ").split()):
        _CODES[_name.replace("-", " ")] = _alpha2


def country_code(text: str) -> str | None:
    """Alpha-2 code of a country name, adjective or code; None when it is not in the table."""
    return _CODES.get(fold(text))
