"""A small service with every shape of call, registered without generated code."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import grpc

from trustrelay.servicekit import context, errors, grpc_server

SERVICE = "trustrelay.test.v1.EchoService"
SECRET_NAME = "Philibert Oosterlinck-Waagmeester"


class Echo:
    """Answers with what it saw; fails as told."""

    def __init__(self) -> None:
        self.started = asyncio.Event()
        self.release = asyncio.Event()
        self.cancelled = asyncio.Event()
        self.attempts = 0

    async def Who(self, request: bytes, call: Any) -> bytes:
        """The call's context and what remains of its deadline."""
        now = context.current()
        seen = {"tenant": now.tenant_id, "actor": now.actor, "roles": sorted(now.roles)}
        return json.dumps(seen | {"remaining": context.context_deadline_remaining()}).encode()

    async def Fail(self, request: bytes, call: Any) -> bytes:
        """Raise what the request names."""
        match request:
            case b"invalid":
                violations = [errors.FieldViolation("subject.country", "must be an ISO 3166 code")]
                raise errors.InvalidArgument("COUNTRY_UNKNOWN", "no such country", metadata={"field": "country"}, violations=violations)
            case b"later":
                raise errors.ResourceExhausted("QUOTA", "try later", retry_after=timedelta(seconds=7, milliseconds=500))
            case b"plain":
                await call.abort(grpc.StatusCode.DATA_LOSS, "text that nobody vouches for")
            case b"cancelled":
                await call.abort(grpc.StatusCode.CANCELLED, "drained")
            case b"flaky":
                self.attempts += 1
                if self.attempts < 3:
                    raise errors.Unavailable("WARMING_UP", "not yet")
                return b"third time lucky"
        raise ValueError(f"unexpected value for {SECRET_NAME}")

    async def Slow(self, request: bytes, call: Any) -> bytes:
        """Answer only when released."""
        self.started.set()
        await self.release.wait()
        return b"finished"

    async def Count(self, request: bytes, call: Any) -> AsyncIterator[bytes]:
        """Two messages, then an error of ours, one that is unforeseen, or a wait without end."""
        yield b"1"
        yield b"2"
        if request == b"typed":
            raise errors.Aborted("ETAG_MISMATCH", "read again")
        if request == b"untyped":
            raise ValueError(f"unexpected value for {SECRET_NAME}")
        try:
            await asyncio.Event().wait()
        finally:
            self.cancelled.set()

    async def Chat(self, requests: AsyncIterator[bytes], call: Any) -> AsyncIterator[bytes]:
        """Echo each message with the tenant in front; b"stop" is refused."""
        async for request in requests:
            if request == b"stop":
                raise errors.FailedPrecondition("CHAT_OVER", "nothing more to say")
            yield context.current().tenant_id.encode() + b":" + request

    async def Total(self, requests: AsyncIterator[bytes], call: Any) -> bytes:
        """How many messages came."""
        return str(len([r async for r in requests])).encode()


def registration(echo: Echo) -> grpc_server.Registration:
    """Its registration, as generated code would make it."""

    def add(servicer: Echo, server: grpc.aio.Server) -> None:
        handlers = {
            "Who": grpc.unary_unary_rpc_method_handler(servicer.Who),
            "Fail": grpc.unary_unary_rpc_method_handler(servicer.Fail),
            "Slow": grpc.unary_unary_rpc_method_handler(servicer.Slow),
            "Count": grpc.unary_stream_rpc_method_handler(servicer.Count),
            "Chat": grpc.stream_stream_rpc_method_handler(servicer.Chat),
            "Total": grpc.stream_unary_rpc_method_handler(servicer.Total),
        }
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))

    return grpc_server.Registration(add, echo, SERVICE)
