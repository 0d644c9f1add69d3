"""Where the encoder cannot run, all goes on by the words alone, and whoever runs the service is told."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from tests.journeys.house import House
from tests.journeys.mails import complaint
from tests.journeys.test_conversation import post


async def test_without_the_encoder_a_complaint_takes_the_whole_way_and_the_log_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """B6: classified by its words."""
    # To Python a module that is not installed.
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with capture_logs() as lines:
        async with post() as relay, House(tmp_path, relay) as house:
            case, letter = await house.opened(complaint("alexanderskolan", "sv"))
    assert case.reference in letter.subject + letter.text
    (told,) = [line for line in lines if line.get("action") == "by_words_alone"]
    assert told["log_level"] == "warning"
    assert told["event"].startswith("onnxruntime is not installed here")
