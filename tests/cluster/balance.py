"""Who served the calls: `balance.py TRACES SECONDS POD...` waits until every POD has its share of its service's calls.

Reads the spans that the services exported (OTLP JSON lines): server spans of gRPC, by service and host, which is the pod's name.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

SERVER = 2
FEWEST_CALLS = 12
# Round robin gives each of two pods half of one client's calls; clients come and go, and age out of their connections.
FEWEST_SHARE = 0.2


def served(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """(service, pod) of each gRPC call that was served; health checks are the kubelet's, not callers'."""
    for line in lines:
        for resource in json.loads(line).get("resourceSpans", []):
            facts = _attributes(resource["resource"])
            for scope in resource.get("scopeSpans", []):
                for span in scope["spans"]:
                    if span.get("kind") == SERVER and not str(_attributes(span).get("rpc.service", "")).startswith("grpc."):
                        yield str(facts.get("service.name")), str(facts.get("host.name"))


def shortfalls(calls: Counter[tuple[str, str]], pods: Iterable[str]) -> list[str]:
    """One sentence per pod that has less than its share, or whose service was hardly called."""
    found = []
    for pod in pods:
        service = next((name for name, host in calls if pod == host), "")
        total = sum(count for (name, _), count in calls.items() if name == service)
        mine = calls[service, pod]
        if not service:
            found.append(f"{pod} served nothing")
        elif total < FEWEST_CALLS or mine < FEWEST_SHARE * total:
            found.append(f"{pod} served {mine} of {total} calls")
    return found


def _attributes(holder: dict[str, Any]) -> dict[str, Any]:
    return {one["key"]: next(iter(one["value"].values()), None) for one in holder.get("attributes", [])}


def main() -> None:
    """Prints the table; ends with 1 when a pod is left out."""
    traces, deadline, pods = Path(sys.argv[1]), time.monotonic() + float(sys.argv[2]), sys.argv[3:]
    while True:
        calls = Counter(served(traces.read_text().splitlines()))
        missing = shortfalls(calls, pods)
        if not missing or time.monotonic() > deadline:
            break
        time.sleep(2)
    for (service, host), count in sorted(calls.items()):
        print(f"balance: {service:22} {host:58} {count:6} calls")
    if missing:
        raise SystemExit("\n".join(missing))


if __name__ == "__main__":
    main()
