"""The kinds of an event to be, as they are said back to who typed them."""

from bot.flows.organising.draft import Draft
from boxoffice.money import Money
from chat.messages import Words, words


def noted_kinds(draft: Draft, currency: str) -> tuple[Words, ...]:
    """List the kinds so far, and how the persons of a party are changed; nothing without any."""
    if not draft.kinds:
        return ()
    lines = tuple(
        _line(name, Money(price, currency), quota, party)
        for name, price, quota, party in draft.kinds
    )
    parties = [name for name, _, _, party in draft.kinds if party > 1]
    how = (words("creating.party_how", kind=parties[0]),) if parties else ()
    return (words("creating.kinds_noted", lines=lines), *how)


def _line(name: str, price: Money, quota: int, party: int) -> Words:
    said = words("price", price=price) if price.amount_minor else words("offer.free")
    if party > 1:
        return words("creating.party_line", kind=name, price=said, n=quota, persons=party)
    return words("creating.kind_line", kind=name, price=said, n=quota)
