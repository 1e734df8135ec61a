"""Where a process meets the world: every write, send and call to a provider crosses here.

One crossing at a time, in an order the weather decides: so a play depends on its seed alone. At a
crossing the process may die. Whatever it was doing then never learns more: every task of it that
comes to a crossing again ends there, and what was under way in the database is kept or not, as it
is when a machine loses its power.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Concatenate, Literal, ParamSpec, TypeVar

from bot.far_work.mail import Post
from bot.payments.payers import KnowsPayer, Payer
from bot.payments.protocol import (
    Movement,
    Notice,
    Outcome,
    PaymentAsk,
    PaymentPage,
    Provider,
    RefundAsk,
    RefundOutcome,
)
from chat.channel import Channel, SendLater, SendRefused
from chat.messages import Inbound, Outgoing, TalkName
from storage.database import Busy, ConnectionLost, Database, FunctionTime, Tx
from tests.storm.resting import RestingLoop
from tests.storm.weather import Deed, Kind, Weather

P = ParamSpec("P")
T = TypeVar("T")

PATIENCE_MS = 4_000


class Killed(asyncio.CancelledError):
    """The process is dead. A CancelledError, so that nobody takes it for a failure to answer."""


@dataclass(slots=True)
class Crossings:
    """The one narrow way of a process to the world, and its life."""

    weather: Weather
    log: list[str]
    """What happened, a line a crossing, for whoever looks into a failure."""
    late: list[Callable[[], Awaitable[object]]] = field(default_factory=list)
    """Calls that were given up and are still on their way: whoever plays lets them arrive."""
    is_dead: bool = False
    _waiting: list[asyncio.Future[None]] = field(default_factory=list)
    _busy: bool = False

    async def cross(self, kind: Kind | None, name: str, call: Callable[[], Awaitable[T]]) -> T:
        """Make a call in its turn, as the weather has it; a `kind` of None only waits its turn.

        Raises:
            Killed: the process is dead now, or was.
            TimeoutError, Busy, ConnectionLost, SendLater, SendRefused: what the weather sent.
        """
        await self._turn()
        try:
            self._must_live()
            deed = Deed.GO_ON if kind is None else self.weather.next(kind)
            if kind is not None:
                self.log.append(f"{self.weather.crossings} {name}: {deed.value}")
            if deed is Deed.DIE_BEFORE:
                self._die()
            if deed is Deed.ARRIVE_LATE:
                self.late.append(call)
                raise TimeoutError("storm")
            _fail_before(deed, kind)
            result = await call()
            if deed is Deed.DIE_AFTER:
                self._die()
            if deed is Deed.FAIL_AFTER:
                raise ConnectionLost("storm") if kind == "write" else TimeoutError("storm")
            return result
        finally:
            self._leave()

    def _must_live(self) -> None:
        if self.is_dead:
            raise Killed

    def _die(self) -> None:
        self.is_dead = True
        raise Killed

    async def _turn(self) -> None:
        self._must_live()
        mine = asyncio.get_running_loop().create_future()
        self._waiting.append(mine)
        if not self._busy:
            self._busy = True
            self._pick_at_rest()
        try:
            await mine
        except asyncio.CancelledError:
            if mine in self._waiting:
                self._waiting.remove(mine)
            else:
                self._leave()
            raise

    def _pick_at_rest(self) -> None:
        """Pick when those who woke together have arrived."""
        loop = asyncio.get_running_loop()
        assert isinstance(loop, RestingLoop), "a storm is played in a loop that says when it rests"
        loop.call_at_rest(self._pick)

    def _pick(self) -> None:
        if not self._waiting:
            self._busy = False
            return
        self._waiting.pop(self.weather.pick(len(self._waiting))).set_result(None)

    def _leave(self) -> None:
        self._pick_at_rest()


def _fail_before(deed: Deed, kind: Kind | None) -> None:
    match deed:
        case Deed.FAIL_BEFORE if kind == "write":
            raise Busy("storm")
        case Deed.FAIL_BEFORE:
            raise TimeoutError("storm")
        case Deed.ASK_PATIENCE:
            raise SendLater(PATIENCE_MS, "storm")
        case Deed.REFUSE_PICTURE:
            raise SendRefused("storm")
        case _:
            return


@dataclass(slots=True)
class EdgeDatabase:
    """A database as one process sees it; the database itself outlives the process."""

    inner: Database
    crossings: Crossings
    engine: Literal["sqlite", "postgres"] = "sqlite"
    times: dict[str, FunctionTime] = field(default_factory=dict)

    async def write(
        self, fn: Callable[Concatenate[Tx, P], Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Write, if the process lives."""
        name = getattr(fn, "__name__", "write")
        return await self.crossings.cross(
            "write", name, lambda: self.inner.write(fn, *args, **kwargs)
        )

    async def read(
        self, fn: Callable[Concatenate[Tx, P], Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Read, if the process lives."""
        return await self.crossings.cross(
            None, "read", lambda: self.inner.read(fn, *args, **kwargs)
        )

    async def close(self) -> None:
        """Leave the database open: it is the play's."""


@dataclass(slots=True)
class EdgeChannel:
    """A channel as one process sees it."""

    inner: Channel
    crossings: Crossings
    name: str

    def read(self, talk: TalkName, payload: str, received_ms: int) -> Inbound:
        """Read a payload."""
        return self.inner.read(talk, payload, received_ms)

    async def fetch(self, talk: TalkName, ref: str) -> bytes:
        """Fetch a picture."""
        return await self.crossings.cross("fetch", "fetch", lambda: self.inner.fetch(talk, ref))

    async def send(self, talk: TalkName, ref: str, outgoing: Outgoing) -> None:
        """Send a message."""
        await self.crossings.cross(
            "picture" if outgoing.media else "words",
            f"send to {ref}",
            lambda: self.inner.send(talk, ref, outgoing),
        )


@dataclass(slots=True)
class EdgeProvider:
    """A payment provider as one process sees it."""

    inner: Provider
    crossings: Crossings
    name: str

    @property
    def hold_min_ms(self) -> int:
        """Say how long a page lives."""
        return self.inner.hold_min_ms

    def serves(self, currency: str) -> bool:
        """Say whether a currency is taken."""
        return self.inner.serves(currency)

    async def start(self, ask: PaymentAsk) -> PaymentPage:
        """Open a page."""
        return await self.crossings.cross("provider", "start", lambda: self.inner.start(ask))

    async def read_notice(self, headers: Mapping[str, str], raw: bytes) -> Notice | None:
        """Read a notice."""
        return await self.inner.read_notice(headers, raw)

    async def find(self, payment_id: int, provider_ref: str) -> Outcome:
        """Ask how a payment stands."""
        return await self.crossings.cross(
            "provider", "find", lambda: self.inner.find(payment_id, provider_ref)
        )

    async def refund(self, ask: RefundAsk) -> RefundOutcome:
        """Send money back."""
        return await self.crossings.cross("provider", "refund", lambda: self.inner.refund(ask))

    async def find_refund(self, ask: RefundAsk, refund_ref: str) -> RefundOutcome:
        """Ask how a refund stands."""
        return await self.crossings.cross(
            "provider", "find_refund", lambda: self.inner.find_refund(ask, refund_ref)
        )

    async def payer(self, payment_id: int, provider_ref: str) -> Payer:
        """Ask who paid."""
        assert isinstance(self.inner, KnowsPayer)
        inner = self.inner
        return await self.crossings.cross(
            "provider", "payer", lambda: inner.payer(payment_id, provider_ref)
        )

    async def movements(
        self, since_ms: int, until_ms: int, known: Sequence[tuple[int, str]]
    ) -> list[Movement] | None:
        """Read the provider's own list."""
        return await self.crossings.cross(
            "provider", "list", lambda: self.inner.movements(since_ms, until_ms, known)
        )


@dataclass(slots=True)
class EdgePost:
    """A mail server as one process sees it."""

    inner: Post
    crossings: Crossings

    async def send(self, to: str, subject: str, body: str) -> None:
        """Send an e-mail."""
        await self.crossings.cross("provider", "mail", lambda: self.inner.send(to, subject, body))
