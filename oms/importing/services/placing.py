"""What new lines become: orders, additions to orders, charges, cancellations, returns, adjustments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from fulfilment.inventory.services import NewAdjustment, adjustments_report
from oms.importing.lines import LineOutcome, SourceLine
from oms.importing.services.reversals import Reversal, reversals_settle
from orders.catalogue.services import NewProduct, products_register
from orders.domain.capture import Destination, NewCharge, NewLine, NewOrder
from orders.models import Order
from orders.services import charges_add, order_extend, orders_capture

#: (outcome, reason, message): what a line became.
Placed = tuple[LineOutcome, str, str]

#: Largest amount of one line. Beyond it a price or a quantity has been mistyped.
_AMOUNT_LIMIT = Decimal(10) ** 12


@dataclass(slots=True)
class _Document:
    """The new lines and charges of one order number, in the order of the file."""

    lines: list[tuple[int, SourceLine]] = field(default_factory=list)
    charges: list[tuple[int, SourceLine]] = field(default_factory=list)

    @property
    def first(self) -> SourceLine:
        return min((self.lines or self.charges)[0], (self.charges or self.lines)[0])[1]


class Placing:
    """Collects the new lines of a batch, then writes what they become in few statements."""

    def __init__(self, *, channel: str, channel_id: int, currency: str, actor: str) -> None:
        self._channel = channel
        self._channel_id = channel_id
        self._currency = currency
        self._actor = actor
        self._documents: dict[str, _Document] = {}
        self._reversals: list[tuple[int, SourceLine]] = []
        self._adjustments: list[tuple[int, SourceLine]] = []
        self._placed: dict[int, Placed] = {}
        self._line_places: dict[int, int] = {}

    def add(self, at: int, line: SourceLine) -> None:
        """Take a new line; ``at`` is its place in the batch."""
        if line.outcome is LineOutcome.REFUSED:
            self._placed[at] = (LineOutcome.REFUSED, line.reason, line.message)
        elif abs(line.money) > _AMOUNT_LIMIT:
            self._refuse(at, line, "amount_too_large", f"{line.money} is more than a line can be worth")
        elif line.outcome is LineOutcome.ORDER_LINE:
            self._documents.setdefault(line.order_number, _Document()).lines.append((at, line))
        elif line.outcome is LineOutcome.CHARGE:
            self._documents.setdefault(line.order_number, _Document()).charges.append((at, line))
        elif line.outcome is LineOutcome.REVERSAL:
            self._reversals.append((at, line))
        else:
            self._adjustments.append((at, line))

    def place(self) -> dict[int, Placed]:
        """Write everything that was added and tell what each line became, by its place in the batch."""
        self._register_products()
        existing = self._existing_orders()
        self._capture([number for number in self._documents if number not in existing])
        self._extend(existing)
        self._adjust()
        self._reverse()
        return self._placed

    def _register_products(self) -> None:
        named: dict[str, str] = {}
        for _, line in (
            *(item for document in self._documents.values() for item in document.lines),
            *self._reversals,
            *self._adjustments,
        ):
            if not named.get(line.sku):
                named[line.sku] = line.description
        products_register(NewProduct(sku=sku, name=name) for sku, name in named.items())

    def _existing_orders(self) -> dict[str, tuple[int, str]]:
        rows = Order.objects.filter(channel_id=self._channel_id, external_number__in=list(self._documents)).values_list(
            "external_number", "id", "customer__reference"
        )
        return {number: (order_id, reference or "") for number, order_id, reference in rows}

    def _capture(self, numbers: Sequence[str]) -> None:
        orders, loose = [], []
        for number in numbers:
            document = self._documents[number]
            if document.lines:
                self._drop_other_customers(document, self._customer_of(document))
                orders.append((document, self._new_order(number, document)))
            else:
                loose += document.charges
        captured = orders_capture(
            channel=self._channel, orders=[order for _, order in orders], actor=self._actor, react=False
        )
        for (document, _), result in zip(orders, captured, strict=True):
            for (at, _line), line_id in zip(document.lines, result.line_ids, strict=True):
                self._line_places[line_id] = at
                self._placed[at] = (LineOutcome.ORDER_LINE, "", "")
            self._mark_charges(document.charges)
        charges_add(channel_id=self._channel_id, charges=[(None, _charge(line)) for _, line in loose])
        self._mark_charges(loose)

    def _extend(self, existing: dict[str, tuple[int, str]]) -> None:
        """Lines of an order that stands apart in the file, or came with another file."""
        for number, (order_id, customer) in existing.items():
            document = self._documents[number]
            self._drop_other_customers(document, customer)
            addition = self._new_order(number, document)
            if addition.lines:
                line_ids = order_extend(order_id=order_id, addition=addition, actor=self._actor, react=False)
                for (at, _line), line_id in zip(document.lines, line_ids, strict=True):
                    self._line_places[line_id] = at
                    self._placed[at] = (LineOutcome.ORDER_LINE, "", "")
            else:
                charges_add(
                    channel_id=self._channel_id,
                    charges=[(order_id, charge) for charge in addition.charges],
                )
            self._mark_charges(document.charges)

    def _customer_of(self, document: _Document) -> str:
        return next((line.customer for _, line in document.lines if line.customer), "")

    def _drop_other_customers(self, document: _Document, customer: str) -> None:
        """One order has one customer: a line that names another is refused, not given to the wrong one."""
        for at, line in document.lines:
            if line.customer and line.customer != customer:
                detail = f"order {line.order_number} is of customer {customer or 'unknown'}, not {line.customer}"
                self._refuse(at, line, "conflicting_customer", detail)
        document.lines = [(at, line) for at, line in document.lines if at not in self._placed]

    def _new_order(self, number: str, document: _Document) -> NewOrder:
        first = document.first
        assert first.placed_at is not None  # promised for every outcome but refused
        return NewOrder(
            external_number=number,
            placed_at=first.placed_at,
            currency=self._currency,
            lines=tuple(
                NewLine(
                    sku=line.sku, quantity=line.quantity, unit_price=line.unit_price,
                    description=line.description, ship_from=line.ship_from,
                )
                for _, line in document.lines
            ),
            charges=tuple(_charge(line) for _, line in document.charges),
            customer_reference=self._customer_of(document),
            customer_name=first.name,
            customer_email=first.customer_email,
            destination=Destination(
                recipient=first.name, address=first.line1, city=first.city, postal_code=first.postal_code,
                country=first.country, latitude=first.latitude, longitude=first.longitude,
            ),
        )  # fmt: skip

    def _adjust(self) -> None:
        adjustments_report(
            adjustments=[
                NewAdjustment(
                    sku=line.sku, quantity=line.quantity, unit_value=line.unit_price, reason=line.reason,
                    description=line.description, reference=line.order_number, reported_at=line.placed_at,
                )
                for _, line in self._adjustments
                if line.placed_at is not None
            ],
            actor=self._actor,
        )  # fmt: skip
        for at, line in self._adjustments:
            self._placed[at] = (LineOutcome.STOCK_ADJUSTMENT, line.reason, "")

    def _reverse(self) -> None:
        reversals = [
            Reversal(
                place=at, sku=line.sku, customer=line.customer, quantity=-line.quantity,
                unit_price=line.unit_price, external_number=line.order_number, description=line.description,
                happened_at=line.placed_at,
            )
            for at, line in self._reversals
            if line.placed_at is not None
        ]  # fmt: skip
        outcomes = reversals_settle(
            channel_id=self._channel_id, currency=self._currency, reversals=reversals,
            place_of_line=self._line_places, actor=self._actor,
        )  # fmt: skip
        for (at, _), outcome in zip(self._reversals, outcomes, strict=True):
            self._placed[at] = (outcome, "", "")

    def _mark_charges(self, charges: Sequence[tuple[int, SourceLine]]) -> None:
        for at, _ in charges:
            self._placed[at] = (LineOutcome.CHARGE, "", "")

    def _refuse(self, at: int, line: SourceLine, reason: str, detail: str) -> None:
        self._placed[at] = (LineOutcome.REFUSED, reason, f"row {line.row}: {detail}")


def _charge(line: SourceLine) -> NewCharge:
    assert line.placed_at is not None  # promised for every outcome but refused
    return NewCharge(
        kind=line.charge_kind, quantity=line.quantity, unit_price=line.unit_price,
        description=line.description, external_number=line.order_number, charged_at=line.placed_at,
    )  # fmt: skip
