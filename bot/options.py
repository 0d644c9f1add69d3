"""What several commands take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Config = Annotated[Path | None, typer.Option("--config", help="Settings file; default lyhord.toml where it exists.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
Paths = Annotated[list[Path], typer.Argument(help="Files or folders.")]
