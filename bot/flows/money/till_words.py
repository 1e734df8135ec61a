"""What tills say wherever they are spoken of."""

from chat.messages import Choice, Words, words
from storage.ids import to_text


def hand_back_choice(refund_id: int) -> Choice:
    """The button that says that cash was handed back."""
    return Choice(words("till.i_handed_back"), f"handback:{to_text(refund_id)}")


def provider_words(name: str) -> Words:
    """Name a provider as people know it, whoever's account it is."""
    return words(f"statement.provider_{name.partition('.')[0]}")
