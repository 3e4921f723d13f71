"""A process that mishandles a name in every way we know of; run by the telemetry tests with a collector's address."""

import asyncio
import gc
import logging
import sys
from pathlib import Path

import asyncpg
import httpx
from opentelemetry import metrics as otel_metrics
from opentelemetry import trace

sys.path.insert(0, str(Path(__file__).parent))
import sk_echo

from trustrelay.servicekit import context, errors, grpc_client, grpc_server, metrics, settings, telemetry

NAME = sk_echo.SECRET_NAME
CALLER = context.CallContext("acme", "user-7", frozenset({"officer"}))


async def _calls() -> None:
    async with (
        grpc_server.running([sk_echo.registration(sk_echo.Echo())]) as address,
        grpc_client.channel(address) as channel,
    ):
        with context.use(CALLER):
            await channel.unary_unary(f"/{sk_echo.SERVICE}/Who")(b"")
            for request in (b"other", b"plain", b"invalid"):
                try:
                    await channel.unary_unary(f"/{sk_echo.SERVICE}/Fail")(request)
                except errors.ServiceError:
                    telemetry.get_logger().exception("call.failed", **{"case.id": "c-1"})
            try:
                async for _ in channel.unary_stream(f"/{sk_echo.SERVICE}/Count")(b"untyped"):
                    pass
            except errors.ServiceError as error:
                telemetry.get_logger().warning("stream.failed", error=error)
    async with httpx.AsyncClient() as client:
        url = f"http://someone:{NAME}@127.0.0.1:1/people/{NAME}"
        try:
            await client.get(url, params={"X-Amz-Signature": NAME, "q": NAME})
        except httpx.ConnectError as error:
            telemetry.get_logger().warning("http.failed", exc_info=error)


async def _database() -> None:
    telemetry.instrument_asyncpg()
    connection = await asyncpg.connect(sys.argv[2])
    await connection.execute("CREATE TEMPORARY TABLE person (name text UNIQUE)")
    statement = "INSERT INTO person (name) VALUES ($1)"
    await connection.execute(statement, NAME)
    try:
        await connection.execute(statement, NAME)
    except asyncpg.UniqueViolationError as error:
        telemetry.get_logger().exception("store.failed", error=error)
    try:
        await connection.execute(f"INSERT INTO person (name) VALUES ('{NAME}')")
    except asyncpg.UniqueViolationError:
        logging.getLogger("some.library").exception("store failed")
    await connection.close()


def _spans_and_library_logs() -> None:
    tracer = trace.get_tracer("leaky")
    try:
        with tracer.start_as_current_span("insert") as span:
            span.set_attribute("db.statement", f"INSERT INTO p (name, n) VALUES ('{NAME}', 42) -- $1")
            span.set_attribute("db.statement.parameters", f"('{NAME}',)")
            span.set_attribute("url.full", f"https://bucket.example/{NAME}?sig={NAME}")
            raise LookupError(f"Key (name)=({NAME}) already exists")
    except LookupError as error:
        library = logging.getLogger("some.library")
        library.warning("could not store: %s", error)
        library.exception("insert failed")
        library.exception(f"100% sure that it failed: {error}")
        library.error("mapping %(what)s", {"what": error})
        telemetry.get_logger().error("insert.failed", thing=object(), cause=error)


def _metrics() -> None:
    labels = {"check.kind": "vat_vies", "outcome": "NOT_ASSESSED", "reason": f"nobody saw {NAME}", "who": NAME}
    metrics.count(metrics.CHECKS, labels)
    otel_metrics.get_meter("leaky").create_counter("leaky.people").add(1, {"who": NAME})


async def _forgotten_task() -> None:
    async def fail() -> None:
        raise ValueError(f"nobody waits for {NAME}")

    task = asyncio.create_task(fail())
    await asyncio.wait([task])
    del task
    gc.collect()


def main() -> None:
    """Leak everything, then die of an exception that quotes the name."""
    config = settings.ServiceSettings(port=0, otlp_endpoint=sys.argv[1])
    shutdown = telemetry.setup("leaky", config)
    asyncio.run(_calls())
    asyncio.run(_database())
    _spans_and_library_logs()
    _metrics()
    asyncio.run(_forgotten_task())
    shutdown()
    raise RuntimeError(f"the last words are {NAME}")


main()
