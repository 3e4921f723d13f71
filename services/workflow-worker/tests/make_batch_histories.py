"""Makes the committed histories of batch runs: `python services/workflow-worker/tests/make_batch_histories.py [NAME…]`.

As for cases (make_histories.py): a history is added, never replaced to silence a replay that fails.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "support"))

from make_histories import without_traces_of_this_machine
from worker_batch_harness import serving_batches
from worker_batch_stories import BATCH_STORIES

FOLDER = Path(__file__).parent / "histories" / "batch"


async def main() -> None:
    """Tells every story to a fresh server and keeps what Temporal remembers of it."""
    wanted = set(sys.argv[1:])
    FOLDER.mkdir(exist_ok=True)
    for story in BATCH_STORIES:
        if wanted and story.__name__ not in wanted:
            continue
        async with serving_batches() as server:
            batch = await story(server)
            await batch.result()
            history = await batch.handle.fetch_history()
        text = json.dumps(without_traces_of_this_machine(json.loads(history.to_json())), indent=1, sort_keys=True)
        (FOLDER / f"{story.__name__}.json").write_text(text + "\n")


if __name__ == "__main__":
    asyncio.run(main())
