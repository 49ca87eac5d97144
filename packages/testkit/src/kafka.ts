import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { javaArguments } from './brokers.ts';
import type { CertificateFiles } from './certificates.ts';
import { startOwned, type OwnedServer } from './databases/owned-server.ts';
import { freePort } from './free-port.ts';

export interface KafkaOptions {
  /** Adds a second listener with TLS. This user logs in with PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512. */
  secure?: { certificate: CertificateFiles; username: string; password: string };
}

export interface TestKafka extends OwnedServer {
  /** `host:port` without TLS or login. */
  broker: string;
  /** `host:port` of the listener with TLS and login; only with `secure`. */
  secureBroker: string;
  createTopic(name: string, partitions?: number): Promise<void>;
}

/**
 * Starts a new Apache Kafka (one node, broker and controller) on free ports. It ends when this process ends, for any
 * reason. @throws if `npm run brokers` has not downloaded it, or Java is not installed.
 */
export async function startKafka({ secure }: KafkaOptions = {}): Promise<TestKafka> {
  const ports = { plain: await freePort(), login: await freePort(), controller: await freePort() };
  const server = await startOwned('kafka', (directory) => {
    const settings = join(directory, 'server.properties');
    writeFileSync(settings, properties({ ...ports, directory, ...(secure && { secure }) }));
    // SCRAM passwords are stored when the storage is formatted.
    const scram = ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) =>
      secure ? ['--add-scram', `${mechanism}=[name=${secure.username},password=${secure.password}]`] : [],
    );
    const format = ['kafka.tools.StorageTool', 'format', '-t', 'dGVzdHRlc3R0ZXN0dGVzdA', '-c', settings, ...scram];
    execFileSync('java', [...javaArguments(), ...format], { stdio: ['ignore', 'ignore', 'pipe'] });
    return {
      command: 'java',
      args: [...javaArguments(), 'kafka.Kafka', settings],
      ready: /Kafka Server started/,
      runAs: 'self',
      stopSignal: 'KILL',
    };
  });
  const broker = `127.0.0.1:${ports.plain}`;
  return {
    ...server,
    broker,
    secureBroker: `localhost:${ports.login}`,
    createTopic: (name, partitions = 1) => createTopic(broker, name, partitions),
  };
}

async function createTopic(broker: string, topic: string, partitions: number): Promise<void> {
  const { Admin } = await import('@platformatic/kafka');
  const admin = new Admin({ clientId: 'tests', bootstrapBrokers: [broker] });
  try {
    await admin.createTopics({ topics: [topic], partitions, replicas: 1 });
  } finally {
    await admin.close();
  }
}

interface Settings extends KafkaOptions {
  plain: number;
  login: number;
  controller: number;
  directory: string;
}

function properties({ plain, login, controller, directory, secure }: Settings): string {
  const listeners = [`PLAIN://127.0.0.1:${plain}`, `CONTROLLER://127.0.0.1:${controller}`];
  const all: Record<string, string> = {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${controller}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAIN',
    'listener.security.protocol.map': 'PLAIN:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURE:SASL_SSL',
    'log.dirs': join(directory, 'data'),
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': '1',
    'group.initial.rebalance.delay.ms': '0',
    'auto.create.topics.enable': 'false',
    // After a kill, the controller accepts the restarted broker only when its old session has expired.
    'broker.session.timeout.ms': '1000',
    'broker.heartbeat.interval.ms': '200',
  };
  if (secure) {
    const { certificate, username, password } = secure;
    const keyStore = join(directory, 'keystore.pem');
    writeFileSync(keyStore, readFileSync(certificate.key, 'utf8') + readFileSync(certificate.certificate, 'utf8'));
    listeners.push(`SECURE://localhost:${login}`);
    const plainLogin = 'org.apache.kafka.common.security.plain.PlainLoginModule required';
    const scramLogin = 'org.apache.kafka.common.security.scram.ScramLoginModule required;';
    Object.assign(all, {
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.location': keyStore,
      'listener.name.secure.sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
      'listener.name.secure.plain.sasl.jaas.config': `${plainLogin} user_${username}="${password}";`,
      'listener.name.secure.scram-sha-256.sasl.jaas.config': scramLogin,
      'listener.name.secure.scram-sha-512.sasl.jaas.config': scramLogin,
    });
  }
  all['listeners'] = listeners.join(',');
  return Object.entries(all)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}
