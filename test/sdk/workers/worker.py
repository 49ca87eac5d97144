"""A worker of the Python SDK over the WebSocket:

    python worker.py --url http://127.0.0.1:8001 --group g --name a [--at "the settle is sent"]

prints "ready" once it is connected. In the second step of `marks` it dies at the point that --at names.
"""

import argparse
import asyncio
import base64
import json
import logging
import os
import signal
from datetime import timedelta

from resonate.context import Context
from resonate.resonate import Resonate
from resonate.retry import Never
from resonate_websocket import WebSocketConnection

parser = argparse.ArgumentParser()
for name in ("url", "group", "name", "at"):
    parser.add_argument(f"--{name}")
options = parser.parse_args()


class Connected(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        if record.msg.startswith("connected"):
            print("ready", flush=True)


log = logging.getLogger("resonate_websocket.connection")
log.setLevel(logging.INFO)
log.addHandler(Connected())


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Mortal(WebSocketConnection):
    """Dies shortly before or after the settle of the second step, as --at says."""

    async def send(self, req: str, headers: dict[str, str] | None = None) -> str:
        data = json.loads(req)["data"]
        action = data.get("action", {})
        meets = False
        if data.get("id") == "wf" and action.get("kind") == "promise.settle":
            meets = b"ran 2" in base64.b64decode(action["data"]["value"].get("data", ""))
        if meets and options.at == "the step is done":
            die()
        if meets and options.at == "the settle is sent":
            asyncio.get_running_loop().call_later(0.002, die)
        answer = await super().send(req, headers)
        if meets and options.at == "the settle is answered":
            die()
        return answer


async def mark(_: Context, n: int) -> str:
    if n == 2 and options.at == "the step begins":
        die()
    if n == 3 and options.at == "the next step begins":
        die()
    if n == 2 and options.at == "the create is sent":
        await asyncio.sleep(0.1)
        die()
    return f"{options.name} ran {n}"


async def marks(ctx: Context) -> list[str]:
    return [await ctx.run(mark, n) for n in (1, 2, 3)]


async def increment(_: Context, n: int) -> int:
    return n + 1


async def count(ctx: Context, steps: int) -> int:
    n = 0
    for _ in range(steps):
        n = await ctx.run(increment, n)
    return n


async def both(ctx: Context, steps: int) -> int:
    local = ctx.run(count, steps)
    remote = ctx.rpc("count", steps)
    await ctx.sleep(timedelta(milliseconds=100))
    return await local + await remote


async def fails(ctx: Context) -> str:
    try:
        await ctx.run(raises)
    except Exception as error:
        return f"caught: {error}"
    return "nothing was raised"


async def raises(_: Context) -> None:
    raise ValueError("no luck")


async def main() -> None:
    group, pid = options.group, options.name
    network = Mortal(options.url, group=group, pid=pid)
    resonate = Resonate(network=network, group=group, pid=pid, ttl=timedelta(seconds=2), retry_policy=Never())
    for function in (marks, count, both, fails):
        resonate.register(function)
    await asyncio.Event().wait()


asyncio.run(main())
