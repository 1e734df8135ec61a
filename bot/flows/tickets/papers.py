"""Passing an identity paper on to the other side of a transfer: nobody must, nothing is kept."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.flows.approved import NEWS
from bot.flows.choices import menu_choices, reset
from boxoffice import rules
from chat.messages import Chat, Choice, Photo, Say, Tap, Tell, Text, Then, Turn, words
from chat.talk import Step
from storage import attempts, chats, papers, transfers
from storage.database import Tx
from storage.ids import from_text, to_text
from storage.transfers import Transfer, TransferStatus

PHOTO = "papers.photo"
"""Where a chat stands that was asked for the photo of a paper."""

LEAVE = "idpass:no"
"""The button of who shows nothing."""

PAPERS_MAX = 4
"""Two sides of a card, and each again when it was blurred."""

OPEN_MS = rules.DAY_MS
"""How long after a transfer papers may still be passed on: the two know each other by then."""

PASSED_WITHIN_MS = 10 * rules.MINUTE_MS
"""The minutes that delivery takes; a paper that found no network by then must be sent again."""


@dataclass(frozen=True, slots=True)
class Papers:
    """Whoever gave or received a ticket may show the other side who they are."""

    def actions(self) -> Mapping[str, Step]:
        """What each button does."""
        return {"idpass": self.ask}

    def steps(self) -> Mapping[str, Step]:
        """What words mean while a photo is awaited."""
        return {PHOTO: self.words_instead}

    async def ask(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Say what becomes of the photo, and wait: `idpass:TRANSFER`; `idpass:no` sends none."""
        if tap.action == LEAVE:
            return reset(Say(words("papers.left"), menu_choices()))
        transfer = await _open(tx, chat, tap.action.partition(":")[2])
        if transfer is None:
            return _closed()
        return _asked(transfer, chat, "papers.ask")

    async def words_instead(self, tx: Tx, chat: Chat, _text: Text) -> Turn:
        """Say again what is awaited."""
        transfer = await _open(tx, chat, str(chat.memory.get("transfer", "")))
        return _closed() if transfer is None else _asked(transfer, chat, "papers.photo_please")

    async def pass_on(self, tx: Tx, chat: Chat, photo: Photo) -> Turn:
        """Send the photo on to the other side; here only where it lies is noted, for minutes."""
        transfer = await _open(tx, chat, str(chat.memory.get("transfer", "")))
        other = await _other_chat(tx, transfer, chat) if transfer else None
        if transfer is None or other is None:
            return _closed()
        told = []
        for photo_ref in photo.refs[:PAPERS_MAX]:
            left = await attempts.take(
                tx,
                f"papers:{transfer.id}:{chat.person_id}",
                most=PAPERS_MAX,
                window_ms=OPEN_MS,
                now_ms=chat.now_ms,
            )
            if left is None:
                break
            paper_id = await papers.keep(
                tx,
                transfer_id=transfer.id,
                from_chat_id=chat.id,
                photo_ref=photo_ref,
                expires_ms=chat.now_ms + PASSED_WITHIN_MS,
                now_ms=chat.now_ms,
            )
            name = _name_of(transfer, chat.person_id)
            say = Say(
                words("papers.from", name=name),
                picture=f"paper:{to_text(paper_id)}",
                about=f"paper:{to_text(paper_id)}",
                instead=words("papers.not_passed", name=name),
                template=NEWS,
            )
            told.append(Tell(other, say))
        if not told:
            return Turn((Say(words("papers.enough"), menu_choices()),), Then(), forgets=True)
        again = Choice(words("papers.again"), f"idpass:{to_text(transfer.id)}")
        said = words("papers.passed", name=_name_of_other(transfer, chat.person_id))
        return Turn(
            (Say(said, (again, Choice(words("menu.tickets"), "tickets"))),),
            Then(),
            tuple(told),
            forgets=True,
        )


def paper_choice(transfer_id: int) -> Choice:
    """The button that passes a paper on."""
    return Choice(words("papers.label"), f"idpass:{to_text(transfer_id)}")


def _asked(transfer: Transfer, chat: Chat, key: str) -> Turn:
    said = words(key, name=_name_of_other(transfer, chat.person_id))
    keep = Choice(words("papers.leave"), LEAVE)
    return Turn((Say(said, (keep,)),), Then(PHOTO, {"transfer": to_text(transfer.id)}))


def _closed() -> Turn:
    return Turn((Say(words("papers.closed"), menu_choices()),), Then())


def _name_of(transfer: Transfer, person_id: int) -> str:
    return transfer.from_name if person_id == transfer.from_id else transfer.to_name or ""


def _name_of_other(transfer: Transfer, person_id: int) -> str:
    return transfer.to_name or "" if person_id == transfer.from_id else transfer.from_name


async def _open(tx: Tx, chat: Chat, text: str) -> Transfer | None:
    """Read a transfer of this person whose papers may still be passed on."""
    transfer = await transfers.transfer_by_id(tx, from_text(text) or 0)
    if transfer is None or transfer.status is not TransferStatus.ACCEPTED:
        return None
    is_a_side = chat.person_id in {transfer.from_id, transfer.to_id}
    recent = transfer.ended_ms is not None and chat.now_ms < transfer.ended_ms + OPEN_MS
    return transfer if is_a_side and recent else None


async def _other_chat(tx: Tx, transfer: Transfer, chat: Chat) -> int | None:
    """The chat where the other side was heard last."""
    other_id = transfer.to_id if chat.person_id == transfer.from_id else transfer.from_id
    known = await chats.chats_of_person(tx, other_id or 0, "seller")
    return known[0].id if known else None
