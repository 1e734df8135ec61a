"""What every conversation of the seller may know of the installation it runs in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bot.flows.money.ways import Way
from boxoffice.codes import Keyring, Mode
from chat.texts import Texts

LinkOf = Callable[[str, str], str | None]
"""`(channel, payload)` -> a link a phone of that channel can open, or None if there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """The installation, as flows see it: no settings, no secrets but the keyring's own."""

    mode: Mode
    texts: Texts
    keyring: Keyring
    providers: tuple[str, ...]
    """The ways of paying, best first; without any, only free events can be published."""
    ways: Mapping[str, Way] = field(default_factory=dict)
    """What conversations must know of each, by name; one that is not here serves everything."""
    seller_link: LinkOf
    """A deep link that opens the seller: `e_ID` an event, `o_TOKEN` the first owner's."""
    rescues: Callable[[], frozenset[str]] = frozenset
    """Where a code can be sent to who lost their phone: `email`, `phone`, both or neither."""
    scanner_link: LinkOf
    """A deep link that opens the scanner: `s_TOKEN` a staff invitation."""
    zone: str
    """Where events take place unless told otherwise, e.g. `Africa/Porto-Novo`."""
    terminal_url: str | None = None
    """Where the page at the door is found; None where no browser could reach it."""
    currency: str
    """What prices are in unless told otherwise, e.g. `XOF`."""
