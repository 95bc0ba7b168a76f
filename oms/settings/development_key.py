"""A secret key for one machine, made up at first use."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def development_key(folder: Path) -> str:
    """The key kept in ``folder``; made up, and readable by its owner alone, when there is none."""
    path = folder / "secret-key"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
    return path.read_text()
