import type { Logger } from '@resonate/observability';
import type { PromiseRecord } from '@resonate/protocol';
import type { ClientOptions } from '../http.ts';

/** What the tools of one MCP session share. */
export interface McpSession {
  readonly server: ClientOptions;
  /** The address of this session's listeners: `poll://uni@mcp/<id>`. */
  readonly address: string;
  readonly logger: Logger;
  /** The tool calls that run now. */
  readonly running: Set<Promise<unknown>>;
  /** Notifies the MCP client that a promise has settled. */
  announce(promise: PromiseRecord): Promise<void>;
}
