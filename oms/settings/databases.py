"""Which server, and as whom: from one address to the login roles that work with it.

``DATABASE_URL`` names a server, a database and an account. When the account is one of the product's own login
roles (``oms_app`` …) the process is that role and knows no other: so a production web process is set up.
Otherwise the account is the administrator's, and the login roles share its address with passwords of their own.
"""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

from oms.infra.postgres import EmbeddedServer

#: Login role -> the environment variable with its password.
LOGIN_ROLES = {
    "oms_app": "OMS_APP_PASSWORD",
    "oms_deploy": "OMS_DEPLOY_PASSWORD",
    "oms_jobs": "OMS_JOBS_PASSWORD",
}


class Address:
    """A PostgreSQL server and database, and the accounts with which the product logs in."""

    def __init__(self, url: str, passwords: dict[str, str]) -> None:
        self.url = url
        self._passwords = passwords

    def as_role(self, role: str) -> str:
        """The URL for a login role; the URL as it is when it already names one of the login roles."""
        parts = urlsplit(self.url)
        if unquote(parts.username or "") in LOGIN_ROLES:
            return self.url
        password = f":{quote(self._passwords[role], safe='')}" if self._passwords.get(role) else ""
        host = parts.netloc.rpartition("@")[2]
        return urlunsplit(parts._replace(netloc=f"{role}{password}@{host}"))

    def django(self, role: str, engine: str, **options: Any) -> dict[str, Any]:
        """The entry of Django's ``DATABASES`` for a login role."""
        parts = urlsplit(self.as_role(role))
        query = dict(parse_qsl(parts.query))
        host = query.pop("host", None) or parts.hostname or ""
        return {
            "ENGINE": engine,
            "NAME": unquote(parts.path.lstrip("/")),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": host,
            "PORT": str(query.pop("port", None) or parts.port or ""),
            "OPTIONS": {**query, **options},
        }

    def with_database(self, name: str) -> Address:
        """The same server and accounts, another database."""
        return Address(urlunsplit(urlsplit(self.url)._replace(path=f"/{name}")), self._passwords)

    @property
    def database(self) -> str:
        """Name of the database."""
        return unquote(urlsplit(self.url).path.lstrip("/"))

    @property
    def passwords(self) -> dict[str, str]:
        """Password of each login role; empty where the server trusts the socket."""
        return self._passwords


def embedded_address(folder: Path, database: str, *, scratch: bool = False) -> Address:
    """Start the embedded server if need be. Its socket lies in a folder that only its owner can enter."""
    url = EmbeddedServer(folder, scratch=scratch).start()
    return Address(url, {}).with_database(database)


def given_address(url: str, data_folder: Path) -> Address:
    """A server of the user's own. Passwords not in the environment are made up once and kept in a file."""
    parts = urlsplit(url)
    if not parts.path.strip("/"):
        parts = parts._replace(path="/oms")
    url = urlunsplit(parts._replace(query=urlencode(parse_qsl(parts.query))))
    if unquote(parts.username or "") in LOGIN_ROLES:
        return Address(url, {})
    passwords = {role: os.environ[name] for role, name in LOGIN_ROLES.items() if os.environ.get(name)}
    if len(passwords) < len(LOGIN_ROLES):
        passwords = _kept_passwords(data_folder / "database-passwords.json") | passwords
    return Address(url, passwords)


def _kept_passwords(path: Path) -> dict[str, str]:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        made = {role: secrets.token_urlsafe(24) for role in LOGIN_ROLES}
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(made, file)
    kept: dict[str, str] = json.loads(path.read_text())
    return kept
