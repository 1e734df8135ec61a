"""The providers of a live installation, opened from its settings and its organisers' accounts."""

import contextlib
from pathlib import Path
from typing import Protocol

from bot.payments.pawapay import PawaPay
from bot.payments.protocol import Provider
from bot.settings import Settings
from bot.worlds.accounts import Account, read_accounts


async def open_providers(
    stack: contextlib.AsyncExitStack, settings: Settings, installation: str
) -> dict[str, Provider]:
    """Open every provider that has keys; the stack closes them.

    Raises:
        Refusal: the accounts' file cannot be read.
    """
    accounts = read_accounts(Path(settings.accounts_file))
    if settings.pawapay_token is not None:
        accounts.append(Account("", "pawapay", settings.pawapay_token.get_secret_value()))
    if settings.stripe_secret_key is not None:
        hook = settings.stripe_webhook_secret
        accounts.append(
            Account(
                "",
                "stripe",
                settings.stripe_secret_key.get_secret_value(),
                hook.get_secret_value() if hook else None,
            )
        )
    providers: dict[str, Provider] = {}
    for account in accounts:
        provider = _open(account, settings, installation)
        stack.push_async_callback(provider.close)
        providers[provider.name] = provider
    return providers


class _Closable(Provider, Protocol):
    """A provider with connections to close."""

    async def close(self) -> None: ...


def _open(account: Account, settings: Settings, installation: str) -> _Closable:
    name = account.name.rstrip(".")
    if account.kind == "pawapay":
        return PawaPay(
            token=account.secret,
            installation=installation,
            name=name,
            api_url=settings.pawapay_api_url,
        )
    # The library takes half a second to load: only whoever has an account waits for it.
    from bot.payments.stripe import Stripe  # noqa: PLC0415 (as said above)

    return Stripe(
        secret_key=account.secret,
        webhook_secret=account.webhook_secret,
        installation=installation,
        name=name,
        api_url=settings.stripe_api_url,
    )
