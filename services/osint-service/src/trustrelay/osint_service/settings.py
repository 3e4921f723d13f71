"""Settings of this service, all `TRUSTRELAY_*` environment variables. A source without address is NOT_ASSESSED ACCESS_NOT_CONFIGURED."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from trustrelay.servicekit.settings import ServiceSettings


class OsintSettings(ServiceSettings):
    """Addresses are base URLs without trailing slash."""

    port: int = Field(50053, ge=0, le=65535, description="gRPC port to listen on")
    object_store_hosts: str = Field(description="host:port of every object store that evidence may be posted to, comma separated")
    cache_dir: Path = Field(description="folder for downloaded lists and open data")
    source_timeout_seconds: float = Field(10.0, gt=0, description="how long one request to a source may take")
    vies_url: str = Field("", description="VIES REST base address")
    vies_requester: str = Field("", description="own VAT number with prefix; VIES then gives a consultation number as proof")
    gleif_url: str = Field("", description="GLEIF API base address")
    eori_url: str = Field("", description="address of the Commission's EORI validation SOAP service; absent = EORI_SERVICE_NOT_CONFIGURED")
    kbo_url: str = Field("", description="address of the KBO open data zip")
    kbo_max_age_hours: float = Field(24.0, gt=0, description="age at which the KBO extract is fetched anew")
    kbo_watch_age_seconds: float = Field(60.0, ge=0, description="monitoring asks the publisher again after this long; a changed extract is fetched")
    nbb_url: str = Field("", description="NBB CBSO base address")
    nbb_key: str = Field("", description="NBB CBSO subscription key")
    gdelt_url: str = Field("", description="GDELT DOC 2.0 address")
    gdelt_interval_seconds: float = Field(5.0, ge=0, description="pause between two GDELT requests; the public service refuses more than one in 5 s")
    list_ofac_url: str = Field("", description="folder that holds SDN.CSV, ALT.CSV and ADD.CSV")
    list_un_url: str = Field("", description="address of the UN consolidated.xml")
    list_eu_url: str = Field("", description="address of the EU xmlFullSanctionsList_1_1")
    list_pep_url: str = Field("", description="address of PEP entities as FollowTheMoney JSON lines")
    shipment_rules_file: Path | None = Field(None, description="YAML with the rules that papers are compared by; default: the product's own")
    goods_controls_file: Path | None = Field(None, description="goods control lists as CSV; without file and address they are NOT_ASSESSED")
    goods_controls_url: str = Field("", description="address of goods control lists as CSV; a file wins")
    goods_controls_hours: float = Field(24.0, gt=0, description="hours between two loads of the goods control lists")

    @property
    def hosts(self) -> frozenset[str]:
        """The allow-list of object stores."""
        return frozenset(host.strip() for host in self.object_store_hosts.split(",") if host.strip())
