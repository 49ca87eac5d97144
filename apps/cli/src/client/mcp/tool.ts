import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { z } from 'zod';
import { jsonText } from '../output.ts';
import type { McpSession } from './mcp-session.ts';
import { readable } from './readable.ts';

export interface Tool<Input extends z.ZodObject> {
  name: string;
  description: string;
  input: Input;
  /** @returns the result, sent as JSON with decoded data. @throws an error, sent as a failed result */
  run(input: z.infer<Input>, session: McpSession): Promise<unknown>;
}

/** Registers a tool of a session with an MCP server. */
export type Register = (server: McpServer, session: McpSession) => void;

export function defineTool<Input extends z.ZodObject>({ name, description, input, run }: Tool<Input>): Register {
  return (server, session) => {
    server.registerTool<z.ZodObject, z.ZodObject>(name, { description, inputSchema: input.strict() }, async (given) => {
      const result = run(given as z.infer<Input>, session);
      session.running.add(result);
      try {
        return { content: [{ type: 'text', text: jsonText(readable(await result)).trimEnd() }] };
      } finally {
        session.running.delete(result);
      }
    });
  };
}

export const promiseId = z.string().min(1).describe("The promise's id");

/** The page of a search. */
export const page = {
  limit: z.int().min(1).max(1000).optional().describe('Maximum number of results (default 100)'),
  cursor: z.string().min(1).optional().describe('The cursor of the previous page, to get the next one'),
};

export const tags = z.record(z.string(), z.string()).describe('Names and values, all strings');

/**
 * A param or value. `data` may be any JSON. It is converted to JSON text unless it is a string, then base64-encoded.
 */
export const value = z.strictObject({
  data: z.unknown().optional().describe('Any JSON; it is base64-encoded automatically'),
  headers: z.record(z.string(), z.string()).optional(),
});
