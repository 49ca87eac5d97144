import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { postgresForTests } from '@resonate/testkit';
import pg from 'pg';
import { PostgresLink } from './postgres.ts';

let server: Awaited<ReturnType<typeof postgresForTests>>;
beforeAll(async () => {
  server = await postgresForTests();
}, 60_000);
afterAll(() => server.stop());

const TOPIC = 'resonate_wakeup';

/** A link of an installation in a schema, and what it receives. `heard` resolves with the next message. */
function linkIn(schema: string) {
  const url = new URL(server.url);
  url.searchParams.set('options', `-c search_path=${schema}`);
  const messages: string[] = [];
  let told: () => void = () => {};
  const link = new PostgresLink({
    ...{ url: url.href, name: 'test', topics: [TOPIC] },
    events: {
      message(topic, text) {
        messages.push(`${topic} ${text}`);
        told();
      },
      lost: () => {},
    },
  });
  return { link, messages, heard: () => new Promise<void>((resolve) => (told = resolve)) };
}

test('installations in two schemas of one database do not wake each other', async () => {
  const admin = new pg.Client(server.url);
  await admin.connect();
  try {
    await admin.query('CREATE SCHEMA one; CREATE SCHEMA two');
  } finally {
    await admin.end();
  }
  const [one, two, sibling] = [linkIn('one'), linkIn('two'), linkIn('one')];
  const all = [one, two, sibling];
  try {
    await Promise.all(all.map(({ link }) => link.open()));
    const heard = [two.heard(), sibling.heard()];
    await one.link.publish(TOPIC, 'from one');
    await two.link.publish(TOPIC, 'from two');
    await Promise.all(heard);
    // Notifications arrive in the order of their commits. When the last one has arrived, no earlier one is still
    // missing.
    const last = [one.heard(), two.heard()];
    await one.link.publish(TOPIC, 'last');
    await two.link.publish(TOPIC, 'last');
    await Promise.all(last);
    expect(two.messages).toEqual([`${TOPIC} from two`, `${TOPIC} last`]);
    expect(sibling.messages[0]).toBe(`${TOPIC} from one`);
    expect(sibling.messages).not.toContain(`${TOPIC} from two`);
  } finally {
    await Promise.all(all.map(({ link }) => link.close()));
  }
});
