"""Promo codes on the buyer's side: typed at an event's page, or opened by a link with one."""

from dataclasses import replace

from bot.flows.organising.code_lines import code_of
from boxoffice.model import Event, Kind
from chat.messages import Chat, Say, Turn, Words, words
from storage import events, promos
from storage.database import Tx


async def claim(tx: Tx, chat: Chat, event_id: int, typed: str) -> Words | None:
    """Take a code for what this person buys at an event; None if it is none of the event's."""
    promo = await promos.find(tx, event_id, code_of(typed))
    if promo is None:
        return None
    await promos.claim(tx, promo, chat.person_id, chat.now_ms)
    counts = await promos.claimed(tx, event_id, chat.person_id, chat.now_ms) is not None
    return words("promo.counts" if counts else "promo.over", code=promo.code)


async def unknown(tx: Tx, event_id: int) -> Words:
    """Say that an event has no such code."""
    event = await events.event_by_id(tx, event_id)
    return words("promo.unknown", title=event.title if event else "")


async def used_up(tx: Tx, chat: Chat, event: Event, kind: Kind) -> Words:
    """Say how many tickets a code still gives; a buyer goes on without one that gives none."""
    left = await promos.left_for(tx, kind.promo_id or 0, chat.person_id)
    if left < 1:
        await promos.drop_claim(tx, event.id, chat.person_id)
    return words("promo.not_enough", code=kind.promo, n=left)


def above(said: Words, turn: Turn) -> Turn:
    """Say something before what a turn says."""
    return replace(turn, say=(Say(said), *turn.say))
