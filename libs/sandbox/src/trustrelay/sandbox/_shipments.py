"""Draws the shipments of a cast: one in order, one whose packing list is too heavy, one with a controlled good."""

from dataclasses import replace
from decimal import Decimal
from string import ascii_uppercase

from stdnum import iso6346

from trustrelay.sandbox._people import Draw
from trustrelay.sandbox._pools import TRADES
from trustrelay.sandbox.model import CustomsClient
from trustrelay.sandbox.trade import Direction, GoodsItem, Language, References, Shipment, TradeParty

# Description, CN code, UN/ECE packaging, kg and price of a piece.
HARMLESS = (
    ("Porcelain tableware", "69111000", "CT", "0.62", "7.40"),
    ("Wooden dining tables", "94036010", "CT", "28.5", "164.00"),
    ("Cotton table linen", "63025100", "BX", "0.35", "11.25"),
    ("Steel kitchen articles", "73239300", "BX", "0.85", "9.80"),
    ("Plastic storage containers", "39241000", "CT", "0.28", "3.15"),
    ("Paper carrier bags", "48194000", "BX", "0.09", "0.48"),
)
# The same for goods that the invented control list names in transit to Georgia; see sources/goods_controls.py.
CONTROLLED = (
    ("Ceramic pressure transmitters", "90262020", "CT", "1.40", "318.00"),
    ("Mass spectrometers", "90278100", "CS", "38.0", "21400.00"),
    ("Variable frequency drives", "85044083", "CS", "12.5", "1290.00"),
)
FOREIGN = {
    "CH": ("AG", (("Wiesentalweg", "4142", "Münchenstein"), ("Lindenrain", "8400", "Winterthur"), ("Erlenmatt", "6300", "Zug"))),
    "RS": ("d.o.o.", (("Ulica Vrbova", "21000", "Novi Sad"), ("Ulica Jasenova", "34000", "Kragujevac"), ("Ulica Lipova", "18000", "Nis"))),
    "GE": ("LLC", (("Alvis kucha", "4600", "Kutaisi"), ("Vazis kucha", "6000", "Batumi"), ("Tutis kucha", "0108", "Tbilisi"))),
}
OFFICES = {"BE": "BE211000", "CH": "CH001921", "RS": "RS021058", "GE": "GE501011"}
# More than any tolerance: the packing list's gross mass lies between 4 and 9 % above what the other papers say.
EXCESS_PERCENT = (4, 9)


def shipments(draw: Draw, client: CustomsClient) -> tuple[Shipment, ...]:
    """All three, with the customs client as importer, importer and exporter."""
    company = client.company
    place = company.address
    own = TradeParty(company.legal_name, f"{place.street} {place.number}", place.postcode, place.city, "BE", client.eori)
    swiss, serbian, georgian = (_foreign(draw, country) for country in ("CH", "RS", "GE"))
    clean = _shipment(draw, "clean", "import", "en", swiss, own, own, _goods(draw, "CH"))
    heavy = _shipment(draw, "weight-mismatch", "import", "nl", serbian, own, own, _goods(draw, "RS"))
    excess = (heavy.gross * draw.rng.randint(*EXCESS_PERCENT) / 100).quantize(Decimal("0.1"))
    controlled = _shipment(draw, "controlled-good", "transit", "fr", own, georgian, own, _controlled(draw))
    return clean, replace(heavy, overweight=excess), controlled


def _foreign(draw: Draw, country: str) -> TradeParty:
    form, places = FOREIGN[country]
    street, postcode, city = draw.rng.choice(places)
    name = draw.names.company(draw.rng.choice(TRADES))
    return TradeParty(f"{name} {form}", f"{street} {draw.rng.randint(2, 180)}", postcode, city, country)


def _goods(draw: Draw, origin: str) -> tuple[GoodsItem, ...]:
    kinds = draw.rng.sample(HARMLESS, draw.rng.randint(2, 3))
    return tuple(_item(draw, kind, origin, draw.rng.randint(8, 40), draw.rng.choice((6, 8, 12))) for kind in kinds)


def _controlled(draw: Draw) -> tuple[GoodsItem, ...]:
    """One harmless line before the one that matters: a list is read to its end."""
    harmless, controlled = draw.rng.choice(HARMLESS), draw.rng.choice(CONTROLLED)
    return _item(draw, harmless, "DE", draw.rng.randint(8, 30), 8), _item(draw, controlled, "DE", draw.rng.randint(2, 6), 2)


def _item(draw: Draw, kind: tuple[str, str, str, str, str], origin: str, packages: int, each: int) -> GoodsItem:
    description, code, packaging, weight, price = kind
    net = (packages * each * Decimal(weight)).quantize(Decimal("0.01"))
    gross = (net * draw.rng.randint(106, 114) / 100 + packages).quantize(Decimal("0.1")).quantize(Decimal("0.01"))
    unit_price = (Decimal(price) * draw.rng.randint(90, 115) / 100).quantize(Decimal("0.01"))
    return GoodsItem(description, code, origin, packages, packaging, gross, net, packages * each, unit_price)


def _shipment(
    draw: Draw,
    key: str,
    direction: Direction,
    language: Language,
    consignor: TradeParty,
    consignee: TradeParty,
    declarant: TradeParty,
    goods: tuple[GoodsItem, ...],
) -> Shipment:
    number = draw.rng.randint(1000, 9899)
    abroad = consignor.country if consignor.country != "BE" else consignee.country
    street, postcode, city = draw.rng.choice(FOREIGN["CH"][1])
    carrier = TradeParty(f"{draw.names.company(TRADES[0])} AG", f"{street} {draw.rng.randint(2, 80)}", postcode, city, "CH")
    return Shipment(
        key=key, direction=direction, language=language, consignor=consignor, consignee=consignee, declarant=declarant, carrier=carrier, goods=goods,
        incoterm="FCA" if direction == "import" else "DAP", place=consignor.city if direction == "import" else consignee.city,
        currency="CHF" if abroad == "CH" else "EUR", vehicle=_vehicle(draw, abroad),
        container=_container(draw), departure_office=OFFICES[consignor.country], destination_office=OFFICES[consignee.country],
        references=References(
            invoice=f"F26-{number}", packing_list=f"PL26-{number}", cmr=f"{abroad}{draw.rng.randint(100000, 999999)}",
            lrn=f"26{consignee.country}{number}{draw.rng.randint(10**7, 10**8 - 1)}", proof=f"A {draw.rng.randint(100000, 999999)}",
            ucr=f"26{number}{draw.rng.randint(10**5, 10**6 - 1)}",
        ),
        preferential=direction == "import",
    )  # fmt: skip


def _vehicle(draw: Draw, country: str) -> str:
    return f"{country} {draw.rng.randint(100, 999)}-{''.join(draw.rng.choices(ascii_uppercase, k=2))}"


def _container(draw: Draw) -> str:
    """A container number with its check digit; no owner has the prefix SBX."""
    stem = f"SBXU{draw.rng.randint(0, 999999):06d}"
    return next(number for digit in range(10) if iso6346.is_valid(number := f"{stem}{digit}"))
