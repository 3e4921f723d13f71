"""Where osint-service finds each registry and list on the sandbox."""

from __future__ import annotations

#: Setting → path on the sandbox; each source keeps the path of the real one below its own prefix.
_PATHS = {
    "TRUSTRELAY_VIES_URL": "/vies",
    "TRUSTRELAY_GLEIF_URL": "/gleif",
    "TRUSTRELAY_KBO_URL": "/kbo",
    "TRUSTRELAY_NBB_URL": "/nbb",
    "TRUSTRELAY_GDELT_URL": "/gdelt",
    "TRUSTRELAY_LIST_OFAC_URL": "/lists/ofac",
    "TRUSTRELAY_LIST_UN_URL": "/lists/un",
    "TRUSTRELAY_LIST_EU_URL": "/lists/eu",
    "TRUSTRELAY_LIST_PEP_URL": "/lists/pep",
}
#: The sandbox takes any subscription key, as long as there is one.
_NBB_KEY = "sandbox"


def sandbox_urls(base: str) -> dict[str, str]:
    """Settings for a sandbox at `base` (http://host:port)."""
    return {name: base + path for name, path in _PATHS.items()} | {"TRUSTRELAY_NBB_KEY": _NBB_KEY}
