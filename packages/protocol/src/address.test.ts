import { describe, expect, test } from '@jest/globals';
import { parseAddress } from './address.ts';

describe('parseAddress', () => {
  test.each([
    ['poll://any@g', 'poll', 'g', { cast: 'any', group: 'g', id: null }],
    ['poll://any@g/w1', 'poll', 'g', { cast: 'any', group: 'g', id: 'w1' }],
    ['poll://uni@g/w1', 'poll', 'g/w1', { cast: 'uni', group: 'g', id: 'w1' }],
    ['poll://uni@a%2Fb/w%201', 'poll', 'a%2Fb/w%201', { cast: 'uni', group: 'a/b', id: 'w 1' }],
    ['http://h:1234/x?y=1', 'http', 'http://h:1234', undefined],
    ['https://h/x', 'http', 'https://h', undefined],
    ['gcps://proj/topic', 'gcps', 'proj/topic', undefined],
    ['bash://', 'bash', 'local', undefined],
    ['bash://bash', 'bash', 'local', undefined],
    ['bash://docker/python:3.12', 'bash', 'docker/python:3.12', undefined],
    ['bash://docker/ghcr.io/a/b', 'bash', 'docker/ghcr.io/a/b', undefined],
    ['bash://tensorlake/', 'bash', 'tensorlake/', undefined],
    ['bash://tensorlake', 'bash', 'tensorlake/', undefined],
    ['kafka://orders', 'kafka', 'orders', undefined],
    ['kafka://eu-1/orders.v2', 'kafka', 'eu-1/orders.v2', undefined],
    ['sqs://orders', 'sqs', 'orders', undefined],
    ['sqs://eu-central-1/orders.fifo', 'sqs', 'eu-central-1/orders.fifo', undefined],
    [
      'sqs://sqs.us-east-1.amazonaws.com/123456789012/orders',
      'sqs',
      'sqs.us-east-1.amazonaws.com/123456789012/orders',
      undefined,
    ],
    ['sqs://localhost:9324/000000000000/orders', 'sqs', 'localhost:9324/000000000000/orders', undefined],
  ])('%s goes to %s %s', (text, transport, target, poll) => {
    expect(parseAddress(text)).toEqual({ text, transport, target, ...(poll && { poll }) });
  });

  test.each([
    '',
    'nowhere',
    'poll://g',
    'poll://any@',
    'poll://uni@g',
    'poll://any@g/',
    'poll://some@g/w',
    'poll://any@g/a/b',
    'poll://any@%ff',
    'http://',
    'ftp://h',
    'gcps://proj',
    'bash:///etc/passwd',
    'bash://docker',
    'bash://docker/',
    'bash://other/x',
    'kafka://',
    'kafka://..',
    'kafka://a/b/c',
    'kafka:///topic',
    'kafka://a topic',
    `kafka://${'t'.repeat(250)}`,
    'sqs://',
    'sqs://a queue',
    'sqs://nowhere/orders',
    'sqs://eu-central-1/orders.txt',
    'sqs://host/account/orders',
    'sqs://user@host/123/orders',
    `sqs://${'q'.repeat(76)}.fifo`,
    'nats://subject',
  ])('%j is not an address', (text) => {
    expect(parseAddress(text)).toBeNull();
  });
});

test.each(['poll://any@g/%00', 'poll://uni@g/a%00', 'poll://any@%00'])(
  '%s has a NUL in its name and is not an address',
  (text) => {
    expect(parseAddress(text)).toBeNull();
  },
);
