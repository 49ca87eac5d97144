import { span } from '@resonate/admin/words';
import { X509Certificate } from 'node:crypto';
import { access, constants, readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { delimiter, join } from 'node:path';
import type { Config } from '@resonate/config';
import { failed, type Finding } from './finding.ts';

const WITHIN_MS = 5_000;

/** Checks for each enabled transport that the files, programs and servers that it needs are available. */
export function checkTransports({ transports }: Config): Promise<Finding[]> {
  const { httpPush, httpPoll, gcps, bashExec, kafka, sqs } = transports;
  return Promise.all([
    check('http push', httpPush.enabled, async () => {
      if (httpPush.caFile !== null) await checkCertificates(httpPush.caFile);
      return `http:// and https://${httpPush.allowHosts.length > 0 ? ` on ${httpPush.allowHosts.join(', ')}` : ''}`;
    }),
    check('http poll', httpPoll.enabled, async () => `up to ${httpPoll.maxConnections} event streams`),
    check('pub/sub', gcps.enabled, async () => 'not checked: credentials are looked up at the first message'),
    check('bash', bashExec.enabled, findBash),
    check('kafka', kafka.enabled, async () => {
      if (kafka.tls && kafka.caFile !== null) await checkCertificates(kafka.caFile);
      return checkClusters(kafka);
    }),
    check('sqs', sqs.enabled, async () => {
      if (sqs.endpoint === null) return `region ${sqs.region ?? 'of the environment'}`;
      const { hostname, port, protocol } = new URL(sqs.endpoint);
      await reachable(`${hostname}:${port || (protocol === 'https:' ? '443' : '80')}`);
      return `${sqs.endpoint} is reachable`;
    }),
  ]);
}

async function check(name: string, isEnabled: boolean, look: () => Promise<string>): Promise<Finding> {
  if (!isEnabled) return { check: name, status: 'off', detail: '' };
  try {
    return { check: name, status: 'ok', detail: await look() };
  } catch (error) {
    return failed(name, error);
  }
}

async function findBash(): Promise<string> {
  const candidates = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'bash'));
  const found = candidates.map((path) => access(path, constants.X_OK).then(() => path));
  return Promise.any(found).catch(() => {
    throw new Error('bash is not on the PATH');
  });
}

/** Checks that a broker of each cluster is reachable. @throws with the errors of every cluster without one. */
async function checkClusters({ brokers, clusters }: Config['transports']['kafka']): Promise<string> {
  const named = Map.groupBy(clusters, (entry) => entry.slice(0, entry.indexOf('=')));
  const found = await Promise.allSettled([brokers, ...named.values()].map(checkCluster));
  const errors = found.flatMap((one) => (one.status === 'rejected' ? [(one.reason as Error).message] : []));
  if (errors.length > 0) throw new Error(errors.join('; '));
  return found.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])).join('; ');
}

/** @param brokers `host:port`, or `CLUSTER=host:port` */
async function checkCluster(brokers: readonly string[]): Promise<string> {
  const places = brokers.map((broker) => broker.slice(broker.indexOf('=') + 1));
  await Promise.any(places.map(reachable)).catch((error: unknown) => {
    if (!(error instanceof AggregateError)) throw error;
    throw new Error(error.errors.map((one: Error) => one.message).join('; '));
  });
  return `a broker of ${brokers.join(', ')} is reachable`;
}

/** @throws if the file cannot be read or has no certificate. */
async function checkCertificates(file: string): Promise<void> {
  const text = await readFile(file);
  try {
    new X509Certificate(text);
  } catch (cause) {
    throw new Error(`${file} contains no certificate in PEM format`, { cause });
  }
}

/** @param place `host:port`; an IPv6 address is in brackets. */
function reachable(place: string): Promise<void> {
  const port = Number(place.slice(place.lastIndexOf(':') + 1));
  const host = place.slice(0, place.lastIndexOf(':')).replace(/^\[|\]$/g, '');
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, timeout: WITHIN_MS });
    const end = (error?: Error) => {
      socket.destroy();
      if (error) reject(new Error(`${place}: ${error.message}`));
      else resolve();
    };
    socket.once('connect', () => end());
    socket.once('timeout', () => end(new Error(`no answer within ${span(WITHIN_MS)}`)));
    socket.once('error', end);
  });
}
