"""Forms about stock. A product is named by SKU or GTIN, a location by its code; faults are said at the field."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.db.models import Q
from django.http import QueryDict
from django.utils import timezone

from fulfilment.inventory.models import IncomingSupply, StockCount, StockCountLine, TransferLine
from fulfilment.locations.models import Location
from orders.catalogue.models import Product

#: Lines that one form takes.
MOST_LINES = 200
#: Products of one count.
MOST_COUNTED = 5_000
_LARGEST = 1_000_000


def products_named(codes: Iterable[str]) -> dict[str, Product]:
    """Products by what was typed: the SKU as written or in capitals, else the GTIN."""
    typed = {code.strip() for code in codes if code.strip()}
    digits = {code for code in typed if code.isascii() and code.isdigit()}
    skus = typed | {code.upper() for code in typed}
    found = Product.objects.filter(Q(sku__in=skus) | Q(gtin__in=digits) & ~Q(gtin=""))
    by_code: dict[str, Product] = {}
    for product in sorted(found, key=lambda item: item.pk, reverse=True):
        by_code[product.gtin] = product
    for product in found:
        by_code[product.sku] = product
    return {code: by_code.get(code) or by_code[code.upper()] for code in typed if {code, code.upper()} & set(by_code)}


def _text(what: str, **more: str) -> forms.TextInput:
    return forms.TextInput({"class": "oms-input", "autocomplete": "off", "data-find": what, **more})


def _number(label: str = "", **more: str) -> forms.TextInput:
    named = {"aria-label": label} if label else {}
    return forms.TextInput({
        "class": "oms-input inv-units", "inputmode": "numeric", "autocomplete": "off", "maxlength": "8",
        **named, **more,
    })  # fmt: skip


class LocationField(forms.CharField):
    """A location by its code."""

    def __init__(self, **named: Any) -> None:
        super().__init__(max_length=32, widget=_text("location"), **named)

    def clean(self, value: Any) -> Any:
        """The location. Raises ``ValidationError``."""
        code = super().clean(value)
        if not code:
            return None
        found = Location.objects.filter(code__in={code, code.upper()}).order_by("-code").first()
        if found is None:
            message = f"There is no location {code}."
            raise forms.ValidationError(message)
        return found


class LineForm(forms.Form):
    """A product and a number of units."""

    sku = forms.CharField(max_length=64, required=False)
    units = forms.IntegerField(min_value=1, max_value=_LARGEST, required=False)

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        line = str(self.prefix).rpartition("-")[2]
        word = f"line {int(line) + 1}" if line.isdigit() else "new line"
        self.fields["sku"].widget = _text("product", **{"aria-label": f"SKU or GTIN, {word}", "maxlength": "64"})
        self.fields["units"].widget = _number(f"Units, {word}")

    def clean(self) -> dict[str, Any]:
        """Both or neither."""
        given = super().clean() or self.cleaned_data
        if given.get("sku") and given.get("units") is None and "units" not in self.errors:
            self.add_error("units", "Say how many units.")
        if given.get("units") and not given.get("sku"):
            self.add_error("sku", "Name the product.")
        return given


if TYPE_CHECKING:
    _FormSet = forms.BaseFormSet[LineForm]
else:
    _FormSet = forms.BaseFormSet


class LineSet(_FormSet):
    """Lines of a document: each product once, at least one."""

    wanted: dict[Product, int]

    def clean(self) -> None:
        """Find the products, all in one query."""
        self.wanted = wanted = {}
        typed = [(form, form.cleaned_data) for form in self.forms if form.is_valid() and form.cleaned_data.get("sku")]
        found = products_named(given["sku"] for _, given in typed)
        for form, given in typed:
            product = found.get(given["sku"].strip())
            if product is None:
                form.add_error("sku", f"There is no product {given['sku']}.")
            elif product in wanted:
                form.add_error("sku", f"{product.sku} has a line above: add the units there.")
            else:
                wanted[product] = given["units"]
        if not typed and all(form.is_valid() for form in self.forms):
            message = "Give at least one line: a product and its units."
            raise forms.ValidationError(message)


_LINES = forms.formset_factory(
    LineForm, formset=LineSet, extra=5, max_num=MOST_LINES, validate_max=True, absolute_max=MOST_LINES
)


def line_set(sent: QueryDict | None) -> LineSet:
    """Lines as they were sent; some empty ones at first."""
    return cast("LineSet", _LINES(sent))


def _day(**named: Any) -> forms.DateField:
    return forms.DateField(widget=forms.DateInput({"class": "oms-input", "type": "date"}, format="%Y-%m-%d"), **named)


class TransferForm(forms.Form):
    """From where to where."""

    source = LocationField(label="From", help_text="Code of the location that sends.")
    destination = LocationField(label="To", help_text="Code of the location that receives.")
    expected_on = _day(label="Expected on", required=False, help_text="Day on which it should arrive, if it is known.")

    def clean(self) -> dict[str, Any]:
        """Two places."""
        given = super().clean() or self.cleaned_data
        if given.get("source") and given.get("source") == given.get("destination"):
            self.add_error("destination", "Goods go to another location than they come from.")
        return given

    def clean_expected_on(self) -> Any:
        """Not a day that has gone by."""
        return _not_gone_by(self.cleaned_data["expected_on"])


class SupplyForm(forms.Form):
    """An announcement of a supplier."""

    reference = forms.CharField(
        max_length=64, label="Reference", help_text="Number of the purchase order or ship notice.",
        widget=forms.TextInput({"class": "oms-input", "autocomplete": "off"}),
    )  # fmt: skip
    location = LocationField(label="To", help_text="Code of the location that expects it.")
    expected_on = _day(label="Expected on")
    accept = forms.BooleanField(required=False, label="Accept at once: it may be promised from its day on")

    def clean_expected_on(self) -> Any:
        """Not a day that has gone by."""
        return _not_gone_by(self.cleaned_data["expected_on"])


class SupplyChangeForm(forms.Form):
    """What may be changed of an announcement."""

    quantity = forms.IntegerField(min_value=1, max_value=_LARGEST, label="Units expected", widget=_number())
    expected_on = _day(label="Expected on")

    def __init__(self, *given: Any, supply: IncomingSupply, **named: Any) -> None:
        super().__init__(*given, **named)
        self.initial = {"quantity": supply.quantity, "expected_on": supply.expected_on}


class AdjustForm(forms.Form):
    """Units found or gone, and why."""

    units = forms.IntegerField(
        min_value=-_LARGEST, max_value=_LARGEST, label="Change in units",
        help_text="3 for units that were found, -3 for units that are gone.",
        widget=forms.TextInput({"class": "oms-input inv-units", "autocomplete": "off", "maxlength": "8"}),
    )  # fmt: skip
    reason = forms.ChoiceField(
        label="Reason", widget=forms.Select({"class": "oms-input"}),
        choices=[("", "Choose one"), *((word, word.capitalize()) for word in (
            "found", "broken", "lost", "stolen", "expired", "used in the store", "given away", "wrongly booked",
        ))],
    )  # fmt: skip
    note = forms.CharField(
        max_length=255, required=False, label="Note", widget=forms.TextInput({"class": "oms-input"}),
        help_text="What somebody who looks at it next month should know.",
    )  # fmt: skip

    def clean_units(self) -> int:
        """A change."""
        units = int(self.cleaned_data["units"])
        if not units:
            message = "Nothing would change: give more or fewer units than none."
            raise forms.ValidationError(message)
        return units


class CountForm(forms.Form):
    """What is to be counted where."""

    location = LocationField(label="Location", help_text="Code of the location.")
    skus = forms.CharField(
        required=False, label="Products", help_text="SKUs or GTINs, one to a line or separated by blanks.",
        widget=forms.Textarea({"class": "oms-input", "rows": "4", "autocomplete": "off", "spellcheck": "false"}),
    )  # fmt: skip
    category = forms.CharField(
        max_length=120, required=False, label="Or a whole group", help_text="Category of products that lie there.",
        widget=_text("category"),
    )  # fmt: skip
    everything = forms.BooleanField(required=False, label="Or everything that lies there")
    tolerance = forms.IntegerField(
        min_value=0, max_value=_LARGEST, required=False, label="Count again above a difference of", widget=_number(),
        help_text="Units. Empty: nothing is counted a second time.",
    )  # fmt: skip

    products: tuple[int, ...] = ()

    def clean(self) -> dict[str, Any]:
        """One of the three ways to say what is counted."""
        given = super().clean() or self.cleaned_data
        codes = str(given.get("skus", "")).replace(",", " ").split()
        ways = [name for name in ("skus", "category", "everything") if given.get(name)]
        if len(ways) != 1:
            self.add_error("skus", "Name products, or a group, or everything: one of the three.")
        elif given.get("location"):
            self.products = self._named(codes) if codes else self._lying_there(given["location"], given["category"])
        return given

    def _named(self, codes: list[str]) -> tuple[int, ...]:
        found = products_named(codes)
        missing = [code for code in codes if code not in found]
        if missing:
            more = f" (and {len(missing) - 5} more)" if len(missing) > 5 else ""
            self.add_error("skus", f"There is no product {', '.join(missing[:5])}{more}.")
        return self._so_many("skus", tuple(sorted({item.pk for item in found.values()})))

    def _lying_there(self, location: Location, category: str) -> tuple[int, ...]:
        levels = location.stock_levels.order_by("product_id")
        levels = levels.filter(product__category=category) if category else levels.exclude(on_hand=0)
        field = "category" if category else "everything"
        found = tuple(levels.values_list("product_id", flat=True)[: MOST_COUNTED + 1])
        if not found:
            self.add_error(field, f"{location} has none of it.")
        return self._so_many(field, found)

    def _so_many(self, field: str, products: tuple[int, ...]) -> tuple[int, ...]:
        if len(products) > MOST_COUNTED:
            self.add_error(field, f"One count takes {MOST_COUNTED:,} products: count in parts.")
        return products


class CountedForm(forms.Form):
    """What was counted of each line on a page; an empty field says nothing."""

    def __init__(self, *given: Any, count: StockCount, lines: Iterable[StockCountLine], **named: Any) -> None:
        super().__init__(*given, **named)
        for line in lines:
            product = line.level.product
            field = forms.IntegerField(min_value=0, max_value=1_000_000_000, required=False)
            field.widget = _number(f"Counted units of {product.sku}", **{"data-codes": _codes(product)})
            self.fields[f"line-{line.pk}"] = field

    def counted(self, lines: Iterable[StockCountLine]) -> dict[int, int]:
        """Units by level, where something was entered."""
        typed = {line.level_id: self.cleaned_data.get(f"line-{line.pk}") for line in lines}
        return {level: units for level, units in typed.items() if units is not None}


class ArrivalForm(forms.Form):
    """What has arrived of each line of a transfer."""

    close = forms.BooleanField(required=False, label="Nothing more will arrive: write off what is missing")
    reason = forms.CharField(
        max_length=120, required=False, initial="lost in transfer", label="Why it is missing",
        widget=forms.TextInput({"class": "oms-input"}),
    )  # fmt: skip

    def __init__(self, *given: Any, lines: Iterable[TransferLine], **named: Any) -> None:
        super().__init__(*given, **named)
        self._missing = {line.pk: line.quantity - line.received for line in lines}
        for line in lines:
            missing = self._missing[line.pk]
            field = forms.IntegerField(min_value=0, required=False, initial=missing, max_value=_LARGEST)
            field.widget = _number(f"Arrived units of {line.product.sku}", **{"data-codes": _codes(line.product)})
            self.fields[f"line-{line.pk}"] = field

    def clean(self) -> dict[str, Any]:
        """No more than was sent."""
        given = super().clean() or self.cleaned_data
        for key, missing in self._missing.items():
            if (given.get(f"line-{key}") or 0) > missing:
                self.add_error(
                    f"line-{key}", f"Only {missing:,} are still on their way; enter the others as an adjustment."
                )
        if not self.errors and not given.get("close") and not any(self.came().values()):
            self.add_error(None, "Nothing has arrived: enter units, or say that nothing more will come.")
        return given

    def came(self) -> dict[int, int]:
        """Units by line."""
        return {key: self.cleaned_data.get(f"line-{key}") or 0 for key in self._missing}


def _codes(product: Product) -> str:
    """What a scanner may say for it, one code to a line."""
    return "\n".join(code.upper() for code in (product.sku, product.gtin) if code)


def _not_gone_by(day: Any) -> Any:
    if day and day < timezone.localdate():
        message = "This day has gone by."
        raise forms.ValidationError(message)
    return day
