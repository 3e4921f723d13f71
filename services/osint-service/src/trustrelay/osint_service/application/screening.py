"""Keeps the lists loaded and screens parties against them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence

from trustrelay.osint_service.application.ports import ListSource, ListUnavailable, LoadedList
from trustrelay.osint_service.domain.model import Party
from trustrelay.osint_service.domain.screening.model import DatasetVersion
from trustrelay.osint_service.domain.screening.screen import DEFAULT_THRESHOLD, Screening, Snapshot, screen
from trustrelay.servicekit.errors import FieldViolation, InvalidArgument, Unavailable
from trustrelay.servicekit.telemetry import get_logger

NOT_LOADED = "NOT_LOADED_YET"


class ScreeningDesk:
    """Holds one immutable snapshot; a refresh builds the next one beside it and swaps."""

    def __init__(self, sources: Sequence[ListSource]) -> None:
        self._sources: Mapping[str, ListSource] = {source.dataset: source for source in sources}
        self._loaded: dict[str, LoadedList] = {}
        self._failed: dict[str, ListUnavailable] = {}
        self._snapshot: Snapshot | None = None
        self._refreshing = asyncio.Lock()

    @property
    def ready(self) -> bool:
        """True once the first load has ended, whatever it found."""
        return self._snapshot is not None

    def datasets(self) -> tuple[DatasetVersion, ...]:
        """What is loaded now; before the first load ended, every list with reason NOT_LOADED_YET."""
        if self._snapshot is None:
            return tuple(DatasetVersion(name, "", unavailable_reason=NOT_LOADED) for name in self._sources)
        return self._snapshot.versions

    def screen(self, party: Party, threshold: float = 0.0) -> Screening:
        """Raises InvalidArgument PARTY_NAME_MISSING, THRESHOLD_OUT_OF_RANGE; Unavailable LISTS_LOADING before the first load ended."""
        if not party.full_name.strip():
            raise InvalidArgument("PARTY_NAME_MISSING", "a party is screened by name", violations=(FieldViolation("party.full_name", "is empty"),))
        if not 0 <= threshold <= 1:
            raise InvalidArgument("THRESHOLD_OUT_OF_RANGE", "a threshold lies between 0 and 1", violations=(FieldViolation("threshold", "0..1"),))
        if self._snapshot is None:
            raise Unavailable("LISTS_LOADING", "the lists are being loaded")
        return screen(party, self._snapshot, threshold or DEFAULT_THRESHOLD)

    async def refresh(self, datasets: Collection[str] = ()) -> AsyncIterator[DatasetVersion]:
        """Load those lists anew (none named = all), one message each; the index is swapped once, at the end.

        A list that fails now keeps the version it had; its message says why it failed. Raises InvalidArgument DATASET_UNKNOWN.
        """
        if unknown := set(datasets) - set(self._sources):
            raise InvalidArgument("DATASET_UNKNOWN", "no such list", metadata={"dataset": sorted(unknown)[0]})
        async with self._refreshing:
            for name in datasets or tuple(self._sources):
                answer = await self._sources[name].load()
                match answer:
                    case LoadedList():
                        self._loaded[name] = answer
                        self._failed.pop(name, None)
                        get_logger().info("list.loaded", dataset=name, entities=len(answer.entities), sha256=answer.sha256)
                    case ListUnavailable():
                        self._failed[name] = answer
                        get_logger().warning("list.unavailable", dataset=name, reason=answer.reason, earlier_version=name in self._loaded)
                yield _version(answer)
            self._snapshot = await asyncio.to_thread(self._built)

    def _built(self) -> Snapshot:
        versions = [_version(self._loaded.get(name) or self._failed.get(name) or ListUnavailable(name, "", NOT_LOADED)) for name in self._sources]
        return Snapshot(versions, (entity for loaded in self._loaded.values() for entity in loaded.entities))


def _version(answer: LoadedList | ListUnavailable) -> DatasetVersion:
    match answer:
        case LoadedList():
            return DatasetVersion(answer.dataset, answer.topic, answer.sha256, answer.fetched_at, len(answer.entities))
        case ListUnavailable():
            return DatasetVersion(answer.dataset, answer.topic, unavailable_reason=answer.reason)
