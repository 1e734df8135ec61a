"""`python -m bot smoke NAME`: one scripted check a service, for the first day of real credentials.

The tests' doubles prove that what we send is well-formed; these checks show that vendors take it.
Each prints what it asks and what came back. Use test keys: Stripe's `sk_test_`, pawaPay's sandbox.
"""

import contextlib
import sys
from collections.abc import Awaitable, Callable, Mapping

from bot.payments.protocol import PaymentAsk, Provider
from bot.settings import Settings
from bot.watch.refusals import Refusal
from bot.worlds.providers import open_providers
from boxoffice.money import Money
from boxoffice.rules import MINUTE_MS
from chat.clock import wall_clock
from storage.ids import new_id

RETURN_URL = "https://example.com/"


async def smoke(name: str, settings: Settings, to: str | None = None) -> int:
    """Run one check, `to` a phone where it sends something; answers the exit code.

    Raises:
        Refusal: the settings lack its keys.
    """
    check = CHECKS.get(name)
    if check is None:
        raise Refusal(f"The checks are: {', '.join(CHECKS)}.")
    async with contextlib.AsyncExitStack() as stack:
        try:
            await check(stack, settings, to)
        except Refusal:
            raise
        except Exception as error:  # noqa: BLE001 (what went wrong is what the check is for)
            _say(f"FAILED: {type(error).__name__}: {error}")
            return 1
    _say("OK")
    return 0


async def _stripe(stack: contextlib.AsyncExitStack, settings: Settings, _to: str | None) -> None:
    await _page(stack, settings, "stripe", Money(5_000, "XOF"), "STRIPE_SECRET_KEY")


async def _pawapay(stack: contextlib.AsyncExitStack, settings: Settings, _to: str | None) -> None:
    await _page(stack, settings, "pawapay", Money(100, "XOF"), "PAWAPAY_TOKEN")


async def _page(
    stack: contextlib.AsyncExitStack, settings: Settings, name: str, amount: Money, needs: str
) -> None:
    """Open a page, open it again, look it up, and say where to pay it by hand."""
    provider: Provider | None = (await open_providers(stack, settings, "smoke")).get(name)
    if provider is None:
        raise Refusal(f"Put {needs} in .env first.")
    now_ms = wall_clock()
    ask = PaymentAsk(
        payment_id=new_id(now_ms),
        amount=amount,
        description="Guichet, essai",
        language="fr",
        return_url=RETURN_URL,
        page_until_ms=now_ms + max(provider.hold_min_ms, MINUTE_MS),
        reference="SMOKE01",
        zone=settings.zone,
    )
    page = await provider.start(ask)
    _say(f"page: {page.url}")
    again = await provider.start(ask)
    _say(f"asked again, the same page: {again == page}")
    _say(f"looked up: {await provider.find(ask.payment_id, page.provider_ref)}")
    _say("Pay it with a test card or number, and see the notice arrive at PUBLIC_URL.")


async def _telegram(stack: contextlib.AsyncExitStack, settings: Settings, _to: str | None) -> None:
    """Ask both bots who they are."""
    from bot.handlers.telegram import TelegramChannel  # noqa: PLC0415 (a heavy library, here alone)

    seller, scanner = settings.telegram_bot_token, settings.scanner_bot_token
    if seller is None or scanner is None:
        raise Refusal("Put TELEGRAM_BOT_TOKEN and SCANNER_BOT_TOKEN in .env first.")
    tokens = {"seller": seller.get_secret_value(), "scanner": scanner.get_secret_value()}
    channel = await stack.enter_async_context(
        TelegramChannel(tokens, api_url=settings.telegram_api_url)  # type: ignore[arg-type] # names
    )
    for talk, username in channel.usernames.items():
        _say(f"{talk}: @{username}")
    if settings.telegram_provider_token is not None:
        link = await channel.invoice_link(
            title="Guichet",
            description="Essai",
            payload="smoke",
            provider_token=settings.telegram_provider_token.get_secret_value(),
            amount=Money(500, "EUR"),
        )
        _say(f"invoice: {link}")


async def _twilio(_stack: contextlib.AsyncExitStack, settings: Settings, to: str | None) -> None:
    """Send words and buttons to a phone and follow them."""
    from bot.operator import smoke_whatsapp  # noqa: PLC0415 (a heavy library, here alone)

    await smoke_whatsapp.check(settings, to, _say)


Check = Callable[[contextlib.AsyncExitStack, Settings, str | None], Awaitable[None]]
CHECKS: Mapping[str, Check] = {
    "stripe": _stripe,
    "telegram": _telegram,
    "twilio": _twilio,
    "pawapay": _pawapay,
}


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
