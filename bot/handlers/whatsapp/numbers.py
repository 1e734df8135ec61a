"""Our own numbers on WhatsApp, and which talk each carries."""

from dataclasses import dataclass

from chat.messages import TalkName


@dataclass(frozen=True, slots=True)
class Numbers:
    """Our senders as Twilio writes them, `whatsapp:+229...`; the same twice if it is for both."""

    seller: str
    scanner: str

    @classmethod
    def of(cls, seller: str, scanner: str | None) -> "Numbers":
        """Take numbers as an operator writes them: `+229 01 ...`, with the prefix or without."""
        return cls(_sender(seller), _sender(scanner or seller))

    def number(self, talk: TalkName) -> str:
        """The sender of a talk."""
        return self.seller if talk == "seller" else self.scanner

    def talks(self, number: str) -> tuple[TalkName, ...]:
        """The talks that a sender carries: none, one or both."""
        every: tuple[TalkName, ...] = ("seller", "scanner")
        return tuple(talk for talk in every if self.number(talk) == number)


def _sender(number: str) -> str:
    bare = number.strip().removeprefix("whatsapp:")
    return "whatsapp:+" + "".join(letter for letter in bare if letter.isdecimal())
