import type { Logger } from '@resonate/observability';
import type { ClientOptions } from '../http.ts';

/** What the tools of one MCP session share. */
export interface McpSession {
  readonly server: ClientOptions;
  /** Where the server sends what this session listens for: `poll://uni@mcp/<id>`. */
  readonly address: string;
  readonly logger: Logger;
}
