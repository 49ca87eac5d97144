"""One durable round trip per step. clients/typescript/src/combined-steps.ts is the same for TypeScript."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

#: A request or an answer: its JSON text, and the parsed text.
type Frame = tuple[str, dict[str, Any]]
#: Sends a request at once. The future resolves with its answer.
type Forward = Callable[[Frame], asyncio.Future[Frame]]

#: How long a create waits for its step to end. A longer step costs a second round trip, but nobody waits for it.
#: docs/decisions/one-trip-per-step.md says why it is 5 ms.
HOLD_S = 0.005
#: If a step is closer than this to its timeout, its create is not answered early, because it may reach the server too
#: late.
TIMEOUT_MARGIN_MS = 1_000
#: The maximum number of tasks whose steps are combined. Beyond it the oldest idle task is dropped, and its requests are
#: forwarded unchanged.
MAX_TASKS = 10_000
MAX_PLAIN = 1_000
#: The tags that the SDK sets on a local step. Any other `resonate:` tag has effects that only the server knows.
STEP_TAGS = frozenset(
    f"resonate:{name}" for name in ("scope", "branch", "parent", "origin")
)


@dataclass
class Refusal:
    """The server's answer to a create that differs from the early answer, or the error of the request."""

    status: int = 0
    message: str = ""
    error: BaseException | None = None


@dataclass
class EarlyCreate:
    """A create that was answered before it was sent."""

    request: Frame
    record: dict[str, Any]
    #: Set when the create is sent. Its result is ``None`` if the server's answer was the same as the early answer.
    outcome: asyncio.Future[Refusal | None] | None = None


@dataclass
class HeldTask:
    """A task that this worker holds."""

    version: int
    branch: str
    #: The ids of all promises of the branch. Other ids of the branch certainly do not exist.
    known: set[str]
    early: dict[str, EarlyCreate] = field(default_factory=dict)
    unsent: list[EarlyCreate] = field(default_factory=list)
    timer: asyncio.TimerHandle | None = None
    refusal: Refusal | None = None


