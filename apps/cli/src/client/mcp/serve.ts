import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { createLogger } from '@resonate/observability';
import packageJson from '../../../../../package.json' with { type: 'json' };
import { ClientError, type ClientOptions } from '../http.ts';
import { announceSettlements, notification } from './channel.ts';
import type { McpSession } from './mcp-session.ts';
import { TOOLS } from './tools.ts';

/** The event-stream group of all MCP sessions. */
const GROUP = 'mcp';
/** How long the tool calls that run may take when the input has ended. */
const FINISH_WITHIN_MS = 30_000;

/**
 * Serves MCP over standard input and output until the input ends; the log goes to standard error.
 * @throws ClientError if the connection is closed earlier, because a message is too large
 */
export async function serveMcp(client: ClientOptions): Promise<void> {
  const id = randomUUID();
  const logger = createLogger({ level: 'info', stream: process.stderr });
  const transport = new StdioServerTransport();
  const session: McpSession = {
    server: client,
    address: `poll://uni@${GROUP}/${id}`,
    logger,
    running: new Set(),
    announce: (promise) => transport.send(notification(promise)),
  };
  const server = new McpServer(
    { name: 'resonate-mcp', version: packageJson.version },
    { capabilities: { tools: {}, experimental: { 'claude/channel': {} } } },
  );
  for (const register of TOOLS) register(server, session);
  let lastError = '';
  server.server.onerror = (error) => {
    lastError = error.message;
    logger.error('the MCP connection has an error', { error: lastError });
  };
  const ended = once(process.stdin, 'end').then(() => true);
  const closed = new Promise<false>((resolve) => (server.server.onclose = () => resolve(false)));
  await server.connect(transport);
  logger.info('MCP session started', { server: new URL(client.server).origin, session: id });
  const stop = new AbortController();
  const announcing = announceSettlements(`/poll/${GROUP}/${id}`, session, stop.signal);
  const isEnd = await Promise.race([ended, closed]);
  if (isEnd) await finishCalls(session);
  stop.abort();
  await announcing;
  await server.close();
  if (!isEnd) throw new ClientError(`the MCP connection was closed: ${lastError}`);
}

/** Waits for the running tool calls, because closing the server would drop their answers. */
async function finishCalls({ running }: McpSession): Promise<void> {
  const stop = new AbortController();
  const late = setTimeout(FINISH_WITHIN_MS, null, { signal: stop.signal }).catch(() => {});
  // The SDK starts calls, and sends their answers, some microtasks later.
  await setImmediate();
  while (running.size > 0 && (await Promise.race([Promise.allSettled(running), late])) !== null) await setImmediate();
  stop.abort();
  await setImmediate();
}
