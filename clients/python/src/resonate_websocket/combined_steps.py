"""One durable round trip per step.

clients/typescript/src/combined-steps.ts does the same for TypeScript, except that it answers a settle without waiting
one turn of the event loop (parallel steps, see `_settle`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from resonate_websocket.early_answers import (
    MAX_LAST_STEPS,
    Branch,
    EarlyCreate,
    EarlySettle,
    Refusal,
    answered,
    is_certain_create,
    is_certain_result,
    is_missing,
    is_own_result,
    may_travel_with_end,
    now_ms,
    refusal_in,
    refused,
    with_steps,
)
from resonate_websocket.frames import Answer, Frame, RequestTooLarge

#: Sends a request at once.
type Forward = Callable[[Frame], Answer]

#: How long a create waits for its step to end. A longer step costs a second round trip, but it delays nobody, because
#: it happens while the step runs. docs/decisions/one-trip-per-step.md says why it is 5 ms.
HOLD_S = 0.005
#: The maximum number of tasks whose steps are combined. Beyond it the oldest idle task is dropped, and its requests are
#: forwarded unchanged.
MAX_TASKS = 10_000
#: The maximum number of remembered tasks whose combined requests failed. Their requests are forwarded unchanged.
MAX_PLAIN = 1_000


@dataclass(kw_only=True)
class HeldTask(Branch):
    """A task that this worker holds."""

    version: int
    #: The creates that were answered early and whose steps are not settled, by id.
    early: dict[str, EarlyCreate] = field(default_factory=dict)
    #: The creates that were answered early and not sent yet, in order.
    unsent: list[EarlyCreate] = field(default_factory=list)
    timer: asyncio.TimerHandle | None = None
    #: The steps whose settle was answered early and sent, until the server has answered. The futures never raise.
    storing: dict[EarlyCreate, asyncio.Future[Refusal | None]] = field(default_factory=dict)
    #: The refusal of the first early answer that was wrong. From then on nothing more of the task is stored.
    refusal: Refusal | None = None


class CombinedSteps:
    """One durable round trip per step.

    The SDK stores a step's start (``create``), runs the step, and stores its result (``settle``). If it is certain how
    the server will answer the create, this class answers it at once, and sends it later together with the settle, in
    order and in one batch.

    A settle that is sent with its create is answered at once, too. The next step begins only after the result is
    stored, as before: its create, and every other request of the task, waits for that. Only the end of the workflow
    (``task.fulfill``) need not wait for steps that were not sent yet: they travel in that request, and the server
    stores all of it or nothing. It does wait for settles that were sent before.
    Steps that run in parallel do not wait for each other: if the SDK creates another step before it has the answer to a
    settle, that settle waits for the server.

    The answer is certain if the step runs in this worker, belongs to the branch of a task that the worker holds, and is
    not among the promises of that branch that came with the task. Nobody else creates promises in this branch. If the
    server's answer is different after all (the lease was lost, or the promise existed), the settle fails with the
    refusal. If the settle was answered early, the next request of the task fails instead. The SDK then gives up the
    task, and the next run continues from what is stored.
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
                if task is not None and (refusal := await _results_stored(task)) is not None:
                    return refused(request, refusal)
                answer = await self._forward(request)
                # The task continues at once, because a promise that it awaits has already settled.
                if task is not None and answer[1]["head"]["status"] == 300:
                    self._hold(body["data"]["id"], task.version, task.branch, answer[1]["data"])
                return answer
            case "task.fulfill":
                return await self._fulfill(request)
            case "task.release":
                task = self._leave(body["data"])
                if task is not None:
                    await _results_stored(task)
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
        known = {record["id"] for record in answer["preload"]}
        self._tasks[id] = HeldTask(branch=branch, known=known, version=version)
        if len(self._tasks) > MAX_TASKS:
            self._forget_one()

    def _forget_one(self) -> None:
        """Forget the oldest task without a running step. The SDK may have dropped it long ago."""
        idle = next((id for id, task in self._tasks.items() if not (task.early or task.unsent or task.storing)), None)
        if idle is not None:
            del self._tasks[idle]

    def _drop(self, id: str) -> None:
        """Send the task's waiting creates. From then on its requests are forwarded unchanged."""
        task = self._tasks.pop(id, None)
        if task is not None:
            self._flush(task)

    def _held_at(self, data: dict[str, Any]) -> HeldTask | None:
        """Return the task; ``None`` if it is not held at this version."""
        task = self._tasks.get(data["id"])
        return task if task is not None and task.version == data["version"] else None

    def _leave(self, data: dict[str, Any]) -> HeldTask | None:
        """Drop a task that the worker gives up. Return the task; ``None`` if it is not held at this version."""
        task = self._held_at(data)
        if task is not None:
            self._drop(data["id"])
        return task

    async def _fulfill(self, request: Frame) -> Frame:
        """End the workflow.

        Steps that are not sent yet travel in the request itself: the server stores all of it, or nothing. If the
        request would be larger than the server accepts, they are stored first. If the server refuses them, the SDK
        releases the task, and the next run asks the server about each step.
        """
        data = request[1]["data"]
        task = self._held_at(data)
        if task is None:
            return await self._forward(request)
        steps: list[EarlyCreate] = []
        if len(task.unsent) <= MAX_LAST_STEPS and all(may_travel_with_end(early) for early in task.unsent):
            steps, task.unsent = task.unsent, []
        self._drop(data["id"])
        if (refusal := await _results_stored(task)) is not None:
            return refused(request, refusal)
        if not steps:
            return await self._forward(request)
        try:
            answer = await self._forward(with_steps(request, steps))
        except RequestTooLarge:
            task.unsent = steps
            self._flush(task)
            if (refusal := await _results_stored(task)) is not None:
                return refused(request, refusal)
            return await self._forward(request)
        except Exception:
            # The next run stores each step before the end, so that its steps are not lost again.
            self._stop_combining(data["id"])
            raise
        if answer[1]["head"]["status"] != 200:
            self._stop_combining(data["id"])
        return answer

    async def _fence(self, request: Frame) -> Frame:
        data = request[1]["data"]
        task = self._held_at(data)
        if task is None:
            return await self._forward(request)
        if task.refusal is not None:
            return refused(request, task.refusal)
        action = data["action"]
        id = action["data"]["id"]
        if action["kind"] == "promise.settle":
            if (early := task.early.get(id)) is not None:
                return await self._settle(task, request, early)
            self._flush(task)
            return await self._forward(request)
        is_certain = is_certain_create(action["data"], task)
        # Several creates may be held back together. But a result that is held back is sent now, because the next step,
        # which is this create, begins only after that result is stored.
        if not is_certain or any(early.settle is not None for early in task.unsent):
            self._flush(task)
        if (refusal := await _results_stored(task)) is not None:
            return refused(request, refusal)
        # The worker may have given the task up meanwhile.
        if is_certain and self._tasks.get(data["id"]) is task:
            return self._answer_create(task, request)
        task.known.add(id)
        return await self._forward(request)

    def _answer_create(self, task: HeldTask, request: Frame) -> Frame:
        create = request[1]["data"]["action"]["data"]
        record = {
            **{key: create[key] for key in ("id", "param", "tags", "timeoutAt") if key in create},
            "state": "pending",
            "value": {},
            "createdAt": now_ms(),
        }
        early = EarlyCreate(request, record)
        task.known.add(record["id"])
        task.early[record["id"]] = early
        task.unsent.append(early)
        if task.timer is None:
            task.timer = asyncio.get_running_loop().call_later(HOLD_S, self._flush, task)
        return answered(request, record)

    async def _settle(self, task: HeldTask, request: Frame, early: EarlyCreate) -> Frame:
        """Settle a step whose create was answered early. Send both together, unless the create was sent before."""
        del task.early[early.record["id"]]
        settle = early.result = request[1]["data"]["action"]["data"]
        if early.outcome is None and is_certain_result(settle["value"], early.record):
            record = {**early.record, "state": settle["state"], "value": settle["value"], "settledAt": now_ms()}
            held = early.settle = EarlySettle(request, record)
            # Requests that the SDK sends in this turn of the event loop do not depend on this result. Let the SDK send
            # them before it gets this answer, so that they need not wait until the result is stored. If one of them
            # made `_flush` send this settle, return the server's answer.
            await asyncio.sleep(0)
            if held.sent is not None:
                return await asyncio.shield(held.sent)
            held.is_answered = True
            return answered(request, record)
        self._flush(task)
        return await self._settled(request, early, self._forward(request))

    def _send_held(self, task: HeldTask, early: EarlyCreate, settle: EarlySettle) -> None:
        """Send a settle after its create."""
        # Requests leave in the order of the calls of `_forward`. So call it here, and not inside a coroutine, which
        # would begin only in a later turn of the event loop.
        sent = asyncio.ensure_future(self._settled(settle.request, early, self._forward(settle.request)))
        if settle.is_answered:
            task.storing[early] = asyncio.ensure_future(self._stored(task, early, settle, sent))
        else:
            settle.sent = sent

    async def _stored(
        self, task: HeldTask, early: EarlyCreate, settle: EarlySettle, sent: asyncio.Future[Frame]
    ) -> Refusal | None:
        try:
            refusal = refusal_in((await sent)[1], settle.record)
        except Exception as error:  # noqa: BLE001 -- raised again by the next request of the task
            refusal = Refusal(error=error)
        del task.storing[early]
        task.refusal = task.refusal or refusal
        return refusal

    async def _settled(self, request: Frame, early: EarlyCreate, settling: asyncio.Future[Frame]) -> Frame:
        """Return the answer to a settle that was sent."""
        # The refusal of the create takes precedence, so ignore an error of the settle.
        settling.add_done_callback(lambda done: done.cancelled() or done.exception())
        # The SDK may cancel the settle, but not the create.
        refusal = await asyncio.shield(early.outcome) if early.outcome is not None else None
        if refusal is not None:
            return refused(request, refusal)
        answer = await settling
        # The server may run two batches in parallel. If the settle arrived before its create, send it again.
        return await self._forward(request) if is_missing(answer[1]) else answer

    def _flush(self, task: HeldTask) -> None:
        """Send the waiting creates in order, and the results that were answered early."""
        if task.timer is not None:
            task.timer.cancel()
            task.timer = None
        unsent, task.unsent = task.unsent, []
        for early in unsent:
            sent = self._forward(early.request)
            early.outcome = asyncio.ensure_future(self._create(task, early, sent))
            if early.settle is not None:
                self._send_held(task, early, early.settle)

    async def _create(self, task: HeldTask, early: EarlyCreate, sent: Answer) -> Refusal | None:
        try:
            answer = (await sent)[1]
            refusal = refusal_in(answer, early.record)
            # The first create was stored together with the settle, but the connection broke before the answer.
            if refusal is not None and sent.is_repeated and is_own_result(answer, early):
                refusal = None
        except Exception as error:  # noqa: BLE001 -- raised again when the step is settled
            refusal = Refusal(error=error)
        if refusal is not None:
            task.refusal = task.refusal or refusal
            if refusal.error is None:
                self._stop_combining(early.request[1]["data"]["id"])
        return refusal

    def _stop_combining(self, id: str) -> None:
        """Remember that combined requests of this task failed: an early answer was wrong, or its end was not stored.

        If this worker acquires the task again, its requests are forwarded unchanged.
        """
        self._plain[id] = None
        if len(self._plain) > MAX_PLAIN:
            del self._plain[next(iter(self._plain))]


async def _results_stored(task: HeldTask) -> Refusal | None:
    """Wait until the server has answered all settles that were answered early and sent."""
    if task.storing:
        # Unlike gather, this does not cancel them if the SDK cancels the request that waits.
        await asyncio.wait(task.storing.values())
    return task.refusal
