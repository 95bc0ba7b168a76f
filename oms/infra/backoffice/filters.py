"""Filters of lists. All of them stand in the address, so a filtered list can be shared and kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib.admin import FieldListFilter, ModelAdmin, RelatedFieldListFilter, SimpleListFilter
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_date


class Chips(SimpleListFilter):
    """A filter shown as a row of links above the list: made by :func:`chips`."""

    field: str
    offered: Sequence[tuple[str, str]]
    #: Beside the filters it is only carried along; the chips themselves come from the list.
    template = "infra/filters/carried_along.html"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> Sequence[tuple[str, str]]:
        """(value in the address, word)."""
        return self.offered

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Only the rows with the chosen value; all where it is not one of those offered."""
        value = self.value()
        if value not in dict(self.offered):
            return queryset
        return queryset.filter(**{self.field: value})


def chips(field: str, offered: Sequence[tuple[str, str]], title: str = "status") -> type[Chips]:
    """A chip filter on a field with few values; sentences are cut to the words before their colon."""
    words = [(value, sentence.partition(":")[0]) for value, sentence in offered]
    members = {"title": title, "parameter_name": field, "field": field, "offered": words}
    return type("ChipsOf" + field.title(), (Chips,), members)


class Menu(RelatedFieldListFilter):
    """A filter on what a row refers to, as a menu: channels, locations."""

    template = "infra/filters/menu.html"

    def has_output(self) -> bool:
        """Also with a single choice: an address that filters by it must not be passed over."""
        return True

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        """Everything first, then each by name."""
        chosen = str(self.lookup_val[-1]) if self.lookup_val else ""
        yield {"value": "", "word": "All", "chosen": not chosen}
        for key, word in self.lookup_choices:
            yield {"value": str(key), "word": word, "chosen": str(key) == chosen}


class DayRange(FieldListFilter):
    """From one day to another, both included, in the retailer's zone: ``?placed_at_from=…&placed_at_to=…``."""

    template = "infra/filters/day_range.html"

    def expected_parameters(self) -> list[str | None]:
        """The two names in the address."""
        return [*self._names]

    @property
    def _names(self) -> tuple[str, str]:
        return f"{self.field_path}_from", f"{self.field_path}_to"

    def has_output(self) -> bool:
        """Shown even while it filters nothing."""
        return True

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Rows of those days; a day that cannot be read limits nothing."""
        first, last = (self._day(name) for name in self._names)
        if first:
            queryset = queryset.filter(**{f"{self.field_path}__gte": _midnight(first)})
        if last and last < date.max:
            queryset = queryset.filter(**{f"{self.field_path}__lt": _midnight(last + timedelta(days=1))})
        return queryset

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        """One: what the two fields show."""
        for name, label in zip(self._names, ("From", "To and with"), strict=True):
            day = self._day(name)
            yield {"name": name, "label": label, "value": day.isoformat() if day else ""}

    def _day(self, name: str) -> date | None:
        given = self.used_parameters.get(name)
        try:
            return parse_date(str(given[-1])) if isinstance(given, list) and given else None
        except ValueError:
            return None


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
