"""Turn Twilio's published descriptions into the facts the Twilio double checks itself by.

    python scripts/twilio_facts.py SPECS > FACTS/twilio.json

SPECS is the folder with twilio-api-v2010-messages.json and twilio-content-v1.json. Kept: the form
that makes a message, the body that makes a content and submits one for approval, and the shapes of
what comes back, as JSON Schema without a word of prose.
"""

import json
import sys
from pathlib import Path
from typing import Any

MESSAGES = "/2010-04-01/Accounts/{AccountSid}/Messages.json"
APPROVAL = "/v1/Content/{ContentSid}/ApprovalRequests/whatsapp"

KEPT = frozenset(
    {
        "type",
        "properties",
        "required",
        "items",
        "additionalProperties",
        "enum",
        "pattern",
        "format",
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
        "nullable",
        "$ref",
    }
)
"""What a schema says that can be checked."""

CONTENT_TYPES = (
    "twilio/text",
    "twilio/quick-reply",
    "twilio/list-picker",
    "twilio/call-to-action",
    "whatsapp/authentication",
)
"""The types of content that Guichet makes; no other may be asked for."""


def facts(messages: dict[str, Any], content: dict[str, Any]) -> dict[str, Any]:
    """Distil both descriptions; the answer is the same for the same input."""
    form = messages["paths"][MESSAGES]["post"]["requestBody"]["content"]
    told = content["components"]["schemas"]
    schemas = {
        "message_form": _resolved(
            form["application/x-www-form-urlencoded"]["schema"], messages["components"]["schemas"]
        ),
        "message": _resolved(
            messages["components"]["schemas"]["api.v2010.account.message"],
            messages["components"]["schemas"],
        ),
        "content_body": _resolved(told["ContentCreateRequest"], told),
        "approval_body": _resolved(told["ContentApprovalRequest"], told),
        "content": _resolved(told["content.v1.content"], told),
        "approval": _resolved(told["content.v1.content.approval_create"], told),
        "approval_fetched": _resolved(told["content.v1.content.approval_fetch"], told),
    }
    types = schemas["content_body"]["properties"]["types"]["properties"]
    schemas["content_body"]["properties"]["types"]["properties"] = {
        name: types[name] for name in CONTENT_TYPES
    }
    schemas["content_body"]["properties"]["types"]["additionalProperties"] = False
    for name in ("message_form", "content_body", "approval_body"):
        schemas[name]["additionalProperties"] = False
    return {
        "versions": {
            "messages": messages["info"]["version"],
            "content": content["info"]["version"],
        },
        "schemas": schemas,
    }


def _resolved(schema: Any, schemas: dict[str, Any]) -> Any:  # noqa: ANN401 (JSON)
    """Copy a schema without prose, its references put in place, `nullable` said as a type."""
    if isinstance(schema, list):
        return [_resolved(one, schemas) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _resolved(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    found: dict[str, Any] = {}
    for key, value in sorted(schema.items()):
        if key not in KEPT or key == "nullable":
            continue
        if key == "properties":
            found[key] = {name: _resolved(one, schemas) for name, one in sorted(value.items())}
        else:
            found[key] = _resolved(value, schemas)
    if schema.get("nullable") and "type" in found:
        found["type"] = [found["type"], "null"]
    return found


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    distilled = facts(
        json.loads((folder / "twilio-api-v2010-messages.json").read_text(encoding="utf-8")),
        json.loads((folder / "twilio-content-v1.json").read_text(encoding="utf-8")),
    )
    print(json.dumps(distilled, indent=1, ensure_ascii=False))
