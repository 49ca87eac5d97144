"""The SDK's network and source over one WebSocket."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import math
import os
import random
import re
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import aiohttp
from resonate_base.error import ConnectorError

from resonate_websocket.combined_steps import CombinedSteps
from resonate_websocket.frames import Answer, Frame, RequestTooLarge

logger = logging.getLogger(__name__)

#: The wait before the next connection attempt. It doubles with each attempt, and up to half of it is subtracted at
#: random.
FIRST_WAIT_S = 0.2
LONGEST_WAIT_S = 30.0
MAX_DOUBLINGS = 10
#: If a connection lasted longer than this, the server is healthy, so the next wait is short again.
HEALTHY_AFTER_S = 5.0
#: Workers that a server asks to leave reconnect at random times within this period, so that they do not all reconnect
#: at once.
DRAIN_SPREAD_S = 0.1
#: Close code: another worker has the same group and pid. The next wait is longer, so that two such workers replace each
#: other only slowly.
REPLACED = 4409
REPLACED_ATTEMPT = 4
#: Close code: the server closes the connection if a frame is larger than it accepts.
TOO_LARGE = 1009
HEARTBEAT_S = 30.0
#: The limit for opening a connection, as in the TypeScript client by default.
HANDSHAKE_S = 10.0


@dataclass
class _Pending:
    text: str
    answer: Answer
    link: _Link | None = None


@dataclass(eq=False)
class _Link:
    """One WebSocket, and the frames that wait to be written to it."""

    socket: aiohttp.ClientWebSocketResponse
    outbox: deque[str] = field(default_factory=deque)
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    messages: int = 0
    leaving: bool = False

    def post(self, text: str) -> None:
        """Write a frame after all frames that were posted before."""
        self.outbox.append(text)
        self.wake.set()


class WebSocketConnection:
    """A Resonate server over one WebSocket: requests, answers and messages.

    The SDK uses it as its network and as its source::

        resonate = Resonate(group="workers", network=WebSocketConnection("http://localhost:8001", group="workers"))

    Requests wait while the connection is being opened or reopened. Requests without an answer are sent again when the
    connection breaks, as ``HttpConnection`` does. No operation takes effect twice. A repeated request about a task may
    get a 409, though; the SDK then gives up the run, and the next run continues from what is stored. A request fails
    with ``ConnectorError`` if the server refuses the connection (for example because of an invalid token), if it is
    larger than the server accepts, or if the connection is stopped.

    ``group`` must be the group of ``Resonate``. ``pid`` identifies the worker in the group and must be unique.
    ``combine_steps`` stores the start of a step together with its result, in one round trip instead of two.
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        group: str = "default",
        pid: str | None = None,
        auth: str | None = None,
        combine_steps: bool = True,
    ) -> None:
        base = (url or os.environ.get("RESONATE_URL") or "http://localhost:8001").rstrip("/")
        self._pid = pid if pid is not None else uuid.uuid4().hex
        self._group = group
        self._url = f"{base}/connect/{quote(group, safe='')}/{quote(self._pid, safe='')}"
        #: The URL for logs: without a user and a password.
        self._address = re.sub(r"//[^/?#]*@", "//", self._url)
        self._auth = auth if auth is not None else os.environ.get("RESONATE_TOKEN") or None
        self._steps = CombinedSteps(self._forward) if combine_steps else None
        self._subscribers: list[Callable[[str], None]] = []
        #: By ``corrId``, in the order in which they were sent.
        self._pending: dict[str, _Pending] = {}
        self._link: _Link | None = None
        #: How many bytes a request may have, as the server said when the connection was opened.
        self._max_frame = math.inf
        self._lost = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._attempt = 0
        self._stopped = False

    def unicast(self) -> str:
        """Return the address of this worker."""
        return f"poll://uni@{self._group}/{self._pid}"

    def resolve_target(self, target: str) -> str:
        """Return the address of any worker of a group."""
        return f"poll://any@{target}"

    def recv(self, callback: Callable[[str], None]) -> None:
        """Register a callback for messages."""
        self._subscribers.append(callback)

    async def start(self) -> None:
        """Begin to connect. Does not wait: requests wait for the connection themselves."""
        self._spawn(self._run())

    async def stop(self) -> None:
        """Close the connection. Requests without an answer fail."""
        self._stopped = True
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._fail(self._pending, RuntimeError("network has been stopped"))
        self._subscribers.clear()

    async def send(self, req: str, headers: dict[str, str] | None = None) -> str:  # noqa: ARG002
        """Send a request and return its answer, both as JSON."""
        request = (req, json.loads(req))
        answer = await (self._steps.send(request) if self._steps else self._forward(request))
        return answer[0]

    # -- requests ------------------------------------------------------------

    def _forward(self, request: Frame) -> Answer:
        answer = Answer(loop=asyncio.get_running_loop())
        corr_id = request[1]["head"]["corrId"]
        if self._stopped or corr_id in self._pending:
            reason = "network has been stopped" if self._stopped else f"corrId {corr_id} is in use"
            answer.set_exception(ConnectorError(RuntimeError(reason)))
            return answer
        self._pending[corr_id] = _Pending(request[0], answer)
        if self._link is not None:
            self._post(corr_id, self._link)
        return answer

    def _post(self, corr_id: str, link: _Link) -> None:
        pending = self._pending[corr_id]
        # A character has at most 4 bytes, so most texts need not be encoded to be measured.
        if len(pending.text) * 4 > self._max_frame and len(pending.text.encode(errors="replace")) > self._max_frame:
            reason = f"the request is larger than the {self._max_frame} bytes that the server accepts"
            self._fail([corr_id], ValueError(reason), RequestTooLarge)
            return
        pending.link = link
        link.post(pending.text)

    def _answered(self, link: _Link, text: str, body: dict[str, Any]) -> None:
        pending = self._pending.pop(body["head"]["corrId"], None)
        # The caller may have cancelled the future.
        if pending is not None and not pending.answer.done():
            pending.answer.set_result((text, body))
        self._close_when_idle(link)

    def _unsent(self) -> list[str]:
        return [corr_id for corr_id, pending in self._pending.items() if pending.link is None]

    def _fail(self, corr_ids: Any, error: Exception, kind: type[ConnectorError] = ConnectorError) -> None:
        for corr_id in list(corr_ids):
            answer = self._pending.pop(corr_id).answer
            if not answer.done():
                answer.set_exception(kind(error))

    # -- the connection ------------------------------------------------------

    async def _run(self) -> None:
        """Keep one connection open that accepts requests."""
        trace = aiohttp.TraceConfig()
        trace.on_request_end.append(self._upgraded)
        async with aiohttp.ClientSession(trace_configs=[trace]) as session:
            try:
                while True:
                    self._lost.clear()
                    await self._connect(session)
                    await self._lost.wait()
            finally:
                # Leaving the session closes its connections.
                self._link = None

    async def _upgraded(self, _session: object, _context: object, params: aiohttp.TraceRequestEndParams) -> None:
        limit = params.response.headers.get("resonate-max-frame", "")
        self._max_frame = int(limit) if limit.isdecimal() else math.inf

    async def _connect(self, session: aiohttp.ClientSession) -> None:
        headers = {} if self._auth is None else {"Authorization": f"Bearer {self._auth}"}
        while True:
            try:
                async with asyncio.timeout(HANDSHAKE_S):
                    socket = await session.ws_connect(self._url, headers=headers, heartbeat=HEARTBEAT_S, max_msg_size=0)
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                if isinstance(error, aiohttp.WSServerHandshakeError) and 400 <= error.status < 500:
                    # Requests that were sent over a connection that is being left may still get their answers.
                    self._fail(self._unsent(), error)
                # A TimeoutError has no text.
                await self._wait(str(error) or f"no answer within {HANDSHAKE_S:g} s")
                continue
            break
        link = _Link(socket)
        self._link = link
        logger.info("connected: %s", self._address)
        for corr_id in self._unsent():
            self._post(corr_id, link)
        self._spawn(self._write(link))
        self._spawn(self._read(link))

    async def _wait(self, reason: object) -> None:
        # A larger exponent would raise OverflowError after some hours without a server.
        doubled = FIRST_WAIT_S * 2 ** min(self._attempt, MAX_DOUBLINGS)
        delay = min(doubled, LONGEST_WAIT_S) * (1 - random.random() / 2)  # noqa: S311
        self._attempt += 1
        logger.warning("no connection to %s, next attempt in %.1f s: %s", self._address, delay, reason)
        await asyncio.sleep(delay)

    async def _write(self, link: _Link) -> None:
        with contextlib.suppress(aiohttp.ClientError, ConnectionError):
            while not link.socket.closed:
                await link.wake.wait()
                link.wake.clear()
                while link.outbox:
                    await link.socket.send_str(link.outbox.popleft())

    async def _read(self, link: _Link) -> None:
        opened_at = asyncio.get_running_loop().time()
        try:
            async for message in link.socket:
                if message.type is aiohttp.WSMsgType.TEXT:
                    self._receive(link, message.data)
        except (ValueError, AttributeError, TypeError):
            logger.exception("the server sent an invalid frame; reconnecting")
            await link.socket.close()
        finally:
            link.wake.set()
        if asyncio.get_running_loop().time() - opened_at > HEALTHY_AFTER_S:
            self._attempt = 0
        await self._ended(link)

    def _receive(self, link: _Link, text: str) -> None:
        body = json.loads(text)
        if body.get("drain"):
            # The server is shutting down, or the token has expired. Connect to another process, and keep this
            # connection until its requests are answered.
            link.leaving = True
            if self._link is link:
                self._link = None
                delay = random.random() * DRAIN_SPREAD_S  # noqa: S311
                asyncio.get_running_loop().call_later(delay, self._lost.set)
            self._close_when_idle(link)
        elif "corrId" in body.get("head", {}):
            self._answered(link, text, body)
        else:
            link.messages += 1
            link.post(json.dumps({"ack": link.messages}, separators=(",", ":")))
            for callback in list(self._subscribers):
                self._deliver(callback, text)

    def _deliver(self, callback: Callable[[str], None], text: str) -> None:
        try:
            callback(text)
        except Exception:
            # An error of one callback must not stop the task that reads all later messages.
            logger.exception("a message was not handled")

    def _close_when_idle(self, link: _Link) -> None:
        if link.leaving and not any(pending.link is link for pending in self._pending.values()):
            self._spawn(_close(link.socket))

    async def _ended(self, link: _Link) -> None:
        """Send the unanswered requests again over the next connection."""
        code = link.socket.close_code
        unanswered = [corr_id for corr_id, pending in self._pending.items() if pending.link is link]
        if code == TOO_LARGE and unanswered:
            largest = max(unanswered, key=lambda corr_id: len(self._pending[corr_id].text))
            self._fail([largest], ValueError("the request is larger than the server accepts"), RequestTooLarge)
            unanswered.remove(largest)
        for corr_id in unanswered:
            self._pending[corr_id].link = None
            self._pending[corr_id].answer.is_repeated = True
            if self._link is not None and self._link is not link:
                self._post(corr_id, self._link)
        if self._link is not link:
            return
        self._link = None
        if code == REPLACED:
            self._attempt = max(self._attempt, REPLACED_ATTEMPT)
        await self._wait(f"closed with {code}")
        self._lost.set()

    def _spawn(self, coroutine: Any) -> None:
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _close(socket: aiohttp.ClientWebSocketResponse) -> None:
    await socket.close()
