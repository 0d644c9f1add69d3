"""Logs by structlog: an `action` and the case number, never names, addresses or text."""

from __future__ import annotations

import logging
import sys

import structlog

#: libraries whose lines hold addresses, texts or (httpx: in its URLs) the bot's token
_QUIET = ("httpx", "httpcore", "mail.log", "mail.debug", "aiosmtplib", "imapclient", "telegram", "alembic", "asyncio")


def configure(*, format_: str = "console", level: str = "info") -> None:
    """Sets up logging to stderr: `console` for people (colours only on a terminal) or `json`, one object a line."""
    number = logging.getLevelNamesMapping()[level.upper()]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if format_ == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.ERROR)


def log(**bound: object) -> structlog.stdlib.BoundLogger:
    """A logger; call it as `log().info("registered", action="registered", case="ALX 2026-0001")`."""
    logger: structlog.stdlib.BoundLogger = structlog.get_logger(**bound)
    return logger
