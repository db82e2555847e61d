"""Settings come from the environment, and invalid values have clear messages."""

from __future__ import annotations

from pathlib import Path

import pytest

import server
from settings import InvalidSettings, Settings, variable


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for field in Settings.model_fields:
        monkeypatch.delenv(variable(field), raising=False)


def test_every_setting_has_a_default() -> None:
    """Without any variable, the gateway listens on 127.0.0.1:8000 and stores its data in .data."""
    settings = Settings.load()

    assert (None, "127.0.0.1", 8000, "http://localhost:8000", Path(".data/signing-key.pem")) == (
        settings.database_url,
        settings.host,
        settings.port,
        settings.public_url,
        settings.signing_key_file,
    )


def test_every_setting_has_a_description() -> None:
    """Every setting has a description."""
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_environment_variables_set_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Variables have the prefix, except DATABASE_URL, and derived defaults follow their settings."""
    monkeypatch.setenv("DATABASE_URL", "postgresql://somewhere/market")
    monkeypatch.setenv("CROSSGATE_PORT", "8080")
    monkeypatch.setenv("CROSSGATE_DATA_DIR", "/srv/data")
    monkeypatch.setenv("CROSSGATE_ALLOWED_ORIGINS", "https://a.example, https://b.example")
    monkeypatch.setenv("CROSSGATE_LOG_LEVEL", "debug")

    settings = Settings.load()

    assert settings.database_url == "postgresql://somewhere/market"
    assert settings.public_url == "http://localhost:8080"
    assert Path("/srv/data/signing-key.pem") == settings.signing_key_file
    assert settings.allowed_origins == ("https://a.example", "https://b.example")
    assert settings.log_level == "DEBUG"


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("CROSSGATE_PORT", "abc", "must be a whole number"),
        ("CROSSGATE_DEVELOPMENT", "perhaps", "must be true or false"),
        ("CROSSGATE_HOST", "", "must have at least 1 character"),
        ("CROSSGATE_PORT", "70000", "must be less than or equal to 65535"),
        ("CROSSGATE_LOG_FORMAT", "xml", "must be 'json' or 'console'"),
        ("CROSSGATE_SMTP_URL", "mail.example", "must be a mail server such as smtp://user:password@mail.example:587"),
        ("CROSSGATE_MAIL_FROM", "a@b.example\nBcc: c@d.example", "must be an email address such as no-reply@gateway.example"),
        ("CROSSGATE_PUBLIC_URL", "gateway", "must be a web address such as https://gateway.example"),
        ("CROSSGATE_MAX_PAGE_SIZE", "10", "must be at least CROSSGATE_DEFAULT_PAGE_SIZE, which is 50"),
        ("DATABASE_URL", "mysql://root:swordfish@db/x", "must begin with postgresql://, not mysql://"),
    ],
)
def test_invalid_value_stops_the_start(monkeypatch: pytest.MonkeyPatch, name: str, value: str, problem: str) -> None:
    """An invalid value stops the start. The message names its variable and doesn't repeat secrets."""
    monkeypatch.setenv(name, value)

    with pytest.raises(InvalidSettings) as raised:
        Settings.load()

    assert {name: problem} == raised.value.problems
    assert f"{name}: {problem}" == str(raised.value)


def test_database_password_is_not_shown() -> None:
    """The representation of the settings omits the database URL."""
    assert "swordfish" not in repr(Settings(database_url="postgresql://root:swordfish@db/x"))


def test_refused_country_that_does_not_exist_prevents_startup_A22(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """UK is no country code, so it would refuse nothing. The message names the setting."""
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nowhere")
    monkeypatch.setenv("CROSSGATE_REFUSED_BANK_COUNTRIES", "US, UK")

    with pytest.raises(InvalidSettings) as stopped:
        server.build(Settings.load(data_dir=tmp_path))

    problem = "must be ISO 3166-1 alpha-2 codes; UK is no country"
    assert {"CROSSGATE_REFUSED_BANK_COUNTRIES": problem} == stopped.value.problems
