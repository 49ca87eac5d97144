import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { get } from '../../apps/dashboard/src/api/client.ts';

let fetched: jest.SpiedFunction<typeof fetch>;

beforeEach(() => {
  // The client reads the token of the browser's tab.
  Object.assign(globalThis, { sessionStorage: { getItem: () => null } });
  fetched = jest.spyOn(globalThis, 'fetch');
});

afterEach(() => {
  jest.restoreAllMocks();
  Reflect.deleteProperty(globalThis, 'sessionStorage');
});

test('an answer with JSON is returned', async () => {
  fetched.mockResolvedValue(Response.json({ version: '1' }));
  expect(await get('/admin/session')).toEqual({ version: '1' });
});

test.each(['<html>Sign in</html>', ''])(
  'the successful answer "%s" is an error, because it is not JSON',
  async (body) => {
    fetched.mockResolvedValue(new Response(body));
    await expect(get('/admin/session')).rejects.toMatchObject({
      status: 200,
      message: 'The answer is not JSON. A proxy may have answered.',
    });
  },
);

test('a request without an answer ends with an error', async () => {
  jest.spyOn(AbortSignal, 'timeout').mockImplementation(() => AbortSignal.abort(new Error('time limit')));
  fetched.mockImplementation(async (_url, init) => {
    init?.signal?.throwIfAborted();
    return Response.json({});
  });
  const expected = { status: 0, message: 'The server did not answer within 30 seconds.' };
  await expect(get('/admin/session')).rejects.toMatchObject(expected);
  await expect(get('/admin/session', {}, new AbortController().signal)).rejects.toMatchObject(expected);
});

test('a request that its page aborts is not reported as an outage', async () => {
  const reason = new Error('page closed');
  fetched.mockRejectedValue(reason);
  await expect(get('/admin/session', {}, AbortSignal.abort(reason))).rejects.toBe(reason);
});
