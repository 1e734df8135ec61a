"""The table of roles, walked whole; and another organiser's ids, tried everywhere."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bot.flows.seller import seller_talk
from bot.flows.team.roles import AT_THE_COUNTER, BUYERS, OF_BALANCES, WHO_MAY, Role
from boxoffice.tokens import new_token
from chat import codec
from chat.messages import Say, Tap, words
from storage import (
    broadcasts,
    claims,
    event_changes,
    events,
    loans,
    orders,
    organisers,
    reviews,
    sellers,
    staff,
)
from storage.database import Database, Tx
from storage.ids import from_text, to_text
from tests.flows.talking import DEMO, NOW_MS, Talker, organiser
from tests.transcripts.world import make_event

OF_TEAMS = frozenset({"team", "teamnew", "teamoff", "teamlinks", "teamlinkoff"})
WITHOUT_EVENT = frozenset({"new", "organise", "desk", "journalall"}) | OF_TEAMS
OF_OWNERS = frozenset({"journalall"}) | OF_TEAMS
OF_PLATFORM = frozenset({"orgs", "health", "org"})
"""Verbs that name no event: they show what is the person's own."""

OF_ORDERS = frozenset(verb for verb in WHO_MAY if verb.startswith("ord"))
OF_CHANGES = frozenset({"chdo", "chno", "chundo"})
OF_SELLERS = frozenset({"sellerquota", "selleroff"})
OF_CASTS = frozenset({"castgo", "castno", "caststop", "casttally"})
OF_PAYMENTS = frozenset({"review"})

REFUSALS = (
    "réservé à l’organisateur",
    "que vous n’organisez pas",
    "Votre rôle ne permet pas",
)

TITLE = "Bal des Voisins"


@dataclass(slots=True)
class House:
    """A box office with two organisers, and somebody of every role for the event of the second."""

    event: str
    order: str
    change: str
    seller: str
    cast: str
    people: dict[Role | str, Talker]

    def action(self, verb: str) -> str:
        """Write the button of a verb about the event, its order or its change."""
        if verb in WITHOUT_EVENT | OF_PLATFORM:
            return verb
        if verb in OF_ORDERS:
            return f"{verb}:{self.order}"
        if verb in OF_CASTS:
            return f"{verb}:{self.cast}"
        if verb in OF_SELLERS:
            return f"{verb}:{self.seller}"
        if verb == "tillok":
            return f"{verb}:{self.event}:0:1"
        return f"{verb}:{self.change if verb in OF_CHANGES else self.event}"


async def a_house(database: Database) -> House:
    """Build it."""
    platform = await organiser(database, "platform")
    owner = await organiser(database, "owner")
    stranger = await organiser(database, "stranger")
    people: dict[Role | str, Talker] = {
        Role.PLATFORM: platform,
        Role.OWNER: owner,
        "stranger": stranger,
        **{one: Talker(database, one.value) for one in Role if one.value in ROLES_BY_HAND},
        "buyer": Talker(database, "buyer"),
    }
    for talker in people.values():
        await talker.type("menu")
    event_id = await database.write(_event_of, "owner")
    await database.write(_engage, event_id)
    buyer = people["buyer"]
    await buyer.type(f"e_{to_text(event_id)}", "1", "1")
    await buyer.tap("J’ai 21 ans révolus le 12 juin et j’accepte")
    order_id = await database.read(_an_order)
    change_id = await database.write(_a_change, event_id)
    seller_id = await database.read(_a_seller)
    cast_id = await database.write(_a_cast, event_id)
    return House(
        to_text(event_id),
        to_text(order_id),
        to_text(change_id),
        to_text(seller_id),
        to_text(cast_id),
        people,
    )


ROLES_BY_HAND = {"manager", "seller", "supervisor", "steward"}


@pytest.mark.parametrize("role", [*Role, "stranger", "buyer"], ids=str)
async def test_each_role_may_what_the_table_says_and_nothing_else(
    role: Role | str, database: Database
) -> None:
    """Every organiser's verb, pressed by somebody of every role for this very event."""
    house = await a_house(database)
    talker = house.people[role]
    runs_something = role in {Role.PLATFORM, Role.OWNER, Role.MANAGER, "stranger"}
    for verb, roles in WHO_MAY.items():
        if verb in OF_PAYMENTS:
            continue
        talker.screen.clear()
        said = await talker.hear(Tap(house.action(verb)))
        refused = any(one in said for one in REFUSALS)
        allowed = role in roles
        if verb in WITHOUT_EVENT:
            owns = role in {Role.PLATFORM, Role.OWNER, "stranger"}
            allowed = owns if verb in OF_OWNERS else runs_something
        assert refused is not allowed, f"{role} pressed {verb}: {said}"
        if refused or verb in {"new", "desk"}:
            assert TITLE not in said, f"{role} pressed {verb}: {said}"


