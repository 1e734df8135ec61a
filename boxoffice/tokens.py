"""Secrets of links, cookies and pages: only their hash is kept, and they are never logged."""

import secrets

TOKEN_BYTES = 20
"""160 random bits: 27 characters in a start parameter, which has room for 64."""


def new_token() -> str:
    """Make a link's, a cookie's or a page's secret: 27 characters of base64url.

    Drawn again until it holds a capital, a small letter and a digit, which one in a hundred lacks:
    by these the logs know a secret from a long name, and mask it wherever it stands.
    """
    while True:
        token = secrets.token_urlsafe(TOKEN_BYTES)
        if looks_secret(token):
            return token


def looks_secret(text: str) -> bool:
    """Tell whether a text has a capital, a small letter and a digit, as the logs' mask asks."""
    return (
        any("a" <= sign <= "z" for sign in text)
        and any("A" <= sign <= "Z" for sign in text)
        and any(sign.isdecimal() for sign in text)
    )
