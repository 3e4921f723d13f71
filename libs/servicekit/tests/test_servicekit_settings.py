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


def test_settings_that_belong_together_are_refused_alone(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """One of three TLS files is a mistake that the process names before it serves anything."""
    monkeypatch.setenv("TRUSTRELAY_API_KEY", "k")
    monkeypatch.setenv("TRUSTRELAY_TLS_CERTIFICATE_FILE", "/etc/trustrelay/tls/tls.crt")
    with pytest.raises(SystemExit):
        load_settings(_Settings)
    assert capsys.readouterr().err == "TRUSTRELAY_TLS_PRIVATE_KEY_FILE, TRUSTRELAY_TLS_CA_FILE not set: mutual TLS needs all three files or none\n"


def test_expected_callers_are_a_list_of_names() -> None:
    """Commas separate them, spaces and empty entries do not count, and nothing is nobody."""
    assert _Settings(api_key=SecretStr("k"), tls_allowed_clients=" a.b.svc, c.d.svc,").allowed_clients == {"a.b.svc", "c.d.svc"}
    assert _Settings(api_key=SecretStr("k")).allowed_clients == frozenset()
