"""The baseline: a workflow whose update handler runs one activity that does one insert, and nothing else.

As a program it is the worker of that workflow: `python bench/bare_update.py TEMPORAL_ADDRESS DATABASE_URL`, until SIGTERM.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from datetime import timedelta

import asyncpg
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import Worker

TASK_QUEUE = "bench-bare"
TABLE = "CREATE TABLE IF NOT EXISTS bare_updates (id bigserial PRIMARY KEY, request text NOT NULL)"
_INSERT = "INSERT INTO bare_updates (request) VALUES ($1) RETURNING id"


@workflow.defn(sandboxed=False)
class BareUpdate:
    """Lives until it is told to end."""

    def __init__(self) -> None:
        self._ended = False

    @workflow.run
    async def run(self) -> None:
        """Waits for `end`."""
        await workflow.wait_condition(lambda: self._ended)

    @workflow.update
    async def insert(self, request: str) -> int:
        """One activity with one insert; the row's id."""
        row: int = await workflow.execute_activity("insert_row", request, result_type=int, start_to_close_timeout=timedelta(seconds=30))
        return row

    @workflow.signal
    def end(self) -> None:
        """Ends it."""
        self._ended = True


class Rows:
    """The activity, on a pool of its own."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    @activity.defn
    async def insert_row(self, request: str) -> int:
        """One insert, committed."""
        row: int = await self._pool.fetchval(_INSERT, request)
        return row


async def serve(address: str, database: str) -> None:
    """Polls until SIGTERM."""
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    async with asyncpg.create_pool(database.replace("+asyncpg", ""), min_size=2, max_size=4) as pool:
        await pool.execute(TABLE)
        client = await Client.connect(address)
        async with Worker(client, task_queue=TASK_QUEUE, workflows=[BareUpdate], activities=[Rows(pool).insert_row]):
            sys.stdout.write("polling\n")
            sys.stdout.flush()
            await ended.wait()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], sys.argv[2]))
