"""What is said around the scanning: menu, help, language, and whatever is not understood."""

from chat.messages import (
    Chat,
    Choice,
    Contact,
    JoinedGroup,
    Location,
    Say,
    Tap,
    Text,
    Then,
    Turn,
    Unsupported,
    words,
)
from chat.texts import LANGUAGES
from chat.understanding import fold
from gate_scanner import team
from storage import staff
from storage.database import Tx


async def menu(tx: Tx, chat: Chat, heard: Tap) -> Turn:
    """Show what this person may do from where they stand."""
    place = team.place_of(chat)
    post = await staff.post_by_id(tx, place.staff_id, chat.person_id) if place else None
    if post is None:
        return await team.home(tx, chat, heard)
    other = "en" if chat.language == "fr" else "fr"
    choices = (
        *await team.elsewhere(tx, chat, post),
        Choice(words("menu.undo"), "undo"),
        *(_SUPERVISORS if post.role == "supervisor" else ()),
        Choice(words("menu.terminal"), "terminal"),
        Choice(words("menu.help"), "help"),
        Choice(words("menu.language"), f"language:{other}"),
        Choice(words("menu.leave"), "leave"),
    )
    return Turn(say=(Say(words("menu"), choices),), then=place.then() if place else None)


_SUPERVISORS = (
    Choice(words("menu.search"), "search"),
    Choice(words("menu.live"), "live"),
    Choice(words("menu.gates"), "everygate"),
    Choice(words("menu.team"), "team"),
)


async def tell_help(tx: Tx, chat: Chat, _heard: Tap) -> Turn:
    """Say in a few lines how the scanner is used, and what a supervisor may type besides."""
    place = team.place_of(chat)
    post = await staff.post_by_id(tx, place.staff_id, chat.person_id) if place else None
    is_supervisor = post is not None and post.role == "supervisor"
    said = ("help", "help.supervisor") if is_supervisor else ("help",)
    told = words("lines", lines=tuple(words(one) for one in said))
    return Turn(say=(Say(told, (Choice(words("menu.open"), "menu"),)),))


async def change_language(_tx: Tx, _chat: Chat, heard: Tap) -> Turn:
    """Speak another language from now on: `language:en`; `language` asks which."""
    language = heard.action.partition(":")[2]
    if language not in LANGUAGES:
        choices = tuple(Choice(words(f"language.{one}"), f"language:{one}") for one in LANGUAGES)
        return Turn(say=(Say(words("language.which"), choices),))
    return Turn(say=(Say(words("language.changed")),), language=language)


_YES = frozenset({"oui", "yes", "ok"})
"""A word said by mistake, or to somebody else, undoes and forces nothing: a button does."""


async def lost(tx: Tx, chat: Chat, heard: object) -> Turn:
    """Say what can be sent here; nothing is a dead end."""
    if team.place_of(chat) is None:
        return await team.home(tx, chat, heard)
    if isinstance(heard, Text):
        said = fold(heard.text)
        if said in _YES:
            return Turn(say=(Say(words("press")),))
        if (moved := await team.gate_named(tx, chat, said)) is not None:
            return moved
    choices = (Choice(words("menu.open"), "menu"), Choice(words("menu.help"), "help"))
    return Turn(say=(Say(words("lost"), choices),))


async def unsupported(_tx: Tx, _chat: Chat, heard: Unsupported | Contact | Location) -> Turn:
    """Say that only photos and codes are read here."""
    key = "unsupported.too_large" if heard.what == "too_large" else "unsupported"
    return Turn(say=(Say(words(key)),))


async def joined_group(_tx: Tx, chat: Chat, _heard: JoinedGroup) -> Turn:
    """Say once that the scanner works in private."""
    if chat.memory.get("told"):
        return Turn()
    return Turn(say=(Say(words("group")),), then=Then(memory={"told": True}))
