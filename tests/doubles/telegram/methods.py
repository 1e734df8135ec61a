"""What each method of the Bot API does to the double's state, and the rules the facts do not hold.

The rules by hand are wire-facts of the real server: limits on files, buttons and commands, states
that refuse an edit or a late answer.
"""

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from tests.doubles.telegram.accounts import Account, Heard, Refused, Shown, document_json, file_json

Params = Mapping[str, Any]
Files = Mapping[str, tuple[str, bytes]]
Method = Callable[[Account, Params, Files], Awaitable[Any]]

PHOTO_BYTES_MAX = 10 * 1024 * 1024
UPLOAD_BYTES_MAX = 50 * 1024 * 1024
DOWNLOAD_BYTES_MAX = 20 * 1024 * 1024
BUTTONS_MAX = 100
COMMAND = re.compile(r"[a-z0-9_]{1,32}")
SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
WEBHOOK_PORTS = {None, 80, 88, 443, 8443}

TOO_OLD = "Bad Request: query is too old and response timeout expired or query ID is invalid"
NOT_MODIFIED = (
    "Bad Request: message is not modified: specified new message content and reply markup are"
    " exactly the same as a current content and reply markup of the message"
)
WEBHOOK_ACTIVE = (
    "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete"
    " the webhook first"
)
TERMINATED = (
    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is"
    " running"
)


class BrokenRule(Refused):
    """A call that breaks a rule we know: the test fails at its end, whatever the caller does."""


# ---- Updates -------------------------------------------------------------------------------------


async def get_updates(account: Account, params: Params, _: Files) -> list[dict[str, Any]]:
    """Wait for updates; asking with an offset confirms what was before it."""
    if account.webhook:
        raise Refused(409, WEBHOOK_ACTIVE)
    account.polls += 1
    mine = account.polls
    account.bell.ring()
    if "allowed_updates" in params:
        account.allowed = params["allowed_updates"]
    account.confirm(params.get("offset"))

    def moved_on() -> bool:
        return bool(account.updates) or account.polls != mine or bool(account.webhook)

    try:
        await account.bell.until(moved_on, params.get("timeout", 0) or 0.001)
    except TimeoutError:
        return []
    if account.polls != mine:
        raise Refused(409, TERMINATED)
    found = account.updates[: params.get("limit", 100)]
    match account.delivery:
        case "twice":
            return [update for update in found for _ in range(2)]
        case "reversed":
            return found[::-1]
        case _:
            return found


async def set_webhook(account: Account, params: Params, _: Files) -> bool:
    """Have updates posted to an address; an empty one removes the webhook."""
    secret = params.get("secret_token", "")
    if secret and not SECRET.fullmatch(secret):
        raise BrokenRule(400, "Bad Request: secret token contains unallowed characters")
    if params["url"] and urlsplit(params["url"]).port not in WEBHOOK_PORTS:
        raise BrokenRule(
            400,
            "Bad Request: bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443",
        )
    account.webhook = {"url": params["url"], "secret": secret} if params["url"] else {}
    account.allowed = params.get("allowed_updates", account.allowed)
    if params.get("drop_pending_updates"):
        account.updates.clear()
    account.bell.ring()
    return True


async def delete_webhook(account: Account, params: Params, _: Files) -> bool:
    """Keep updates for polling again."""
    return await set_webhook(account, {**params, "url": ""}, {})


async def get_webhook_info(account: Account, _: Params, __: Files) -> dict[str, Any]:
    """Tell where updates go."""
    return {
        "url": account.webhook.get("url", ""),
        "has_custom_certificate": False,
        "pending_update_count": len(account.updates),
    }


# ---- Messages ------------------------------------------------------------------------------------


async def send_message(account: Account, params: Params, _: Files) -> dict[str, Any]:
    """Send a text."""
    _check_text(params["text"])
    return _say(account, params, {"text": params["text"].strip()})


async def send_photo(account: Account, params: Params, files: Files) -> dict[str, Any]:
    """Send a picture, uploaded or known."""
    _, body = _uploaded(account, params, files, "photo")
    if len(body) > PHOTO_BYTES_MAX:
        raise BrokenRule(
            400,
            f"Bad Request: file of size {len(body)} bytes is too big for a photo;"
            f" the maximum size is {PHOTO_BYTES_MAX} bytes",
        )
    chat = _chat(account, params)
    sizes, shown = account.photo(body)
    return _say(account, params, {"photo": sizes, **_caption(params)}, chat, shown)


