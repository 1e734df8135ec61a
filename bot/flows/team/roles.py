"""Who may do what: one table, read by every command and every button, walked whole by a test.

A button names the event it is about; whether this person has one of these roles *for that event* is
asked of the database each time it is pressed. What is not in the table belongs to buyers.
"""

from collections.abc import Mapping
from enum import StrEnum


class Role(StrEnum):
    """What somebody may be for an event, or for the whole box office."""

    PLATFORM = "platform"
    """Owns this installation: approves organisers, lends terminals; runs no event but its own."""
    OWNER = "owner"
    MANAGER = "manager"
    SELLER = "seller"
    SUPERVISOR = "supervisor"
    STEWARD = "steward"


_OWNER = frozenset({Role.OWNER})
_RUN = frozenset({Role.OWNER, Role.MANAGER})
_SELL = frozenset({Role.OWNER, Role.MANAGER, Role.SELLER})
_PLATFORM = frozenset({Role.PLATFORM})

WHO_MAY: Mapping[str, frozenset[Role]] = {
    # An event is made, shown, sold, changed.
    "new": _RUN,
    "edit": _RUN,
    "keep": _RUN,
    "organise": _RUN,
    "sales": _RUN,
    "look": _RUN,
    "unsent": _RUN,
    "pub": _RUN,
    "pubok": _RUN,
    "pubeq": _RUN,
    "unpub": _RUN,
    "halt": _RUN,
    "drop": _RUN,
    "clone": _RUN,
    "quota": _RUN,
    "ch": _RUN,
    "chdo": _RUN,
    "chno": _RUN,
    "chundo": _RUN,
    "postpone": _RUN,
    "postponeok": _RUN,
    "calloff": _RUN,
    "calloffok": _RUN,
    "maintain": _RUN,
    "maintainok": _RUN,
    "unmove": _RUN,
    "unmoveok": _RUN,
    "replies": _RUN,
    "rules": _RUN,
    "rule": _RUN,
    "equip": _RUN,
    "lend": _RUN,
    "unlend": _RUN,
    "devices": _RUN,
    "loan": _PLATFORM,
    "live": _RUN,
    "review": _RUN,
    "kinds": _RUN,
    "poster": _RUN,
    # What was sold of it, and to whom.
    "figures": _RUN,
    "tools": _RUN,
    "guests": _RUN,
    "gueststop": _RUN,
    "refundstop": _RUN,
    "refundgo": _RUN,
    "desk": _RUN,
    "ord": _RUN,
    "ordsend": _RUN,
    "ordname": _RUN,
    "ordback": _RUN,
    "ordpay": _RUN,
    "ordstop": _RUN,
    "ordfree": _RUN,
    "codes": _RUN,
    "closing": _RUN,
    "cast": _RUN,
    "castgo": _RUN,
    "castno": _RUN,
    "caststop": _RUN,
    "casttally": _RUN,
    # Its people.
    "invite": _RUN,
    "invitechief": _RUN,
    "invitefor": _RUN,
    "gateteam": _RUN,
    "gatehours": _RUN,
    "gateoff": _RUN,
    "links": _RUN,
    "linkoff": _RUN,
    "doors": _RUN,
    "doornew": _RUN,
    "doorset": _RUN,
    "doorname": _RUN,
    "doorkinds": _RUN,
    "dooronly": _RUN,
    # Its money over the counter, its free tickets, its sellers.
    "money": _RUN,
    "statement": _RUN,
    "sell": _SELL,
    "till": _SELL,
    "tillclose": _SELL,
    "tillok": _SELL,
    "gift": _RUN,
    "gifts": _RUN,
    "sellers": _RUN,
    "sellinvite": _RUN,
    "sellerquota": _RUN,
    "selleroff": _RUN,
    "selllinks": _RUN,
    "selllinkoff": _RUN,
    # What only who owns the organiser does.
    "team": _OWNER,
    "teamnew": _OWNER,
    "teamoff": _OWNER,
    "teamlinks": _OWNER,
    "teamlinkoff": _OWNER,
    "journal": _OWNER,
    "journalall": _OWNER,
    # The whole installation.
    "orgs": _PLATFORM,
    "org": _PLATFORM,
    "health": _PLATFORM,
}
"""The first word of every button and command of an organiser, and the roles that may use it."""


BUYERS = frozenset(
    {
        "accept",
        "again",
        "an",
        "annul",
        "begin",
        "notices",
        "ask",
        "back",
        "by",
        "cancel",
        "letgo",
        "event",
        "events",
        "fix",
        "genuine",
    }
    | {"give", "giveas", "giveback", "greet", "help", "here", "ics", "kind", "lang", "late"}
    | {"later", "leave", "legal", "link", "linkto", "map", "menu", "own", "paper", "pay", "print"}
    | {"receipt", "refuse", "reply", "seats", "share", "take", "takeas", "taken", "tickets"}
    | {
        "unchanged",
        "ungive",
        "unlink",
        "want",
        "recover",
        "recovery",
        "claim",
        "beseller",
        "mydata",
    }
    | {
        "forget",
        "giveall",
        "givesome",
        "giveto",
        "rescue",
        "idpass",
        "apply",
        "teamjoin",
        "consent",
        "card",
        "find",
        "unwait",
        "wait",
        "waits",
    }
)
"""Buttons of anybody: each asks by itself whose order, ticket or question it is about."""


AT_THE_COUNTER = frozenset(
    {"sellk", "selln", "sellok", "unsell", "unsellok", "handback", "handlink", "handshow"}
    | {"giftk", "giftn", "giftok"}
)
"""Buttons of who sells or gives tickets by hand: the counter asks for their place at the event."""


OF_BALANCES = frozenset(
    {"fees", "payouts", "payout", "payoutway", "payoutday", "payoutok", "payoutpaper"}
    | {"payoutundo", "payoutundone"}
)
"""Buttons about an organiser's balance, not an event: each asks who owns it, or the platform."""


def may(verb: str, roles: frozenset[str]) -> bool:
    """Say whether somebody with these roles may use a verb; an unknown one is for who runs it."""
    return bool(WHO_MAY.get(verb, _RUN) & roles)
