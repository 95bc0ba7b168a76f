"""Which of the retailer's ways of shipping an order names, so that routing sees the retailer's own code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from modules.profile import current_profile
from orders.domain.channel import OrderPlaced
from orders.models import AliasKind, ChannelAlias, Order
from orders.services.channels.take_back import Wait

_LONGEST = Order._meta.get_field("method").max_length or 0
#: Kind of the documents that name the retailer's ways of shipping, whichever module reads them.
_KIND = "shipping_method"


def method_of(placed: OrderPlaced, channel_id: int, default: str) -> str:
    """Code of the retailer's way of shipping; empty where the channel uses none.

    An alias of the channel counts first, then a way of the retailer's own that is called so, then the ``default`` of
    the channel's settings, which is also that of orders that name none. Where the channel has aliases but no default,
    a name that is not among them is not guessed. Raises :class:`~orders.services.channels.take_back.Wait`.
    """
    told: tuple[tuple[str, ...], ...] = placed.ways or ((placed.method,),)
    ways = [names for names in (tuple(filter(None, each)) for each in told) if names]
    if not ways:
        return default
    rows = ChannelAlias.objects.filter(channel=channel_id, kind=AliasKind.METHOD)
    aliases = {theirs.casefold(): ours for theirs, ours in rows.values_list("theirs", "ours")}
    # A name as it is written counts before one that differs in its capitals.
    aliases |= dict(rows.values_list("theirs", "ours"))
    own = {reference.key for reference in current_profile().raw() if reference.kind == _KIND}
    found = {names: _code(names, aliases, own) or default for names in ways}
    unknown = next((names[0] for names, code in found.items() if not code), "")
    if unknown and aliases:
        message = (
            f"no alias of this channel says which way of shipping {unknown!r} is: add one (or a usual way in the "
            "channel's settings) and try again"
        )
        raise Wait(message)
    codes = sorted(set(found.values()))
    if len(codes) > 1:
        message = (
            f"it names ways of shipping that are different ones here ({', '.join(codes)}): split it in the shop, "
            "or give them the same alias, and try again"
        )
        raise Wait(message)
    if len(codes[0]) > _LONGEST:
        message = f"the way of shipping {codes[0][:30]!r} is longer than {_LONGEST} characters: mend the alias"
        raise Wait(message)
    return codes[0]


def _code(names: Sequence[str], aliases: Mapping[str, str], own: set[str]) -> str:
    for name in names:
        ours = aliases.get(name) or aliases.get(name.casefold())
        if ours:
            return ours
    return next((name for name in names if name in own), "")
