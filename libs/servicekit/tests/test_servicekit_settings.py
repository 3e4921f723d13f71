"""Settings: a mistake is one clear line that names the variable and never the value."""

import pytest
from pydantic import SecretStr

from trustrelay.servicekit.settings import ServiceSettings, load_settings


class _Settings(ServiceSettings):
    port: int = 50099
    api_key: SecretStr
    workers: int = 2


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """TRUSTRELAY_* variables win over defaults."""
    monkeypatch.setenv("TRUSTRELAY_API_KEY", "k")
    monkeypatch.setenv("TRUSTRELAY_PORT", "50100")
    loaded = load_settings(_Settings)
    assert (loaded.port, loaded.workers, loaded.host) == (50100, 2, "127.0.0.1")


def test_mistakes_are_named_and_values_are_not(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Missing and malformed settings are listed by variable, exit code 2, without quoting what was set."""
    monkeypatch.delenv("TRUSTRELAY_API_KEY", raising=False)
    monkeypatch.setenv("TRUSTRELAY_WORKERS", "s3cr3t")
    with pytest.raises(SystemExit) as stopped:
        load_settings(_Settings)
    printed = capsys.readouterr().err
    assert stopped.value.code == 2
    assert "TRUSTRELAY_API_KEY: is required but not set" in printed
    assert "TRUSTRELAY_WORKERS: " in printed
    assert "s3cr3t" not in printed
