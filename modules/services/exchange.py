"""A profile as plain text files, one YAML file a document, so that it can live in the retailer's own git."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import yaml

from modules.domain.canonical import Body
from modules.domain.documents import Reference
from modules.models import Origin, ProfileDocument
from modules.profile import profile_at
from modules.selectors import head_number
from modules.services.revise import revise

_HEADER = "profile.yaml"


class BadExport(ValueError):
    """A folder cannot be imported; the message names the file and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import changed; ``revision`` is None where nothing differed."""

    revision: int | None
    changed: tuple[Reference, ...]


def profile_export(*, folder: Path, revision: int | None = None) -> int:
    """Write the profile, as it is or was at a revision, to an empty or earlier export's folder.

    ``<module>/<kind>/<key>.yaml`` for each document; files of documents that are gone are removed. Returns
    how many documents were written.
    """
    profile = profile_at(revision if revision is not None else head_number())
    if folder.exists() and any(folder.iterdir()) and not (folder / _HEADER).exists():
        message = f"{folder} is neither empty nor an earlier export"
        raise BadExport(message)
    folder.mkdir(parents=True, exist_ok=True)
    documents = profile.raw()
    wanted = {_path(folder, reference): document for reference, document in documents.items()}
    for path in folder.rglob("*.yaml"):
        if path not in wanted and path.name != _HEADER:
            path.unlink()
    for path, document in wanted.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        content: dict[str, Any] = {"body": document.body}
        if document.complement:
            content["complement"] = document.complement
        path.write_text(_yaml(content), encoding="utf-8")
    header = {"revision": profile.number, "adopted": dict(profile.adopted)}
    (folder / _HEADER).write_text(_yaml(header), encoding="utf-8")
    return len(documents)


def profile_import(*, folder: Path, author: str, reason: str, expected: int | None = None) -> ImportResult:
    """Make the profile what the folder says, in one revision: documents and adopted releases.

    Raises :class:`BadExport`, and whatever :func:`~modules.services.revise.revise` refuses; then nothing has
    changed.
    """
    adopted, documents = _read(folder)
    before = head_number()
    with revise(author=author, reason=reason, origin=Origin.IMPORT, expected=expected) as revision:
        for module in set(revision.adopted) - set(adopted):
            revision.adopt(module, None)
        for module, version in adopted.items():
            if revision.adopted.get(module) != version:
                revision.adopt(module, version)
        present = {Reference(*row) for row in ProfileDocument.objects.values_list("module", "kind", "key")}
        for reference in present - set(documents):
            revision.delete(reference.module, reference.kind, reference.key)
        for reference, (body, complement) in sorted(documents.items()):
            revision.put(reference.module, reference.kind, reference.key, body, complement)
    return ImportResult(before + 1, tuple(sorted(revision.touched)))


def _read(folder: Path) -> tuple[dict[str, str], dict[Reference, tuple[Body, Body]]]:
    header = _load(folder / _HEADER)
    adopted = header.get("adopted")
    if not isinstance(adopted, dict) or not all(isinstance(value, str) for value in adopted.values()):
        message = f"{folder / _HEADER}: `adopted` must name a release for each module"
        raise BadExport(message)
    documents = {}
    for path in sorted(folder.glob("*/*/*.yaml")):
        content = _load(path)
        body, complement = content.get("body"), content.get("complement", {})
        if not isinstance(body, dict) or not isinstance(complement, dict) or set(content) - {"body", "complement"}:
            message = f"{path}: must hold `body` (and `complement`, if any), each a mapping, and nothing else"
            raise BadExport(message)
        module, kind = path.parent.parent.name, path.parent.name
        documents[Reference(module, kind, unquote(path.stem))] = (body, complement)
    return adopted, documents


def _load(path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        message = f"{path} is missing: the folder is not a profile export"
        raise BadExport(message) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        message = f"{path} is not readable YAML: {error}"
        raise BadExport(message) from error
    if not isinstance(content, dict):
        message = f"{path} must hold a mapping"
        raise BadExport(message)
    return content


def _path(folder: Path, reference: Reference) -> Path:
    name = quote(reference.key, safe=" ()&,+-_@")
    name = re.sub(r"^\.", "%2E", name)
    return folder / reference.module / reference.kind / f"{name}.yaml"


def _yaml(content: dict[str, Any]) -> str:
    return str(yaml.safe_dump(content, sort_keys=True, allow_unicode=True, width=100))