async def send_document(account: Account, params: Params, files: Files) -> dict[str, Any]:
    """Send a file as it is."""
    name, body = _uploaded(account, params, files, "document")
    file = account.keep(body, "documents")
    content = {"document": document_json(file, name, "application/octet-stream")}
    return _say(account, params, {**content, **_caption(params)}, sent=body)


async def send_media_group(account: Account, params: Params, files: Files) -> list[dict[str, Any]]:
    """Send pictures or files as an album."""
    sent = []
    for item in params["media"]:
        name = item["media"].removeprefix("attach://")
        if name not in files:
            raise BrokenRule(400, f"Bad Request: {item['media']} was not uploaded")
        one = {key: params[key] for key in ("chat_id",)} | _caption(item)
        method = send_photo if item["type"] == "photo" else send_document
        sent.append(await method(account, one, {item["type"]: files[name]}))
    return sent


async def send_venue(account: Account, params: Params, _: Files) -> dict[str, Any]:
    """Send a place."""
    location = {key: params[key] for key in ("latitude", "longitude")}
    venue = {"location": location, "title": params["title"], "address": params["address"]}
    return _say(account, params, {"venue": venue, "location": location})


async def edit_message_text(account: Account, params: Params, _: Files) -> dict[str, Any]:
    """Replace the text and the buttons of a message."""
    _check_text(params["text"])
    return _edit(account, params, {"text": params["text"].strip()})


async def edit_message_reply_markup(account: Account, params: Params, _: Files) -> dict[str, Any]:
    """Replace the buttons of a message."""
    return _edit(account, params, {})


async def delete_message(account: Account, params: Params, _: Files) -> bool:
    """Remove a message."""
    if account.messages.pop((int(params["chat_id"]), params["message_id"]), None) is None:
        raise Refused(400, "Bad Request: message to delete not found")
    account.bell.ring()
    return True


async def answer_callback_query(account: Account, params: Params, _: Files) -> bool:
    """Stop a button's spinner, once."""
    query_id = params["callback_query_id"]
    if query_id not in account.open_queries:
        raise Refused(400, TOO_OLD)
    account.open_queries.discard(query_id)
    account.answered_queries.append(query_id)
    account.bell.ring()
    return True


# ---- Payments ------------------------------------------------------------------------------------


async def create_invoice_link(account: Account, params: Params, _: Files) -> str:
    """Make a link; XOF, XAF, CDF and GNF are not among Telegram's currencies."""
    if params["currency"] in {"XOF", "XAF", "CDF", "GNF"}:
        raise BrokenRule(400, "Bad Request: CURRENCY_INVALID")
    if not params.get("provider_token"):
        raise BrokenRule(400, "Bad Request: PAYMENT_PROVIDER_INVALID")
    link = f"https://t.me/$invoice{account.next_id()}"
    account.invoices[link] = dict(params)
    return link


async def answer_pre_checkout_query(account: Account, params: Params, _: Files) -> bool:
    """Let a checkout through, or not; a refusal says why."""
    query_id = params["pre_checkout_query_id"]
    if account.checkouts.get(query_id, False) is not None:
        raise Refused(400, TOO_OLD)
    if not params["ok"] and not params.get("error_message"):
        raise BrokenRule(400, "Bad Request: error message is empty")
    account.checkouts[query_id] = params["ok"]
    account.bell.ring()
    return True


# ---- The rest ------------------------------------------------------------------------------------


