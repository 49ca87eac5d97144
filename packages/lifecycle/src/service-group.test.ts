import { describe, expect, test } from '@jest/globals';
import { silentLogger } from '@resonate/observability';
import { ServiceGroup } from './service-group.ts';
import type { Service } from './service.ts';

/** Services that record their starts and stops. */
function record() {
  const events: string[] = [];
  const service = (name: string, fails: { start?: boolean; stop?: boolean } = {}): Service => ({
    name,
    start: () => {
      events.push(`start ${name}`);
      return fails.start ? Promise.reject(new Error(`${name} can not start`)) : Promise.resolve();
    },
    stop: () => {
      events.push(`stop ${name}`);
      return fails.stop ? Promise.reject(new Error(`${name} can not stop`)) : Promise.resolve();
    },
  });
  return { events, service };
}

const group = (...services: Service[]) => new ServiceGroup('all', services, silentLogger);

describe('a group', () => {
  test('starts in order and stops in reverse, and only once even if it is stopped several times', async () => {
    const { events, service } = record();
    const all = group(service('a'), service('b'), service('c'));
    await all.start();
    await Promise.all([all.stop(), all.stop()]);
    await all.stop();
    expect(events).toEqual(['start a', 'start b', 'start c', 'stop c', 'stop b', 'stop a']);
  });

  test('whose second service fails to start stops the first and passes the error on', async () => {
    const { events, service } = record();
    const all = group(service('a', { stop: true }), service('b', { start: true }), service('c'));
    await expect(all.start()).rejects.toThrow('b can not start');
    await all.stop();
    expect(events).toEqual(['start a', 'start b', 'stop a']);
  });

  test('stops the others if one fails to stop, and rejects at the end', async () => {
    const { events, service } = record();
    const all = group(service('a'), service('b', { stop: true }), service('c'));
    await all.start();
    await expect(all.stop()).rejects.toThrow('all did not stop cleanly');
    expect(events.slice(3)).toEqual(['stop c', 'stop b', 'stop a']);
  });

  test('that stops all at once waits for each, even if one fails to stop', async () => {
    const { events, service } = record();
    const gate = Promise.withResolvers<void>();
    const slow: Service = { ...service('slow'), stop: () => gate.promise };
    const services = [service('a'), slow, service('c', { stop: true })];
    const all = new ServiceGroup('all', services, silentLogger, { stopsAtOnce: true });
    await all.start();
    const stopped = all.stop();
    await new Promise((resolve) => setImmediate(resolve));
    expect(events.slice(3)).toEqual(['stop a', 'stop c']);
    gate.resolve();
    await expect(stopped).rejects.toThrow('all did not stop cleanly');
  });

  test('that is stopped while it starts, starts nothing further and stops what had started', async () => {
    const { events, service } = record();
    const begun = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const start = () => {
      begun.resolve();
      return gate.promise;
    };
    const slow: Service = { ...service('slow'), start };
    const all = group(service('a'), slow, service('c'));
    const started = all.start();
    await begun.promise;
    const stopped = all.stop();
    gate.resolve();
    await expect(started).rejects.toThrow('all was stopped while it started');
    await stopped;
    expect(events).toEqual(['start a', 'stop slow', 'stop a']);
  });

  test('that never started stops at once', async () => {
    const { events, service } = record();
    await group(service('a')).stop();
    expect(events).toEqual([]);
  });
});
