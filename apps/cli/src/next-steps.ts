import type { Service } from '@resonate/lifecycle';
import type { Runtime } from '@resonate/process';

const SDK = '@resonatehq/sdk';
const DEFAULT_URL = 'http://localhost:8001';
/** How the user typed `resonate`, by the npm command that started this process. */
const TYPED: Readonly<Record<string, string>> = { exec: 'npx resonate', 'run-script': 'npm run resonate --' };

/**
 * Prints what a new user does next, once the server listens. On a terminal only: elsewhere programs read the log.
 * @param runtime its `serverUrl` is read after the start of the api, which may set it.
 */
export function nextSteps(runtime: Pick<Runtime, 'config' | 'serverUrl'>): Service {
  const { level, ui } = runtime.config;
  const isShown = process.stdout.isTTY && (level === 'info' || level === 'debug');
  return {
    name: 'next steps',
    start: async () => {
      if (isShown) process.stdout.write(textFor(runtime.serverUrl, ui.enabled));
    },
    stop: async () => {},
  };
}

function textFor(url: string, hasDashboard: boolean): string {
  const command = TYPED[process.env['npm_command'] ?? ''] ?? 'resonate';
  const server = url === DEFAULT_URL ? '' : ` --server ${url}`;
  return `
  ${hasDashboard ? `Dashboard: ${url.replace(/\/$/, '')}/ui\n\n  ` : ''}A first worker, as worker.mjs in a new folder:

    import { Resonate } from ${JSON.stringify(SDK)};
    const resonate = new Resonate({ url: ${JSON.stringify(url)} });
    resonate.register("greet", async (_context, name) => \`Hello, \${name}!\`);

  Start it there, and call it from another terminal:

    npm install ${SDK} && node worker.mjs
    ${command} invoke greet-1 -f greet --arg World --wait${server}

  More: docs/quick-start.md. Ctrl-C stops the server.

`;
}
