"""The server's own secrets: made once, and the same for every process that starts."""

import secrets
from pathlib import Path

import pytest

from server.security.keys import Keys, load_keys
from server.settings import Settings
from tests.server.cast import make_settings


@pytest.fixture
def own(tmp_path: Path) -> Settings:
    return make_settings("sqlite://", tmp_path)


def told(keys: Keys) -> tuple[bytes, str]:
    return keys.secret, keys.sealing_public


def test_keys_are_made_once_and_only_their_owner_may_read_them(own: Settings) -> None:
    assert told(load_keys(own)) == told(load_keys(own))
    files = sorted((own.data / "keys").iterdir())
    assert [(each.name, each.stat().st_mode & 0o777) for each in files] == [
        ("audit", 0o600),
        ("sealing", 0o600),
        ("secret", 0o600),
    ]


def test_two_processes_that_start_at_once_agree_on_whose_keys_stand(
    own: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second one starts while the first makes its first key."""
    second: list[Keys] = []
    make = secrets.token_bytes

    def start_another(size: int) -> bytes:
        monkeypatch.setattr(secrets, "token_bytes", make)
        second.append(load_keys(own))
        return make(size)

    monkeypatch.setattr(secrets, "token_bytes", start_another)
    assert told(load_keys(own)) == told(second[0])
    assert len(list((own.data / "keys").iterdir())) == 3


def test_a_damaged_key_is_told_and_never_replaced(own: Settings) -> None:
    load_keys(own)
    (own.data / "keys" / "sealing").write_text("short")
    with pytest.raises(ValueError, match="sealing in the keys folder is damaged"):
        load_keys(own)
