"""Looking for an event by what people type: a part of its title, or a whole sentence about it.

`je veux 2 places vip pour le jazz` names an event, a kind and a number: what it says of the first
finds it, what is left says how many of what.
"""

from collections.abc import Sequence

from bot.flows.choices import offer_list, reset
from bot.flows.choosing.selecting import ask_quantity, show_event_page
from bot.flows.choosing.wanting import want, want_some
from bot.flows.reading import count_and_rest, counted, is_no_count, is_question, quantity_and_kind
from chat.messages import Chat, Say, Text, Turn, Words, words
from chat.understanding import ASSENTS, REFUSALS, alike, fold
from storage import catalogue, promos
from storage.catalogue import LISTED_MAX, Offer
from storage.database import Tx

_STOP_WORDS = """achat acheter acheteur aller allo alors are au aussi aux avec avoir bien billet
billets bonjour bonsoir buy can cette combien comment cost costs could coute coutent dans de des
dois donne donnez du en entree entrees est et for hello how is je la le les lui mais merci moi
mon need nous on ont ou par pas peux place places please pour pouvez prendre price prix puis
quand que quel quelle quelles quels qui quoi reserver salut sans ses soir son sont suis sur
svp the ticket tickets tous tout toutes une vais vend vendez vendre veux voudrais vous want what
when where with would"""
_STOP = frozenset(_STOP_WORDS.split())
"""Words that people put around what they look for, folded."""

WORD_CHARS_MIN = 3
"""Shorter words are in every title."""

SLIP_CHARS_MIN = 5
"""In a shorter word a slip makes another word."""

STEM_CHARS_MIN = 6
"""Two words that begin with so many letters alike, two thirds of the longer, are of one stem:
`seminar` and `séminaire`, but neither `artiste` and `artisan` nor `marche` and `marchand`."""

SLIPPED_WORDS_MAX = 3
"""So few words alone are a title or a town; more are a sentence."""

SPELT_MAX = 50
"""Events that are looked through for a word with a slip in it, the soonest first."""

WORDS_MAX = 8
"""Words of a sentence that are looked up: each is a query."""


async def search(tx: Tx, chat: Chat, text: Text) -> Turn | None:
    """Find events by typed words, or None if nothing is found."""
    return await titled(tx, chat, text) or await spoken_of(tx, chat, text.text)


async def titled(tx: Tx, chat: Chat, text: Text) -> Turn | None:
    """Find events that say the whole of what was typed."""
    wanted = fold(text.text)
    if not wanted or wanted in ASSENTS | REFUSALS:
        return None
    found = await catalogue.offers(tx, now_ms=chat.now_ms, found=wanted, limit=LISTED_MAX)
    if len(found) == 1:
        return await show_event_page(tx, chat, found[0].event.id)
    if found:
        return reset(offer_list(words("buying.found"), found, 0))
    return None


async def bears(tx: Tx, chat: Chat, folded: str) -> bool:
    """Say whether an event's title says these words whole."""
    found = await catalogue.offers(tx, now_ms=chat.now_ms, found=folded, limit=LISTED_MAX)
    return any(f" {folded} " in f" {fold(one.event.title)} " for one in found)


