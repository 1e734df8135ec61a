"""`python -m bot smoke twilio --to NUMBER`: words and buttons to one phone, and what comes of them.

The phone must have written to our number within 24 hours (in Twilio's sandbox: `join <code>`).
"""

import asyncio
from collections.abc import Callable

from bot.handlers.whatsapp import Numbers, TwilioApi
from bot.handlers.whatsapp.rendering import Interactive, shapes
from bot.handlers.whatsapp.statuses import RANKS, STATUS_PATH, loss_of
from bot.handlers.whatsapp.twilio_api import Taken
from bot.settings import Settings
from bot.watch.refusals import Refusal
from chat.messages import Button, Outgoing

PAUSE_S = 2.0
"""How long between two looks at a message: Twilio asks not to be asked every moment."""

LOOKS_MAX = 30
"""A minute: a phone that is on has a message by then."""

ARRIVED = RANKS["delivered"]

BUTTONS = Outgoing(
    "Guichet : essai. Touchez un bouton, rien ne se passe.",
    (Button("Oui", action="menu"), Button("Non", action="menu:no")),
    language="fr",
)
"""What quick replies are made of: the shape is made at Twilio once, and stays."""

Say = Callable[[str], None]


async def check(settings: Settings, to: str | None, say: Say, pause_s: float = PAUSE_S) -> None:
    """Send words and a quick reply, and follow both until they arrived or failed.

    Raises:
        Refusal: the settings lack something, or nobody is named to send to.
        Any exception: what Twilio said; the check failed.
    """
    sid, token = settings.twilio_account_sid, settings.twilio_auth_token
    seller = settings.whatsapp_seller_number
    if sid is None or token is None or seller is None:
        raise Refusal(
            "Put TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN and WHATSAPP_SELLER_NUMBER in .env first."
        )
    if to is None:
        raise Refusal(
            "Say to whom: python -m bot smoke twilio --to +229..., a phone that wrote to "
            f"{seller} within the last 24 hours (in the sandbox: join and its code)."
        )
    sender = Numbers.of(seller, None).seller
    ref = Numbers.of(to, None).seller
    where = f"{settings.public_url}{STATUS_PATH}" if settings.public_url else None
    async with TwilioApi(sid, token.get_secret_value(), url=settings.twilio_api_url) as api:
        [shape] = shapes("seller", BUTTONS)
        assert isinstance(shape, Interactive)  # noqa: S101 (two short buttons are a quick reply)
        words = await api.send(sender=sender, to=ref, status_url=where, text="Guichet : essai.")
        say(f"words: {words.sid} {words.status}")
        content = await api.make_content(
            name="guichet_smoke",
            language="fr",
            types=shape.types,
            samples=dict.fromkeys(shape.variables, "…"),
        )
        say(f"quick reply made: {content}")
        buttons = await api.send_content(
            sender=sender, to=ref, status_url=where, content=content, variables=shape.variables
        )
        say(f"buttons: {buttons.sid} {buttons.status}")
        say(f"statuses are told to: {where or 'nobody, PUBLIC_URL is not set'}")
        for name, taken in (("words", words), ("buttons", buttons)):
            await _follow(api, name, taken, say, pause_s)


async def _follow(api: TwilioApi, name: str, taken: Taken, say: Say, pause_s: float) -> None:
    """Say every status of a message until it arrived, failed, or a minute went by."""
    known = taken.status
    for _ in range(LOOKS_MAX):
        status, error = await api.status(taken.sid)
        if error:
            say(f"{name}: {status}, {error}: here Guichet would go on by {loss_of(error).value}")
            raise RuntimeError(f"{name} did not arrive: https://www.twilio.com/docs/errors/{error}")
        if status != known:
            say(f"{name}: {status}")
            known = status
        if RANKS.get(status, 0) >= ARRIVED:
            return
        await asyncio.sleep(pause_s)
    raise RuntimeError(f"{name}: still {known} after {LOOKS_MAX * PAUSE_S:.0f} s")
