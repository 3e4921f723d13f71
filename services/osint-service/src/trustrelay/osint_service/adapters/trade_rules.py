"""The comparison rules from YAML: the package's own, or a customs office's file of the same form."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from trustrelay.osint_service.domain.model import Severity
from trustrelay.osint_service.domain.trade.compare import KINDS
from trustrelay.osint_service.domain.trade.rules import Mandatory, RequiredPaper, Rule, Rules

_OWN = "rules/shipment_rules.yaml"
_Severity = Literal["LOW", "MEDIUM", "HIGH", "CRITICAL"]
_Paper = Literal["invoice", "packing_list", "cmr", "transit_declaration", "import_declaration", "certificate_of_origin"]
_Percent = Annotated[Decimal, Field(ge=0, le=100)]


class RulesInvalid(ValueError):
    """The file cannot be used; says where and why."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Comparison(_Strict):
    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    rule: str = Field(pattern=r"^[a-z][a-z0-9-]*/[0-9]+$")
    kind: str
    fields: tuple[str, ...] = Field(min_length=1)
    stated_by: tuple[_Paper, ...] = Field(min_length=1)
    severity: _Severity
    mandatory: Mandatory
    warn_percent: _Percent = Decimal(0)
    fail_percent: _Percent = Decimal(0)
    threshold: float = Field(1.0, gt=0, le=1)
    tolerance: Decimal = Field(Decimal(0), ge=0)
    issued_by: _Paper | Literal[""] = ""
    unit: str = ""

    @model_validator(mode="after")
    def _usable(self) -> _Comparison:
        if self.kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(sorted(KINDS))}")
        if self.warn_percent > self.fail_percent:
            raise ValueError("warn_percent must not be above fail_percent")
        if self.kind == "reference" and not self.issued_by:
            raise ValueError("a reference needs issued_by")
        if self.kind == "route" and self.name not in ("country_of_dispatch", "country_of_destination"):
            raise ValueError("a route is country_of_dispatch or country_of_destination")
        return self


class _Required(_Strict):
    label: str = Field(min_length=1)
    any_of: tuple[_Paper, ...] = Field(min_length=1)
    severity: _Severity


class _File(_Strict):
    version: str = Field(min_length=1, max_length=40)
    not_assessed_severity: _Severity
    warn_severity: _Severity
    required_papers: tuple[_Required, ...]
    incoterms: tuple[str, ...] = Field(min_length=1)
    add_back: dict[str, tuple[Literal["freight_amount", "insurance_amount"], ...]]
    no_preference: tuple[str, ...]
    comparisons: tuple[_Comparison, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _distinct(self) -> _File:
        names = [one.name for one in self.comparisons]
        if len(set(names)) != len(names):
            raise ValueError("a field is compared once: two comparisons have one name")
        return self


def load_rules(path: Path | None) -> Rules:
    """The rules of that file, or the package's own. Raises RulesInvalid, OSError."""
    text = path.read_text(encoding="utf-8") if path else files("trustrelay.osint_service").joinpath(_OWN).read_text(encoding="utf-8")
    return parse_rules(text, str(path or _OWN))


def parse_rules(text: str, name: str = "rules") -> Rules:
    """Raises RulesInvalid, naming the place."""
    try:
        found = _File.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise RulesInvalid(f"{name} is no YAML: {getattr(error, 'problem', None) or 'it cannot be read'}") from None
    except ValidationError as error:
        first = error.errors()[0]
        raise RulesInvalid(f"{name}: {'.'.join(str(part) for part in first['loc']) or 'file'}: {first['msg']}") from None
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    return Rules(
        version=f"shipment-rules/{found.version}@{digest}",
        required=tuple(RequiredPaper(one.label, one.any_of, Severity[one.severity]) for one in found.required_papers),
        rules=tuple(_rule(one) for one in found.comparisons),
        not_assessed_severity=Severity[found.not_assessed_severity],
        warn_severity=Severity[found.warn_severity],
        incoterms=frozenset(found.incoterms),
        add_back=found.add_back,
        no_preference=found.no_preference,
    )


def _rule(one: _Comparison) -> Rule:
    settings = one.model_dump(exclude={"rule", "severity"})
    return Rule(**settings, rule_id=one.rule, severity=Severity[one.severity])