class CombinedSteps:
    """Answers the create of a step at once, and sends it together with the step's settle.

    It does so only if the answer is certain: the step runs in this worker, it belongs to the branch of a task that the
    worker holds, and it is not among the promises of that branch that came with the task. If the server's answer is
    different after all, the settle fails with the refusal of the create. The SDK then gives up the task, as it does
    after losing the lease.
    """

    def __init__(self, forward: Forward) -> None:
        self._forward = forward
        self._tasks: dict[str, HeldTask] = {}
        self._plain: dict[str, None] = {}

    async def send(self, request: Frame) -> Frame:
        """Send one request of the SDK."""
        body = request[1]
        match body["kind"]:
            case "task.create" | "task.acquire":
                answer = await self._forward(request)
                self._acquired(answer[1])
                return answer
            case "task.fence":
                return await self._fence(request)
            case "task.suspend":
                task = self._leave(body["data"])
                answer = await self._forward(request)
                # The task continues at once, because a promise that it awaits has already settled.
                if task is not None and answer[1]["head"]["status"] == 300:
                    self._hold(body["data"]["id"], task.version, task.branch, answer[1]["data"])
                return answer
            case "task.fulfill" | "task.release":
                self._leave(body["data"])
        return await self._forward(request)

    def _acquired(self, answer: dict[str, Any]) -> None:
        if answer["head"]["status"] != 200:
            return
        data = answer["data"]
        task, tags = data.get("task"), data["promise"].get("tags", {})
        # The task of a timer runs nothing, and the SDK drops it without a request.
        if not task or task["state"] != "acquired" or "resonate:timer" in tags:
            return
        if "resonate:branch" in tags:
            self._hold(task["id"], task["version"], tags["resonate:branch"], data)

    def _hold(self, id: str, version: int, branch: str, answer: dict[str, Any]) -> None:
        self._drop(id)
        if answer.get("preloadPartial") or id in self._plain:
            return
        self._tasks[id] = HeldTask(version, branch, {record["id"] for record in answer["preload"]})
        if len(self._tasks) > MAX_TASKS:
            idle = next((key for key, task in self._tasks.items() if not task.early), None)
            if idle is not None:
                del self._tasks[idle]

    def _drop(self, id: str) -> None:
        """Send the task's waiting creates. From then on its requests are forwarded unchanged."""
        task = self._tasks.pop(id, None)
        if task is not None:
            self._flush(task)

    def _leave(self, data: dict[str, Any]) -> HeldTask | None:
        task = self._tasks.get(data["id"])
        if task is None or task.version != data["version"]:
            return None
        self._drop(data["id"])
        return task

    async def _fence(self, request: Frame) -> Frame:
        data = request[1]["data"]
        task = self._tasks.get(data["id"])
        if task is None or task.version != data["version"]:
            return await self._forward(request)
        if task.refusal is not None:
            return _refused(request, task.refusal)
        action = data["action"]
        id = action["data"]["id"]
        if action["kind"] == "promise.create":
            if _is_certain(task, action["data"]):
                return self._answer_early(task, request)
            task.known.add(id)
        elif (early := task.early.get(id)) is not None:
            return await self._settle(task, request, early)
        self._flush(task)
        return await self._forward(request)

    def _answer_early(self, task: HeldTask, request: Frame) -> Frame:
        head, action = request[1]["head"], request[1]["data"]["action"]
        record = {
            **{key: action["data"][key] for key in ("id", "param", "tags", "timeoutAt") if key in action["data"]},
            "state": "pending",
            "value": {},
            "createdAt": _now_ms(),
        }
        early = EarlyCreate(request, record)
        task.known.add(record["id"])
        task.early[record["id"]] = early
        task.unsent.append(early)
        if task.timer is None:
            task.timer = asyncio.get_running_loop().call_later(HOLD_S, self._flush, task)
        inner = {"kind": "promise.create", "head": _ok(action["head"]), "data": {"promise": record}}
        return _frame({"kind": "task.fence", "head": _ok(head), "data": {"action": inner, "preload": []}})

    async def _settle(self, task: HeldTask, request: Frame, early: EarlyCreate) -> Frame:
        """Send the settle of a step together with its create, unless the create was sent before."""
        del task.early[early.record["id"]]
        self._flush(task)
        settling = self._forward(request)
        refusal = await early.outcome if early.outcome is not None else None
        if refusal is not None:
            # The refusal of the create takes precedence, so ignore the result of the settle.
            settling.add_done_callback(lambda done: done.cancelled() or done.exception())
            return _refused(request, refusal)
        answer = await settling
        # The server may run two batches in parallel. If the settle arrived before its create, send it again.
        return await self._forward(request) if _is_missing(answer[1]) else answer

    def _flush(self, task: HeldTask) -> None:
        """Send the waiting creates in order."""
        if task.timer is not None:
            task.timer.cancel()
            task.timer = None
        unsent, task.unsent = task.unsent, []
        for early in unsent:
            sent = self._forward(early.request)
            early.outcome = asyncio.ensure_future(self._outcome(task, early, sent))

    async def _outcome(self, task: HeldTask, early: EarlyCreate, sent: asyncio.Future[Frame]) -> Refusal | None:
        try:
            refusal = _refusal_in((await sent)[1], early.record)
        except Exception as error:  # noqa: BLE001 -- raised again when the step is settled
            refusal = Refusal(error=error)
        if refusal is not None:
            task.refusal = task.refusal or refusal
            if refusal.error is None:
                self._stop_combining(early.request[1]["data"]["id"])
        return refusal

    def _stop_combining(self, id: str) -> None:
        """Remember that an early answer for this task was wrong.

        If the task comes again, its requests are forwarded unchanged.
        """
        self._plain[id] = None
        if len(self._plain) > MAX_PLAIN:
            del self._plain[next(iter(self._plain))]


def _is_certain(task: HeldTask, create: dict[str, Any]) -> bool:
    tags, timeout_at = create.get("tags", {}), create.get("timeoutAt")
    return (
        tags.get("resonate:scope") == "local"
        and tags.get("resonate:branch") == task.branch
        and create["id"] not in task.known
        and isinstance(timeout_at, int)
        and _now_ms() + TIMEOUT_MARGIN_MS < timeout_at < 1 << 53
        and all(name in STEP_TAGS or not name.startswith("resonate:") for name in tags)
    )


def _refusal_in(answer: dict[str, Any], early: dict[str, Any]) -> Refusal | None:
    if answer["head"]["status"] == 200:
        answer = answer["data"]["action"]
    if answer["head"]["status"] != 200:
        return Refusal(answer["head"]["status"], str(answer["data"]))
    promise = answer["data"]["promise"]
    if promise["state"] == "pending" and promise["timeoutAt"] == early["timeoutAt"]:
        return None
    return Refusal(409, f"Promise {early['id']} already exists")


def _is_missing(answer: dict[str, Any]) -> bool:
    return answer["head"]["status"] == 200 and answer["data"]["action"]["head"]["status"] == 404


def _refused(request: Frame, refusal: Refusal) -> Frame:
    if refusal.error is not None:
        raise refusal.error
    head = {**_ok(request[1]["head"]), "status": refusal.status}
    return _frame({"kind": "task.fence", "head": head, "data": refusal.message})


def _ok(head: dict[str, Any]) -> dict[str, Any]:
    return {"corrId": head.get("corrId", ""), "status": 200, "version": head.get("version", "")}


def _frame(body: dict[str, Any]) -> Frame:
    return json.dumps(body), body


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
