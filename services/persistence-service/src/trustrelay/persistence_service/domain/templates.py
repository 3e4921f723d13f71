"""A kind of case: what it asks for and what its policy demands."""

from collections.abc import Callable
from dataclasses import dataclass

from trustrelay.common.v1.case_file_pb2 import CasePolicy
from trustrelay.common.v1.requirement_types_pb2 import Requirement


@dataclass(frozen=True)
class Template:
    """`requirements(language)` gives fresh messages with status OPEN, texts in that language (en, nl, fr)."""

    template_id: str
    version: int
    policy: CasePolicy
    requirements: Callable[[str], list[Requirement]]
