"""A channel that is made again when its certificate changes: gRPC's client credentials cannot change in place."""

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Any

import grpc

from trustrelay.servicekit.tls import Material, TlsFiles

#: How long calls of a replaced channel may still run: as long as servers let a stream outlive its connection's age.
_RETIREMENT_SECONDS = 3600.0


class _Method:
    """One method of whatever channel is current when it is called: generated stubs keep these for ever."""

    def __init__(self, current: Callable[[], grpc.aio.Channel], make: Callable[[grpc.aio.Channel], Any]) -> None:
        self._current, self._make = current, make
        self._channel: grpc.aio.Channel | None = None
        self._call: Any = None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        channel = self._current()
        if channel is not self._channel:
            self._channel, self._call = channel, self._make(channel)
        return self._call(*args, **kwargs)


class RotatingChannel(grpc.aio.Channel):
    """New calls go over a channel with the certificate in force; calls in flight finish on the one they began on."""

    def __init__(self, tls: TlsFiles, connect: Callable[[Material], grpc.aio.Channel]) -> None:
        self._tls, self._connect = tls, connect
        self._material = tls.current()
        self._inner = connect(self._material)
        self._retired: dict[grpc.aio.Channel, asyncio.Task[None]] = {}

    def _current(self) -> grpc.aio.Channel:
        material = self._tls.current()
        if material is not self._material:
            old, self._material, self._inner = self._inner, material, self._connect(material)
            self._retired[old] = asyncio.create_task(self._retire(old), name="retired-channel")
        return self._inner

    async def _retire(self, channel: grpc.aio.Channel) -> None:
        await asyncio.sleep(_RETIREMENT_SECONDS)
        await channel.close()
        del self._retired[channel]

    def unary_unary(self, *args: Any, **kwargs: Any) -> Any:
        """See ``grpc.aio.Channel``."""
        return _Method(self._current, lambda channel: channel.unary_unary(*args, **kwargs))

    def unary_stream(self, *args: Any, **kwargs: Any) -> Any:
        """See ``grpc.aio.Channel``."""
        return _Method(self._current, lambda channel: channel.unary_stream(*args, **kwargs))

    def stream_unary(self, *args: Any, **kwargs: Any) -> Any:
        """See ``grpc.aio.Channel``."""
        return _Method(self._current, lambda channel: channel.stream_unary(*args, **kwargs))

    def stream_stream(self, *args: Any, **kwargs: Any) -> Any:
        """See ``grpc.aio.Channel``."""
        return _Method(self._current, lambda channel: channel.stream_stream(*args, **kwargs))

    async def close(self, grace: float | None = None) -> None:
        """Close every connection; calls get ``grace`` seconds to finish."""
        for task in self._retired.values():
            task.cancel()
        await asyncio.gather(*(channel.close(grace) for channel in (self._inner, *self._retired)))
        self._retired.clear()

    def get_state(self, try_to_connect: bool = False) -> grpc.ChannelConnectivity:
        """The connectivity of the current channel."""
        return self._current().get_state(try_to_connect)

    async def wait_for_state_change(self, last_observed_state: grpc.ChannelConnectivity) -> None:
        """Return when the current channel's connectivity is another one."""
        await self._current().wait_for_state_change(last_observed_state)

    async def channel_ready(self) -> None:
        """Return when connected."""
        await self._current().channel_ready()

    async def __aenter__(self) -> "RotatingChannel":
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.close()
