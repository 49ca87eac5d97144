"""Runs workflows of no-op steps with the Python SDK:

    python worker.py --url http://127.0.0.1:8001 --group g --network websocket

reads `{"id": …, "steps": …}` lines and answers each with `{"id": …, "result": …}` when that workflow has ended; with
`{"id": …, "error": …}` when it failed. It ends with its standard input.
"""

import argparse
import asyncio
import json
import sys

from resonate.context import Context
from resonate.resonate import Resonate
from resonate_websocket import WebSocketConnection

parser = argparse.ArgumentParser()
for name in ("url", "group", "network"):
    parser.add_argument(f"--{name}", required=True)
options = parser.parse_args()


async def increment(_: Context, n: int) -> int:
    return n + 1


async def count(ctx: Context, steps: int) -> int:
    n = 0
    for _ in range(steps):
        n = await ctx.run(increment, n)
    return n


async def run(resonate: Resonate, id: str, steps: int) -> None:
    try:
        answer = {"result": await resonate.run(id, count, steps).result()}
    except Exception as error:  # noqa: BLE001 -- the caller is told
        answer = {"error": repr(error)}
    sys.stdout.write(json.dumps({"id": id, **answer}) + "\n")
    sys.stdout.flush()


async def main() -> None:
    if options.network == "websocket":
        network = WebSocketConnection(options.url, group=options.group)
        resonate = Resonate(network=network, group=options.group)
    else:
        resonate = Resonate(url=options.url, group=options.group)
    resonate.register(count)
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    running: set[asyncio.Task[None]] = set()
    while line := await lines.readline():
        task = asyncio.create_task(run(resonate, **json.loads(line)))
        running.add(task)
        task.add_done_callback(running.discard)
    await resonate.stop()


asyncio.run(main())
