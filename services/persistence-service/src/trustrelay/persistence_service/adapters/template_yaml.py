"""YAML as people mean it: only true and false are booleans (NO is Norway), no key twice, no aliases."""

import re
from collections.abc import Hashable
from typing import Any

import yaml

from trustrelay.servicekit.errors import FieldViolation

_BOOL, _TIMESTAMP = "tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp"
MAX_CHARACTERS = 200_000


class NotYaml(Exception):
    """The text cannot be read; the violation names the line."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(problem)
        self.violation = FieldViolation(f"source line {line}" if line else "source", problem)


class _Loader(yaml.SafeLoader):
    """Aliases are refused because a small text with them can be an enormous document."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.MarkedYAMLError(problem="aliases are not allowed", problem_mark=self.peek_event().start_mark)  # type: ignore[no-untyped-call]
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Hashable] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str) or key in seen:
                problem = "is there twice" if key in seen else "keys must be texts"
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in (_BOOL, _TIMESTAMP)]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(_BOOL, re.compile(r"^(?:true|false)$"), list("tf"))


def load(source: str) -> Any:
    """What the text says. Raises NotYaml."""
    if len(source) > MAX_CHARACTERS:
        raise NotYaml(0, f"a template has at most {MAX_CHARACTERS} characters")
    try:
        return yaml.load(source, _Loader)  # noqa: S506 - a SafeLoader
    except yaml.MarkedYAMLError as error:
        raise NotYaml(error.problem_mark.line + 1 if error.problem_mark else 0, error.problem or "is no YAML") from None
    except (yaml.YAMLError, ValueError, TypeError):
        raise NotYaml(0, "is no YAML") from None
    except RecursionError:
        raise NotYaml(0, "is nested too deeply") from None
