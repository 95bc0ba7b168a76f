"""How the back offices look and what stands in their sidebars (django-unfold reads these)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy

_SITE = "oms.web.admin_sites.retailer"


def _list(title: str, icon: str, model: str) -> dict[str, Any]:
    """An entry of the sidebar, for those who may view it."""
    app, _, name = model.partition(".")
    address = reverse_lazy(f"admin:{app}_{name}_changelist")
    return {
        "title": title,
        "icon": icon,
        "link": address,
        "permission": _may_view(app, name),
    }


def _screen(title: str, icon: str, name: str) -> dict[str, Any]:
    """An entry of the sidebar that leads to a screen of the profile."""
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(name),
        "permission": _may_view("modules", "profiledocument"),
    }


def _in_clones_alone(entry: dict[str, Any]) -> dict[str, Any]:
    """An entry for staging clones: elsewhere there is nothing to be seen behind it."""
    allowed: Callable[[HttpRequest], bool] = entry["permission"]

    def shown(request: HttpRequest) -> bool:
        retailer = getattr(request, "retailer", None)
        return retailer is not None and retailer.environment == "staging" and allowed(request)

    return entry | {"permission": shown}


def _may_view(app: str, name: str) -> Callable[[HttpRequest], bool]:
    def may_view(request: HttpRequest) -> bool:
        return any(request.user.has_perm(f"{app}.{verb}_{name}") for verb in ("view", "change"))

    return may_view


def _style(request: HttpRequest) -> str:
    return static("web/backoffice.css")


def _script(request: HttpRequest) -> str:
    return static("web/backoffice.js")


def _palette(request: HttpRequest) -> str:
    return static("web/palette.js")


def _keyboard(request: HttpRequest) -> str:
    return static("web/keyboard.js")


def _icon(request: HttpRequest) -> str:
    return static("web/icon.svg")


#: A calm blue in place of unfold's purple; status colours stand out against it.
_BLUE = {
    "50": "oklch(97% .014 254.6)",
    "100": "oklch(93.2% .032 255.6)",
    "200": "oklch(88.2% .059 254.1)",
    "300": "oklch(80.9% .105 251.8)",
    "400": "oklch(70.7% .165 254.6)",
    "500": "oklch(62.3% .214 259.8)",
    "600": "oklch(50% .19 260)",
    "700": "oklch(44% .18 261)",
    "800": "oklch(42.4% .199 265.6)",
    "900": "oklch(37.9% .146 265.5)",
    "950": "oklch(28.2% .091 267.9)",
}

_BOTH: dict[str, Any] = {
    "STYLES": [_style],
    "SCRIPTS": [_script, _palette, _keyboard],
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": _icon}],
    "COLORS": {"primary": _BLUE},
    "BORDER_RADIUS": "6px",
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
}

UNFOLD: dict[str, Any] = {
    **_BOTH,
    "SITE_TITLE": f"{_SITE}.retailer_name",
    "SITE_HEADER": f"{_SITE}.retailer_name",
    "SITE_SUBHEADER": "Orders and fulfilment",
    "SITE_SYMBOL": "storefront",
    "SITE_URL": None,
    "ENVIRONMENT": f"{_SITE}.environment",
    "ENVIRONMENT_TITLE_PREFIX": f"{_SITE}.title_prefix",
    "DASHBOARD_CALLBACK": "oms.web.admin_sites.home.home",
    "COMMAND": {"search_models": False, "show_history": False},
    "SIDEBAR": {
        "show_search": True,
        "command_search": True,
        "show_all_applications": False,
        "navigation": [
            {
                "items": [
                    {"title": "Today", "icon": "today", "link": reverse_lazy("admin:index")},
                    {
                        "title": "Bulk jobs",
                        "icon": "checklist",
                        "link": reverse_lazy("admin:workspace_bulkjob_changelist"),
                    },
                ]
            },
            {
                "title": "Orders",
                "items": [
                    _list("Orders", "receipt_long", "orders.order"),
                    _list("Order lines", "list", "orders.orderline"),
                    _list("Charges", "payments", "orders.ordercharge"),
                    _list("Customers", "group", "orders.customer"),
                    _list("Notices", "mail", "notices.notice"),
                ],
            },
            {
                "title": "Fulfilment",
                "items": [
                    _list("Requests", "shelves", "requests.fulfilmentrequest"),
                    _list("Shipments", "local_shipping", "requests.shipment"),
                    _list("Parcels", "package_2", "carriers.parcel"),
                    _list("Manifests", "assignment", "carriers.manifest"),
                    _list("Days of vans", "airport_shuttle", "carriers.fleetday"),
                    _list("Queues", "hourglass_top", "routing.queueentry"),
                    _list("Brokering runs", "join", "routing.routingrun"),
                ],
            },
            {
                "title": "Stock",
                "items": [
                    _list("Levels", "warehouse", "inventory.stocklevel"),
                    _list("Movements", "swap_vert", "inventory.stockmovement"),
                    _list("Adjustments", "balance", "inventory.stockadjustment"),
                    _list("Expected", "move_to_inbox", "inventory.incomingsupply"),
                    _list("Transfers", "sync_alt", "inventory.transfer"),
                    _list("Counts", "fact_check", "inventory.stockcount"),
                    _list("Held by carts", "shopping_cart", "inventory.softreservation"),
                    _list("Feeds", "upload", "inventory.stockfeed"),
                    _list("Doubted stock", "help", "inventory.stockconfidence"),
                    _list("Products", "sell", "catalogue.product"),
                ],
            },
            {"title": "Returns", "items": [_list("Blind returns", "assignment_return", "returns.blindreturn")]},
            {
                "title": "Channels",
                "items": [
                    _list("Messages", "inbox", "orders.channelmessage"),
                    _list("Deliveries", "outbox", "orders.channeldelivery"),
                    _list("Connections", "cable", "orders.channelconnection"),
                    _list("Aliases", "swap_horiz", "orders.channelalias"),
                ],
            },
            {"title": "Imports", "items": [_list("Imported lines", "upload_file", "importing.importedline")]},
            {
                "title": "Your rules",
                "items": [
                    _screen("Profile", "tune", "profile:overview"),
                    _screen("Upgrades", "upgrade", "profile:upgrades")
                    | {"badge": "oms.web.signing_in.new_releases", "badge_variant": "info"},
                ],
            },
            {
                "title": "Settings",
                "items": [
                    _list("Locations", "location_on", "locations.location"),
                    _list("Vans", "airport_shuttle", "carriers.fleetvan"),
                    _list("Location groups", "workspaces", "locations.locationgroup"),
                    _list("Channels", "hub", "orders.channel"),
                    _list("Notice templates", "drafts", "notices.noticetemplate"),
                    _list("Staff", "badge", "accounts.user"),
                    _list("Groups", "groups", "auth.group"),
                    _list("API keys", "key", "web.apikey"),
                    _list("API bulk jobs", "dataset", "web.bulkjob"),
                    _list("Webhooks", "webhook", "webhooks.endpoint"),
                    _list("Webhook deliveries", "outgoing_mail", "webhooks.delivery"),
                    _list("Events", "history", "infra.event"),
                    _in_clones_alone(_list("Outbound refusals", "block", "infra.outboundrefusal")),
                    _list("Sent to others", "outbox", "infra.outbounddeparture"),
                    _list("Retention of decisions", "auto_delete", "modules.journalretention"),
                ],
            },
        ],
    },
}

UNFOLD_PLATFORM: dict[str, Any] = {
    **_BOTH,
    "SITE_TITLE": "Platform",
    "SITE_HEADER": "Platform",
    "SITE_SUBHEADER": "Registry of retailers",
    "SITE_SYMBOL": "domain",
    "SITE_URL": None,
    "SIDEBAR": {
        "show_search": False,
        "command_search": False,
        "show_all_applications": False,
        "navigation": [
            {
                "title": "Retailers",
                "items": [
                    _list("Retailers", "storefront", "tenants.retailer"),
                    _list("Host names", "language", "tenants.domain"),
                ],
            },
            {
                "title": "Platform staff",
                "items": [_list("Staff", "badge", "accounts.user"), _list("Groups", "groups", "auth.group")],
            },
        ],
    },
}
