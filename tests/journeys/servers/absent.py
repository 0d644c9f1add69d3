"""A mailbox of somebody who is away: Dovecot with Sieve, which answers by itself (RFC 5230)."""

from __future__ import annotations

from pathlib import Path

from tests.journeys.servers import dovecot
from tests.journeys.servers.dovecot import Dovecot

PLUGIN = Path("/usr/lib/dovecot/modules/lib90_sieve_plugin.so")
_SETTINGS = """
submission_host = 127.0.0.1:%(port)d
protocol lmtp {
  mail_plugins = sieve
  auth_username_format = %%n
}
plugin {
  sieve = file:{folder}/home/%%n/sieve;active={folder}/home/%%n/away.sieve
  sieve_global_extensions =
}
"""
_SCRIPT = """require ["vacation"];
vacation :days 1 :addresses ["anna@mail.example"] :subject "Frånvaro" "Jag är ledig till och med måndag.";
"""


def missing() -> str:
    """Why no mailbox can answer by itself here; empty where one can."""
    return dovecot.missing() or ("" if PLUGIN.exists() else f"there is no {PLUGIN}: apt-get install dovecot-sieve")


def away(port: int) -> Dovecot:
    """The mailbox `anna@mail.example`, not started; what it answers goes to an SMTP server on that port."""
    server = Dovecot({"anna": "sommar"}, more=_SETTINGS % {"port": port})
    home = server.folder / "home" / "anna"
    home.mkdir()
    (home / "away.sieve").write_text(_SCRIPT, encoding="utf-8")
    server.own(home)
    return server
