"""Releases are found by their folders, stand alone, and are told apart from what was sealed."""

from __future__ import annotations

import ast
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from modules.domain.releases import Version

ROOT = Path(__file__).resolve().parents[2]
HOMES = {
    "order_management": (ROOT / "orders" / "releases", "orders.domain"),
    "order_routing": (ROOT / "fulfilment" / "routing" / "releases", "fulfilment.routing.domain"),
}
FOLDERS = [folder for home, _ in HOMES.values() for folder in sorted(home.glob("r[0-9]*"))]
PUBLISHED = [home / name for home, _ in HOMES.values() for name in ("r1_0_0", "r1_1_0", "r2_0_0")]
#: What a release may import besides: numbers in, numbers out.
BESIDES = dict.fromkeys(("r3_0_0", "r3_0_1", "r3_0_2"), ("numpy", "fulfilment.routing.optimisation"))
PARTS = ("__init__.py", "documents.py", "policies.py", "workflow.py", "screens.py", "NOTES.md")


@pytest.fixture(scope="module", autouse=True)
def _django() -> None:
    """The registry asks Django for the installed apps; nothing here asks for a database."""
    import django
    from django.apps import apps

    if not apps.ready:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "oms.settings.typecheck")
        django.setup()


@pytest.mark.parametrize("module", HOMES)
def test_the_registry_finds_the_releases_of_each_module(module: str) -> None:
    from modules import registry

    found = registry.releases_of(module)
    assert [str(item.release.version) for item in found][:3] == ["1.0.0", "1.1.0", "2.0.0"]
    assert {item.folder for item in found} == set(HOMES[module][0].glob("r[0-9]*"))
    assert all(item.notes.startswith("# Order ") for item in found)
    assert [item.release.up is None for item in found] == [True] + [False] * (len(found) - 1)
    assert [item.release.down is None for item in found] == [True] + [False] * (len(found) - 1)
    assert module in registry.module_names()


def test_releases_of_a_module_differ_in_the_shape_of_their_documents() -> None:
    from modules import registry

    for module in HOMES:
        shapes = [
            {name: sorted(kind.model.model_fields) for name, kind in item.release.kinds.items()}
            for item in registry.releases_of(module)
        ]
        assert shapes[0] != shapes[1] != shapes[2] != shapes[0]


def test_every_field_has_a_title_and_a_help_text_and_defaults_fit() -> None:
    from modules import registry

    for module in HOMES:
        for item in registry.releases_of(module):
            for kind in item.release.kinds.values():
                schema = kind.model.model_json_schema(mode="validation")
                for part in (schema, *schema.get("$defs", {}).values()):
                    for name, field in part["properties"].items():
                        assert field.get("title"), f"{item.folder}: {kind.name}.{name}"
                        assert field.get("description"), f"{item.folder}: {kind.name}.{name}"
                for body in kind.defaults.values():
                    kind.model.model_validate(body)
                assert kind.singleton is None or list(kind.defaults) == [kind.singleton]


def _imports(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((0, name.name) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.level, node.module or ""


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: f"{folder.parent.parent.name}-{folder.name}")
def test_a_release_stands_alone(folder: Path) -> None:
    domain = next(domain for home, domain in HOMES.values() if home == folder.parent)
    allowed = ("modules.domain", "modules.contracts", "pydantic", domain, *BESIDES.get(folder.name, ()))
    for path in sorted(folder.rglob("*.py")):
        for level, name in _imports(path):
            if level:
                assert level == 1, f"{path} reaches out of its folder"
            elif name.partition(".")[0] not in sys.stdlib_module_names:
                assert name.startswith(allowed), f"{path} imports {name}"
        for node in ast.walk(ast.parse(path.read_text())):
            assert not (isinstance(node, ast.Name) and node.id in ("__import__", "import_module")), path
    assert set(PARTS) <= {path.name for path in folder.iterdir()}
    assert (folder / "convert.py").exists() == (folder.name != "r1_0_0")


@pytest.mark.parametrize("folder", PUBLISHED, ids=lambda folder: f"{folder.parent.parent.name}-{folder.name}")
def test_a_sealed_release_is_as_it_was_sealed(folder: Path) -> None:
    from modules.registry import SEAL, folder_digest

    assert (folder / SEAL).read_text().strip() == folder_digest(folder)


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "policies.py").write_bytes((folder / "policies.py").read_bytes() + b"\n"),
        lambda folder: (folder / "NOTES.md").unlink(),
        lambda folder: (folder / "screens.py").rename(folder / "screen.py"),
        lambda folder: (folder / "more.py").write_text(""),
    ],
    ids=["edited", "removed", "renamed", "added"],
)
def test_any_change_of_a_sealed_folder_is_found(tmp_path: Path, change: object) -> None:
    from modules.registry import SEAL, folder_digest

    folder = tmp_path / "r2_0_0"
    shutil.copytree(PUBLISHED[-1], folder, ignore=shutil.ignore_patterns("__pycache__"))
    assert (folder / SEAL).read_text().strip() == folder_digest(folder)
    assert callable(change)
    change(folder)
    assert (folder / SEAL).read_text().strip() != folder_digest(folder)


def test_versions_stand_in_their_order() -> None:
    texts = ["2.0.0", "1.10.0", "1.2.0", "1.2.1"]
    assert [str(version) for version in sorted(map(Version.parse, texts))] == ["1.2.0", "1.2.1", "1.10.0", "2.0.0"]
