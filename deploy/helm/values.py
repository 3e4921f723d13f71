#!/usr/bin/env python3
"""Reads each chart's values.yaml: writes its values.schema.json and the table of every value (docs/deployment/values.md).

    python deploy/helm/values.py           write them
    python deploy/helm/values.py --check   fail where they are out of date

The comment on a value's line is its description. A note in brackets at its end narrows it: [required] (told by the chart, not the
schema), [enum A|B], [min N], [port], [pattern RE], [items TYPE], [open] (any keys), [open TYPE], [domain], [chart].
"""

import json
import re
import sys
from pathlib import Path

import yaml

HELM = Path(__file__).resolve().parent
CHARTS = ("trustrelay", "case-api", "workflow-worker", "document-service", "osint-service", "persistence-service", "devservers")
TABLE = HELM.parents[1] / "docs/deployment/values.md"
COMMENT = re.compile(r"\s#\s(?P<text>.*?)(?:\s\[(?P<note>\w+)(?:\s(?P<argument>\S.*))?\])?$")
TYPES = {str: "string", bool: "boolean", int: "integer", float: "number"}
# One older version of a domain's workers.
DRAINING = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "tag": {"type": "string", "minLength": 1},
        "digest": {"type": "string", "pattern": r"^sha256:[0-9a-f]{64}$"},
        "deploymentVersion": {"type": "string", "minLength": 1},
        "replicas": {"type": "integer", "minimum": 1},
    },
    "anyOf": [{"required": ["tag"]}, {"required": ["digest"]}],
}
QUANTITY = r"^[0-9]+(\.[0-9]+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?$"


def comment_of(lines, node):
    """(description, note, argument) of the line that a key stands on; exits where a value has none."""
    found = COMMENT.search(lines[node.start_mark.line])
    return (found["text"], found["note"], found["argument"]) if found else ("", None, None)


def schema_of(value, note, argument):
    """The schema of one leaf, from its default and the note."""
    if note in ("open", "chart"):
        schema = {"type": "object"}
        if argument:
            schema["additionalProperties"] = {"type": argument}
        return schema
    if isinstance(value, list):
        return {"type": "array", "items": {"type": argument} if note == "items" else {}}
    schema = {"type": TYPES[type(value)]}
    if note == "enum":
        schema["enum"] = argument.split("|")
    elif note == "min":
        schema["minimum"] = int(argument)
    elif note == "port":
        schema |= {"minimum": 1, "maximum": 65535}
    elif note == "pattern":
        schema["pattern"] = argument
    return schema


def walk(node, lines, path, rows):
    """Schema of a mapping node; adds a row (path, default, description) per leaf."""
    properties = {}
    for key_node, value_node in node.value:
        name = f"{path}{key_node.value}"
        text, note, argument = comment_of(lines, key_node)
        value = yaml.safe_load(yaml.serialize(value_node))
        inside = isinstance(value_node, yaml.MappingNode) and note is None
        if not text:
            raise SystemExit(f"{name} (line {key_node.start_mark.line + 1}) has no comment")
        if note == "domain":
            fields = {
                key: schema_of(one, "min" if type(one) is int else None, str(min(one, 1)) if type(one) is int else None) for key, one in value.items()
            }
            fields["draining"]["items"] = DRAINING
            schema = {"type": "object", "additionalProperties": False, "properties": fields}
            rows.append((name, json.dumps(value), text))
        elif inside:
            schema = walk(value_node, lines, f"{name}.", rows)
        else:
            schema = schema_of(value, note, argument)
            rows.append((name, "required" if note == "required" else json.dumps(value), text))
        properties[key_node.value] = {"description": text, **schema}
    return {"type": "object", "additionalProperties": False, "properties": properties}


def read(chart):
    """(schema, rows) of one chart."""
    text = (HELM / chart / "values.yaml").read_text()
    rows = []
    schema = walk(yaml.compose(text), text.splitlines(), "", rows)
    schema["properties"]["trustrelay-lib"] = {"type": "object"}  # Helm itself adds it
    return {"$schema": "http://json-schema.org/draft-07/schema#", "title": f"Values of chart {chart}", **schema}, rows


def table(all_rows):
    """Markdown: one table per chart; what is shared only once."""
    out = [
        "# Every value",
        "",
        "Written by `deploy/helm/values.py` from the charts; `make charts` fails when it is out of date.",
        "",
        "In the umbrella, a service's values stand under the chart's name: `case-api.logLevel`. `global` is shared by all.",
        "",
    ]
    for chart, rows in all_rows.items():
        out += [f"## {chart}", "", "| value | default | |", "|---|---|---|"]
        shown = rows if chart == "trustrelay" else [row for row in rows if not row[0].startswith("global.")]
        out += [
            f"| `{name}` | {'**required**' if default == 'required' else '`' + default.replace('|', chr(92) + '|') + '`'} | {text} |"
            for name, default, text in shown
        ]
        out.append("")
    return "\n".join(out)


def check_global(texts):
    """The global block is the same in every chart."""
    blocks = {chart: re.match(r"global:.*?(?=^\S(?!lobal))", text, re.S | re.M).group(0) for chart, text in texts.items()}
    different = [chart for chart, block in blocks.items() if block != blocks["trustrelay"]]
    if different:
        raise SystemExit(f"the global block of values.yaml differs from the umbrella's in: {', '.join(different)}")


def main():
    check_global({chart: (HELM / chart / "values.yaml").read_text() for chart in CHARTS})
    wanted, all_rows = {}, {}
    for chart in CHARTS:
        schema, all_rows[chart] = read(chart)
        wanted[HELM / chart / "values.schema.json"] = json.dumps(schema, indent=1) + "\n"
    wanted[TABLE] = table(all_rows)
    stale = [path for path, text in wanted.items() if not path.exists() or path.read_text() != text]
    if "--check" in sys.argv:
        if stale:
            raise SystemExit("out of date, run python deploy/helm/values.py: " + ", ".join(str(path) for path in stale))
        return
    for path in stale:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(wanted[path])
        print(path)  # noqa: T201


if __name__ == "__main__":
    main()
