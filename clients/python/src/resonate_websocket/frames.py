"""Requests and their answers."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from resonate_base.error import ConnectorError

#: A request or an answer: its JSON text, and the parsed text.
type Frame = tuple[str, dict[str, Any]]


class Answer(asyncio.Future[Frame]):
    """The answer to a request, which will arrive later."""

    #: The connection broke before the answer, so the server may have received the request more than once.
    is_repeated: bool = False


class RequestTooLarge(ConnectorError):
    """The request has no effect, because the server does not accept its size."""


def frame(body: dict[str, Any]) -> Frame:
    """Return a request or an answer with its JSON text."""
    return json.dumps(body), body
