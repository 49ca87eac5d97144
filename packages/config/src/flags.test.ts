import { describe, expect, test } from '@jest/globals';
import yargs from 'yargs';
import { loadConfig, serverFlags } from './index.ts';

/** What `resonate serve …` does with these flags. */
function parse(line: string) {
  const flags = yargs().options(serverFlags()).strict().exitProcess(false).fail(false).parseSync(line);
  return loadConfig({ flags });
}

describe('the command line', () => {
  test('sets the options that are given, and no others', () => {
    const { config, origins } = parse('--server-port 9000 --storage-sqlite-path=mine.db --tasks-retry-timeout 500');
    expect(config.server.port).toBe(9000);
    expect(config.storage.sqlite.path).toBe('mine.db');
    expect(config.tasks.retryTimeoutMs).toBe(500);
    const set = Object.entries(origins).filter(([, { layer }]) => layer !== 'default');
    expect(set.map(([path]) => path)).toEqual(['server.port', 'storage.sqlite.path', 'tasks.retry_timeout']);
  });

  test.each([
    ['--transports-gcps-enabled', true],
    ['--transports-gcps-enabled --debug', true],
    ['--transports-gcps-enabled true', true],
    ['--transports-gcps-enabled=true', true],
    ['--transports-gcps-enabled false', false],
    ['--no-transports-gcps-enabled', false],
  ])('a switch may stand alone or have a value: %s', (line, value) => {
    expect(parse(line).config.transports.gcps.enabled).toBe(value);
  });

  test('both spellings of the CORS flag may repeat', () => {
    const line = '--server-cors-allow-origin http://a --server-cors-allow-origins http://b';
    expect(parse(line).config.server.cors.allowOrigins).toEqual(['http://a', 'http://b']);
  });

  test('a wrong value reaches the loader as it was written', () => {
    expect(() => parse('--server-port 0x10')).toThrow('server.port (from --server-port): "0x10" is not allowed');
    expect(() => parse('--debug maybe')).toThrow('"maybe" is not allowed; it must be true or false');
    expect(() => parse('--server-port 1 --server-port 2')).toThrow('--server-port is given more than once');
    expect(() => parse('--server-prot 1')).toThrow(/server-prot/);
  });

  test('the help names every option with its default and without a secret', async () => {
    const help = await yargs().options(serverFlags()).wrap(null).getHelp();
    expect(help).toMatch(/--server-port +Port of the HTTP API.*\[default: 8001\]/);
    expect(help).toMatch(/--tasks-lease-timeout .*\[default: 15000 ms\]/);
    expect(help).toMatch(/--storage-postgres-url .*\[default: unset\]/);
    expect(help).toMatch(/--level +Log level +.*\[choices: "debug", "info", "warn", "error"\]/);
  });
});
