"""A form in a page, filled in and sent as a browser would send it."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from django.test import Client

from tests.oms.web.back_office import Page

Fields = dict[str, list[str]]


@dataclass
class _Form:
    action: str
    fields: Fields = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[_Form] = []
        self._open: _Form | None = None
        self._area: str | None = None
        self._select: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = _Form(said.get("action", ""))
            self.forms.append(self._open)
        if self._open is None:
            return
        name = said.get("name", "")
        if tag == "button":
            self._open.buttons.append((name, said.get("value", "")))
        elif tag == "textarea":
            self._area = name
            self._open.fields.setdefault(name, []).append("")
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select:
            chosen = self._open.fields.setdefault(self._select, [])
            if "selected" in said or not chosen:
                chosen[:] = [said.get("value", "")]
        elif tag == "input" and name and (said.get("type") not in ("checkbox", "radio") or "checked" in said):
            self._open.fields.setdefault(name, []).append(said.get("value", "on"))

    def handle_data(self, data: str) -> None:
        if self._area and self._open:
            self._open.fields[self._area][-1] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag == "textarea":
            if self._area and self._open:  # the newline after the tag is not part of the text
                self._open.fields[self._area][-1] = self._open.fields[self._area][-1].removeprefix("\n")
            self._area = None
        elif tag == "select":
            self._select = None


def fields_of(page: Page, button: str = "") -> Fields:
    """What the form would send that has a button (``name=value``); without one, the form with the most fields."""
    return dict(_found(page, button).fields)


def send(client: Client, address: str, page: Page, button: str = "", **typed: str | None) -> Any:
    """Fill the form of a page in (``typed``: ``__`` for dots; None leaves a field out), press, and send it."""
    form = _found(page, button)
    data = dict(form.fields)
    for name, text in typed.items():
        data.pop(name.replace("__", "."), None)
        if text is not None:
            data[name.replace("__", ".")] = [text]
    if button:
        name, _, value = button.partition("=")
        data[name] = [value]
    return client.post(form.action or address, data)


def _found(page: Page, button: str) -> _Form:
    parser = _Forms()
    parser.feed(page.content.decode())
    if not button:
        return max(parser.forms, key=lambda form: len(form.fields))
    name, _, value = button.partition("=")
    return next(form for form in parser.forms if (name, value) in form.buttons)
