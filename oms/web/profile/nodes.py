"""A document as the fields of a form: each with its words, its text and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from modules.domain.canonical import Json
from modules.domain.lenses import ABSENT, Default
from modules.services.revise import FieldFault
from oms.web.profile.specs import NESTED, Path, Schema, Shape, Spec, readable
from oms.web.profile.values import fault_in_words, in_words, text_of

#: Entries with at most so many plain fields stand in a table, one row each.
_COLUMNS_AT_MOST = 6
_BULKY = NESTED | {Shape.LONG, Shape.OTHER}

#: For each entry of a list (by its path): where it stands in the document that was opened; "" for a new one.
Origins = Mapping[Path, str]


@dataclass(frozen=True, slots=True)
class Option:
    """Something to choose."""

    text: str
    word: str
    chosen: bool


@dataclass(slots=True)
class Node:
    """A field of the form.

    An entry of a list has the ``number`` that it bears in this form, and ``row``: that number and its place in the
    document that was opened.
    """

    spec: Spec
    name: str
    path: Path
    text: str = ""
    checked: bool = False
    errors: list[str] = field(default_factory=list)
    children: list[Node] = field(default_factory=list)
    options: list[Option] = field(default_factory=list)
    columns: list[Spec] = field(default_factory=list)
    row: str = ""
    number: str = ""
    key: str = ""
    focus: bool = False
    entry: str = "entry"

    @property
    def template(self) -> str:
        """The template that draws it."""
        shape = "table" if self.columns else self.spec.shape.value
        return f"web/profile/fields/{shape}.html" if self.spec.nested else "web/profile/fields/plain.html"

    @property
    def input(self) -> str:
        """The kind of control that a plain field has."""
        shape = self.spec.shape
        if shape is Shape.BOOLEAN:
            return "choice" if self.spec.nullable else "checkbox"
        return shape.value if shape in _OWN_INPUT else "text"

    @property
    def faulty(self) -> bool:
        """Whether something is wrong with it or in it."""
        return bool(self.errors) or any(child.faulty for child in self.children)

    def walk(self) -> Iterator[Node]:
        """It and everything in it."""
        yield self
        for child in self.children:
            yield from child.walk()


_OWN_INPUT = {Shape.LONG, Shape.CHOICE, Shape.DATE, Shape.OTHER, Shape.FIXED}


class Builder:
    """Makes the nodes of a document."""

    def __init__(self, schema: Schema, origins: Origins | None, focus: Path | None) -> None:
        self._schema = schema
        self._origins = origins
        self._focus = focus

    def node(self, spec: Spec, value: Default, path: Path, name: str) -> Node:
        """The node of a value, with all that is in it."""
        if value is ABSENT:
            value = spec.default
        spec = _fitting(spec, value)
        node = Node(spec, name, path, text=text_of(value), focus=path == self._focus)
        if spec.shape is Shape.GROUP:
            self._fill_group(node, spec, value)
        elif spec.shape is Shape.VARIANT:
            self._fill_variant(node, value)
        elif spec.shape is Shape.LIST:
            self._fill_list(node, value)
        elif spec.shape is Shape.MAP:
            self._fill_map(node, value)
        elif spec.shape is Shape.SEVERAL:
            taken = {text_of(item) for item in value} if isinstance(value, list) else set()
            known = [text_of(choice) for choice in self._schema.item(spec).choices]
            node.options = [Option(text, text.replace("_", " "), text in taken) for text in known]
        elif spec.shape is Shape.OTHER:
            node.text = in_words(value)
        else:
            _offer(node, value)
        return node

    def _fill_group(self, node: Node, group: Spec, value: Default) -> None:
        node.checked = isinstance(value, dict)
        has = value if isinstance(value, dict) else {}
        node.children = [
            self.node(part, has.get(name, ABSENT), (*node.path, name), f"{node.name}.{name}")
            for name, part in self._schema.parts(group)
        ]
        if node.focus and node.children:
            node.children[0].focus = True

    def _fill_variant(self, node: Node, value: Default) -> None:
        given = None if value is ABSENT else value
        node.text = ""
        chosen = self._schema.variant_of(node.spec, given)
        titles = [self._schema.spec(raw).title for raw in node.spec.variants]
        node.options = [Option(str(at), title, at == chosen and given is not None) for at, title in enumerate(titles)]
        if node.spec.nullable:
            node.options.insert(0, Option("", "none", given is None))
        if given is not None or not node.spec.nullable:
            node.text = str(chosen)
            self._fill_group(node, self._schema.spec(node.spec.variants[chosen]), value)

    def _fill_list(self, node: Node, value: Default) -> None:
        item = self._schema.item(node.spec)
        node.entry = item.title[:1].lower() + item.title[1:] or "entry"
        node.columns = self._columns(item)
        for at, part in enumerate(value if isinstance(value, list) else []):
            child = self.node(item, part, (*node.path, at), f"{node.name}.{at}")
            self._enter(node, child, at, str(at))

    def _fill_map(self, node: Node, value: Default) -> None:
        for at, (key, part) in enumerate(value.items() if isinstance(value, dict) else ()):
            child = self.node(self._schema.item(node.spec), part, (*node.path, key), f"{node.name}.{at}.value")
            child.key = key
            self._enter(node, child, at, key)

    def _enter(self, node: Node, child: Node, at: int, as_opened: str) -> None:
        origin = as_opened if self._origins is None else self._origins.get(child.path, "")
        child.number, child.row = str(at), f"{at}:{origin}"
        node.children.append(child)

    def _columns(self, item: Spec) -> list[Spec]:
        if item.shape is not Shape.GROUP:
            return []
        parts = [part for _, part in self._schema.parts(item) if part.shape is not Shape.FIXED]
        tabular = 0 < len(parts) <= _COLUMNS_AT_MOST and not any(part.shape in _BULKY for part in parts)
        return parts if tabular else []


def place_faults(root: Node, faults: Iterable[FieldFault]) -> None:
    """Put what is wrong beside the field that it is about."""
    for fault in faults:
        node, rest = root, list(fault.path)
        while rest:
            part = rest.pop(0)
            below = next((child for child in node.children if child.path[-1] == part), None)
            if below is not None:
                node = below
            elif isinstance(part, str) and not rest and node.spec.shape is Shape.GROUP:
                node.errors.append(f"{readable(part)}: {fault_in_words(fault.message)}")
                break
        else:
            node.errors.append(fault_in_words(fault.message))


def _fitting(spec: Spec, value: Default) -> Spec:
    """A value of another form than the schema's is shown and left alone."""
    plain = not spec.nested and spec.shape is not Shape.OTHER
    if plain and isinstance(value, dict | list):
        return Spec(Shape.OTHER, spec.title, spec.help)
    return spec


def _offer(node: Node, value: Default) -> None:
    spec = node.spec
    node.checked = value is True or node.text.lower() in ("true", "yes", "on", "1")
    choices: tuple[Json, ...] = (True, False) if spec.shape is Shape.BOOLEAN else spec.choices
    if not choices:
        return
    if spec.nullable or value is ABSENT or value is None:
        node.options.append(Option("", "not set", node.text == ""))
    known = [text_of(choice) for choice in choices]
    node.options += [Option(text, text.replace("_", " "), text == node.text) for text in known]
    if node.text and node.text not in known:
        node.options.append(Option(node.text, f"{node.text} (not offered)", True))
