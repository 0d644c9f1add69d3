"""A mail provider's token endpoint on loopback, and tokens that Dovecot checks by itself (JWT with HS256, RFC 7519)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl

Answer = tuple[int, dict[str, Any]]


class TokenEndpoint:
    """Answers every form by what `answer` makes of it."""

    def __init__(self, answer: Callable[[dict[str, str]], Answer]) -> None:
        self.answer = answer
        #: the forms that came
        self.forms: list[dict[str, str]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_port}/token"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


def granted(token: str, seconds: int = 3600, **more: str) -> Answer:
    """A token."""
    return 200, {"access_token": token, "token_type": "Bearer", "expires_in": seconds, **more}


def refused(code: str = "invalid_grant", status: int = 400) -> Answer:
    """What a provider says to a grant that was revoked."""
    return status, {"error": code, "error_description": "AADSTS700082: The refresh token has expired. anna@x.example"}


def jwt(user: str, key: bytes, seconds: int = 3600) -> str:
    """A token for a user that ends in so many seconds."""
    now = int(time.time())
    claims = {"sub": user, "email": user, "iat": now - 60, "nbf": now - 60, "exp": now + seconds}
    signed = f"{_part({'alg': 'HS256', 'typ': 'JWT'})}.{_part(claims)}"
    return f"{signed}.{_base64url(hmac.new(key, signed.encode(), hashlib.sha256).digest())}"


def _part(fields: dict[str, Any]) -> str:
    return _base64url(json.dumps(fields).encode())


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _handler(endpoint: TokenEndpoint) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            form = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
            endpoint.forms.append(form)
            status, shape = endpoint.answer(form)
            body = json.dumps(shape).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name there
            pass

    return Handler
