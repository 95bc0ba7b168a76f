"""Money: how an order is paid, and every call to a gateway that moved some of it."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from orders.domain.gateway import Operation
from orders.models.order import Order


def _amount(help_text: str) -> models.DecimalField[Decimal, Decimal]:
    return models.DecimalField(max_digits=18, decimal_places=4, default=0, help_text=help_text)


class Payment(models.Model):
    """One tender of an order: a card, a gift card, an account. All amounts are in ``currency``.

    What is asked of the gateway and not answered yet stands in ``capturing`` and ``refunding``, so that no two calls
    can spend the same money. The constraints hold whatever code does.
    """

    id = models.BigAutoField(primary_key=True)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="payments", db_index=False)
    position = models.PositiveSmallIntegerField(help_text="From 1, in the order in which they were given.")
    kind = models.CharField(max_length=24, help_text="card, gift_card, store_credit, account …")
    gateway = models.CharField(max_length=40)
    token = models.CharField(max_length=255, blank=True, default="", help_text="The gateway's name for it.")
    label = models.CharField(max_length=80, blank=True, default="", help_text="For people: Visa •••• 4242.")
    currency = models.CharField(max_length=3)
    amount = _amount("What it is to cover of the order.")
    authorised = _amount("Promised by the gateway in all.")
    voided = _amount("Promised, and given back or ended.")
    capturing = _amount("Asked for, no answer yet.")
    captured = _amount("Taken.")
    refunding = _amount("To be given back, no answer yet.")
    refunded = _amount("Given back.")
    authorisation = models.CharField(max_length=128, blank=True, default="", help_text="The gateway's reference.")
    expires_at = models.DateTimeField(null=True, help_text="When the authorisation ends.")

    class Meta:
        ordering: ClassVar = ["order_id", "position"]
        indexes: ClassVar = [
            models.Index(fields=["expires_at"], name="payment_ending", condition=Q(expires_at__isnull=False)),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["order", "position"], name="payment_position_once"),
            models.CheckConstraint(condition=Q(currency__regex=r"^[A-Z]{3}$"), name="payment_currency_form"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_amount_positive"),
            models.CheckConstraint(
                condition=Q(voided__gte=0, capturing__gte=0, captured__gte=0, refunding__gte=0, refunded__gte=0),
                name="payment_amounts_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(authorised__gte=F("voided") + F("capturing") + F("captured")),
                name="payment_captured_was_authorised",
            ),
            models.CheckConstraint(
                condition=Q(captured__gte=F("refunding") + F("refunded")), name="payment_refunded_was_captured"
            ),
            models.CheckConstraint(
                condition=Q(amount__gte=F("authorised") - F("voided")), name="payment_authorised_within_amount"
            ),
        ]

    def __str__(self) -> str:
        return self.label or self.kind


class TransactionStatus(models.TextChoices):
    """Where a call to a gateway stands."""

    PENDING = "pending", "Pending: the gateway has not answered yet"
    SUCCEEDED = "succeeded", "Succeeded"
    DECLINED = "declined", "Declined by the gateway"
    REFUSED = "refused", "Not sent: nothing leaves a staging clone"


class PaymentTransaction(models.Model):
    """One call to a gateway. It is pending until there is an answer, and never changes afterwards (a trigger)."""

    id = models.BigAutoField(primary_key=True)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="transactions")
    operation = models.CharField(max_length=12, choices=[(each.value, each.value) for each in Operation])
    status = models.CharField(max_length=12, choices=TransactionStatus.choices, default=TransactionStatus.PENDING)
    amount = _amount("In the payment's currency.")
    key = models.CharField(max_length=160, unique=True, help_text="The gateway does it once for each key.")
    continues = models.CharField(max_length=128, blank=True, default="", help_text="What it captures or refunds.")
    reference = models.CharField(max_length=128, blank=True, default="", help_text="The gateway's reference.")
    reason = models.CharField(max_length=120, blank=True, default="")
    code = models.CharField(max_length=60, blank=True, default="", help_text="Why it was declined.")
    message = models.CharField(max_length=255, blank=True, default="")
    actor = models.CharField(max_length=150)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(db_default=Now())
    requested_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["id"]
        indexes: ClassVar = [
            models.Index(fields=["next_try_at"], name="payment_call_waiting", condition=Q(status="pending")),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_call_amount_positive"),
            models.CheckConstraint(condition=Q(status__in=TransactionStatus.values), name="payment_call_status_known"),
            models.CheckConstraint(
                condition=Q(operation__in=[each.value for each in Operation]), name="payment_call_operation_known"
            ),
            models.CheckConstraint(
                condition=Q(status="pending", finished_at__isnull=True)
                | (~Q(status="pending") & Q(finished_at__isnull=False)),
                name="payment_call_finished_has_time",
            ),
        ]

    def __str__(self) -> str:
        return self.key


class SandboxEntry(models.Model):
    """What the sandbox gateway has done. ``accepted`` empty: it was told not to answer, and did nothing."""

    id = models.BigAutoField(primary_key=True)
    key = models.CharField(max_length=160, unique=True)
    operation = models.CharField(max_length=12)
    amount = models.DecimalField(max_digits=18, decimal_places=4)
    currency = models.CharField(max_length=3)
    continues = models.CharField(max_length=160, blank=True, default="", db_index=True)
    accepted = models.BooleanField(null=True)
    code = models.CharField(max_length=60, blank=True, default="")
    expires_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return self.key