async def spoken_of(tx: Tx, chat: Chat, typed: str) -> Turn | None:
    """Find what half of the words at least speak of; one event alone is taken at its word.

    A word that no event knows is owned up to: what is listed then is only the nearest.
    """
    every = fold(typed).split()
    telling = [one for one in every if len(one) >= WORD_CHARS_MIN and one not in _STOP]
    telling = [one for one in telling if not one.isdecimal()][:WORDS_MAX]
    hits: dict[int, set[str]] = {}
    offers: dict[int, Offer] = {}
    for word in telling:
        for offer in await _saying(tx, chat, word):
            offers[offer.event.id] = offer
            hits.setdefault(offer.event.id, set()).add(word)
    most = max((len(said) for said in hits.values()), default=0)
    if not most or most * 2 < len(telling):
        return None
    best = [offers[event_id] for event_id, said in hits.items() if len(said) == most]
    missed = {one for one in telling if counted(one) is None}.difference(*hits.values())
    if len(best) > 1:
        best.sort(key=lambda one: (one.event.starts_ms, one.event.id))
        return reset(_which_of(best[:LISTED_MAX], typed, is_sure=not missed))
    event = best[0].event
    rest = [one for one in every if one not in hits[event.id] and one not in _STOP]
    kinds = await promos.kinds_for(tx, event.id, chat.person_id, chat.now_ms)
    wish = None if is_question(typed) else quantity_and_kind(" ".join(rest), kinds)
    # Beside a word for tickets `une` is a number; elsewhere it counts nothing.
    of_tickets, _ = count_and_rest(typed) or (None, "")
    if wish is None:
        so_many = counted(" ".join(rest)) or of_tickets
        if so_many and not is_question(typed):
            return await want_some(tx, chat, event.id, so_many)
        named = {word for kind in kinds for word in fold(kind.name).split()}
        if is_question(typed) or missed <= named:
            return await show_event_page(tx, chat, event.id)
        return reset(offer_list(_nearest(typed), best, 0))
    count, kind = wish[0] or of_tickets, wish[1]
    if is_no_count(typed):
        return await ask_quantity(tx, chat, kind, words("buying.no_count"))
    return await (want(tx, chat, kind.id, count) if count else ask_quantity(tx, chat, kind))


async def _saying(tx: Tx, chat: Chat, word: str) -> list[Offer]:
    """Find events that say a word; where none does, those with a word of its stem."""
    found = await catalogue.offers(tx, now_ms=chat.now_ms, found=word, limit=LISTED_MAX)
    if found or len(word) < STEM_CHARS_MIN:
        return found
    begins = word[:STEM_CHARS_MIN]
    near = await catalogue.offers(tx, now_ms=chat.now_ms, found=begins, limit=SPELT_MAX)
    return [offer for offer in near if any(is_of_stem(word, one) for one in _known(offer))]


def is_of_stem(one: str, other: str) -> bool:
    """Say whether two folded words begin alike, and for long enough to mean one thing."""
    same = max(STEM_CHARS_MIN, -(-2 * max(len(one), len(other)) // 3))
    return one[:same] == other[:same]


def _which_of(found: Sequence[Offer], typed: str, *, is_sure: bool) -> Say:
    """Ask which of several is meant, a number that was said kept; or list what comes nearest."""
    if not is_sure:
        return offer_list(_nearest(typed), found, 0)
    count, _ = count_and_rest(typed) or (None, "")
    head = words("buying.which_event_of", n=count) if count else words("buying.found")
    return offer_list(head, found, 0, count)


async def misspelt(tx: Tx, chat: Chat, typed: str) -> Turn | None:
    """Find what words with a slip in them came nearest to: `cotonu`, `séminère`."""
    said = fold(typed).split()
    if len(said) > SLIPPED_WORDS_MAX:
        return None
    telling = [one for one in said if one.isalpha() and one not in _STOP]
    offers = await catalogue.offers(tx, now_ms=chat.now_ms, limit=SPELT_MAX)
    best = [offer for offer in offers if _sounds_like(offer, telling)][:LISTED_MAX]
    return reset(offer_list(_nearest(typed), best, 0)) if best else None


def _sounds_like(offer: Offer, telling: list[str]) -> bool:
    """Say whether a word that was typed is one of the event's title or town but for a slip."""
    return any(
        alike(said, one)
        for said in telling
        for one in _known(offer)
        if min(len(said), len(one)) >= SLIP_CHARS_MIN
    )


def _known(offer: Offer) -> list[str]:
    """The folded words of an event's title and town."""
    return fold(f"{offer.event.title} {offer.event.city}").split()


def _nearest(typed: str) -> Words:
    """Say that what was typed is not on sale, above what comes nearest to it."""
    return words("buying.nearest", said=" ".join(typed.split()))
