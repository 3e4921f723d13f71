"""Countries as nationality columns and trade papers name them, in English, Dutch, French and German, to ISO 3166-1 alpha-2."""

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

# Countries that goods come from and go to: names only, also in German.
_TRADE = """
AE ARE: united-arab-emirates uae verenigde-arabische-emiraten emirats-arabes-unis vereinigte-arabische-emirate
AL ALB: albania albanie albanien
AM ARM: armenia armenie armenien
AO AGO: angola
AR ARG: argentina argentinie argentine argentinien
AT AUT: osterreich
AU AUS: australia australie australien
AZ AZE: azerbaijan azerbeidzjan azerbaidjan aserbaidschan
BA BIH: bosnia-and-herzegovina bosnie-en-herzegovina bosnie-herzegovine bosnien-und-herzegowina
BD BGD: bangladesh bangladesch
BE BEL: belgien kingdom-of-belgium
BG BGR: bulgarien
BR BRA: brazil brazilie bresil brasilien
BY BLR: belarus wit-rusland bielorussie
CA CAN: canada kanada
CH CHE: schweiz
CL CHL: chile chili
CM CMR: cameroon kameroen cameroun kamerun
CN CHN: people-s-republic-of-china volksrepubliek-china republique-populaire-de-chine volksrepublik-china
CO COL: colombia colombie kolumbien
CY CYP: zypern
CZ CZE: czech-republic tschechien
DE DEU: deutschland
DK DNK: danemark
DZ DZA: algeria algerije algerie algerien
EE EST: estland
EG EGY: egypt egypte agypten
ES ESP: spanien
FR FRA: frankreich
GB GBR: vereinigtes-konigreich grossbritannien
GE GEO: georgia georgie georgien
GR GRC: griechenland
HK HKG: hong-kong hongkong
HR HRV: kroatien
HU HUN: ungarn
ID IDN: indonesia indonesie indonesien
IE IRL: irland
IL ISR: israel
IN IND: indien
IS ISL: iceland ijsland islande island
IT ITA: italien
JO JOR: jordan jordanie jordanien
KE KEN: kenya kenia
KR KOR: south-korea republic-of-korea korea zuid-korea coree-du-sud sudkorea
KZ KAZ: kazakhstan kazachstan kasachstan
LB LBN: lebanon libanon liban
LI LIE: liechtenstein
LT LTU: litauen
LV LVA: lettland
MA MAR: marokko
MD MDA: moldova moldavie moldawien republic-of-moldova
ME MNE: montenegro
MK MKD: north-macedonia noord-macedonie macedoine-du-nord nordmazedonien
MX MEX: mexico mexique mexiko
MY MYS: malaysia maleisie malaisie
NG NGA: nigeria
NL NLD: niederlande
NO NOR: norwegen
NZ NZL: new-zealand nieuw-zeeland nouvelle-zelande neuseeland
PH PHL: philippines filipijnen philippinen
PK PAK: pakistan
PL POL: polen
RO ROU: rumanien
RS SRB: serbia servie serbie serbien
RU RUS: russland
SA SAU: saudi-arabia saoedi-arabie arabie-saoudite saudi-arabien
SE SWE: schweden
SG SGP: singapore singapour singapur
SI SVN: slowenien
SK SVK: slowakei
TH THA: thailand thailande
TN TUN: tunisia tunesie tunisie tunesien
TR TUR: turkei
TW TWN: taiwan
UA UKR: ukraine
US USA: usa vereinigte-staaten etats-unis-d-amerique vereinigte-staaten-von-amerika verenigde-staten-van-amerika
VN VNM: vietnam viet-nam
ZA ZAF: south-africa zuid-afrika afrique-du-sud sudafrika
"""

_CODES: dict[str, str] = {}
for _line in (_TABLE.strip() + "\n" + _TRADE.strip()).splitlines():
    _codes, _, _names = _line.partition(":")
    _alpha2, _alpha3 = _codes.split()
    for _name in (_alpha2.lower(), _alpha3.lower(), *_names.replace("|", " ").split()):
        _CODES[_name.replace("-", " ")] = _alpha2


def country_code(text: str) -> str | None:
    """Alpha-2 code of a country name, adjective or code; None when it is not in the table."""
    return _CODES.get(fold(text))
