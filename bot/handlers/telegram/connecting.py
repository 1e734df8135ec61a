"""How the library reaches Telegram: how long it waits, over how many connections, how trusted."""

import ssl

import httpx
from telegram.request import HTTPXRequest

CONNECT_MAX_S = 10.0
"""Long enough for a slow link, short enough for the outbox to try again soon."""

ANSWER_MAX_S = 20.0
"""After this a send is unknown. Telegram answers in well under a second, uploads included."""

UPLOAD_MAX_S = 60.0
"""A ticket of 100 kB at 20 kbit/s takes 40 s."""

CONNECTIONS_MAX = 64
"""At most so many calls at once to a bot's address: as many as the outbox leases."""


def certificates_for(api_url: str) -> ssl.SSLContext:
    """Load what an address is checked against, once for every client: it takes 20 ms.

    Plain HTTP is for a double on this machine and needs none.
    """
    outside = api_url.startswith("https://")
    return httpx.create_ssl_context() if outside else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def request_over(
    certificates: ssl.SSLContext,
    connections_max: int,
    transport: httpx.AsyncBaseTransport | None,
) -> HTTPXRequest:
    """Make the library's own request object, with our limits.

    `transport` carries the calls to a Telegram in this process, for tests alone.
    """
    return HTTPXRequest(
        connection_pool_size=connections_max,
        connect_timeout=CONNECT_MAX_S,
        read_timeout=ANSWER_MAX_S,
        write_timeout=ANSWER_MAX_S,
        pool_timeout=ANSWER_MAX_S,
        media_write_timeout=UPLOAD_MAX_S,
        httpx_kwargs={"verify": certificates, "transport": transport},
    )
