import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { createLogger } from '@resonate/observability';
import packageJson from '../../../../../package.json' with { type: 'json' };
import type { ClientOptions } from '../http.ts';
import { announceSettlements, notification } from './channel.ts';
import type { McpSession } from './mcp-session.ts';
import { TOOLS } from './tools.ts';

/** The event-stream group of all MCP sessions. */
const GROUP = 'mcp';

/** Serves MCP over standard input and output until the input ends; the log goes to standard error. */
export async function serveMcp(client: ClientOptions): Promise<void> {
  const id = randomUUID();
  const logger = createLogger({ level: 'info', stream: process.stderr });
  const transport = new StdioServerTransport();
  const session: McpSession = {
    server: client,
    address: `poll://uni@${GROUP}/${id}`,
    logger,
    announce: (promise) => transport.send(notification(promise)),
  };
  const server = new McpServer(
    { name: 'resonate-mcp', version: packageJson.version },
    { capabilities: { tools: {}, experimental: { 'claude/channel': {} } } },
  );
  for (const register of TOOLS) register(server, session);
  const ended = once(process.stdin, 'end');
  await server.connect(transport);
  logger.info('MCP session started', { server: new URL(client.server).origin, session: id });
  const stop = new AbortController();
  const announcing = announceSettlements(`/poll/${GROUP}/${id}`, session, stop.signal);
  await ended;
  stop.abort();
  await announcing;
  await server.close();
}
