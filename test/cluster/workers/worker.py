"""
A Python worker of the cluster tests:
  python worker.py --url http://127.0.0.1:8001 --stream-url http://127.0.0.1:8002 --group python --name p --others workers
Requests go to --url, and the event stream is opened at --stream-url, which may be another api. Its workflows call functions of
the group `others`, whose workers are written in TypeScript.
"""

import argparse
import asyncio
import logging
import sys
from datetime import timedelta

from resonate.connections import HttpConnection, SSEConnection
from resonate.context import Context
from resonate.resonate import Resonate

parser = argparse.ArgumentParser()
for option in ("--url", "--stream-url", "--group", "--name", "--others"):
    parser.add_argument(option, required=True)
options = parser.parse_args()


async def python_add(ctx: Context, a: int, b: int) -> int:
    return a + b


async def python_squares(ctx: Context, numbers: list[int]) -> int:
    """Calls TypeScript workers for all squares at once, and adds the results here, one step for each."""
    others = ctx.options(target=options.others)
    calls = [others.rpc("square", number) for number in numbers]
    total = 0
    for call in calls:
        total = await ctx.run(python_add, total, await call)
    return total


async def python_round_trip(ctx: Context, a: int, b: int) -> int:
    """Calls a TypeScript worker, which calls `python_add` on a Python worker."""
    others = ctx.options(target=options.others)
    return await others.rpc("elsewhere", options.group, "python_add", [a, b])


async def main() -> None:
    # Only the SDK's log shows that the stream is open.
    logging.basicConfig(level=logging.INFO, stream=sys.stdout)
    resonate = Resonate(
        network=HttpConnection(options.url),
        sources=[SSEConnection(options.stream_url, options.name, options.group)],
        group=options.group,
        pid=options.name,
        ttl=timedelta(seconds=5),
        autostart=False,
    )
    for function in (python_add, python_squares, python_round_trip):
        resonate.register(function)
    resonate.start()
    await asyncio.Event().wait()


asyncio.run(main())
