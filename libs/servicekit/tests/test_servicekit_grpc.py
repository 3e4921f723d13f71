"""The promises of every service, over a real channel: context, deadlines, error model, streams, retries."""

import asyncio
import importlib
import json
import sys
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.rpc import status_pb2

from trustrelay.servicekit import context, errors, grpc_client, grpc_server
from trustrelay.servicekit.handlers import AroundInterceptor

sys.path.append(str(Path(__file__).parent))
sk_echo = importlib.import_module("sk_echo")
CALLER = context.CallContext("acme", "user/7 ü", frozenset({"officer", "a,b"}))


@pytest.fixture
def echo() -> Any:
    """The test service's state."""
    return sk_echo.Echo()


@pytest.fixture
async def address(echo: Any) -> AsyncIterator[str]:
    """The test service, running."""
    async with grpc_server.running([sk_echo.registration(echo)]) as running:
        yield running


@pytest.fixture
async def channel(address: str) -> AsyncIterator[grpc.aio.Channel]:
    """A channel as the services use it."""
    async with grpc_client.channel(address) as opened:
        yield opened


@pytest.fixture
async def plain(address: str) -> AsyncIterator[grpc.aio.Channel]:
    """A bare gRPC channel: what a careless client would send."""
    async with grpc.aio.insecure_channel(address) as opened:
        yield opened


def _path(method: str) -> str:
    return f"/{sk_echo.SERVICE}/{method}"


async def _refusal(channel: grpc.aio.Channel, method: str, request: bytes, **how: Any) -> errors.ServiceError:
    with pytest.raises((errors.ServiceError, grpc.aio.AioRpcError)) as raised:
        await channel.unary_unary(_path(method))(request, **how)
    if isinstance(raised.value, grpc.RpcError):
        return errors.from_rpc_error(raised.value)
    return raised.value


async def _collect(messages: AsyncIterable[bytes], into: list[bytes]) -> None:
    async for message in messages:
        into.append(message)


async def test_context_travels_with_the_call(channel: grpc.aio.Channel) -> None:
    """Tenant, actor and roles arrive as they were set, whatever characters they hold."""
    with context.use(CALLER):
        seen = json.loads(await channel.unary_unary(_path("Who"))(b""))
    assert (seen["tenant"], seen["actor"], seen["roles"]) == ("acme", "user/7 ü", ["a,b", "officer"])
    assert 8 < seen["remaining"] <= 10


async def test_a_call_without_a_tenant_is_refused(channel: grpc.aio.Channel) -> None:
    """No tenant: UNAUTHENTICATED / TENANT_MISSING."""
    refused = await _refusal(channel, "Who", b"")
    assert (type(refused), refused.reason) == (errors.Unauthenticated, "TENANT_MISSING")


async def test_a_call_without_an_actor_is_refused(plain: grpc.aio.Channel) -> None:
    """A tenant alone is not enough: somebody must be answerable."""
    refused = await _refusal(plain, "Who", b"", timeout=5, metadata=(("x-tenant-id", "acme"),))
    assert (type(refused), refused.reason) == (errors.Unauthenticated, "ACTOR_MISSING")


async def test_a_call_without_a_deadline_is_refused(plain: grpc.aio.Channel) -> None:
    """No deadline: INVALID_ARGUMENT / DEADLINE_REQUIRED."""
    refused = await _refusal(plain, "Who", b"", metadata=context.to_metadata(CALLER))
    assert (type(refused), refused.reason) == (errors.InvalidArgument, "DEADLINE_REQUIRED")


async def test_a_deadline_that_nobody_can_meet_is_refused(channel: grpc.aio.Channel, echo: Any) -> None:
    """A call whose time is up fails as DEADLINE_EXCEEDED, typed."""
    with context.use(CALLER):
        refused = await _refusal(channel, "Slow", b"", timeout=0.001)
    assert isinstance(refused, errors.DeadlineExceeded)


async def test_outgoing_calls_never_outlive_the_call_being_served(channel: grpc.aio.Channel) -> None:
    """Fan-out inherits the deadline: a longer one is cut to what remains."""
    with context.use(CALLER), context.deadline_in(2):
        seen = json.loads(await channel.unary_unary(_path("Who"))(b"", timeout=60))
    assert seen["remaining"] < 3  # gRPC rounds a timeout up on the wire


