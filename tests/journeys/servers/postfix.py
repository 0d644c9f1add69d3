"""A private Postfix in a temporary folder that hands everything over by LMTP; needs root, touches nothing else."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import smtplib
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.journeys.ports import free_port

PROGRAM = "/usr/sbin/postfix"

_MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/spool
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
meta_directory = /etc/postfix
shlib_directory = /usr/lib/postfix
mail_owner = postfix
setgid_group = postdrop
multi_instance_name =
maillog_file = {folder}/mail.log
maillog_file_prefixes = /tmp, /var
myhostname = mx.example
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
alias_database =
local_recipient_maps =
virtual_mailbox_domains = {domains}
virtual_mailbox_maps =
virtual_transport = lmtp:inet:127.0.0.1:{lmtp}
default_transport = error:outbound mail is off
disable_dns_lookups = yes
smtpd_peername_lookup = no
smtputf8_enable = yes
message_size_limit = 40000000
mailbox_size_limit = 0
lmtp_connect_timeout = 5s
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
recipient_delimiter = +
queue_run_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 2s
"""

_MASTER = """\
127.0.0.1:{smtp} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 1 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
lmtp unix - - n - - lmtp
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
showq unix n - n - - showq
proxymap unix - - n - - proxymap
tlsmgr unix - - n 1000? 1 tlsmgr
postlog unix-dgram n - n - 1 postlogd
"""


def missing() -> str:
    """Why no Postfix can be run here; empty where one can."""
    if not Path(PROGRAM).exists():
        return f"there is no {PROGRAM}: apt-get install postfix"
    return "" if os.geteuid() == 0 else "Postfix starts only as root"


class Postfix:
    """The mail server in front: takes mail for some domains by SMTP and keeps it until LMTP has taken it."""

    def __init__(self, lmtp: int, *domains: str) -> None:
        self.lmtp = lmtp
        self.folder = Path(tempfile.mkdtemp(prefix="pf-", dir="/tmp"))
        self.folder.chmod(0o755)
        for name in ("etc", "spool", "data"):
            (self.folder / name).mkdir(mode=0o755)
        os.chown(self.folder / "data", pwd.getpwnam("postfix").pw_uid, 0)
        self.port = free_port()
        main = _MAIN.format(folder=self.folder, lmtp=lmtp, domains=", ".join(domains))
        (self.folder / "etc" / "main.cf").write_text(main)
        (self.folder / "etc" / "master.cf").write_text(_MASTER.format(smtp=self.port))

    def start(self) -> Postfix:
        """Starts it and waits until it greets."""
        said = self._postfix("start")
        end = time.monotonic() + 60
        while time.monotonic() < end:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 5) as line:
                if line.recv(99).startswith(b"220"):
                    return self
            time.sleep(0.05)
        raise RuntimeError(said + self.log())

    def close(self) -> None:
        """Stops it and removes its folder."""
        self._postfix("stop")
        shutil.rmtree(self.folder, ignore_errors=True)

    def take(self, sender: str, to: str, content: bytes) -> None:
        """A mail from outside; returns once Postfix has said 250."""
        with smtplib.SMTP("127.0.0.1", self.port, timeout=60) as client:
            client.sendmail(sender, [to], content)

    def waiting(self) -> dict[str, str]:
        """The recipients that wait in the queue, each with why."""
        said = subprocess.run(
            ["postqueue", "-c", str(self.folder / "etc"), "-j"], capture_output=True, text=True, check=False
        )
        mails: list[Any] = [json.loads(line) for line in said.stdout.splitlines()]
        return {one["address"]: one.get("delay_reason", "") for mail in mails for one in mail["recipients"]}

    def log(self) -> str:
        """What it has logged."""
        path = self.folder / "mail.log"
        return path.read_text() if path.exists() else ""

    def _postfix(self, word: str) -> str:
        said = subprocess.run(
            [PROGRAM, "-c", str(self.folder / "etc"), word], capture_output=True, text=True, check=False
        )
        return said.stdout + said.stderr
