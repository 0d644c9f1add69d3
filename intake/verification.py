"""SPF, DKIM and DMARC looked up by ourselves (RFC 7208, 6376, 7489), where no mail server of ours has done it.

Needs the extra `authenticity`. Every question to the DNS goes through one function that the caller may bring.
"""

from __future__ import annotations

import ipaddress
import re
import time
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from register.errors import BadSettings
from register.records import Authenticity, RawMessage, Submission

#: answers of the DNS to a name and a type: TXT joined, A and AAAA as addresses, MX as `10 host`, PTR as a host.
#: Empty: there is none; raises OSError where no answer can be had now
Lookup = Callable[[str, str], Sequence[str]]

#: the questions of one mail, and seconds for all of them; what comes after is answered with `temperror`
MAX_QUESTIONS = 40
PATIENCE = 8.0
#: signatures of one mail that are looked at, and bytes of a mail that are
MAX_SIGNATURES = 5
MAX_MAIL = 10_000_000

_FROM = re.compile(r"from\s+(\S+)\s+\([^()]*?\[(?:IPv6:)?([0-9a-f.:]+)\]", re.I)


def available() -> None:
    """Raises BadSettings where what this needs is not installed."""
    try:
        import dkim  # noqa: F401 - only whether it is there
        import publicsuffixlist  # noqa: F401 - only whether it is there
        import spf  # noqa: F401 - only whether it is there
    except ImportError:
        raise BadSettings(
            "channels: verify_sender needs further packages: pip install 'lyhord[authenticity]'"
        ) from None


def verified(submission: Submission, raw: RawMessage, *, own_received: int, lookup: Lookup) -> Authenticity:
    """What the sender's domain says of a mail; never raises.

    `own_received`: the lowest of so many Received fields is our own server's and names the machine that it came from.
    """
    domain = submission.sender.value.rpartition("@")[2].lower() if submission.sender else ""
    if not domain or len(raw.content) > MAX_MAIL or len(submission.all("from")) != 1:
        return Authenticity()
    asked = _Asked(lookup)
    spf, spf_domain = _spf(submission, own_received, asked)
    dkim, signed_by = _dkim(raw.content, asked)
    dmarc, policy = _dmarc(domain, ({spf_domain} if spf == "pass" else set()), signed_by, spf, dkim, asked)
    return Authenticity(spf=spf, dkim=dkim, dmarc=dmarc, policy=policy, by="lyhord")


