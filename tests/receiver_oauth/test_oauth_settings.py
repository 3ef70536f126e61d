"""Clients of OAuth in the configuration: checked like all settings, and their secrets shown nowhere."""

import json
from pathlib import Path

import pytest

from receiver.cli.check_config import in_force
from receiver.config import ConfigurationError, Settings, load
from receiver.config_oauth import WITH_SECRETS, OAuthSettings
from tests import secrecy


@pytest.fixture(name="secret")
def _secret() -> str:
    return secrecy.secret("client")


@pytest.fixture(name="settings")
def _settings(secret: str) -> Settings:
    """A Google client, by the environment."""
    table = {"ACCOUNTS__OAUTH__GOOGLE__CLIENT_ID": "me", "ACCOUNTS__OAUTH__GOOGLE__CLIENT_SECRET": secret}
    return load(None, None, {f"POSTBUS_{name}": value for name, value in table.items()})


def test_a_client_is_set_up_with_its_id_and_secret(settings: Settings, secret: str) -> None:
    """Endpoints and scopes are known."""
    google = settings.accounts.oauth.google

    assert (google.client_id, google.client_secret.get_secret_value()) == ("me", secret)
    assert google.scope == "https://mail.google.com/"


def test_a_secret_is_shown_nowhere(settings: Settings, secret: str) -> None:
    """Not by check-config, not in a repr, not in JSON that goes to a process which does not need it."""
    shown = json.dumps(in_force(settings)) + repr(settings) + str(settings) + settings.model_dump_json()

    assert secret not in shown
    assert '"***"' in shown


def test_the_process_that_needs_a_secret_gets_it(settings: Settings, secret: str) -> None:
    """By asking for it: nothing else brings a secret out of the settings."""
    handed_over = Settings.model_validate_json(settings.model_dump_json(context=WITH_SECRETS))

    assert handed_over == settings
    assert handed_over.accounts.oauth.google.client_secret.get_secret_value() == secret


@pytest.mark.parametrize(
    "toml",
    [
        'client_secret = ["{}"]',
        'client_secret = "{}ü"',
        'client_secret = {{ value = "{}" }}',
    ],
)
def test_a_fault_does_not_repeat_the_secret(tmp_path: Path, secret: str, toml: str) -> None:
    """Nor does the fault of a table that holds one."""
    file = secrecy.put_here(tmp_path / "postbus.toml")
    line = toml.format(secret)
    file.write_text(f"[accounts.oauth.google]\n{line}\n", encoding="utf-8")

    with pytest.raises(ConfigurationError) as refused:
        load(file, None, {"POSTBUS_ACCOUNTS__OAUTH__OTHER__CLIENT_SECRET": f"{secret}\n"})

    assert secret not in str(refused.value)
    assert len(refused.value.faults) == 2
    assert all(" = ***: " in fault for fault in refused.value.faults)


@pytest.mark.parametrize("value", ['{"oauth": {"google": "SECRET"}}', "{SECRET", '["SECRET"]'])
def test_a_table_that_holds_a_secret_is_not_repeated(secret: str, value: str) -> None:
    """A variable that was to hold the whole table in JSON."""
    with pytest.raises(ConfigurationError) as refused:
        load(None, None, {"POSTBUS_ACCOUNTS": value.replace("SECRET", secret)})

    assert secret not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("token_url", "http://login.example.com/token", "https://HOST/PATH"),
        ("token_url", "https://me:password@login.example.com/", "without a password"),
        ("token_url", "https://", "https://HOST/PATH"),
        ("token_url", "login.example.com", "https://HOST/PATH"),
        ("authorize_url", "javascript:alert(1)", "https://HOST/PATH"),
        ("redirect_url", "https://postbus.example.com/", "http://127.0.0.1:PORT/PATH"),
        ("redirect_url", "http://192.0.2.1/", "http://127.0.0.1:PORT/PATH"),
        ("scope", "mail\r\nX: y", "printable ASCII"),
    ],
)
def test_what_cannot_be_an_endpoint_is_a_fault(name: str, value: str, expected: str) -> None:
    """Tokens go over https, or stay on this machine."""
    with pytest.raises(ConfigurationError, match=f"accounts.oauth.other.{name}") as refused:
        load(None, None, {f"POSTBUS_ACCOUNTS__OAUTH__OTHER__{name.upper()}": value})

    assert expected in str(refused.value)


@pytest.mark.parametrize("directory", ["", "a/b", "common?x", "{directory}"])
def test_a_directory_is_a_name(directory: str) -> None:
    """It becomes a part of Microsoft's addresses."""
    with pytest.raises(ValueError, match="expected common"):
        OAuthSettings.model_validate({"microsoft": {"directory": directory}})
