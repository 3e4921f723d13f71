"""Shipments of the cast as frozen values: who sends what to whom, and what the papers about it say."""

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

Direction = Literal["import", "export", "transit"]
Language = Literal["en", "nl", "fr"]


@dataclass(frozen=True, slots=True)
class TradeParty:
    """A company as trade papers give it; `country` is ISO alpha-2, `eori` None outside the Union."""

    name: str
    street: str
    postcode: str
    city: str
    country: str
    eori: str | None = None


@dataclass(frozen=True, slots=True)
class GoodsItem:
    """One line of goods. `code` is a CN code of 8 digits; masses in kg are of the whole line; `packaging` is the UN/ECE code of its packages."""

    description: str
    code: str
    origin: str
    packages: int
    packaging: str
    gross: Decimal
    net: Decimal
    quantity: int
    unit_price: Decimal

    @property
    def amount(self) -> Decimal:
        """Price of the whole line."""
        return self.quantity * self.unit_price


@dataclass(frozen=True, slots=True)
class References:
    """The numbers that one paper uses for another."""

    invoice: str
    packing_list: str
    cmr: str
    lrn: str
    proof: str
    ucr: str


@dataclass(frozen=True, slots=True)
class Shipment:
    """A consignment, its papers in the seller's `language`.

    `overweight` is what the packing list alone adds to the gross mass of its first line, in kg.
    """

    key: str
    direction: Direction
    language: Language
    consignor: TradeParty
    consignee: TradeParty
    declarant: TradeParty
    carrier: TradeParty
    goods: tuple[GoodsItem, ...]
    incoterm: str
    place: str
    currency: str
    vehicle: str
    container: str
    departure_office: str
    destination_office: str
    references: References
    preferential: bool
    overweight: Decimal = Decimal(0)

    @property
    def total(self) -> Decimal:
        """What the invoice asks for."""
        return sum((item.amount for item in self.goods), Decimal(0))

    @property
    def gross(self) -> Decimal:
        """Gross mass as transport document and declaration state it, in kg."""
        return sum((item.gross for item in self.goods), Decimal(0))

    @property
    def net(self) -> Decimal:
        """Net mass, in kg."""
        return sum((item.net for item in self.goods), Decimal(0))

    @property
    def packages(self) -> int:
        """Packages of all lines."""
        return sum(item.packages for item in self.goods)

    @property
    def packed(self) -> tuple[GoodsItem, ...]:
        """The lines as the packing list has them."""
        first, *others = self.goods
        return (replace(first, gross=first.gross + self.overweight), *others)
