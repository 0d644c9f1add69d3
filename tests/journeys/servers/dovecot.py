"""A private Dovecot 2.3 in a temporary folder; as root it drops to the user `mail`, else it runs as who starts it."""

from __future__ import annotations

import base64
import contextlib
import grp
import os
import pwd
import shutil
import signal
import smtplib
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from imapclient import IMAPClient

from tests.journeys.ports import free_port
from tests.journeys.servers.certificates import Certificates

PROGRAM = "/usr/sbin/dovecot"

_SETTINGS = """\
base_dir = {folder}/run
state_dir = {folder}/state
instance_name = {name}
log_path = {folder}/dovecot.log
protocols = imap lmtp
listen = 127.0.0.1
ssl = {ssl}
{ssl_files}
disable_plaintext_auth = no
auth_mechanisms = plain login xoauth2
auth_failure_delay = 0
auth_cache_size = 0
default_internal_user = {internal}
default_login_user = {login}
default_internal_group = {group}
first_valid_uid = 1
first_valid_gid = 1
mail_uid = {uid}
mail_gid = {gid}
mail_location = maildir:{folder}/home/%n/Maildir
mail_fsync = always
maildir_stat_dirs = no
recipient_delimiter = +
lmtp_save_to_detail_mailbox = no
hostname = mail.example
mail_max_userip_connections = 50
imap_capability = {capability}
namespace inbox {{
  inbox = yes
  separator = /
}}
passdb {{
  driver = passwd-file
  mechanisms = plain login
  args = scheme=plain username_format=%n {folder}/users
}}
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {folder}/oauth2.conf
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/home/%n allow_all_users=yes
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    port = {lmtp}
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
service auth {{
  user = {internal}
}}
service auth-worker {{
  user = {internal}
}}
"""

#: tokens are checked without asking anybody: the key lies in the folder
_TOKENS = """\
introspection_mode = local
local_validation_key_dict = fs:posix:prefix={folder}/keys/
username_attribute = email
username_format = %n
force_introspection = yes
"""


def missing() -> str:
    """Why no Dovecot can be run here; empty where one can."""
    return "" if Path(PROGRAM).exists() else f"there is no {PROGRAM}: apt-get install dovecot-imapd dovecot-lmtpd"