async def test_violations_and_metadata_make_the_round_trip(channel: grpc.aio.Channel) -> None:
    """A typed error arrives as the same type with reason, metadata and field violations."""
    with context.use(CALLER):
        refused = await _refusal(channel, "Fail", b"invalid")
    assert type(refused) is errors.InvalidArgument
    assert (refused.reason, refused.message) == ("COUNTRY_UNKNOWN", "no such country")
    assert dict(refused.metadata) == {"field": "country"}
    assert refused.violations == (errors.FieldViolation("subject.country", "must be an ISO 3166 code"),)
    assert refused.retry_after is None


async def test_retry_info_makes_the_round_trip(channel: grpc.aio.Channel) -> None:
    """RetryInfo arrives to the millisecond."""
    with context.use(CALLER):
        refused = await _refusal(channel, "Fail", b"later")
    assert (type(refused), refused.retry_after) == (errors.ResourceExhausted, timedelta(seconds=7.5))


async def test_any_grpc_client_reads_the_rich_status(plain: grpc.aio.Channel) -> None:
    """The details are a standard google.rpc.Status whose code and message match the call's."""
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await plain.unary_unary(_path("Fail"))(b"invalid", timeout=5, metadata=context.to_metadata(CALLER))
    trailers = dict(raised.value.trailing_metadata())
    status = status_pb2.Status.FromString(trailers[errors.STATUS_DETAILS_KEY])
    assert (status.code, status.message) == (raised.value.code().value[0], raised.value.details())
    assert [d.type_url.rpartition(".")[2] for d in status.details] == ["ErrorInfo", "BadRequest"]


async def test_an_unforeseen_exception_leaks_nothing(channel: grpc.aio.Channel) -> None:
    """Whatever it says stays inside: the caller gets INTERNAL / UNEXPECTED."""
    with context.use(CALLER):
        refused = await _refusal(channel, "Fail", b"other")
    assert (type(refused), refused.reason) == (errors.Internal, "UNEXPECTED")
    assert sk_echo.SECRET_NAME not in str(refused)


async def test_an_upstream_error_without_details_keeps_its_code_only(channel: grpc.aio.Channel) -> None:
    """Text from elsewhere is dropped, since nobody vouches that it is free of personal data."""
    with context.use(CALLER):
        refused = await _refusal(channel, "Fail", b"plain")
    assert (type(refused), refused.reason) == (errors.DataLoss, errors.UNKNOWN_UPSTREAM)
    assert "vouches" not in str(refused)


async def test_unavailable_is_retried(channel: grpc.aio.Channel, echo: Any) -> None:
    """Two UNAVAILABLE answers are ridden out without the caller noticing."""
    with context.use(CALLER):
        assert await channel.unary_unary(_path("Fail"))(b"flaky") == b"third time lucky"
    assert echo.attempts == 3


async def test_nobody_listening_is_unavailable() -> None:
    """A refused connection is a typed UNAVAILABLE."""
    async with grpc_client.channel("127.0.0.1:1") as dead:
        assert isinstance(await _refusal(dead, "Who", b""), errors.Unavailable)


@pytest.mark.parametrize(
    ("request_", "kind", "reason"),
    [(b"typed", errors.Aborted, "ETAG_MISMATCH"), (b"untyped", errors.Internal, "UNEXPECTED")],
)
async def test_a_stream_delivers_and_then_fails_typed(
    channel: grpc.aio.Channel, request_: bytes, kind: type[errors.ServiceError], reason: str
) -> None:
    """Messages before the failure arrive; the failure is a ServiceError."""
    seen: list[bytes] = []
    with context.use(CALLER), pytest.raises(kind) as raised:
        await _collect(channel.unary_stream(_path("Count"))(request_), seen)
    assert (seen, raised.value.reason) == ([b"1", b"2"], reason)


async def test_leaving_a_stream_stops_the_work(channel: grpc.aio.Channel, echo: Any) -> None:
    """Breaking out of an iteration inside `closing` cancels the handler on the server."""
    with context.use(CALLER), grpc_client.closing(channel.unary_stream(_path("Count"))(b"")) as messages:
        async for _ in messages:
            break
    await asyncio.wait_for(echo.cancelled.wait(), 5)


