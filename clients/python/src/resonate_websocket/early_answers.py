"""When the client may answer a step's request itself, and with what.

clients/typescript/src/early-answers.ts is the same for TypeScript.
"""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import dataclass
from typing import Any

from resonate_websocket.frames import Frame, frame

#: If a step is closer than this to its timeout, its create is not answered early, because it may reach the server too
#: late.
TIMEOUT_MARGIN_MS = 1_000
#: A settle is answered early only if the server has no reason to refuse it: the timeout of its promise is further away
#: than any request takes, and its value is short ASCII text, as the SDK's base64 is.
RESULT_MARGIN_MS = 60_000
CERTAIN_VALUE = re.compile("[ -~]{0,4096}")
#: The maximum number of steps in the request that ends the workflow. Each step adds up to about 8 KiB, plus its id and
#: tags, to that request.
MAX_LAST_STEPS = 16
#: The tags that the SDK sets on a local step. Any other `resonate:` tag has effects that only the server knows.
STEP_TAGS = frozenset(f"resonate:{name}" for name in ("scope", "branch", "parent", "origin"))


@dataclass
class Refusal:
    """The server's answer to a request that differs from the early answer, or the error of the request."""

    status: int = 0
    message: str = ""
    error: BaseException | None = None


@dataclass
class EarlySettle:
    """A settle that can be answered before it is sent."""

    request: Frame
    #: The early answer.
    record: dict[str, Any]
    is_answered: bool = False
    #: The server's answer, if the settle was sent before the client answered it.
    sent: asyncio.Future[Frame] | None = None


@dataclass(eq=False)
class EarlyCreate:
    """A create that was answered before it was sent."""

    request: Frame
    record: dict[str, Any]
    #: Set when the create is sent. Never raises. Its result is ``None`` if the server's answer was the same as the
    #: early answer.
    outcome: asyncio.Future[Refusal | None] | None = None
    #: The settle of the step, if it can be answered early, too. It is sent directly after the create.
    settle: EarlySettle | None = None
    #: The `data` of the step's settle, when the SDK has sent it.
    result: dict[str, Any] | None = None


@dataclass
class Branch:
    """What is known of the branch of a task that this worker holds."""

    #: ``resonate:branch`` of the task's promise.
    branch: str
    #: The ids of all promises of the branch. Other ids of the branch certainly do not exist.
    known: set[str]


def is_certain_create(create: dict[str, Any], task: Branch) -> bool:
    """Whether it is certain how the server will answer this create."""
    tags, timeout_at = create.get("tags", {}), create.get("timeoutAt")
    return (
        tags.get("resonate:scope") == "local"
        and tags.get("resonate:branch") == task.branch
        and create["id"] not in task.known
        and isinstance(timeout_at, int)
        and now_ms() + TIMEOUT_MARGIN_MS < timeout_at < 1 << 53
        and all(name in STEP_TAGS or not name.startswith("resonate:") for name in tags)
    )


def is_certain_result(value: dict[str, Any], record: dict[str, Any]) -> bool:
    """Whether it is certain that the server will settle this promise with this value."""
    return record["timeoutAt"] > now_ms() + RESULT_MARGIN_MS and _is_small(value) and not value.get("headers")


def may_travel_with_end(early: EarlyCreate) -> bool:
    """Whether this step can be stored by the request that ends the workflow: it has ended, and it is small."""
    return early.settle is not None and early.settle.is_answered and _is_small(early.record.get("param", {}))


def with_steps(request: Frame, steps: list[EarlyCreate]) -> Frame:
    """Return the request with its steps: ``task.fulfill`` in docs/protocol.md."""
    stored = [{"create": early.request[1]["data"]["action"]["data"], "settle": early.result} for early in steps]
    return frame({**request[1], "data": {**request[1]["data"], "steps": stored}})


def _is_small(value: dict[str, Any]) -> bool:
    data = value.get("data")
    return data is None or (isinstance(data, str) and CERTAIN_VALUE.fullmatch(data) is not None)


def refusal_in(answer: dict[str, Any], early: dict[str, Any]) -> Refusal | None:
    """Return the refusal in the server's answer; ``None`` if the answer is the same as the early one."""
    if answer["head"]["status"] == 200:
        answer = answer["data"]["action"]
    if answer["head"]["status"] != 200:
        return Refusal(answer["head"]["status"], str(answer["data"]))
    promise = answer["data"]["promise"]
    if promise["state"] == early["state"] and promise["timeoutAt"] == early["timeoutAt"]:
        return None
    found = f"it is {promise['state']}, with timeoutAt {promise['timeoutAt']}"
    return Refusal(409, f"Promise {early['id']} was created or settled by somebody else: {found}")


def is_own_result(answer: dict[str, Any], early: EarlyCreate) -> bool:
    """Whether the answer to a create shows the promise as this step has settled it."""
    if early.result is None or answer["head"]["status"] != 200 or answer["data"]["action"]["head"]["status"] != 200:
        return False
    promise = answer["data"]["action"]["data"]["promise"]
    return (
        promise["state"] == early.result["state"]
        and promise["timeoutAt"] == early.record["timeoutAt"]
        and _parts(promise.get("value")) == _parts(early.result.get("value"))
    )


def _parts(value: dict[str, Any] | None) -> tuple[Any, Any]:
    """Return the parts of a value. The server leaves out headers that are empty."""
    value = value or {}
    return value.get("data"), value.get("headers") or {}


def is_missing(answer: dict[str, Any]) -> bool:
    """Whether the promise that a fence settles does not exist."""
    return answer["head"]["status"] == 200 and answer["data"]["action"]["head"]["status"] == 404


def answered(request: Frame, record: dict[str, Any]) -> Frame:
    """Return the server's answer to a fence whose action succeeds."""
    head, action = request[1]["head"], request[1]["data"]["action"]
    inner = {"kind": action["kind"], "head": _ok(action["head"]), "data": {"promise": record}}
    return frame({"kind": "task.fence", "head": _ok(head), "data": {"action": inner, "preload": []}})


def refused(request: Frame, refusal: Refusal) -> Frame:
    """Answer with the refusal. The SDK handles it like a lost lease: it ends the task and releases it."""
    if refusal.error is not None:
        raise refusal.error
    head = {**_ok(request[1]["head"]), "status": refusal.status}
    return frame({"kind": request[1]["kind"], "head": head, "data": refusal.message})


def _ok(head: dict[str, Any]) -> dict[str, Any]:
    return {"corrId": head.get("corrId", ""), "status": 200, "version": head.get("version", "")}


def now_ms() -> int:
    """Return this machine's clock, epoch ms."""
    return time.time_ns() // 1_000_000
