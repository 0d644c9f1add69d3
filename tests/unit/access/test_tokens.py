"""Tokens: got once, renewed before they end, never given again once refused; and what is asked for, by provider."""

from __future__ import annotations

import base64
import json
import os
import socket
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pydantic import ValidationError

from access.grants import form
from access.oauth import OAuth
from access.tokens import Tokens
from register.errors import BadSettings, Fault, Temporary, Unauthorised
from tests.journeys.servers.tokens import TokenEndpoint, granted, refused

USER = "hej@akerskolan.example"


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


def oauth(endpoint: TokenEndpoint, folder: Path, **more: Any) -> OAuth:
    (folder / "refresh").write_text("granted once\n")
    known = {"provider": "other", "client_id": "lyhord", "refresh_token_file": folder / "refresh"}
    return OAuth.model_validate({**known, "token_url": endpoint.url, **more})


def test_a_token_is_got_once_and_renewed_before_it_ends(tmp_path: Path) -> None:
    clock = Clock()
    with TokenEndpoint(lambda sent: granted(str(len(endpoint.forms)))) as endpoint:
        tokens = Tokens(oauth(endpoint, tmp_path), USER, clock)
        assert [tokens.token(), tokens.token()] == ["1", "1"]
        clock.at = 3600 - 301
        assert tokens.token() == "1"
        clock.at = 3600 - 299
        assert tokens.token() == "2"
        assert tokens.token(refused="2") == "3"
        # Somebody else has seen to it meanwhile.
        assert tokens.token(refused="2") == "3"
    assert endpoint.forms[0] == {
        "grant_type": "refresh_token", "client_id": "lyhord", "refresh_token": "granted once",
    }  # fmt: skip


def test_a_new_refresh_token_is_kept_in_its_file_and_one_that_a_person_writes_goes_before_it(tmp_path: Path) -> None:
    file = tmp_path / "refresh"
    with TokenEndpoint(lambda sent: granted("a", refresh_token="second")) as endpoint:
        tokens = Tokens(oauth(endpoint, tmp_path), USER)
        tokens.token()
        assert (file.read_text(), file.stat().st_mode & 0o777) == ("second\n", 0o600)
        file.write_text("by hand\n")
        tokens.token(refused="a")
    assert [sent["refresh_token"] for sent in endpoint.forms] == ["granted once", "by hand"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["refresh"]


def test_a_new_refresh_token_that_has_no_file_is_used_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LYHORD_TEST_REFRESH", "first")
    with TokenEndpoint(lambda sent: granted("a", refresh_token="second")) as endpoint:
        known = oauth(endpoint, tmp_path, refresh_token_file=None, refresh_token_env="LYHORD_TEST_REFRESH")
        tokens = Tokens(known, USER)
        tokens.token()
        tokens.token(refused="a")
    assert [sent["refresh_token"] for sent in endpoint.forms] == ["first", "second"]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (refused(), Unauthorised),
        (refused("invalid_client", 401), Unauthorised),
        (refused("temporarily_unavailable"), Temporary),
        (refused("invalid_grant", 503), Temporary),
        (refused("slow_down", 429), Temporary),
        ((200, {"token_type": "Bearer"}), Temporary),
        ((404, {}), Temporary),
        ((400, {"error": "<script>"}), Temporary),
    ],
)
def test_only_what_a_person_must_mend_is_a_refusal(
    answer: tuple[int, dict[str, Any]], kind: type[Fault], tmp_path: Path
) -> None:
    with TokenEndpoint(lambda sent: answer) as endpoint:
        tokens = Tokens(oauth(endpoint, tmp_path), USER)
        with pytest.raises(Temporary) as told:
            tokens.token()
    assert type(told.value) is kind
    said = told.value.public + told.value.private
    assert "@" not in said
    assert "granted once" not in said
    if kind is Unauthorised:
        assert "AADSTS700082" in said


def test_a_provider_that_is_away_is_away(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        (tmp_path / "refresh").write_text("x")
        table = {"provider": "other", "client_id": "c", "refresh_token_file": tmp_path / "refresh"}
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/token"
        with pytest.raises(Temporary, match=r"login server 127\.0\.0\.1 cannot be reached"):
            Tokens(OAuth.model_validate({**table, "token_url": url}), USER).token()


def test_microsoft_by_client_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LYHORD_TEST_SECRET", "hemligt")
    one = OAuth(
        provider="microsoft", tenant="akerskolan.example", client_id="c", client_secret_env="LYHORD_TEST_SECRET"
    )
    assert one.url == "https://login.microsoftonline.com/akerskolan.example/oauth2/v2.0/token"
    assert form(one, USER, None, 0) == {
        "grant_type": "client_credentials",
        "client_id": "c",
        "client_secret": "hemligt",
        "scope": "https://outlook.office365.com/.default",
    }


def test_google_by_a_service_account_signs_for_the_mailbox(tmp_path: Path) -> None:
    key = generate_private_key(65537, 2048)
    file = service_account(tmp_path, key)
    sent = form(OAuth(provider="google", service_account_file=file), USER, None, 1000.5)
    assert sent["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
    signed, _, signature = sent["assertion"].rpartition(".")
    key.public_key().verify(decoded(signature), signed.encode(), PKCS1v15(), SHA256())
    assert json.loads(decoded(signed.split(".")[1])) == {
        "iss": "lyhord@project.example",
        "sub": USER,
        "scope": "https://mail.google.com/",
        "aud": "https://oauth2.googleapis.com/token",
        "iat": 1000,
        "exp": 4600,
    }


def service_account(folder: Path, key: RSAPrivateKey) -> Path:
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    file = folder / "account.json"
    file.write_text(json.dumps({"client_email": "lyhord@project.example", "private_key": pem, "private_key_id": "7"}))
    return file


def decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"client_email": "a", "private_key": "no key"}'])
def test_a_file_that_is_no_service_account_is_one_clear_line(content: str, tmp_path: Path) -> None:
    file = tmp_path / "account.json"
    file.write_text(content)
    with pytest.raises(BadSettings, match="oauth: "):
        form(OAuth(provider="google", service_account_file=file), USER, None, 0)


@pytest.mark.parametrize(
    ("table", "what"),
    [
        ({"provider": "microsoft", "client_id": "c", "client_secret_env": "X"}, "tenant"),
        ({"provider": "microsoft", "tenant": "t", "client_secret_env": "X"}, "client_id"),
        ({"provider": "microsoft", "tenant": "t/../u", "client_id": "c", "client_secret_env": "X"}, "tenant"),
        ({"provider": "microsoft", "tenant": "t", "client_id": "c"}, "client_secret"),
        ({"provider": "google", "client_id": "c", "client_secret_env": "X"}, "Google wants"),
        ({"provider": "other", "client_id": "c", "refresh_token_env": "X"}, "token_url"),
        ({"provider": "other", "client_id": "c", "refresh_token_env": "X", "token_url": "http://x.example/"}, "https"),
        ({"provider": "google", "client_id": "c", "refresh_token_env": "X", "password": "p"}, "password"),
    ],
)
def test_a_table_that_cannot_work_is_told(table: dict[str, str], what: str) -> None:
    with pytest.raises(ValidationError, match=what):
        OAuth.model_validate(table)


def test_a_secret_that_is_not_there_is_told_by_its_key(tmp_path: Path) -> None:
    assert "LYHORD_TEST_NONE" not in os.environ
    one = OAuth(provider="google", client_id="c", refresh_token_env="LYHORD_TEST_NONE")
    with pytest.raises(BadSettings, match=r"oauth\.refresh_token_env: the environment has no variable"):
        Tokens(one, USER).token()