class _Asked:
    """The DNS for one mail: so many questions, and so long."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup
        self._until = time.monotonic() + PATIENCE
        self._left = MAX_QUESTIONS

    def __call__(self, name: str, kind: str) -> Sequence[str]:
        self._left -= 1
        if self._left < 0 or time.monotonic() > self._until:
            raise TimeoutError("too many questions, or too slow answers")
        return self._lookup(name.rstrip(".").lower(), kind)

    def text(self, name: bytes | str, timeout: float = 0) -> bytes | None:
        """A TXT record as dkimpy wants it."""
        written = name.decode("ascii", "replace") if isinstance(name, bytes) else name
        found = self(written, "TXT")
        return found[0].encode() if found else None


def _spf(submission: Submission, own_received: int, asked: _Asked) -> tuple[str, str]:
    """The result and the domain that it is about (RFC 7208); empty where the machine that sent it is not known."""
    fields = submission.all("received")[:own_received]
    came = _FROM.search(fields[-1]) if len(fields) == own_received and fields else None
    if came is None or not _is_public(came[2]):
        return "", ""
    helo, address = came[1], came[2]
    sender = submission.envelope_from or f"postmaster@{helo}"
    query = _spf_query()(i=address, s=sender, h=helo, asked=asked)
    try:
        return str(query.check()[0]), sender.rpartition("@")[2].lower()
    # The package raises whatever a stranger's record makes it stumble over.
    except Exception:  # noqa: BLE001
        return "permerror", ""


def _is_public(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_global
    except ValueError:
        return False


@cache
def _spf_query() -> Any:
    """The query of pyspf with our own function for the DNS, which the package has as a global of its module."""
    import spf

    class Query(spf.query):  # type: ignore[misc]  # the package has no types
        def __init__(self, *, asked: _Asked, **known: str) -> None:
            super().__init__(**known)
            self._asked = asked

        def dns(self, name: str, qtype: str, cnames: Any = None, ignore_void: bool = False) -> list[Any]:
            if qtype == "SPF":
                return []
            try:
                found = [_as_pyspf(one, qtype) for one in self._asked(str(name), qtype)]
            except OSError as error:
                raise spf.TempError(f"DNS {type(error).__name__}") from None
            if not found and not ignore_void:
                self.void_lookups += 1
                if self.void_lookups > spf.MAX_VOID_LOOKUPS:
                    raise spf.PermError("too many names that are not there")
            return found

    return Query


def _as_pyspf(answer: str, kind: str) -> Any:
    if kind == "TXT":
        return (answer.encode(),)
    if kind == "MX":
        preference, _, host = answer.partition(" ")
        return int(preference), host
    return answer


def _dkim(content: bytes, asked: _Asked) -> tuple[str, set[str]]:
    """The best result of the signatures (RFC 6376), and the domains whose signature is sound."""
    import dkim

    number = len(re.findall(rb"(?im)^dkim-signature:", content[:200_000]))
    results: list[str] = []
    domains: set[str] = set()
    for place in range(min(number, MAX_SIGNATURES)):
        try:
            mail = dkim.DKIM(content)
            sound = mail.verify(idx=place, dnsfunc=asked.text)
            results.append("pass" if sound else "fail")
            if sound:
                domains.add(mail.domain.decode("ascii").lower())
        except OSError:
            results.append("temperror")
        except dkim.ValidationError:
            results.append("fail")
        # Not only the package's own exception: strangers' signatures make it stumble in every way.
        except Exception:  # noqa: BLE001
            results.append("permerror")
    best = next((one for one in ("pass", "temperror", "fail", "permerror") if one in results), "none")
    return best, domains


def _dmarc(
    domain: str, spf_domains: set[str], signed_by: set[str], spf: str, dkim: str, asked: _Asked
) -> tuple[str, str]:
    """The result and the policy (RFC 7489); empty where what it would need could not be looked at."""
    try:
        record, inherited = _record(domain, asked)
    except OSError:
        return "temperror", ""
    if not record:
        return "none", ""
    policy = record.get("sp", record["p"]) if inherited else record["p"]
    spf_strict, dkim_strict = record.get("aspf") == "s", record.get("adkim") == "s"
    aligned = any(_aligned(domain, one, strict=spf_strict) for one in spf_domains) or any(
        _aligned(domain, one, strict=dkim_strict) for one in signed_by
    )
    if aligned:
        return "pass", policy
    # Where the machine that sent it is not known, SPF might have passed.
    unknown = spf in ("", "temperror") or dkim == "temperror"
    return ("" if spf == "" else "temperror") if unknown else "fail", policy


def _record(domain: str, asked: _Asked) -> tuple[dict[str, str], bool]:
    """The tags of the domain's record, or of its organisation's; whether it is the organisation's."""
    organisation = _organisation(domain)
    for name in dict.fromkeys((domain, organisation)):
        found = [one for one in asked(f"_dmarc.{name}", "TXT") if re.match(r"v\s*=\s*DMARC1\b", one)]
        if len(found) == 1:
            pairs = (part.partition("=") for part in found[0].split(";"))
            tags = {key.strip().lower(): value.strip().lower() for key, _, value in pairs}
            if tags.get("p") in ("none", "quarantine", "reject"):
                return tags, name != domain
    return {}, False


def _aligned(domain: str, other: str, *, strict: bool) -> bool:
    return domain == other if strict else _organisation(domain) == _organisation(other)


@cache
def _suffixes() -> Any:
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList()


def _organisation(domain: str) -> str:
    """The domain that somebody has registered: `skola.se` for `post.skola.se`."""
    return str(_suffixes().privatesuffix(domain) or domain)


def ask_dns(name: str, kind: str) -> Sequence[str]:
    """The answers of the machine's own resolver; the Lookup of the running program."""
    import dns.exception
    import dns.resolver

    try:
        answers = dns.resolver.resolve(name, kind, lifetime=2.0)
    except (dns.resolver.NoAnswer, dns.resolver.NXDOMAIN):
        return ()
    except dns.exception.DNSException as error:
        raise OSError(type(error).__name__) from None
    if kind == "TXT":
        return [b"".join(one.strings).decode("utf-8", "replace") for one in answers]
    return [one.to_text().rstrip(".") for one in answers]
