"""Documents of release 2.1 as documents of 3.0, and back.

- The prices of a carrier contract become the rate of its one service ``standard``; services, zones, weight breaks and
  surcharges wait with the contract while the retailer is back, where the first rate of the first service stands for it.
- The carriers of a shipping method become offers; which services each may use waits likewise.
- Filters and ratings that 2.1 does not know wait with their strategy, rule by rule.
- The routing settings gain what a broken promise, a stock-out and a joint run are: these wait with the settings.

Where both sides can say a thing, an edit on either side arrives on the other. In the complement each of these stands
under the name of its conversion.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from modules.domain.canonical import Body, Json
from modules.domain.documents import Document
from modules.domain.lenses import Fields, Remembering, body_of, copied, list_of, same, without_empty
from modules.domain.releases import DocumentSet

UP = "order_routing 2.1.0 to 3.0.0"
DOWN = "order_routing 3.0.0 to 2.1.0"

_RISK: Body = {"failed_pick": "0.00", "lost_margin_percent": 0, "horizon_weeks": 4, "use_bid_prices": True}
_SETTINGS = Fields(after={"late_penalty": "10.00", "stock_out_risk": _RISK, "joint_runs": False, "consolidation": None})
_PRICES = ("per_parcel", "per_kg", "per_100_km")
_OLDER = {
    "filters": ("group", "kind", "location", "distance", "stock_left", "capacity", "contract"),
    "ratings": ("landed_cost", "distance", "priority", "stock_balance", "capacity"),
}
_EVERY_DAY: list[Json] = [1, 2, 3, 4, 5, 6, 7]


def up(documents: DocumentSet) -> dict[tuple[str, str], Document]:
    """From 2.1 to 3.0."""
    return {where: _moved(where[0], document, DOWN, UP, newer=True) for where, document in documents.items()}


def down(documents: DocumentSet) -> dict[tuple[str, str], Document]:
    """From 3.0 to 2.1."""
    return {where: _moved(where[0], document, UP, DOWN, newer=False) for where, document in documents.items()}


def _moved(kind: str, document: Document, back: str, there: str, *, newer: bool) -> Document:
    """``back`` names the conversion whose complement is used up, ``there`` the one that is made."""
    complement = copied(document.complement)
    kept = body_of(complement.pop(back, {}))
    if kind == "routing_settings":
        body, left = (_SETTINGS.up if newer else _SETTINGS.down)(document.body, kept)
    elif kind in _TRANSLATIONS:
        lens = _TRANSLATIONS[kind]
        found, memory = (lens.up if newer else lens.down)(document.body, kept.get("memory"))
        body, left = body_of(found), without_empty({"memory": memory})
    else:
        return document
    complement[there] = left
    return Document(body, without_empty(complement))


def _to_services(old: Json, before: Json) -> Json:
    """The contract of 3.0: the one there was, with what was changed in 2.1 written into its first rate."""
    body = body_of(old)
    prices: Body = {name: body[name] for name in _PRICES if name in body}
    if before is None:
        rest = {name: value for name, value in body.items() if name not in (*_PRICES, *_NEWER)}
        service: Body = {
            "code": "standard",
            "rates": [{"zone": "all", **prices}],
            "collects": _EVERY_DAY,
            "delivers": _EVERY_DAY,
        }
        return rest | {"services": [service]}
    newer = copied(body_of(before))
    shown = body_of(_to_prices(before, None))
    for name in {*newer, *body} - {*_PRICES, *_NEWER}:
        newer.pop(name, None)
    newer |= {name: value for name, value in body.items() if name not in (*_PRICES, *_NEWER)}
    if any(not same(body.get(name), shown.get(name)) for name in _PRICES):
        first = body_of(list_of(newer["services"])[0])
        rate = body_of(list_of(first["rates"])[0])
        kept = {name: value for name, value in rate.items() if name not in (*_PRICES, "breaks", "per_further_kg")}
        first["rates"] = [kept | prices, *list_of(first["rates"])[1:]]
    return newer


#: Fields of a contract that only 3.0 knows.
_NEWER = ("adapter", "priority", "services", "zones", "pairs", "locations", "holidays")


def _to_prices(new: Json, _: Json) -> Json:
    """The contract of 2.1: its first rate, of which the lightest weight break is part of the price of a parcel."""
    body = body_of(new)
    old: Body = {name: value for name, value in body.items() if name not in (*_PRICES, *_NEWER)}
    if "countries" in old:
        old["countries"] = list(dict.fromkeys(str(code) for code in list_of(old["countries"])))
    rate = body_of(list_of(body_of(list_of(body["services"])[0])["rates"])[0])
    old |= {name: rate[name] for name in _PRICES if name in rate}
    breaks = list_of(rate.get("breaks", []))
    if breaks:
        lightest = Decimal(str(body_of(breaks[0])["price"])) + Decimal(str(rate.get("per_parcel", "0")))
        old["per_parcel"] = format(min(lightest, Decimal("99999999.9999")), "f")
    old.setdefault("per_parcel", "0.00")
    return old


def _to_offers(old: Json, before: Json) -> Json:
    body = body_of(old)
    known = {
        str(body_of(item)["contract"]): item for item in list_of(body_of(before).get("offers", []) if before else [])
    }
    carriers = list_of(body.get("carriers", []))
    rest = {name: value for name, value in body.items() if name not in ("carriers", "offers")}
    return rest | {"offers": [known.get(str(code), {"contract": code, "services": []}) for code in carriers]}


def _to_carriers(new: Json, _: Json) -> Json:
    body = body_of(new)
    rest = {name: value for name, value in body.items() if name not in ("carriers", "offers")}
    return rest | {"carriers": [body_of(item)["contract"] for item in list_of(body.get("offers", []))]}


def _to_newer_rules(old: Json, before: Json) -> Json:
    """The strategy, with the filters and ratings put back that only 3.0 knows, by the names of the rules."""
    body = copied(body_of(old))
    if before is None or "rules" not in body:
        return body
    known = {str(body_of(rule)["name"]): body_of(rule) for rule in list_of(body_of(before).get("rules", []))}
    for rule in map(body_of, list_of(body["rules"])):
        earlier = known.get(str(rule["name"]), {})
        for part, limit in (("filters", 20), ("ratings", 10)):
            newer = [item for item in list_of(earlier.get(part, [])) if not _is_older(part, item)]
            if newer:
                rule[part] = [*list_of(rule.get(part, [])), *newer][:limit]
    return body


def _to_older_rules(new: Json, _: Json) -> Json:
    """The strategy without the filters and ratings that 2.1 does not know."""
    body = copied(body_of(new))
    for rule in map(body_of, list_of(body.get("rules", []))):
        for part in _OLDER:
            if part in rule:
                rule[part] = [item for item in list_of(rule[part]) if _is_older(part, item)]
    return body


def _is_older(part: str, item: Json) -> bool:
    return body_of(item).get("what") in _OLDER[part]


_TRANSLATIONS: Mapping[str, Remembering] = {
    "carrier_contract": Remembering(to_newer=_to_services, to_older=_to_prices),
    "shipping_method": Remembering(to_newer=_to_offers, to_older=_to_carriers),
    "routing_strategy": Remembering(to_newer=_to_newer_rules, to_older=_to_older_rules),
}
