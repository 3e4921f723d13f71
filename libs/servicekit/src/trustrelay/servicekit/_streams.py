"""A channel whose streams end when their reader leaves them.

gRPC keeps an abandoned call alive until its deadline (its wrappers refer to each other); work on the server, and
all that it holds, would go on for nobody.
"""

from collections.abc import Callable
from types import TracebackType
from typing import Any

import grpc


class Stream:
    """A streaming call that is cancelled as soon as nobody holds it; everything else is the call's own."""

    def __init__(self, call: Any) -> None:
        self._call = call
        self._messages: Any = None

    def __aiter__(self) -> "Stream":
        return self

    async def __anext__(self) -> Any:
        if self._messages is None:
            self._messages = self._call.__aiter__()
        return await self._messages.__anext__()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._call, name)

    def __del__(self) -> None:
        self._call.cancel()


class StreamSafeChannel(grpc.aio.Channel):
    """Delegates to a channel; its streaming calls come back as ``Stream``."""

    def __init__(self, inner: grpc.aio.Channel) -> None:
        self._inner = inner

    def unary_unary(self, *args: Any, **kwargs: Any) -> Any:
        """See ``grpc.aio.Channel``."""
        return self._inner.unary_unary(*args, **kwargs)

    def stream_unary(self, *args: Any, **kwargs: Any) -> Any:
        """See ``grpc.aio.Channel``."""
        return self._inner.stream_unary(*args, **kwargs)

    def unary_stream(self, *args: Any, **kwargs: Any) -> Any:
        """See ``grpc.aio.Channel``; calls are ``Stream``."""
        return _streaming(self._inner.unary_stream(*args, **kwargs))

    def stream_stream(self, *args: Any, **kwargs: Any) -> Any:
        """See ``grpc.aio.Channel``; calls are ``Stream``."""
        return _streaming(self._inner.stream_stream(*args, **kwargs))

    async def close(self, grace: float | None = None) -> None:
        """Close the connection; calls get ``grace`` seconds to finish."""
        await self._inner.close(grace)

    def get_state(self, try_to_connect: bool = False) -> grpc.ChannelConnectivity:
        """The connectivity now."""
        return self._inner.get_state(try_to_connect)

    async def wait_for_state_change(self, last_observed_state: grpc.ChannelConnectivity) -> None:
        """Return when the connectivity is another one."""
        await self._inner.wait_for_state_change(last_observed_state)

    async def channel_ready(self) -> None:
        """Return when connected."""
        await self._inner.channel_ready()

    async def __aenter__(self) -> "StreamSafeChannel":
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.close()


def _streaming(method: Any) -> Callable[..., Stream]:
    def call(*args: Any, **kwargs: Any) -> Stream:
        return Stream(method(*args, **kwargs))

    return call
