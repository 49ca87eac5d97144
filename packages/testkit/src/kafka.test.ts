import { expect, test } from '@jest/globals';
import { startKafka } from './kafka.ts';

test('a Kafka that cannot be prepared is an error with the reason', async () => {
  const certificate = { certificate: '/dev/null', key: '/dev/null' };
  const secure = { certificate, username: 'a user], name=[', password: '' };
  await expect(startKafka({ secure })).rejects.toThrow(/Unknown SCRAM configurations/);
});
