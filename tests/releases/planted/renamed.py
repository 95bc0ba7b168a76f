"""Releases that only call fields otherwise: with a lens, and the decisions of 2.0."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import Field, create_model

from fulfilment.routing.domain.policies import Documents, RoutingPolicies
from modules.contracts.review import ReviewDecision, ReviewFacts
from modules.contracts.routing import RoutingDecision, RoutingFacts
from modules.domain.documents import Document
from modules.domain.lenses import Fields, body_of, copied, without_empty
from modules.domain.releases import DocumentSet, KindModel, Release, Version
from orders.domain.policies import OrderPolicies
from tests.releases.planted.orders import RELEASE as ORDERS
from tests.releases.planted.routing import RELEASE as ROUTING

Names = Mapping[str, Mapping[str, str]]

#: By kind: what a field was called, and what it is called now.
ROUTING_NAMES: Names = {
    "routing_strategy": {"split_limit": "most_parcels"},
    "location_policy": {"handling_per_unit": "handling_cost", "threshold": "units_kept_back"},
}
ORDER_NAMES: Names = {"hold_rule": {"priority": "place", "title": "name"}}


def routing_renamed(version: Version) -> Release[Any]:
    """Order Routing with three fields renamed."""
    return _renamed(ROUTING, version, ROUTING_NAMES, _Routing())


def orders_renamed(version: Version) -> Release[Any]:
    """Order Management with two fields renamed."""
    return _renamed(ORDERS, version, ORDER_NAMES, _Orders())


class _Routing(RoutingPolicies):
    def route(self, facts: RoutingFacts, documents: Documents) -> RoutingDecision:
        """As 2.0."""
        decision: RoutingDecision = ROUTING.policies.route(facts, _as_before(ROUTING, documents, ROUTING_NAMES))
        return decision


class _Orders(OrderPolicies):
    def review(self, facts: ReviewFacts, documents: Documents) -> ReviewDecision:
        """As 2.0."""
        decision: ReviewDecision = ORDERS.policies.review(facts, _as_before(ORDERS, documents, ORDER_NAMES))
        return decision


def _renamed(of: Release[Any], version: Version, names: Names, policies: object) -> Release[Any]:
    up_name = f"{of.module} {of.version} to {version}"
    down_name = f"{of.module} {version} to {of.version}"
    lenses = {kind: Fields(renamed=pairs) for kind, pairs in names.items()}

    def convert(documents: DocumentSet, used: str, made: str, *, upwards: bool) -> dict[tuple[str, str], Document]:
        converted = dict(documents)
        for (kind, key), document in documents.items():
            if kind in lenses:
                complement = copied(document.complement)
                kept = body_of(complement.pop(used, {}))
                move = lenses[kind].up if upwards else lenses[kind].down
                body, complement[made] = move(document.body, kept)
                converted[kind, key] = Document(body, without_empty(complement))
        return converted

    return replace(
        of,
        version=version,
        title="Other names",
        kinds={name: replace(kind, **_model(kind, names.get(name, {}))) for name, kind in of.kinds.items()},
        policies=policies,
        up=lambda documents: convert(documents, down_name, up_name, upwards=True),
        down=lambda documents: convert(documents, up_name, down_name, upwards=False),
    )


def _model(kind: Any, pairs: Mapping[str, str]) -> dict[str, Any]:
    if not pairs:
        return {}
    fields: dict[str, Any] = {
        pairs.get(name, name): (info.annotation, Field(info.get_default(call_default_factory=True), title=info.title))
        if not info.is_required()
        else (info.annotation, Field(title=info.title))
        for name, info in kind.model.model_fields.items()
    }
    model: type[KindModel] = create_model(kind.model.__name__, __base__=KindModel, **fields)
    defaults = {
        key: {pairs.get(name, name): value for name, value in body.items()} for key, body in kind.defaults.items()
    }
    return {"model": model, "defaults": defaults}


def _as_before(of: Release[Any], documents: Documents, names: Names) -> dict[str, dict[str, KindModel]]:
    result: dict[str, dict[str, KindModel]] = {}
    for kind, models in documents.items():
        before = {new: old for old, new in names.get(kind, {}).items()}
        result[kind] = {
            key: of.kinds[kind].model.model_validate(
                {before.get(name, name): value for name, value in model.model_dump(mode="json").items()}
            )
            if before
            else model
            for key, model in models.items()
        }
    return result
