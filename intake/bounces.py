"""Did a letter come back? What the standard says of it, and what mail systems without it write instead."""

from __future__ import annotations

import re

from intake import automatic
from register.records import Submission


def evidence(submission: Submission) -> str:
    """Why a message is a delivery report (RFC 3464) or says the same in its own words; empty where it is none."""
    return _delivery_report(submission) or _old_bounce(submission)


def report_type(submission: Submission) -> str:
    """The report-type of a multipart/report (RFC 6522), in lower case; empty where it is none."""
    value = submission.header("content-type").lower()
    found = re.search(r"report-type\s*=\s*\"?([\w-]+)", value)
    return found[1] if found and value.startswith("multipart/report") else ""


def _delivery_report(submission: Submission) -> str:
    if report_type(submission) == "delivery-status":
        return "Content-Type: multipart/report; report-type=delivery-status"
    if any(
        file.type in ("message/delivery-status", "message/global-delivery-status") for file in submission.attachments
    ):
        return "a message/delivery-status part"
    if submission.header("x-failed-recipients"):
        return "X-Failed-Recipients"
    return ""


def _old_bounce(submission: Submission) -> str:
    """The evidence of a bounce outside the standard: who sends it, over which path, and what it says."""
    if automatic.is_daemon(submission):
        return "from a mail system's own address"
    words = automatic.bounce_subject(submission.subject)
    plain = words in automatic.WHOLE_SUBJECTS
    null = submission.envelope_from == ""
    called, post, machine = (
        known(submission) for known in (automatic.is_called_daemon, automatic.is_postmaster, automatic.is_machine)
    )
    if not (words or null or called or post or machine):
        # Nothing but the text could say it, and that alone never does.
        return ""
    fails = automatic.FAILURE.search(submission.text[:20_000]) is not None
    returns = bool(submission.returned_headers) or automatic.RETURNS.search(submission.text[:20_000]) is not None
    if called and (words or null or fails):
        return "from a mail system, about a delivery"
    if post and (words or (fails and (null or returns))):
        return "from a postmaster, about a delivery"
    if machine and fails and returns:
        return "from a machine, about a delivery"
    if words and fails and (null or returns or plain or automatic.STATUS.search(submission.text[:20_000])):
        return f"Subject: {words}"
    if (words or (fails and returns)) and null:
        return "over the null path, about a delivery"
    return ""
