"""What the world does while people chat: the `!` lines.

! événement jazz: Nuit du Jazz | 12/06/2027 20:30 | Standard 5000 x 1 | VIP 15000 x 2 | nominatif
! porte jazz                        the person `porte` scans there; `! porte porte2 jazz` another
! vendeur kofi 10 jazz              somebody may sell ten tickets for cash
! superviseur jazz                  ... and `superviseur` is told of alarms
! renvoie porte jazz                somebody leaves the team
! lien jazz                         a one-use link, named `lien`: `> /start s_lien`
! propriétaire                      the first owner's link: `> /start o_proprio`
! langue amy en                     an app that speaks English
! awa achète 2 VIP pour jazz        somebody buys, unheard
! non remis acheteuse               the ticket sent to somebody last did not arrive, for ever
! image perdue acheteuse            only its picture did not: words may
! attend 31 minutes                 time passes, and upkeep looks around once
! payé, ! refusé, ! page fermée     what the provider says: see pay_world.py
! payeur, ! courriel                who paid, and e-mail: see payers.py
! rembourse, ! contestation         money goes back: see money_world.py
! entrée, ! annulé jazz, ! réseau   gates, an event given up, a network back: see gate_world.py
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bot.far_work.undelivered import take_back
from boxoffice import rules
from boxoffice.codes import Mode
from boxoffice.model import Naming
from boxoffice.refund_terms import NO_REFUND, RefundTerms
from boxoffice.tokens import new_token
from chat.channel import Loss
from chat.understanding import fold
from storage import (
    chats,
    drafts,
    invitations,
    organisers,
    sale_news,
    staff,
)
from storage.drafts import NewEvent, NewKind
from tests.transcripts import gate_world, money_world, pay_world, payers, ticket_world

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from storage.database import Tx
    from tests.transcripts.screens import Speaker
    from tests.transcripts.stage import Stage

ZONE = "Africa/Porto-Novo"
START = datetime(2027, 6, 1, 10, 0, tzinfo=ZoneInfo(ZONE))

UNITS_MS = {"s": 1000, "m": rules.MINUTE_MS, "h": rules.HOUR_MS, "j": rules.DAY_MS}


async def happen(stage: Stage, words: str) -> None:
    """Do what a `!` line says."""
    if bought := re.fullmatch(r"([\w-]+) achète (\d+)(?: (.+))? pour ([\w-]+)", words):
        await _buy(stage, *bought.groups(""))
        return
    verb, _, rest = words.partition(" ")
    if verb == "sauf":
        return  # said to the reader of the script: see script.py
    assert verb in VERBS, f"the world cannot {words!r}"
    await VERBS[verb](stage, rest)


# ---- Events and their people ---------------------------------------------------------------------


async def _make_event(stage: Stage, rest: str) -> None:
    name, _, told = rest.partition(":")
    title, when, *facts = (part.strip() for part in told.split("|"))
    starts = datetime.strptime(when, "%d/%m/%Y %H:%M").replace(tzinfo=ZoneInfo(ZONE))
    stage.events[name.strip()] = await stage.database.write(
        make_event, title, starts, tuple(facts), stage.clock()
    )


async def _make_draft(stage: Stage, rest: str) -> None:
    """An event that is not on sale, at a venue nobody has asked about."""
    await _make_event(stage, rest)
    event_id = stage.events[rest.partition(":")[0].strip()]

    async def take_back(tx: Tx) -> None:
        await tx.run(
            "UPDATE events SET status = 'draft', equipment = 'unknown' WHERE id = :id", id=event_id
        )

    await stage.database.write(take_back)


async def _make_organiser(stage: Stage, rest: str) -> None:
    """Make `awa` an organiser; `awa, avertie` hears of sales, which else stands in every script."""
    who, _, notices = rest.partition(", ")
    person_id = await _person(stage, who)

    async def make(tx: Tx, now_ms: int) -> None:
        organiser_id = await organisers.first_organiser(tx)
        if organiser_id is None:
            await organisers.make_organiser(tx, name=who, owner_id=person_id, now_ms=now_ms)
        else:
            await organisers.add_member(tx, organiser_id, person_id, "owner", now_ms)
        await sale_news.let_hear(tx, person_id, int(notices == "avertie"))

    await stage.database.write(make, stage.clock())


async def _make_steward(stage: Stage, rest: str) -> None:
    who, _, name = rest.rpartition(" ")
    await _engage(stage, who or "porte", name, "steward")


async def _make_supervisor(stage: Stage, name: str) -> None:
    await _engage(stage, "superviseur", name, "supervisor")


async def _make_seller(stage: Stage, rest: str) -> None:
    who, quota, name = rest.split()
    await stage.database.write(
        money_world.make_seller,
        stage.events[name],
        await _person(stage, who),
        int(quota),
        stage.clock(),
    )


async def _engage(stage: Stage, who: str, name: str, role: str) -> None:
    await stage.database.write(
        staff.engage,
        event_id=stage.events[name],
        person_id=await _person(stage, who),
        role=role,
        name=who.title(),
        now_ms=stage.clock(),
    )


async def _dismiss(stage: Stage, rest: str) -> None:
    who, _, name = rest.partition(" ")
    person_id = await _person(stage, who)
    posts = await stage.database.read(staff.posts_of, person_id, stage.clock())
    [post] = [one for one in posts if one.event_id == stage.events[name]]
    assert await stage.database.write(staff.dismiss, post.staff_id, stage.clock())


async def _invite_staff(stage: Stage, name: str) -> None:
    stage.links["lien"] = await _invite(stage, "staff", event_id=stage.events[name])


async def _invite_owner(stage: Stage, _: str) -> None:
    stage.links["proprio"] = await _invite(stage, "owner", event_id=None)


async def _invite(stage: Stage, purpose: str, event_id: int | None) -> str:
    token = new_token()
    await stage.database.write(
        invitations.invite,
        token,
        purpose=purpose,
        event_id=event_id,
        role="steward" if event_id else None,
        expires_ms=stage.clock() + rules.DAY_MS,
        now_ms=stage.clock(),
    )
    return token


async def _speak(stage: Stage, rest: str) -> None:
    who, _, language = rest.partition(" ")
    stage.languages[who] = language


# ---- Buying, unheard -----------------------------------------------------------------------------


async def _buy(stage: Stage, who: str, count: str, kind: str, name: str) -> None:
    """Have somebody buy through the chat, without the script hearing of it."""
    await stage.hear(who, f"/start e_{name}")
    await stage.hear(who, f"{count} {kind}" if kind else "1")
    if not kind:
        await stage.hear(who, count)
    choices = [one for said in await stage.seen(who) for one in said.buttons if one.action]
    accept = [one.action for one in choices if str(one.action).startswith("accept:")]
    assert accept, f"{who} could not buy {count} for {name}"
    await stage.hear(who, f"[#{accept[-1]}]")
    payment = await stage.database.read(pay_world.newest_payment)
    if payment is not None and payment.status == "open":
        await stage.world("payé")
    stage.taken[who] = len(await stage.seen(who))


# ---- Time, and what is lost ----------------------------------------------------------------------


async def _wait(stage: Stage, rest: str) -> None:
    number, _, unit = rest.partition(" ")
    stage.clock.now_ms += int(number) * UNITS_MS[unit[0]]
    await stage.chores()


async def _lose(stage: Stage, rest: str) -> None:
    """Have the app tell that what brought somebody's newest ticket did not arrive: for ever."""
    await _not_arrived(stage, rest, Loss.GONE)


