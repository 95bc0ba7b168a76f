"""Partners' keys open production's door, not a staging clone's; what partners said of requests travels with them."""

from collections.abc import Mapping

from oms.kernel.travel import NONE, Rule, With

TRAVEL: Mapping[str, Rule] = {
    "web_apikey": NONE,
    "web_apikeychannel": NONE,
    "web_apikeylocation": NONE,
    "web_apikeybucket": NONE,
    "web_bulkjob": NONE,
    "web_bulkrow": NONE,
    "web_requestacknowledgement": With("request_id", "requests_fulfilmentrequest"),
}
