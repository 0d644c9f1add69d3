"""What is shown to a provider to get a token, as the fields of its form (RFC 6749, RFC 7523)."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from access.oauth import OAuth
from access.secrets import needed, secret
from register.errors import BadSettings

#: seconds that a signed request may be used for; Google allows no more
_LIFE = 3600
_JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"


def form(oauth: OAuth, user: str, refresh_token: str | None, now: float) -> dict[str, str]:
    """The fields; secrets are read anew each time. Raises BadSettings. `now`: seconds since 1970."""
    if oauth.grant == "service_account":
        return {"grant_type": _JWT_BEARER, "assertion": _assertion(oauth, user, now)}
    client_secret = secret("oauth.client_secret", oauth.client_secret_env, oauth.client_secret_file)
    fields = {"grant_type": oauth.grant, "client_id": oauth.client_id, "client_secret": client_secret}
    fields |= {"refresh_token": refresh_token, "scope": oauth.scopes}
    return {name: value for name, value in fields.items() if value}


def refresh_token(oauth: OAuth) -> str | None:
    """The refresh token of the settings; None for another grant. Raises BadSettings."""
    if oauth.grant != "refresh_token":
        return None
    return needed("oauth.refresh_token", oauth.refresh_token_env, oauth.refresh_token_file)


def _assertion(oauth: OAuth, user: str, now: float) -> str:
    """A request in the name of `user`, signed by the service account (RS256)."""
    file = oauth.service_account_file
    assert file is not None  # noqa: S101 - the grant says so
    account = _account(file)
    claims = {
        "iss": account["client_email"],
        "sub": user,
        "scope": oauth.scopes or "",
        "aud": oauth.url,
        "iat": int(now),
        "exp": int(now) + _LIFE,
    }
    head = {"alg": "RS256", "typ": "JWT", "kid": account.get("private_key_id", "")}
    signed = f"{_part(head)}.{_part(claims)}"
    return f"{signed}.{_base64url(_signature(account['private_key'], signed.encode(), file))}"


def _account(file: Path) -> dict[str, str]:
    try:
        account: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))
        if not isinstance(account["client_email"], str) or not isinstance(account["private_key"], str):
            raise TypeError
    except OSError as error:
        raise BadSettings(f"oauth: service_account_file {file} cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError):
        raise BadSettings(f"oauth: {file} is no key of a service account; get the JSON one from Google") from None
    return account


def _signature(pem: str, signed: bytes, file: Path) -> bytes:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(pem.encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise BadSettings(f"oauth: the private key in {file} cannot be used") from None
    if not isinstance(key, RSAPrivateKey):
        raise BadSettings(f"oauth: the private key in {file} is no RSA key")
    return key.sign(signed, PKCS1v15(), SHA256())


def _part(fields: Mapping[str, Any]) -> str:
    return _base64url(json.dumps(fields, separators=(",", ":")).encode())


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
