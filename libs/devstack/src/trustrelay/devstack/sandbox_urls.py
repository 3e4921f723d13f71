"""Where osint-service finds each registry and list on the sandbox."""

from __future__ import annotations

#: Setting → path on the sandbox: the base that the client appends to, or the file itself where there is one file.
_PATHS = {
    "TRUSTRELAY_VIES_URL": "/vies/rest-api",
    "TRUSTRELAY_GLEIF_URL": "/gleif/api/v1",
    "TRUSTRELAY_NBB_URL": "/nbb",
    "TRUSTRELAY_GDELT_URL": "/gdelt/api/v2/doc/doc",
    "TRUSTRELAY_KBO_URL": "/kbo/KboOpenData_Full.zip",
    "TRUSTRELAY_LIST_OFAC_URL": "/lists/ofac",  # a folder of three files
    "TRUSTRELAY_LIST_UN_URL": "/lists/un/consolidated.xml",
    "TRUSTRELAY_LIST_EU_URL": "/lists/eu/xmlFullSanctionsList_1_1.xml",
    "TRUSTRELAY_LIST_PEP_URL": "/lists/pep/entities.ftm.json",
    "TRUSTRELAY_GOODS_CONTROLS_URL": "/lists/goods-controls.csv",
}
#: The sandbox takes any subscription key, as long as there is one.
_NBB_KEY = "sandbox"


def sandbox_urls(base: str) -> dict[str, str]:
    """Settings for a sandbox at `base` (http://host:port)."""
    return {name: base + path for name, path in _PATHS.items()} | {"TRUSTRELAY_NBB_KEY": _NBB_KEY}