class Dovecot:
    """IMAP and LMTP for a few users; the ports stay the same through `stop`, `kill` and `start`."""

    def __init__(
        self,
        users: dict[str, str],
        tls: Certificates | None = None,
        *,
        folder: Path | None = None,
        capability: str = "",
        more: str = "",
    ) -> None:
        """`more`: further lines of its settings; `{folder}` stands for its folder."""
        # The path must be short: a Unix socket's has at most 107 bytes.
        self.folder = Path(tempfile.mkdtemp(prefix="dc-", dir="/tmp")) if folder is None else folder
        self.host = "127.0.0.1"
        self.imap, self.imaps, self.lmtp = (free_port() for _ in range(3))
        self._users = dict(users)
        self._running: subprocess.Popen[bytes] | None = None
        self._prepare(tls, capability, more)

    def _prepare(self, tls: Certificates | None, capability: str, more: str) -> None:
        root, me = os.geteuid() == 0, pwd.getpwuid(os.geteuid())
        owner = pwd.getpwnam("mail") if root else me
        for name in ("run", "state", "home"):
            (self.folder / name).mkdir(parents=True)
        self.folder.chmod(0o755)
        os.chown(self.folder / "home", owner.pw_uid, owner.pw_gid)
        settings = _SETTINGS.format(
            folder=self.folder,
            name=self.folder.name,
            ssl="yes" if tls else "no",
            ssl_files=f"ssl_cert = <{tls.certificate}\nssl_key = <{tls.key}\nssl_dh =" if tls else "",
            internal="dovecot" if root else me.pw_name,
            login="dovenull" if root else me.pw_name,
            group="dovecot" if root else grp.getgrgid(me.pw_gid).gr_name,
            uid=owner.pw_uid,
            gid=owner.pw_gid,
            capability=capability,
            imap=self.imap,
            imaps=self.imaps if tls else 0,
            lmtp=self.lmtp,
        )
        (self.folder / "dovecot.conf").write_text(settings + more.replace("{folder}", str(self.folder)))
        (self.folder / "oauth2.conf").write_text(_TOKENS.format(folder=self.folder))
        self.set_key(b"a key for tokens that nobody knows")
        self._write_users()

    def own(self, folder: Path) -> None:
        """Gives a folder and what is in it to the user that keeps the mail."""
        owner = (self.folder / "home").stat()
        for path in (folder, *folder.rglob("*")):
            os.chown(path, owner.st_uid, owner.st_gid)

    # --- running ----------------------------------------------------------------------------------------------------

    def start(self) -> Dovecot:
        """Starts it and waits until it greets."""
        with (self.folder / "out").open("ab") as out:
            self._running = subprocess.Popen(
                [PROGRAM, "-F", "-c", str(self.folder / "dovecot.conf")],
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        end = time.monotonic() + 15
        while time.monotonic() < end and self._running.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection((self.host, self.imap), 1) as line:
                line.settimeout(5)
                if line.recv(64).startswith(b"* OK"):
                    return self
            time.sleep(0.02)
        raise RuntimeError((self.folder / "out").read_text() + self.log())

    def stop(self) -> None:
        """Stops it in order, all its sessions too."""
        if self._running:
            self._running.send_signal(signal.SIGTERM)
            self._running.wait(15)
            self._running = None

    def kill(self) -> None:
        """Kills it and all its sessions at once (SIGKILL)."""
        if self._running:
            os.killpg(self._running.pid, signal.SIGKILL)
            self._running.wait(15)
            self._running = None
            shutil.rmtree(self.folder / "run")
            (self.folder / "run").mkdir()

    def close(self) -> None:
        """Kills it and removes its folder."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def log(self) -> str:
        """What it has logged."""
        path = self.folder / "dovecot.log"
        return path.read_text() if path.exists() else ""

    # --- users and mail ---------------------------------------------------------------------------------------------

    def set_password(self, user: str, password: str) -> None:
        """Changes the password of a user, from the next login on."""
        self._users[user] = password
        self._write_users()

    def set_key(self, key: bytes) -> None:
        """Tokens have to be signed with this key from the next start on."""
        self.key, file = key, self.folder / "keys" / "default" / "HS256" / "default"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(base64.b64encode(key).decode())

    def _write_users(self) -> None:
        (self.folder / "users").write_text("".join(f"{user}:{{PLAIN}}{word}\n" for user, word in self._users.items()))

    def deliver(self, user: str, content: bytes, *, sender: str = "anna.berg@foralder.example") -> None:
        """Delivers a mail by Dovecot's own LMTP, as a mail server would."""
        with smtplib.LMTP(self.host, self.lmtp) as lmtp:
            lmtp.sendmail(sender, [f"{user}@mail.example"], content)

    @contextlib.contextmanager
    def client(self, user: str, folder: str = "INBOX") -> Iterator[Any]:
        """A person's own mail program, logged in, with a folder selected."""
        with IMAPClient(self.host, self.imap, ssl=False, timeout=15) as client:
            client.login(user, self._users[user])
            client.select_folder(folder)
            yield client

    def mails(self, user: str, folder: str = "INBOX") -> dict[bytes, set[bytes]]:
        """The mails in a folder, by content, each with its flags (without \\Recent)."""
        with self.client(user, folder) as client:
            found = client.fetch(client.search(), ["BODY.PEEK[]", "FLAGS"])
            return {mail[b"BODY[]"]: set(mail[b"FLAGS"]) - {b"\\Recent"} for mail in found.values()}

    def mail_files(self, user: str) -> list[Path]:
        """The files of the mails in the inbox."""
        folder = self.folder / "home" / user / "Maildir"
        return sorted(path for name in ("new", "cur") for path in (folder / name).iterdir())

    def renumber(self, user: str) -> None:
        """Numbers the inbox anew: another UIDVALIDITY, other UIDs. To be called while it is stopped."""
        folder = self.folder / "home" / user / "Maildir"
        uids = folder / "dovecot-uidlist"
        version, validity, *_ = uids.read_text().split("\n", 1)[0].split()
        owner = uids.stat()
        for path in folder.glob("dovecot*"):
            path.unlink()
        uids.write_text(f"{version} V{int(validity[1:]) + 7} N1\n")
        os.chown(uids, owner.st_uid, owner.st_gid)
