"""Who paid, as the stage's provider knows them, and the e-mails that reach them.

! payeur awa@example.org      whoever paid gave the provider this address, or `+22990000001`
! payeur personne             ... or nothing at all
! courriel refusé             the mail server refuses every address from now on
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.far_work.mail import MailRefused
from bot.payments.payers import Payer
from bot.payments.sandbox import Sandbox

if TYPE_CHECKING:
    from tests.transcripts.stage import Stage


class KnowingSandbox(Sandbox):
    """The sandbox, which besides knows who paid."""

    known = Payer()

    async def payer(self, payment_id: int, provider_ref: str) -> Payer:  # noqa: ARG002 (all alike)
        """Answer with whoever the script said."""
        return self.known


@dataclass(slots=True)
class ListedPost:
    """A mail server that keeps what it takes."""

    taken: list[tuple[str, str, str]] = field(default_factory=list)
    fault: Exception | None = None

    async def send(self, to: str, subject: str, body: str) -> None:
        """Keep an e-mail."""
        if self.fault is not None:
            raise self.fault
        self.taken.append((to, subject, body))

    def digits(self) -> str:
        """The eight digits of the newest e-mail."""
        assert self.taken, "no e-mail came"
        found = re.search(r"^\d{4} \d{4}$", self.taken[-1][2], re.MULTILINE)
        assert found is not None, self.taken[-1][2]
        return found[0]


async def know_payer(stage: Stage, rest: str) -> None:
    """Let the provider know who paid."""
    phone = rest.removeprefix("+")
    if phone.isdecimal():
        stage.sandbox.known = Payer(phone=phone)
    else:
        stage.sandbox.known = Payer(email="" if rest == "personne" else rest)


async def refuse_mail(stage: Stage, _: str) -> None:
    """Let every address be refused."""
    stage.post.fault = MailRefused("SMTP 550")