async def get_me(account: Account, _: Params, __: Files) -> dict[str, Any]:
    """Tell who the bot is."""
    return account.user | {
        "can_join_groups": True,
        "can_read_all_group_messages": False,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


async def set_my_commands(account: Account, params: Params, _: Files) -> bool:
    """Set the menu for a language, or for all others."""
    language = params.get("language_code", "")
    if language and not re.fullmatch("[a-z]{2}", language):
        raise BrokenRule(400, "Bad Request: invalid language code specified")
    for command in params["commands"]:
        if not COMMAND.fullmatch(command["command"]):
            raise BrokenRule(400, "Bad Request: BOT_COMMAND_INVALID")
    chat = params.get("scope", {}).get("chat_id")
    shown_in = language if chat is None else f"{chat}:{language}"
    account.commands[shown_in] = params["commands"]
    return True


async def get_file(account: Account, params: Params, _: Files) -> dict[str, Any]:
    """Prepare a file for download."""
    file = account.files.get(params["file_id"])
    if file is None:
        description = "wrong file_id or the file is temporarily unavailable"
        raise Refused(400, f"Bad Request: {description}")
    if file.size > DOWNLOAD_BYTES_MAX:
        raise Refused(400, "Bad Request: file is too big")
    return file_json(file) | {"file_path": file.path}


async def leave_chat(account: Account, params: Params, _: Files) -> bool:
    """Leave a group."""
    chat = _chat(account, params)
    del account.chats[chat]
    return True


METHODS: dict[str, Method] = {
    "getMe": get_me,
    "getUpdates": get_updates,
    "setWebhook": set_webhook,
    "deleteWebhook": delete_webhook,
    "getWebhookInfo": get_webhook_info,
    "sendMessage": send_message,
    "sendPhoto": send_photo,
    "sendDocument": send_document,
    "sendMediaGroup": send_media_group,
    "sendVenue": send_venue,
    "editMessageText": edit_message_text,
    "editMessageReplyMarkup": edit_message_reply_markup,
    "deleteMessage": delete_message,
    "answerCallbackQuery": answer_callback_query,
    "setMyCommands": set_my_commands,
    "getFile": get_file,
    "leaveChat": leave_chat,
    "createInvoiceLink": create_invoice_link,
    "answerPreCheckoutQuery": answer_pre_checkout_query,
}


# ---- Rules by hand -------------------------------------------------------------------------------


def _say(
    account: Account,
    params: Params,
    content: dict[str, Any],
    chat: int | None = None,
    sent: bytes | Shown | None = None,
) -> dict[str, Any]:
    if "parse_mode" in params:
        raise BrokenRule(400, "Bad Request: the double does not parse entities")
    chat = _chat(account, params) if chat is None else chat
    message = account.message(chat, account.user, **content, **_markup(params))
    account.messages[chat, message["message_id"]] = Heard(message, sent)
    account.bell.ring()
    return message


def _edit(account: Account, params: Params, content: dict[str, Any]) -> dict[str, Any]:
    heard = account.messages.get((int(params.get("chat_id", 0)), params.get("message_id", 0)))
    if heard is None:
        raise Refused(400, "Bad Request: message to edit not found")
    kept = {key: value for key, value in heard.json.items() if key != "reply_markup"}
    edited = {**kept, **content, **_markup(params)}
    if edited == heard.json:
        raise Refused(400, NOT_MODIFIED)
    heard.json = edited
    account.bell.ring()
    return edited


def _chat(account: Account, params: Params) -> int:
    chat_id = int(params["chat_id"])
    if chat_id not in account.chats:
        raise Refused(400, "Bad Request: chat not found")
    if chat_id in account.blocked_by:
        raise Refused(403, "Forbidden: bot was blocked by the user")
    return chat_id


def _check_text(text: str) -> None:
    if not text.strip():
        raise BrokenRule(400, "Bad Request: message text is empty")


def _caption(params: Params) -> dict[str, str]:
    return {"caption": params["caption"]} if params.get("caption") else {}


def _uploaded(account: Account, params: Params, files: Files, name: str) -> tuple[str, bytes]:
    if name in files:
        if len(files[name][1]) > UPLOAD_BYTES_MAX:
            raise BrokenRule(413, "Request Entity Too Large")
        return files[name]
    known = account.files.get(params[name])
    if known is None:
        raise Refused(400, "Bad Request: wrong file identifier/HTTP URL specified")
    return known.path.rsplit("/", 1)[-1], known.body


def _markup(params: Params) -> dict[str, Any]:
    """Keep the buttons as they show on the message."""
    if "reply_markup" not in params:
        return {}
    markup = params["reply_markup"]
    keys = [key for row in markup.get("inline_keyboard", []) for key in row]
    if len(keys) > BUTTONS_MAX:
        raise BrokenRule(400, "Bad Request: reply markup is too long")
    for key in keys:
        if not key["text"].strip():
            raise BrokenRule(400, "Bad Request: inline keyboard button text must be non-empty")
        if "url" in key and "." not in (urlsplit(key["url"]).hostname or ""):
            raise BrokenRule(
                400,
                f"Bad Request: inline keyboard button URL '{key['url']}' is invalid:"
                " Wrong HTTP URL",
            )
    return {"reply_markup": json.loads(json.dumps(markup))} if keys else {}
