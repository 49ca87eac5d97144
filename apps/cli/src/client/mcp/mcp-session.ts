import type { Logger } from '@resonate/observability';
import type { ClientOptions } from '../http.ts';

/** What the tools of one MCP session share. */
export interface McpSession {
  readonly server: ClientOptions;
  /** The address of this session's listeners: `poll://uni@mcp/<id>`. */
  readonly address: string;
  readonly logger: Logger;
}
