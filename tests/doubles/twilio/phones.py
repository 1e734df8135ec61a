"""What a message becomes on a person's screen, or the code of what keeps it from there."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tests.doubles.twilio.facts import AUTHENTICATION, content_faults, fill, variable_faults
from tests.doubles.twilio.ordered import Content
from tests.doubles.twilio.people import Customer, Pressable, Seen

if TYPE_CHECKING:
    from tests.doubles.twilio.server import TwilioDouble

DAY_MS = 24 * 3_600_000

OF_A_CODE = {
    "fr": "{code} est votre code de vérification. Pour votre sécurité, ne le partagez pas.\n"
    "Ce code expire dans {minutes} minutes.",
    "en": "{code} is your verification code. For your security, do not share this code.\n"
    "This code expires in {minutes} minutes.",
}
"""The sentence of one-time digits is WhatsApp's own; ours says only for how long."""


async def show(
    double: "TwilioDouble",
    customer: Customer,
    sid: str,
    form: Mapping[str, Any],
    content: Content | None,
) -> int | None:
    """Put a message on the screen; answers the code of what prevents it."""
    if customer.blocked:
        return 63024
    is_open = customer.heard_ms is not None and double.clock() - customer.heard_ms < DAY_MS
    if not is_open and (content is None or content.status != "approved"):
        return 63016
    if content is not None:
        return _show_content(double, customer, sid, form, content)
    urls = form.get("MediaUrl", ())
    body, mime, name = None, "", ""
    if urls:
        found = await double.outside.fetch(urls[0])
        if found is None:
            return 63019
        body, mime, name = found
    kind = "media" if urls else "text"
    customer.seen.append(Seen(sid, kind, form.get("Body", ""), (), body, mime, name))
    return None


def _show_content(
    double: "TwilioDouble", customer: Customer, sid: str, form: Mapping[str, Any], content: Content
) -> int | None:
    variables = dict(content.body.get("variables", {}))
    variables |= json.loads(form.get("ContentVariables", "{}"))
    name, filled = fill(content.body["types"], variables)
    is_template = content.status == "approved"
    broken = content_faults(name, filled, in_session=not is_template)
    broken += variable_faults(name, variables)
    if broken:
        double.faults += broken
        return 63021
    text = filled.get("body") or OF_A_CODE[content.body["language"]].format(
        code=variables["1"], minutes=filled["code_expiration_minutes"]
    )
    listed = () if name == AUTHENTICATION else filled.get("actions") or filled.get("items") or ()
    pressables = tuple(
        Pressable(
            one.get("title") or one.get("item", ""),
            one.get("id", ""),
            one.get("url", ""),
            one.get("description", ""),
        )
        for one in listed
    )
    customer.seen.append(Seen(sid, name, text, pressables, is_template=is_template))
    return None
