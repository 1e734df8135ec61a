"""A person's own data: sent as a file, and erased, both on a word in the chat.

Before anything is erased, the chat says what goes, what the accounts and the law keep, and what
becomes of tickets still to be used; then it asks once more. The button is good for ten minutes.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.flows.choices import menu_choices
from bot.flows.choosing.unpaid import unpaid
from bot.flows.reading import id_at
from boxoffice.rules import MINUTE_MS
from chat.messages import NOTHING, Chat, Choice, Say, Tap, Tell, Then, Turn, words
from chat.talk import Step
from storage import forgetting
from storage.database import Tx
from storage.ids import to_text

SURE_MS = 10 * MINUTE_MS
"""An old button erases nothing."""


@dataclass(frozen=True, slots=True)
class Forgetting:
    """Showing what is kept, and forgetting it."""

    def actions(self) -> Mapping[str, Step]:
        """What each button does."""
        return {"mydata": self.send, "forget": self.forget}

    def commands(self) -> Mapping[str, str]:
        """Folded words that work everywhere."""
        shown = ("mes donnees", "mes donnees personnelles", "my data")
        gone = ("oublie moi", "oubliez moi", "efface mes donnees", "effacer mes donnees")
        return dict.fromkeys(shown, "mydata") | dict.fromkeys((*gone, "forget me"), "forget")

    async def send(self, _tx: Tx, chat: Chat, _tap: Tap) -> Turn:
        """Send everything that is kept on the person, as a file."""
        say = Say(
            words("personal.sent"),
            (Choice(words("personal.forget_label"), "forget"),),
            file=f"mydata:{to_text(chat.id)}",
            instead=words("personal.no_file"),
        )
        return Turn((say,))

    async def forget(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Say what would go and what would stay; `forget:SINCE` erases, `forget:no` does not."""
        if tap.action == "forget:no":
            return Turn((Say(words("personal.left"), menu_choices()),), Then())
        hindrance = await forgetting.hindrance(tx, chat.person_id)
        if hindrance is not None:
            mine = Choice(words("menu.tickets"), "tickets")
            ways = (mine, Choice(words("menu.help"), "help"))
            # What is to be paid or let go first comes with its buttons.
            first = await unpaid(tx, chat) if hindrance == "hold" else ()
            said = Say(words(f"personal.not_now_{hindrance}"), () if first else ways)
            return Turn((said, *first), Then())
        since = id_at(tap.action, 1)
        if since is None or not 0 <= chat.now_ms - since * MINUTE_MS < SURE_MS:
            return await self._ask(tx, chat)
        goodbyes = await forgetting.forget(tx, chat.person_id, chat.now_ms)
        said = Say(words("personal.gone"))
        return Turn(then=Then(), tell=tuple(Tell(chat_id, said) for chat_id in goodbyes))

    async def _ask(self, tx: Tx, chat: Chat) -> Turn:
        found = await forgetting.count(tx, chat.person_id, chat.now_ms)
        tickets = (
            words("personal.tickets", n=found.tickets_to_come) if found.tickets_to_come else NOTHING
        )
        kept = words("personal.kept", n=found.orders_paid) if found.orders_paid else NOTHING
        asked = words("personal.sure", tickets=tickets, kept=kept)
        yes = Choice(words("personal.yes"), f"forget:{to_text(chat.now_ms // MINUTE_MS)}")
        no = Choice(words("personal.no"), "forget:no")
        first = Choice(words("personal.file_label"), "mydata")
        return Turn((Say(asked, (yes, no, first)),), Then())