_RUN = frozenset({Role.OWNER, Role.MANAGER})
_SELL = _RUN | {Role.SELLER}
BY_HAND: dict[str, frozenset[Role]] = {
    "sellk": _SELL,
    "selln": _SELL,
    "sellok": _SELL,
    "giftk": _RUN,
    "giftn": _RUN,
    "giftok": _RUN,
    # What was sold by hand is taken back and handed over by who sold it, and who runs the event.
    "handlink": _SELL,
    "handshow": _SELL,
    "unsell": _SELL,
    "unsellok": _SELL,
    "handback": _SELL,
    "review": _RUN,
}
"""The verbs that name a kind, an order, a refund or a payment, and who may use them."""


def test_every_verb_at_the_counter_is_walked() -> None:
    """None is only listed."""
    assert set(BY_HAND) == AT_THE_COUNTER | OF_PAYMENTS


@pytest.mark.parametrize("role", [*Role, "stranger", "buyer"], ids=str)
async def test_each_role_may_at_the_counter_what_is_theirs(
    role: Role | str, database: Database
) -> None:
    """Every button about tickets sold by hand, and about money under review, of this very event."""
    house = await a_house(database)
    seller = house.people[Role.SELLER]
    for _ in range(2):
        await seller.type("vente Standard 1 espèces")
        await seller.tap("Encaissé : 5 000 F CFA")
    await seller.tap("Annuler la vente")
    await seller.tap("Oui, annuler")
    named = await database.write(_what_is_named)
    talker = house.people[role]
    for verb, roles in BY_HAND.items():
        said = await talker.hear(Tap(f"{verb}:{named[verb]}"))
        refused = any(one in said for one in REFUSALS)
        assert refused is (role not in roles), f"{role} pressed {verb}: {said}"


async def test_a_buyers_button_in_strange_hands_shows_nothing_of_the_order(
    database: Database,
) -> None:
    """Every verb of buyers is pressed by another organiser, about the buyer's order and event."""
    house = await a_house(database)
    reference = await database.read(_reference)
    stranger = house.people["stranger"]
    for verb in sorted(BUYERS):
        for about in (house.order, house.event, f"{house.order}:yes", ""):
            said = await stranger.hear(Tap(f"{verb}:{about}" if about else verb))
            assert reference not in said, f"{verb}:{about}: {said}"


async def _reference(tx: Tx) -> str:
    row = await tx.row("SELECT reference FROM orders")
    assert row is not None
    return str(row["reference"])


async def _what_is_named(tx: Tx) -> dict[str, str]:
    """Name what each button is about: a kind, the order that stands, the cash to hand back."""
    kind = await tx.row("SELECT id FROM kinds")
    sold = await tx.row("SELECT id FROM orders WHERE source = 'counter' AND status = 'paid'")
    cash = await tx.row("SELECT id FROM refunds")
    held = await tx.row(
        "SELECT payments.id, payments.order_id FROM payments JOIN orders"
        " ON orders.id = payments.order_id WHERE orders.source = 'chat'"
    )
    assert kind is not None
    assert sold is not None
    assert cash is not None
    assert held is not None
    kind_id, order_id = to_text(kind["id"]), to_text(sold["id"])
    await tx.run(
        "UPDATE payments SET status = 'paid', paid_minor = 4000, paid_currency = 'XOF',"
        " paid_ms = started_ms WHERE id = :id",
        id=held["id"],
    )
    await reviews.open_review(
        tx,
        payment_id=held["id"],
        order_id=held["order_id"],
        why="underpaid",
        until_ms=NOW_MS * 2,
        now_ms=NOW_MS,
    )
    kinds = {"sellk": "", "selln": ":1", "sellok": ":1:5000:AAAAAAA"}
    gifts = {"giftk": "", "giftn": ":1", "giftok": ":1:0:BBBBBBB"}
    return (
        {verb: f"{kind_id}{rest}" for verb, rest in (kinds | gifts).items()}
        | dict.fromkeys(("handlink", "handshow", "unsell", "unsellok"), order_id)
        | {"handback": to_text(cash["id"]), "review": f"{to_text(held['id'])}:refund"}
    )


