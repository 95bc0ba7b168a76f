"""Passwords and keys of the demonstration: made up on this machine, kept in a file only its owner reads."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path


class SignIns:
    """Each password is made up when it is first asked for."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._kept: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}

    def password(self, site: str, name: str) -> str:
        """Password of an account of a site."""
        key = f"{site}/{name}"
        if key not in self._kept:
            self._keep(key, secrets.token_urlsafe(9))
        return self._kept[key]

    def api_key(self, site: str) -> str:
        """API key of a site; empty where none has been kept."""
        return self._kept.get(f"{site}/api", "")

    def keep_api_key(self, site: str, token: str) -> None:
        """Keep the key that was just issued: the database holds only its digest."""
        self._keep(f"{site}/api", token)

    def _keep(self, key: str, value: str) -> None:
        self._kept[key] = value
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_suffix(".new")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(self._kept, file, indent=1)
        fresh.replace(self._path)  # whole or not at all, even if the process is killed here
