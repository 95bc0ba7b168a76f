"""What an address does, said beside the code that does it; the OpenAPI document is made of it.

@describes("List orders", answers={200: OrderPage}, parameters=PageParameters)
def get(self, request: Request) -> Response: ...
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel

from oms.web.api.problems import Kind

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one address. ``answers``: status → model of the document, None where there is none."""

    summary: str
    answers: Mapping[int, type[BaseModel] | None]
    body: type[BaseModel] | None = None
    parameters: type[BaseModel] | None = None
    problems: Sequence[Kind] = ()
    once: bool = False
    """Whether the header Idempotency-Key is taken."""
    conditional: bool = False
    """Whether it says an ETag, and takes If-None-Match (reading) or If-Match (writing)."""
    media_types: Sequence[str] = ("application/json",)
    """Formats of the body."""
    raw: bool = False
    """Whether the body is a file of one of these formats, of whatever content."""
    gives: Sequence[str] = ()
    """Formats of the answer, where it is a file and no document."""
    examples: Mapping[str, object] = field(default_factory=dict)
    """Bodies that work, by what each shows."""


def describes(summary: str, **said: Any) -> Callable[[View], View]:
    """Attach an :class:`Operation` to a method of a view."""

    def attach(method: View) -> View:
        method.operation = Operation(summary, **said)  # type: ignore[attr-defined]
        return method

    return attach
