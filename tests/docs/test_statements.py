"""What the documents name is there: pages they link to, files, commands with their options, targets of make."""

from __future__ import annotations

import re
from argparse import ArgumentParser, _SubParsersAction
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class

from tests.conftest import ROOT

_PAGES = sorted([ROOT / "README.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("fulfilment/*/README.md")])
_LINK = re.compile(r"\]\((?!https?:|mailto:|#)(?P<to>[^)#\s]+)")
_COMMAND = re.compile(r"manage\.py (?P<name>[a-z_]+)(?P<rest>[^`\n#|]*)")
_TARGET = re.compile(r"(?:^|`)make (?P<name>[a-z-]+)", re.MULTILINE)
_FILE = re.compile(r"`(?P<path>(?:docs|fulfilment|modules|oms|orders|returns|templates|tenants|tests)/[\w./-]+\.\w+)`")


def _said(pattern: re.Pattern[str]) -> Iterator[tuple[Path, re.Match[str]]]:
    """Everything that the pages say of this form."""
    for page in _PAGES:
        for found in pattern.finditer(page.read_text()):
            yield page, found


def _parsers(parser: ArgumentParser) -> Iterator[ArgumentParser]:
    """A parser and those of its verbs."""
    yield parser
    for action in parser._actions:
        if isinstance(action, _SubParsersAction):
            for verb in action.choices.values():
                yield from _parsers(verb)


def _verbs(parser: ArgumentParser) -> set[str]:
    """What may follow the name of the command; empty where it may be anything."""
    places = [action for action in parser._actions if not action.option_strings]
    return {str(choice) for choice in places[0].choices or ()} if places else set()


def _wrong(name: str, rest: str) -> Iterator[str]:
    """What a command in a document says that the program does not know."""
    if name not in get_commands():
        yield f"no command {name}"
        return
    parser = load_command_class(get_commands()[name], name).create_parser("manage.py", name)
    known = {option for each in _parsers(parser) for option in each._option_string_actions}
    yield from (f"{name} has no {option}" for option in re.findall(r"--[a-z][a-z-]*", rest) if option not in known)
    first, verbs = re.match(r" +([a-z][a-z-]*)(?= |$)", rest), _verbs(parser)
    if first and verbs and first[1] not in verbs:
        yield f"{name} has no verb {first[1]}"


def test_links_lead_to_pages_that_are_there() -> None:
    assert len(_PAGES) > 20
    dead = [f"{page.name}: {to['to']}" for page, to in _said(_LINK) if not (page.parent / to["to"]).exists()]
    assert dead == []


def test_files_that_are_named_are_there() -> None:
    gone = [f"{page.name}: {found['path']}" for page, found in _said(_FILE) if not (ROOT / found["path"]).exists()]
    assert gone == []


def test_commands_are_there_with_their_verbs_and_options() -> None:
    said = list(_said(_COMMAND))
    assert len(said) > 20
    assert [f"{page.name}: {fault}" for page, found in said for fault in _wrong(found["name"], found["rest"])] == []


@pytest.mark.parametrize(
    ("name", "rest", "fault"),
    [
        ("upgrad", "", "no command upgrad"),
        ("upgrade", " preview --retailer acme --form 1", "upgrade has no --form"),
        ("upgrade", " promte --retailer acme", "upgrade has no verb promte"),
        ("profile", " lgo --retailer acme", "profile has no verb lgo"),
    ],
)
def test_a_wrong_command_would_be_found(name: str, rest: str, fault: str) -> None:
    assert list(_wrong(name, rest)) == [fault]


def test_targets_of_make_are_there() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert [
        f"{page.name}: make {found['name']}" for page, found in _said(_TARGET) if found["name"] not in targets
    ] == []