async def _lose_picture(stage: Stage, rest: str) -> None:
    """The same, for the picture's sake: words may arrive."""
    await _not_arrived(stage, rest, Loss.PICTURE)


async def _not_arrived(stage: Stage, rest: str, loss: Loss) -> None:
    person_id = await _person(stage, rest.rpartition(" ")[2])

    async def lose(tx: Tx, now_ms: int) -> None:
        row = await tx.row(
            "SELECT outbox.id FROM outbox JOIN chats ON chats.id = outbox.chat_id"
            " WHERE chats.person_id = :person_id AND about LIKE 'ticket:%' AND state = 'done'"
            " ORDER BY outbox.id DESC LIMIT 1",
            person_id=person_id,
        )
        if row is not None:  # told twice, it is lost once
            await take_back(tx, row["id"], loss, now_ms)

    await stage.database.write(lose, stage.clock())
    stage.clock.now_ms += 2_001
    await stage.guichet.engine.take_up()


VERBS: dict[str, Callable[[Stage, str], Awaitable[None]]] = {
    "événement": _make_event,
    "brouillon": _make_draft,
    "organisateur": _make_organiser,
    "porte": _make_steward,
    "superviseur": _make_supervisor,
    "entrée": gate_world.add_gate,
    "ferme": gate_world.close_gate,
    "ouvre": gate_world.open_gate,
    "renvoie": _dismiss,
    "lien": _invite_staff,
    "propriétaire": _invite_owner,
    "langue": _speak,
    "payé": pay_world.pay,
    "refusé": pay_world.decline,
    "page": pay_world.close_page,
    "attend": _wait,
    "non": _lose,
    "image": _lose_picture,
    "rembourse": money_world.refund,
    "contestation": money_world.charge_back,
    "prestataire": money_world.at_the_desk,
    "annulé": gate_world.give_up,
    "reporté": gate_world.put_off,
    "maintenu": gate_world.hold_on,
    "âge": gate_world.raise_age,
    "encaissé": gate_world.paid_in_silence,
    "réseau": gate_world.back_online,
    "panne": gate_world.break_down,
    "réparé": gate_world.mend,
    "payeur": payers.know_payer,
    "courriel": payers.refuse_mail,
    "vendeur": _make_seller,
}


