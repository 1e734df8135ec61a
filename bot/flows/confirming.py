"""Which buttons say yes to the question above them, and which questions still stand.

A question with one such button is answered by `oui` as well, or by its label's verb typed alone.
Accepting conditions is none of them: it declares an age, and wants its own words (accepting.py).
"""

from chat.messages import Chat, Choice, Say, words

NUMBERED = frozenset({"whatsapp"})
"""Apps where a message may list its buttons by figures: there a figure is how one is pressed."""

_YES_WORDS = """giveback letgo calloffok maintainok unmoveok postponeok castgo chdo ordpay unsellok
payoutok payoutundone tillok linkto own teamjoin beseller"""
_YES = frozenset(_YES_WORDS.split())
"""Actions that do what was asked, whatever stands behind their first word."""

_YES_ENDS = frozenset(
    {("ask", "this"), ("consent", "yes"), ("loan", "yes"), ("unsent", "send"), ("poster", "use")}
    | {(verb, "yes") for verb in ("teamoff", "gateoff", "selleroff", "drop", "doorset")}
    | {(verb, "yes") for verb in ("linkoff", "teamlinkoff", "selllinkoff")}
)
"""First and last word of actions that do it in one of their forms."""

_GIVES_UP = frozenset({"letgo", "giveback", "an"})
"""Those that give up places or tickets: `annuler` may mean just that."""

_DECIDES = frozenset({"accept", "taken", "late", "review"})
"""Buttons that accept conditions, a buyer's or a receiver's, and that decide about money."""

_OPEN = _DECIDES | frozenset({"pay", "by", "cancel", "want", "seats"})
"""Buttons of questions that are not answered by a yes, and stand all the same."""


def confirms(action: str) -> bool:
    """Say whether a button with this action says yes to the question above it."""
    verb, *rest = action.split(":")
    match verb:
        case "forget":  # `forget` asks, `forget:SINCE` erases
            return bool(rest) and rest != ["no"]
        case "an":
            return "giveok" in rest
        case "recovery":
            return rest[:1] == ["yes"]
    return verb in _YES or bool(rest and (verb, rest[-1]) in _YES_ENDS)


def final(action: str) -> bool:
    """Say whether no figure alone presses this button: it says yes, accepts, or decides."""
    verb, *rest = action.split(":")
    return confirms(action) or verb in _DECIDES or (verb == "an" and "now" in rest)


def gives_up(action: str) -> bool:
    """Say whether a button with this action gives up a place or a ticket."""
    return action.partition(":")[0] in _GIVES_UP


def asks(chat: Chat) -> bool:
    """Say whether what was shown last is a plain question, with a button that says yes."""
    return any(isinstance(one, Choice) and confirms(one.action) for one in chat.offered)


def stands(chat: Chat) -> bool:
    """Say whether what was shown last is a question: it is asked again, never dropped."""
    return any(
        isinstance(one, Choice) and (confirms(one.action) or one.action.split(":")[0] in _OPEN)
        for one in chat.offered
    )


def either_way(chat: Chat) -> Say:
    """Say that `annuler` could mean yes or no below this question, and which button leaves it."""
    others = [one for one in chat.offered if isinstance(one, Choice) and not final(one.action)]
    leave = others[-1].label if others else words("buying.no_thanks")
    return Say(words("menu.either_way", leave=leave), chat.offered)
