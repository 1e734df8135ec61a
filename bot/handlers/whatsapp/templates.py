"""What may be said to somebody silent for more than 24 hours: sentences that WhatsApp approved.

`python -m bot whatsapp templates` makes them at Twilio, submits them, and prints the line for
WHATSAPP_TEMPLATES.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.handlers.whatsapp.limits import TITLE_MAX, in_line
from bot.handlers.whatsapp.registry import (
    FIRST_CHOICE,
    LANGUAGES,
    TEMPLATES,
    Approved,
    ApprovedCode,
    Registry,
)
from bot.handlers.whatsapp.rendering import button_id
from bot.handlers.whatsapp.twilio_api import TwilioApi
from chat.clock import Clock
from chat.messages import Outgoing
from storage import whatsapp as memory
from storage.database import Database

GENERAL = "news"
"""What stands for a message that has no template of its own."""


@dataclass(frozen=True, slots=True)
class Stand:
    """The template that stands for a message: its content, what fills it, and whether it calls."""

    content: str
    variables: Mapping[str, str]
    calls: bool


def stand_in(registry: Registry, outgoing: Outgoing) -> Stand | None:
    """Find what stands for a message outside the window: its own template, else the general one."""
    own = outgoing.template
    for name in (own.name if own else GENERAL, GENERAL):
        approved = TEMPLATES.get(name)
        sid = registry.get((name, outgoing.language)) or registry.get((name, LANGUAGES[0]))
        if approved is None or sid is None:
            continue
        facts = dict(own.facts) if own else {}
        first = next((one.action for one in outgoing.buttons if one.action), "menu")
        facts[FIRST_CHOICE] = button_id("seller", first)
        if not set(approved.facts) <= facts.keys():
            continue
        values = [in_line(facts[fact]) for fact in _holes(approved)]
        return Stand(
            sid, {str(at): value for at, value in enumerate(values, 1)}, calls=approved.calls
        )
    return None


async def submit_templates(
    api: TwilioApi, database: Database, clock: Clock
) -> tuple[Registry, dict[tuple[str, str], str]]:
    """Make every template that Twilio does not have yet and submit it; answers SIDs and statuses.

    Run again it makes nothing twice, and tells how WhatsApp judged each. Raises as TwilioApi.
    """
    registry: dict[tuple[str, str], str] = {}
    statuses: dict[tuple[str, str], str] = {}
    for name, approved in TEMPLATES.items():
        for language in LANGUAGES:
            full_name = f"guichet_{name}_{language}"
            types = types_of(approved, language)
            digest = digest_of(api.account_sid, {"template": full_name, **types})
            sid = await database.read(memory.content, digest)
            if sid is None:
                sid = await api.make_content(
                    name=full_name,
                    language=language,
                    types=types,
                    samples=samples_of(approved, language),
                )
                sid = await database.write(memory.keep_content, digest, sid, clock())
            status = await api.approval(sid)
            if status == "unsubmitted":
                status = await api.submit(sid, name=full_name, category=approved.category)
            registry[name, language], statuses[name, language] = sid, status
    return registry, statuses


def types_of(approved: Approved | ApprovedCode, language: str) -> Mapping[str, Any]:
    """Write a template as the Content API takes it: with one button."""
    title = approved.button[language]
    if len(title) > TITLE_MAX:
        raise ValueError(f"a button's title has {TITLE_MAX} characters: {title!r}")
    if isinstance(approved, ApprovedCode):
        copies = {"type": "COPY_CODE", "copy_code_text": title}
        told = {"add_security_recommendation": True, "code_expiration_minutes": approved.minutes}
        return {"whatsapp/authentication": told | {"actions": [copies]}}
    places = {fact: f"{{{{{at}}}}}" for at, fact in enumerate(_holes(approved), 1)}
    body = approved.body[language].format(**{fact: places[fact] for fact in approved.facts})
    leads = places.get(approved.action) or button_id("seller", approved.action)
    action = {"type": "QUICK_REPLY", "title": title, "id": leads}
    return {"twilio/quick-reply": {"body": body, "actions": [action]}}


def digest_of(account_sid: str, definition: Mapping[str, Any]) -> str:
    """Name a shape by what it is, and whose."""
    told = json.dumps([account_sid, definition], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(told.encode()).hexdigest()


def _holes(approved: Approved | ApprovedCode) -> tuple[str, ...]:
    """The facts that are variables, in order: the sentence's, then where the button leads."""
    return (*approved.facts, *((FIRST_CHOICE,) if approved.action == FIRST_CHOICE else ()))


def samples_of(approved: Approved | ApprovedCode, language: str) -> dict[str, str]:
    """Give the values that show WhatsApp what a template's variables are."""
    if isinstance(approved, ApprovedCode):
        return {}  # its one variable is named by WhatsApp
    values = dict(approved.samples[language]) | {FIRST_CHOICE: button_id("seller", "menu")}
    return {str(at): values[fact] for at, fact in enumerate(_holes(approved), 1)}
