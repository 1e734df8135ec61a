"""The far work of recovery: finds how whoever has the tickets can be reached, and sends a code.

Who bought them is reached where the payment provider says, else where they left a contact; who was
given them, where they left one, else by the number their own app knows them by.

What it cannot send is never given up in silence: the asking chat is told as a fact, and the
organiser decides.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

import structlog

from bot.far_work.mail import MailRefused, Post
from bot.flows import approved
from bot.flows.persons.linking import in_fours
from bot.flows.persons.recovering import occasion
from bot.payments.payers import KnowsPayer, Payer
from bot.payments.protocol import PaymentRefused, Provider
from boxoffice.codes import Keyring
from boxoffice.one_time import one_time_code
from chat.clock import Clock
from chat.facts import Fact, RecoveryUnsent
from chat.messages import Say, words
from chat.saying import PRIORITY_DIALOGUE, queue_say
from chat.texts import Texts, language_of
from storage import chats, orders, recoveries, rescue_contacts
from storage.database import Database, Tx
from storage.ids import to_text
from storage.recoveries import Paid, Recovery

log = structlog.get_logger(__name__)

WHATSAPP = "whatsapp"
"""The app whose chats are phone numbers: a payer's number is a chat there."""

Tell = Callable[[int, Fact, str], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class RecoveryWork:
    """Sends codes from the outbox, never in a turn."""

    database: Database
    providers: Mapping[str, Provider]
    channels: Mapping[str, object]
    keyring: Keyring
    texts: Texts
    tell: Tell
    clock: Clock
    post: Post | None = None

    async def send(self, payload: Mapping[str, int | str]) -> None:
        """Send a request's code to who paid, or have the organiser asked: far work."""
        found = await self.database.read(_load, int(payload["recovery"]))
        if found is None:
            return
        recovery, paid, left, language = found
        for one in paid:
            if await self._reached(recovery, await self._payer(one), language):
                return
        for contact in left:
            if await self._reached(recovery, contact, language):
                return
        fact_id = f"recovery-unsent:{recovery.id}"
        await self.tell(recovery.chat_id, RecoveryUnsent(recovery.id), fact_id)

    async def _reached(self, recovery: Recovery, known: Payer, language: str) -> bool:
        """Send the code to an e-mail, else to a number."""
        if await self._mail(recovery, known, language):
            return True
        return await self._whatsapp(recovery, known, language)

    async def _payer(self, paid: Paid) -> Payer:
        provider: object = self.providers.get(paid.provider)
        if not isinstance(provider, KnowsPayer):
            return Payer()
        try:
            return await provider.payer(paid.payment_id, paid.provider_ref)
        except PaymentRefused as refused:
            log.warning("payer_unknown", payment=paid.payment_id, why=str(refused))
            return Payer()

    async def _mail(self, recovery: Recovery, payer: Payer, language: str) -> bool:
        if self.post is None or not payer.email:
            return False
        code = one_time_code(self.keyring, occasion(recovery.id))
        subject = self.texts.render(words("recovering.mail_subject"), language)
        key = "recovering.mail" if recovery.holder_id is None else "recovering.mail_received"
        body = self.texts.render(words(key, code=in_fours(code)), language)
        try:
            await self.post.send(payer.email, subject, body)
        except MailRefused as refused:
            log.warning("recovery_mail_refused", recovery=recovery.id, why=str(refused))
            return False
        await self.database.write(recoveries.mark_sent, recovery.id, self.clock())
        return True

    async def _whatsapp(self, recovery: Recovery, payer: Payer, language: str) -> bool:
        if WHATSAPP not in self.channels or not payer.phone:
            return False
        code = one_time_code(self.keyring, occasion(recovery.id))
        key = "recovering.message" if recovery.holder_id is None else "recovering.message_received"
        say = Say(
            words(key, code=in_fours(code)),
            about=f"recovery:{to_text(recovery.id)}",
            template=approved.code(code),
        )
        ref = f"whatsapp:+{payer.phone}"
        await self.database.write(_queue_once, recovery.id, ref, language, say, self.clock())
        return True


def reached_by(channels: Mapping[str, object], post: Post | None) -> frozenset[str]:
    """Say what a code can be sent to here: `email` with a mail server, `phone` with WhatsApp."""
    mail = {"email"} if post is not None else set()
    return frozenset(mail | ({"phone"} if WHATSAPP in channels else set()))


async def _load(
    tx: Tx, recovery_id: int
) -> tuple[Recovery, Sequence[Paid], Sequence[Payer], str] | None:
    recovery = await recoveries.recovery_by_id(tx, recovery_id)
    if recovery is None or recovery.status != "open" or recovery.order_id is None:
        return None
    order = await orders.order_by_id(tx, recovery.order_id)
    if order is None:
        return None
    chat = await chats.chat_by_id(tx, recovery.chat_id)
    language = chat.language if chat else language_of(None)
    if recovery.holder_id is None:
        paid = await recoveries.payments_of(tx, order.id)
        return recovery, paid, await _left_by(tx, order.buyer_id), language
    own = [
        Payer(phone=one.ref.removeprefix(f"{WHATSAPP}:+"))
        for one in await chats.chats_of_person(tx, recovery.holder_id, "seller")
        if one.channel == WHATSAPP and one.ref.startswith(f"{WHATSAPP}:+")
    ]
    return recovery, (), [*await _left_by(tx, recovery.holder_id), *own], language


async def _left_by(tx: Tx, person_id: int) -> list[Payer]:
    """Read the contacts that somebody left for this."""
    return [
        Payer(email=one.address) if one.kind == "email" else Payer(phone=one.address.lstrip("+"))
        for one in await rescue_contacts.contacts_of(tx, person_id)
    ]


async def _queue_once(
    tx: Tx, recovery_id: int, ref: str, language: str, say: Say, now_ms: int
) -> None:
    """Queue a code for a number, once however often this runs."""
    if not await recoveries.mark_sent(tx, recovery_id, now_ms):
        return
    chat = await chats.chat_by_ref(tx, WHATSAPP, "seller", ref)
    chat = chat or await chats.expect_chat(
        tx, channel=WHATSAPP, talk="seller", ref=ref, language=language, name="", now_ms=now_ms
    )
    await queue_say(tx, chat.id, say, PRIORITY_DIALOGUE, now_ms)
