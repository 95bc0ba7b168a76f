"""Turns a mapping's rules into functions, once per file, because they run on every line."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import reduce

from oms.importing.lines import LineOutcome
from oms.importing.mapping import Mapping
from oms.importing.rules import Condition, Rule, SourceField, Verdict

#: Asked with the stripped cells of a line, its quantity and its unit price.
Judge = Callable[[Sequence[str], int, Decimal], Verdict]
_Test = Callable[[Sequence[str], int, Decimal], bool]

_ORDER_LINE = Verdict(outcome=LineOutcome.ORDER_LINE)


def judge(mapping: Mapping, header: Sequence[str]) -> Judge:
    """A function that gives the verdict of the first rule that holds, or an order line where none does."""
    rules = [(_rule_test(rule, mapping, header), rule.then) for rule in mapping.rules]

    def decide(cells: Sequence[str], quantity: int, unit_price: Decimal) -> Verdict:
        for holds, verdict in rules:
            if holds(cells, quantity, unit_price):
                return verdict
        return _ORDER_LINE

    return decide


def _rule_test(rule: Rule, mapping: Mapping, header: Sequence[str]) -> _Test:
    tests = [_condition_test(condition, mapping, header) for condition in rule.when]
    return reduce(_both, tests)


def _both(first: _Test, second: _Test) -> _Test:
    return lambda cells, quantity, price: first(cells, quantity, price) and second(cells, quantity, price)


def _condition_test(condition: Condition, mapping: Mapping, header: Sequence[str]) -> _Test:
    test = _number_test(condition) or _text_test(condition, _position(condition, mapping, header))
    if condition.negate:
        return lambda cells, quantity, price: not test(cells, quantity, price)
    return test


def _number_test(condition: Condition) -> _Test | None:
    """The test of a quantity or price against a number; None where the condition is of text."""
    if condition.field not in (SourceField.QUANTITY, SourceField.UNIT_PRICE) or condition.blank is not None:
        return None
    of_quantity = condition.field == SourceField.QUANTITY
    if condition.less_than is not None:
        bound = condition.less_than
        return lambda _, quantity, price: (quantity if of_quantity else price) < bound
    if condition.greater_than is not None:
        bound = condition.greater_than
        return lambda _, quantity, price: (quantity if of_quantity else price) > bound
    value = condition.number()
    return lambda _, quantity, price: (quantity if of_quantity else price) == value


def _text_test(condition: Condition, position: int) -> _Test:
    if condition.matches is not None:
        matches = re.compile(condition.matches).fullmatch
        return lambda cells, _quantity, _price: matches(cells[position]) is not None
    if condition.any_of is not None:
        texts = frozenset(condition.any_of)
        return lambda cells, _quantity, _price: cells[position] in texts
    if condition.blank is not None:
        blank = condition.blank
        return lambda cells, _quantity, _price: (not cells[position]) == blank
    text = condition.equals
    return lambda cells, _quantity, _price: cells[position] == text


def _position(condition: Condition, mapping: Mapping, header: Sequence[str]) -> int:
    column = condition.column if condition.field is None else mapping.columns[condition.field]
    return header.index(column or "")
