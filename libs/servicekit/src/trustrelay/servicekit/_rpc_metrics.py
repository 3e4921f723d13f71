"""How long calls take, on both sides, by method and status."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import grpc

from trustrelay.servicekit.handlers import AroundInterceptor, ServicerContext
from trustrelay.servicekit.metrics import RPC_CLIENT, RPC_SERVER, record

_BY_NUMBER = {code.value[0]: code.name for code in grpc.StatusCode}


class DurationInterceptor(AroundInterceptor):
    """Goes outside the error mapping, so that it sees the status that the caller gets."""

    @asynccontextmanager
    async def around(self, method: str, context: ServicerContext) -> AsyncIterator[None]:
        """Records the call when its last message is sent."""
        began, cancelled = time.perf_counter(), False
        try:
            yield
        except (asyncio.CancelledError, GeneratorExit):
            cancelled = True
            raise
        finally:
            record(RPC_SERVER, time.perf_counter() - began, _labels(method, "CANCELLED" if cancelled else _status(context)))


@contextmanager
def timed(method: str | bytes) -> Iterator[None]:
    """Records the outgoing call inside, by how it ends."""
    began, status = time.perf_counter(), "OK"
    try:
        yield
    except (asyncio.CancelledError, GeneratorExit):
        status = "CANCELLED"
        raise
    except grpc.RpcError as error:
        status = error.code().name if isinstance(error, grpc.aio.AioRpcError) else "UNKNOWN"
        raise
    finally:
        name = method.decode() if isinstance(method, bytes) else method
        record(RPC_CLIENT, time.perf_counter() - began, _labels(name, status))


def _status(context: ServicerContext) -> str:
    """gRPC keeps a number, 0 unless somebody set another."""
    code = context.code()
    return code.name if isinstance(code, grpc.StatusCode) else _BY_NUMBER.get(int(code or 0), "UNKNOWN")


def _labels(method: str, status: str) -> dict[str, str]:
    return {"rpc.system.name": "grpc", "rpc.method": method.lstrip("/"), "rpc.response.status_code": status}
