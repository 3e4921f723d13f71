"""The only place where things are wired."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from trustrelay.osint.v1 import classification_service_pb2_grpc as classification_stubs
from trustrelay.osint.v1 import evidence_service_pb2_grpc as evidence_stubs
from trustrelay.osint.v1 import investigation_service_pb2_grpc as investigation_stubs
from trustrelay.osint.v1 import monitoring_service_pb2_grpc as monitoring_stubs
from trustrelay.osint.v1 import registry_service_pb2_grpc as registry_stubs
from trustrelay.osint.v1 import risk_service_pb2_grpc as risk_stubs
from trustrelay.osint.v1 import screening_service_pb2_grpc as screening_stubs
from trustrelay.osint.v1 import trade_service_pb2_grpc as trade_stubs
from trustrelay.osint.v1 import verification_service_pb2_grpc as verification_stubs
from trustrelay.osint_service.adapters.download import Downloader
from trustrelay.osint_service.adapters.eori import EoriValidation
from trustrelay.osint_service.adapters.gdelt import Gdelt
from trustrelay.osint_service.adapters.gleif import Gleif
from trustrelay.osint_service.adapters.goods_controls import GoodsControlSource
from trustrelay.osint_service.adapters.http import Fetcher, new_client
from trustrelay.osint_service.adapters.kbo import KboOpenData
from trustrelay.osint_service.adapters.list_sources import published_lists
from trustrelay.osint_service.adapters.nbb import NbbAccounts
from trustrelay.osint_service.adapters.object_store import PostPolicyStore
from trustrelay.osint_service.adapters.trade_rules import load_rules
from trustrelay.osint_service.adapters.unconfigured import Unconfigured
from trustrelay.osint_service.adapters.vies import Vies
from trustrelay.osint_service.application.collect_registry import CollectRegistry
from trustrelay.osint_service.application.investigate import Investigate
from trustrelay.osint_service.application.list_loading import loading
from trustrelay.osint_service.application.observe import Observe
from trustrelay.osint_service.application.run_checks import RunChecks
from trustrelay.osint_service.application.scrape_website import ScrapeWebsite
from trustrelay.osint_service.application.screening import ScreeningDesk
from trustrelay.osint_service.application.trade import TradeDesk, controls_loaded
from trustrelay.osint_service.application.verify_eori import VerifyEori
from trustrelay.osint_service.entrypoints.classification import ClassificationServicer
from trustrelay.osint_service.entrypoints.evidence import EvidenceServicer
from trustrelay.osint_service.entrypoints.investigation import InvestigationServicer
from trustrelay.osint_service.entrypoints.monitoring import MonitoringServicer
from trustrelay.osint_service.entrypoints.registry import RegistryServicer
from trustrelay.osint_service.entrypoints.risk import RiskServicer
from trustrelay.osint_service.entrypoints.screening import ScreeningServicer
from trustrelay.osint_service.entrypoints.trade import TradeServicer
from trustrelay.osint_service.entrypoints.verification import VerificationServicer
from trustrelay.osint_service.settings import OsintSettings
from trustrelay.servicekit import grpc_server, telemetry
from trustrelay.servicekit.grpc_server import Registration
from trustrelay.servicekit.settings import load_settings

SERVICE_NAME = "osint-service"
_AREA = "trustrelay.osint.v1"
_DOWNLOAD_TIMEOUT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Service:
    """What is served, the desk whose first load decides about health, and the tasks that load its lists."""

    registrations: Sequence[Registration]
    desk: ScreeningDesk
    loading: Sequence[asyncio.Task[None]]
    trade: TradeDesk


@asynccontextmanager
async def assembled(settings: OsintSettings) -> AsyncIterator[Service]:
    """Everything wired; the lists load in the background, a missing one until it is there. Leaving closes connections."""
    async with (
        new_client(settings.source_timeout_seconds) as sources,
        new_client(_DOWNLOAD_TIMEOUT_SECONDS) as downloads,
        # Our own object store is never behind a forward proxy.
        new_client(_DOWNLOAD_TIMEOUT_SECONDS, trust_env=False) as objects,
    ):
        settings.cache_dir.mkdir(parents=True, exist_ok=True)
        downloader = Downloader(downloads, settings.cache_dir)
        store = PostPolicyStore(objects, settings.hosts)
        lists = published_lists(
            downloader, ofac_folder=settings.list_ofac_url, un_url=settings.list_un_url, eu_url=settings.list_eu_url, pep_url=settings.list_pep_url
        )
        desk = ScreeningDesk(lists)
        trade = TradeDesk(load_rules(settings.shipment_rules_file), _controls(settings, downloader))
        async with loading(desk) as tasks, controls_loaded(trade, timedelta(hours=settings.goods_controls_hours)):
            registrations = _registrations(settings, Fetcher(sources), downloader, store, desk)
            yield Service((*registrations, _trade(trade)), desk, tasks, trade)


def _controls(settings: OsintSettings, downloader: Downloader) -> GoodsControlSource:
    return GoodsControlSource(downloader, settings.goods_controls_file, settings.goods_controls_url)


def _trade(desk: TradeDesk) -> Registration:
    return Registration(trade_stubs.add_TradeServiceServicer_to_server, TradeServicer(desk), f"{_AREA}.TradeService")


def _registrations(
    settings: OsintSettings, fetcher: Fetcher, downloader: Downloader, store: PostPolicyStore, desk: ScreeningDesk
) -> tuple[Registration, ...]:
    kbo = KboOpenData(
        downloader,
        settings.kbo_url,
        settings.cache_dir,
        timedelta(hours=settings.kbo_max_age_hours),
        timedelta(seconds=settings.kbo_watch_age_seconds),
    )
    nbb = NbbAccounts(fetcher, settings.nbb_url, settings.nbb_key)
    registers = (kbo if settings.kbo_url else Unconfigured("kbo"), nbb if settings.nbb_url and settings.nbb_key else Unconfigured("nbb"))
    vat = Vies(fetcher, settings.vies_url, settings.vies_requester) if settings.vies_url else Unconfigured("vies")
    lei = Gleif(fetcher, settings.gleif_url) if settings.gleif_url else Unconfigured("gleif")
    media = Gdelt(fetcher, settings.gdelt_url, settings.gdelt_interval_seconds) if settings.gdelt_url else Unconfigured("gdelt")
    eori = EoriValidation(fetcher, settings.eori_url) if settings.eori_url else None
    registry = RegistryServicer(CollectRegistry(registers, store))
    verification = VerificationServicer(RunChecks(vat, lei, store), VerifyEori(eori))
    investigation = InvestigationServicer(Investigate(media, store), ScrapeWebsite(store))
    monitoring = MonitoringServicer(Observe(registers, vat, eori, desk))
    return (
        Registration(monitoring_stubs.add_MonitoringServiceServicer_to_server, monitoring, f"{_AREA}.MonitoringService"),
        Registration(registry_stubs.add_RegistryServiceServicer_to_server, registry, f"{_AREA}.RegistryService"),
        Registration(verification_stubs.add_VerificationServiceServicer_to_server, verification, f"{_AREA}.VerificationService"),
        Registration(investigation_stubs.add_InvestigationServiceServicer_to_server, investigation, f"{_AREA}.InvestigationService"),
        Registration(screening_stubs.add_ScreeningServiceServicer_to_server, ScreeningServicer(desk), f"{_AREA}.ScreeningService"),
        Registration(evidence_stubs.add_EvidenceServiceServicer_to_server, EvidenceServicer(), f"{_AREA}.EvidenceService"),
        Registration(classification_stubs.add_ClassificationServiceServicer_to_server, ClassificationServicer(), f"{_AREA}.ClassificationService"),
        Registration(risk_stubs.add_RiskServiceServicer_to_server, RiskServicer(), f"{_AREA}.RiskService"),
    )


async def run(settings: OsintSettings) -> None:
    """Serve until SIGTERM."""
    async with assembled(settings) as service:

        async def lists_loaded() -> bool:
            return service.desk.ready

        await grpc_server.serve(settings, service.registrations, service_name=SERVICE_NAME, health={"lists": lists_loaded})


def main() -> None:
    """Entry point of the process."""
    settings = load_settings(OsintSettings)
    shutdown = telemetry.setup(SERVICE_NAME, settings)
    try:
        asyncio.run(run(settings))
    finally:
        shutdown()
