"""Keeps the lists loaded and screens parties against them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence

from trustrelay.osint_service.application.ports import ListSource, ListUnavailable, LoadedList
from trustrelay.osint_service.domain.model import Party
from trustrelay.osint_service.domain.screening.model import DatasetVersion
from trustrelay.osint_service.domain.screening.retest import DismissedHit, Retest, retest
from trustrelay.osint_service.domain.screening.screen import DEFAULT_THRESHOLD, NOT_CONFIGURED, Screening, Snapshot, screen
from trustrelay.servicekit.errors import FieldViolation, InvalidArgument, Unavailable
from trustrelay.servicekit.telemetry import get_logger

NOT_LOADED = "NOT_LOADED_YET"


class ScreeningDesk:
    """Holds one immutable snapshot; what is loaded anew is indexed beside it, then swapped in."""

    def __init__(self, sources: Sequence[ListSource]) -> None:
        self._sources: Mapping[str, ListSource] = {source.dataset: source for source in sources}
        self._loaded: dict[str, LoadedList] = {}
        self._failed: dict[str, ListUnavailable] = {}
        self._indexed: tuple[LoadedList, ...] = ()
        self._snapshot: Snapshot | None = None
        self._first_load_ended = asyncio.Event()
        # One load of a list at a time: two would write the same files.
        self._loading = {name: asyncio.Lock() for name in self._sources}
        self._swapping = asyncio.Lock()

    @property
    def names(self) -> tuple[str, ...]:
        """Every list, configured or not."""
        return tuple(self._sources)

    @property
    def ready(self) -> bool:
        """True once every list was tried and what was found is indexed, whatever it was."""
        return self._snapshot is not None

    async def first_load_ended(self) -> None:
        """Returns once `ready`."""
        await self._first_load_ended.wait()

    def missing(self, dataset: str) -> bool:
        """True while no version of that list is loaded and another try could bring one: not for a list without address."""
        if dataset in self._loaded:
            return False
        failed = self._failed.get(dataset)
        return failed is None or failed.reason != NOT_CONFIGURED

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

    def retest(self, hits: Sequence[DismissedHit]) -> tuple[Retest, ...]:
        """Each hit against the same snapshot. Raises Unavailable LISTS_LOADING before the first load ended."""
        if self._snapshot is None:
            raise Unavailable("LISTS_LOADING", "the lists are being loaded")
        snapshot = self._snapshot
        return tuple(retest(hit, snapshot) for hit in hits)

    async def refresh(self, datasets: Collection[str] = ()) -> AsyncIterator[DatasetVersion]:
        """Load those lists anew (none named = all), one message each; the index is swapped once, at the end.

        A list that fails now keeps the version it had; its message says why it failed. Raises InvalidArgument DATASET_UNKNOWN.
        """
        if unknown := set(datasets) - set(self._sources):
            raise InvalidArgument("DATASET_UNKNOWN", "no such list", metadata={"dataset": sorted(unknown)[0]})
        for name in datasets or self.names:
            yield _version(await self._load(name))
        await self._swap()

    async def load(self, dataset: str) -> None:
        """Load one list and put it into the index; a list that fails keeps the version it had."""
        await self._load(dataset)
        await self._swap()

    async def _load(self, name: str) -> LoadedList | ListUnavailable:
        async with self._loading[name]:
            answer = await self._sources[name].load()
            match answer:
                case LoadedList():
                    self._loaded[name] = answer
                    self._failed.pop(name, None)
                    get_logger().info("list.loaded", dataset=name, entities=len(answer.entities), sha256=answer.sha256)
                case ListUnavailable():
                    self._failed[name] = answer
                    get_logger().warning("list.unavailable", dataset=name, reason=answer.reason, earlier_version=name in self._loaded)
            return answer

    async def _swap(self) -> None:
        """Publish what is loaded by now as one snapshot; none before every list was tried, as half of them would look like all."""
        async with self._swapping:
            if any(name not in self._loaded and name not in self._failed for name in self._sources):
                return
            loaded = tuple(self._loaded[name] for name in self._sources if name in self._loaded)
            versions = [_version(self._loaded.get(name) or self._failed[name]) for name in self._sources]
            if self._snapshot is not None and loaded == self._indexed:
                # A try that failed again brings another reason at most: not worth an index.
                self._snapshot = self._snapshot.with_versions(versions)
                return
            self._snapshot = await asyncio.to_thread(_built, versions, loaded)
            self._indexed = loaded
            get_logger().info("lists.indexed", loaded=len(loaded), missing=sum(bool(version.unavailable_reason) for version in versions))
            self._first_load_ended.set()


def _built(versions: Sequence[DatasetVersion], loaded: Sequence[LoadedList]) -> Snapshot:
    return Snapshot(versions, (entity for each in loaded for entity in each.entities))


def _version(answer: LoadedList | ListUnavailable) -> DatasetVersion:
    match answer:
        case LoadedList():
            return DatasetVersion(answer.dataset, answer.topic, answer.sha256, answer.fetched_at, len(answer.entities))
        case ListUnavailable():
            return DatasetVersion(answer.dataset, answer.topic, unavailable_reason=answer.reason)