async def test_a_break_stops_the_work(channel: grpc.aio.Channel, echo: Any) -> None:
    """An abandoned iteration does not keep the server busy until the deadline."""
    with context.use(CALLER):
        async for _ in channel.unary_stream(_path("Count"))(b""):
            break
    await asyncio.wait_for(echo.cancelled.wait(), 5)


async def test_cancelling_the_reader_stops_the_work(channel: grpc.aio.Channel, echo: Any) -> None:
    """A cancelled task (an activity, say) closes its stream, and CancelledError stays CancelledError."""

    async def read() -> None:
        async for _ in channel.unary_stream(_path("Count"))(b""):
            echo.started.set()

    with context.use(CALLER):
        reader = asyncio.create_task(read())
    await asyncio.wait_for(echo.started.wait(), 5)
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader
    await asyncio.wait_for(echo.cancelled.wait(), 5)


async def test_cancelling_the_call_stops_the_work(channel: grpc.aio.Channel, echo: Any) -> None:
    """`call.cancel()` reaches the server too."""
    with context.use(CALLER):
        call = channel.unary_stream(_path("Count"))(b"")
        async for _ in call:
            call.cancel()
            break
    await asyncio.wait_for(echo.cancelled.wait(), 5)


async def test_both_ways_streams_carry_context_and_typed_errors(channel: grpc.aio.Channel) -> None:
    """Bidirectional calls get the same promises."""

    async def say() -> AsyncIterator[bytes]:
        yield b"hello"
        yield b"stop"

    seen: list[bytes] = []
    with context.use(CALLER), pytest.raises(errors.FailedPrecondition):
        await _collect(channel.stream_stream(_path("Chat"))(say()), seen)
    assert seen == [b"acme:hello"]


async def test_client_streams_work(channel: grpc.aio.Channel) -> None:
    """Many requests, one answer, same context and deadline rules."""

    async def say() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b"x"

    with context.use(CALLER):
        assert await channel.stream_unary(_path("Total"))(say()) == b"3"
    with pytest.raises(errors.Unauthenticated):
        await channel.stream_unary(_path("Total"))(say())


async def test_an_unknown_method_is_unimplemented(channel: grpc.aio.Channel) -> None:
    """A method that is not served is UNIMPLEMENTED, typed."""
    with context.use(CALLER):
        assert isinstance(await _refusal(channel, "Nothing", b""), errors.Unimplemented)


class _TokenTenant(AroundInterceptor):
    """As case-api does: the tenant comes from the token, not from metadata."""

    @asynccontextmanager
    async def around(self, method: str, context_: Any) -> AsyncIterator[None]:
        if dict(context_.invocation_metadata()).get("authorization") != "Bearer good":
            raise errors.Unauthenticated("TOKEN_INVALID", "sign in again")
        with context.use(context.CallContext("from-token", "sub-1")):
            yield


async def test_a_tenantless_service_resolves_the_tenant_by_itself(echo: Any) -> None:
    """Own interceptors run inside the error model and may set the context."""
    async with (
        grpc_server.running([sk_echo.registration(echo)], interceptors=[_TokenTenant()], tenantless=frozenset({sk_echo.SERVICE})) as address,
        grpc_client.channel(address) as channel,
    ):
        good = (("authorization", "Bearer good"),)
        assert json.loads(await channel.unary_unary(_path("Who"))(b"", metadata=good))["tenant"] == "from-token"
        assert (await _refusal(channel, "Who", b"")).reason == "TOKEN_INVALID"


def test_outside_a_call_there_is_no_tenant() -> None:
    """Code that needs a tenant fails outside a call instead of working for nobody."""
    with pytest.raises(errors.Unauthenticated):
        context.current()
    assert context.context_deadline_remaining() is None


def test_reasons_are_upper_snake_case() -> None:
    """A reason that machines cannot rely on is refused when it is written."""
    with pytest.raises(ValueError, match="UPPER_SNAKE"):
        errors.NotFound("not found", "x")


async def test_a_bare_cancelled_can_be_sent_again(channel: grpc.aio.Channel) -> None:
    """Nobody here cancelled the call, so the server stopped under it: UNAVAILABLE / UPSTREAM_STOPPED, never the end of the caller's work."""
    with context.use(CALLER):
        refused = await _refusal(channel, "Fail", b"cancelled")
    assert (type(refused), refused.reason) == (errors.Unavailable, "UPSTREAM_STOPPED")
