"""A ticket shown twice at the door: its owner is asked, and the supervisor hears the answer."""

from chat.messages import Chat, Say, Tap, Tell, Turn, words
from storage import contests
from storage.database import Tx
from storage.ids import from_text


async def answered(tx: Tx, chat: Chat, heard: Tap) -> Turn:
    """Take the owner's answer, once: `here:yes:ID` or `here:no:ID`."""
    _, _, rest = heard.action.partition(":")
    said, _, about = rest.partition(":")
    answer = "yes" if said == "yes" else "no"
    asked = await contests.answer_contest(
        tx, from_text(about) or 0, owner_id=chat.person_id, answer=answer, now_ms=chat.now_ms
    )
    if asked is None:
        return Turn((Say(words("contested.gone")),))
    told = Say(words(f"contest.{answer}", kind=asked.kind, gate=asked.gate))
    thanks = Say(words(f"contested.thanks_{answer}"))
    return Turn((thanks,), tell=(Tell(asked.chat_id, told),))