async def test_balances_are_for_their_owners_and_the_platforms(database: Database) -> None:
    """Another organiser, a manager, a seller, a buyer: none sees or records what is owed."""
    house = await a_house(database)
    organiser_id = await database.read(_organiser_of, int(from_text(house.event) or 0))
    asked = f"payouts:{to_text(organiser_id)}"
    pay = f"payout:{to_text(organiser_id)}:XOF:sandbox"
    for role, talker in house.people.items():
        for action in (asked, pay):
            said = await talker.hear(Tap(action))
            refused = any(one in said for one in REFUSALS)
            assert refused is (role not in {Role.OWNER, Role.PLATFORM}), f"{role}: {said}"
        said = await talker.hear(Tap("fees:all"))
        assert ("Combien par billet" in said) is (role is Role.PLATFORM), f"{role}: {said}"


async def _organiser_of(tx: Tx, event_id: int) -> int:
    row = await tx.row("SELECT organiser_id FROM events WHERE id = :id", id=event_id)
    assert row is not None
    return int(row["organiser_id"])


def test_every_button_is_in_the_table_or_a_buyers() -> None:
    """A new button is somebody's: it stands in the table of roles, or among the buyers' verbs."""
    verbs = set(seller_talk(DEMO).actions)
    assert verbs - set(WHO_MAY) == BUYERS | AT_THE_COUNTER | OF_BALANCES
    assert set(WHO_MAY) <= verbs


@pytest.mark.parametrize(
    "typed",
    ["ventes", "organiser", "commande buyer", "participants", "chiffres", "journal", "jauge 3"],
)
async def test_what_another_organiser_types_never_shows_the_event(
    typed: str, database: Database
) -> None:
    """Commands that name no event look among the person's own events alone."""
    house = await a_house(database)
    said = await house.people["stranger"].type(typed)
    assert TITLE not in said
    assert TITLE.lower() not in said.lower()


async def _event_of(tx: Tx, owner: str) -> int:
    starts = datetime(2027, 6, 12, 20, 30, tzinfo=ZoneInfo("Africa/Porto-Novo"))
    event_id = await make_event(tx, TITLE, starts, ("Standard 5000 x 9",), NOW_MS)
    await tx.run(
        "UPDATE events SET organiser_id = (SELECT organiser_id FROM memberships JOIN people"
        " ON people.id = memberships.person_id WHERE people.name = :name) WHERE id = :id",
        name=owner,
        id=event_id,
    )
    chat = await tx.row("SELECT id, person_id FROM chats WHERE ref = :ref", ref=owner)
    assert chat is not None
    asked = {"person_id": chat["person_id"], "chat_id": chat["id"], "now_ms": NOW_MS}
    assert await loans.ask(tx, event_id, **asked)
    return event_id


async def _engage(tx: Tx, event_id: int) -> None:
    people = {row["name"]: row["id"] for row in await tx.rows("SELECT id, name FROM people")}
    event = await tx.row("SELECT organiser_id FROM events WHERE id = :id", id=event_id)
    assert event is not None
    await organisers.add_member(tx, event["organiser_id"], people["manager"], "manager", NOW_MS)
    token = new_token()
    await sellers.invite(
        tx,
        token,
        event_id=event_id,
        kind="door",
        quota=5,
        invited_by=people["owner"],
        expires_ms=NOW_MS + 1,
        now_ms=NOW_MS,
    )
    token_hash = claims.hash_token(token)
    assert await sellers.join(tx, token_hash, people["seller"], NOW_MS) is not None
    for role in ("supervisor", "steward"):
        await staff.engage(
            tx,
            event_id=event_id,
            person_id=people[role],
            role=role,
            name=role,
            now_ms=NOW_MS,
        )


async def _an_order(tx: Tx) -> int:
    [row] = await tx.rows("SELECT id FROM orders")
    assert await orders.order_by_id(tx, row["id"]) is not None
    return int(row["id"])


async def _a_seller(tx: Tx) -> int:
    [row] = await tx.rows("SELECT id FROM sellers")
    return int(row["id"])


async def _a_cast(tx: Tx, event_id: int) -> int:
    event = await events.event_by_id(tx, event_id)
    assert event is not None
    return await broadcasts.make(
        tx,
        broadcasts.Message(codec.to_json(Say(words("menu.head"))), "[]"),
        organiser_id=event.organiser_id,
        event_id=event_id,
        audience="holders",
        person_id=(await tx.rows("SELECT id FROM people"))[0]["id"],
        now_ms=NOW_MS,
        instead={},
    )


async def _a_change(tx: Tx, event_id: int) -> int:
    wanted = event_changes.Wanted(
        field="title",
        old={"title": TITLE, "folded": ""},
        new={"title": TITLE + " !", "folded": ""},
    )
    person_id = (await tx.rows("SELECT id FROM people"))[0]["id"]
    [change] = await event_changes.ask(tx, event_id, [wanted], person_id=person_id, now_ms=NOW_MS)
    return change.id
