"""A risk assessment as protobuf JSON, by hand: a batch writes hundreds at a time, and the general writer takes a millisecond for each."""

import json
from typing import Any

from trustrelay.common.v1.decision_types_pb2 import Decision, RiskAssessment, RiskFactor, RiskLevel

_TEXTS = ("model_version", "checkpoint")


def assessment_json(risk: RiskAssessment) -> str:
    """The same JSON as `MessageToDict(preserving_proto_field_name=True)` gives: defaults are absent, enums are names."""
    body: dict[str, Any] = {}
    if risk.level:
        body["level"] = RiskLevel.Name(risk.level)
    if risk.score:
        body["score"] = risk.score
    if risk.factors:
        body["factors"] = [_factor(each) for each in risk.factors]
    body |= {name: value for name in _TEXTS if (value := getattr(risk, name))}
    if risk.recommendation:
        body["recommendation"] = Decision.Name(risk.recommendation)
    return json.dumps(body)


def _factor(factor: RiskFactor) -> dict[str, Any]:
    body: dict[str, Any] = {"group": factor.group, "name": factor.name, "weight": factor.weight}
    if factor.value:
        body["value"] = factor.value
    if factor.floor:
        body["floor"] = RiskLevel.Name(factor.floor)
    if factor.evidence_ids:
        body["evidence_ids"] = list(factor.evidence_ids)
    return {name: said for name, said in body.items() if said}
