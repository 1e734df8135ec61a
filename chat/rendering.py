"""What leaves for a chat: a message of the vocabulary, said in the chat's language."""

from dataclasses import replace

from chat.messages import Button, Choice, Link, Outgoing, Say, Template, Words, words
from chat.texts import Texts
from storage.outbox import OutboxRow


def rendered(say: Say, row: OutboxRow, texts: Texts) -> Outgoing:
    """Say a message as its channel is to send it.

    Raises:
        KeyError, TypeError, ValueError: a sentence or one of its facts does not exist.
    """

    def render(one: Words) -> str:
        return texts.render(one, row.language)

    def button(one: Choice | Link) -> Button:
        if isinstance(one, Link):
            return Button(render(one.label), url=one.url, app=one.app)
        return Button(render(one.label), action=one.action)

    def template(one: Words) -> Template:
        facts = {name: render(words("fact", fact=fact)) for name, fact in one.facts.items()}
        return Template(one.key, facts)

    return Outgoing(
        render(say.words),
        tuple(button(one) for one in say.choices),
        language=row.language,
        template=template(say.template) if say.template else None,
        plain=say.plain,
        stage=say.stage if say.progress is not None else None,
        first_number=say.first_number,
        outbox_id=row.id,
        place=say.place,
    )


def said_instead(say: Say, link: Link | None) -> Say:
    """Say a picture's words in its stead; what opens it comes last, so that no number changes."""
    opens = (link,) if link else ()
    return replace(
        say,
        words=say.instead or say.words,
        choices=(*say.choices, *opens),
        picture=None,
        file=None,
    )