# ---- In the database -----------------------------------------------------------------------------


async def make_event(
    tx: Tx, title: str, starts: datetime, facts: tuple[str, ...], now_ms: int
) -> int:
    """Put an event on sale, with a gate; kinds are `NAME PRICE x QUOTA`, the rest are rules.

    `21 ans`, `tous publics`, `garde 20 min`, `4 par personne`, `nominatif`, `aux portes` (no entry
    before the doors), `3 jours` (kinds are then for one day each: `Samedi 3000 x 9 le 12`),
    `remboursé 80 % 2 jours avant`.
    """
    organiser_id = await organisers.first_organiser(tx)
    if organiser_id is None:
        person_id = await _new_organiser(tx, now_ms)
        organiser_id = await organisers.make_organiser(
            tx, name="Organisateur", owner_id=person_id, now_ms=now_ms
        )
        await sale_news.let_hear(tx, person_id, 0)
    starts_ms = int(starts.timestamp() * 1000)
    days = _number(facts, r"(\d+) jours", 1)
    ends = starts + timedelta(days=days - 1, hours=5)
    terms = _refund_terms(facts)
    event_id = await drafts.create_event(
        tx,
        NewEvent(
            organiser_id=organiser_id,
            mode=Mode.DEMO,
            title=title,
            description="",
            venue="Palais des Congrès",
            city="Cotonou",
            folded=fold(f"{title} Palais des Congrès Cotonou"),
            zone=ZONE,
            doors_ms=starts_ms - rules.HOUR_MS,
            starts_ms=starts_ms,
            ends_ms=int(ends.timestamp() * 1000),
            currency="XOF",
            age_min=0 if "tous publics" in facts else _number(facts, r"(\d+) ans", 21),
            naming=Naming.NOMINATIVE if "nominatif" in facts else Naming.TRANSFERABLE,
            refund_percent=terms.percent,
            refund_before_ms=terms.before_ms,
            conditions="",
            per_buyer_max=_number(facts, r"(\d+) par personne", rules.TICKETS_PER_BUYER_MAX),
            hold_ms=_number(facts, r"garde (\d+) min", 30) * rules.MINUTE_MS,
            accent="#1f4e5f",
        ),
        now_ms,
    )
    opens_ms = starts_ms - rules.HOUR_MS if "aux portes" in facts else now_ms
    for fact in facts:
        found = re.fullmatch(r"(.+?) (\d+) x (\d+)(?: le (\d+))?", fact)
        if found is None:
            continue
        from_ms, until_ms = opens_ms, int(ends.timestamp() * 1000)
        if found[4]:
            day = starts.replace(day=int(found[4]), hour=rules.EVENT_DAY_TURNS_AT_HOUR, minute=0)
            from_ms = int(day.timestamp() * 1000)
            until_ms = from_ms + rules.DAY_MS
        kind = NewKind(
            name=found[1],
            price_minor=int(found[2]),
            quota=int(found[3]),
            valid_from_ms=from_ms,
            valid_until_ms=until_ms,
        )
        await drafts.add_kind(tx, event_id, kind, now_ms)
    await staff.add_gate(tx, event_id, "Entrée", now_ms)
    await ticket_world.set_rules(tx, event_id, facts, now_ms)
    assert await drafts.publish(tx, event_id, now_ms), f"{title} cannot be published"
    return event_id


def _refund_terms(facts: tuple[str, ...]) -> RefundTerms:
    """`remboursé 80 % 2 jours avant`, or no refund."""
    for fact in facts:
        if found := re.fullmatch(r"remboursé (\d+) % (\d+) jours avant", fact):
            return RefundTerms(int(found[1]), int(found[2]) * rules.DAY_MS)
    return NO_REFUND


def _number(facts: tuple[str, ...], pattern: str, otherwise: int) -> int:
    found = [int(match[1]) for fact in facts if (match := re.fullmatch(pattern, fact))]
    return found[0] if found else otherwise


async def _person(stage: Stage, who: str) -> int:
    """The person behind a name, who may not have said a word yet."""
    speaker = stage.speaker(who)
    ref = await stage.screens.ref(speaker)
    return await stage.database.write(
        _open, stage.screens.channel.name, speaker, ref, stage.clock()
    )


async def _open(tx: Tx, channel: str, speaker: Speaker, ref: str, now_ms: int) -> int:
    chat = await chats.open_chat(
        tx,
        channel=channel,
        talk=speaker.talk,
        ref=ref,
        language=speaker.language,
        name=speaker.name.title(),
        now_ms=now_ms,
    )
    return chat.person_id


async def _new_organiser(tx: Tx, now_ms: int) -> int:
    """An organiser who never chats: owner of the events that scripts begin with."""
    chat = await chats.open_chat(
        tx,
        channel="elsewhere",
        talk="seller",
        ref="organisateur",
        language="fr",
        name="Organisateur",
        now_ms=now_ms,
    )
    return chat.person_id
