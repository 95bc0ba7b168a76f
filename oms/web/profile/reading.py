"""What somebody sent of a form, as the body of a document.

What they did not touch stays as it was to the byte, also what the schema does not know: it is taken from the
document that was opened, never from the browser.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.http import QueryDict

from modules.domain.canonical import Body, Json, canonical
from modules.domain.lenses import ABSENT, Default
from modules.services.revise import FieldFault
from oms.web.profile.specs import Path, Schema, Shape, Spec
from oms.web.profile.values import text_of, value_of

ROOT = "body"


@dataclass(frozen=True, slots=True)
class Press:
    """A button that changes the rows of a list: ``add:body.rows:``, ``remove:body.rows:2``, ``up``, ``down``."""

    verb: str
    name: str
    row: str

    @classmethod
    def of(cls, text: str) -> Press | None:
        """The button that was pressed, if it is one of these."""
        verb, _, rest = text.partition(":")
        name, _, row = rest.rpartition(":")
        return cls(verb, name, row) if verb in ("add", "remove", "up", "down", "refresh") else None


class Reading:
    """The form as it was sent. ``base`` is the document that was opened; None for a new one."""

    def __init__(self, schema: Schema, data: QueryDict, base: Body | None, press: Press | None = None) -> None:
        self._schema = schema
        self._data = data
        self._press = press
        self.origins: dict[Path, str] = {}
        self.faults: list[FieldFault] = []
        self.focus: Path | None = None
        body = self._group(schema.root, ROOT, (), ABSENT if base is None else base)
        assert isinstance(body, dict)
        self.body: Body = body

    def _read(self, spec: Spec, name: str, path: Path, base: Default, *, fresh: bool) -> Default:
        if spec.shape is Shape.OTHER or (not spec.nested and isinstance(base, dict | list)):
            return spec.default if base is ABSENT and fresh else base
        if spec.shape is Shape.FIXED:
            return spec.constant
        if not spec.nested:
            return self._plain(spec, name, base, fresh=fresh)
        value = getattr(self, f"_{spec.shape.value}")(spec, name, path, base)
        return _left_alone(value, spec, base, fresh=fresh)

    def _plain(self, spec: Spec, name: str, base: Default, *, fresh: bool) -> Default:
        before = spec.default if base is ABSENT else base
        if spec.shape is Shape.BOOLEAN and not spec.nullable:
            value: Default = name in self._data
            same = value == (text_of(before).lower() in ("yes", "true", "on", "1")) and before is not ABSENT
        else:
            text = self._data.get(name, text_of(before))
            value = value_of(text, spec)
            same = text.replace("\r\n", "\n") == text_of(before)
        if not same:
            return value
        if base is not ABSENT:
            return base
        if not fresh:
            return ABSENT
        return value if spec.default is ABSENT else spec.default

    def _group(self, spec: Spec, name: str, path: Path, base: Default) -> Default:
        if path and spec.nullable and f"{name}.given" not in self._data:
            return None
        opened = base if isinstance(base, dict) else {}
        body: Body = {part: value for part, value in opened.items() if part not in spec.properties}
        for part, inner in self._schema.parts(spec):
            value = self._read(
                inner, f"{name}.{part}", (*path, part), opened.get(part, ABSENT), fresh=not isinstance(base, dict)
            )
            if value is not ABSENT:
                body[part] = value
        return body

    def _variant(self, spec: Spec, name: str, path: Path, base: Default) -> Default:
        chosen = self._data.get(f"{name}.variant", "")
        if chosen == "" and spec.nullable:
            return None
        at = int(chosen) if chosen.isdecimal() and int(chosen) < len(spec.variants) else 0
        variant = self._schema.spec(spec.variants[at])
        if self._data.get(f"{name}.shown") != str(at):  # another one was chosen: its own fields have not been seen
            return {part: inner.constant for part, inner in self._schema.parts(variant) if inner.shape is Shape.FIXED}
        opened = base if isinstance(base, dict) and self._schema.variant_of(spec, base) == at else ABSENT
        return self._group(variant, name, path, opened)

    def _list(self, spec: Spec, name: str, path: Path, base: Default) -> Default:
        item = self._schema.item(spec)
        opened = base if isinstance(base, list) else []
        values: list[Json] = []
        for row, origin in self._rows(name):
            at, before = (*path, len(values)), _entry(opened, origin)
            if row == "new":
                value: Default = _blank(item)
                self.focus = at
            else:
                value = self._read(item, f"{name}.{row}", at, before, fresh=before is ABSENT)
            if value is ABSENT or (value in ("", None) and before is ABSENT):
                if self._press is None:
                    continue  # a row that was added and left empty
                value = ""
            self.origins[at] = origin
            values.append(value)
        return None if not values and base is None else values

    def _several(self, spec: Spec, name: str, path: Path, base: Default) -> Default:
        chosen = set(self._data.getlist(name))
        opened = base if isinstance(base, list) else []
        kept = [value for value in opened if text_of(value) in chosen]
        before = {text_of(value) for value in opened}
        choices = self._schema.item(spec).choices
        return [*kept, *(value for value in choices if text_of(value) in chosen - before)]

    def _map(self, spec: Spec, name: str, path: Path, base: Default) -> Default:
        item = self._schema.item(spec)
        opened = base if isinstance(base, dict) else {}
        values: Body = {}
        for row, origin in self._rows(name):
            key = self._data.get(f"{name}.{row}.key", "").replace("\x00", "").strip()
            if not key and (self._press is None or row != "new"):
                continue
            at, before = (*path, key), opened.get(origin, ABSENT)
            if key in values:
                self.faults.append(FieldFault(path, f"“{key}” stands here twice"))
            value: Default = _blank(item)
            if row != "new":
                value = self._read(item, f"{name}.{row}.value", at, before, fresh=before is ABSENT)
            values[key] = "" if value is ABSENT else value
            self.origins[at] = origin
            self.focus = at if row == "new" else self.focus
        return values

    def _rows(self, name: str) -> list[tuple[str, str]]:
        """The rows of a list (number in the form, place in what was opened), after the button was pressed."""
        rows = [(row, origin) for row, _, origin in (text.partition(":") for text in self._data.getlist(f"{name}.row"))]
        press = self._press
        if press is None or press.name != name:
            return rows
        if press.verb == "add":
            return [*rows, ("new", "")]
        at = next((at for at, (row, _) in enumerate(rows) if row == press.row), None)
        if at is None:
            return rows
        moved = rows.pop(at)
        if press.verb != "remove":
            rows.insert(max(0, at - 1) if press.verb == "up" else at + 1, moved)
        return rows


def _entry(opened: list[Json], origin: str) -> Default:
    at = int(origin) if origin.isdecimal() and len(origin) < 9 else -1
    return opened[at] if 0 <= at < len(opened) else ABSENT


def _blank(item: Spec) -> Json:
    """An entry that was just added."""
    if item.shape in (Shape.LIST, Shape.SEVERAL):
        return []
    return {} if item.nested else ""


def _left_alone(value: Default, spec: Spec, base: Default, *, fresh: bool) -> Default:
    """A nested field that was not there, and is as if it were not, stays away."""
    if base is not ABSENT or fresh or value is ABSENT or spec.required:
        return value
    usual: Json = [] if spec.shape in (Shape.LIST, Shape.SEVERAL) else {} if spec.shape is Shape.MAP else None
    if spec.default is not ABSENT:
        usual = spec.default
    return ABSENT if canonical(value) == canonical(usual) else value
