import * as body from '../requests.ts';
import { ok, requestScenario } from '../scenario.ts';

/** An address without workers, so the execute messages of these scenarios are never delivered. */
const NOWHERE = 'poll://any@bench-nowhere';
const PID = 'bench';

/** One request: promise.create. */
export const create = requestScenario('create', async (connection, id) => {
  await ok(connection, body.promiseCreate(id));
});

/** Three requests: promise.create, promise.get, promise.settle. */
export const createGetSettle = requestScenario('create+get+settle', async (connection, id) => {
  await ok(connection, body.promiseCreate(id));
  await ok(connection, body.promiseGet(id));
  await ok(connection, body.promiseSettle(id));
});

/** Two requests: task.create, task.fulfill. */
export const taskRound = requestScenario('task.create+fulfill', async (connection, id) => {
  await ok(connection, body.taskCreate(id, PID, NOWHERE));
  await ok(connection, body.taskFulfill(id, 1));
});

/** Six requests: a workflow that starts, creates a child, suspends until the child settles, resumes and ends. */
export const suspendResume = requestScenario('suspend+resume', async (connection, id) => {
  const child = `${id}.0`;
  await ok(connection, body.taskCreate(id, PID, NOWHERE));
  await ok(connection, body.fenceCreate(id, 1, child));
  await ok(connection, body.taskSuspend(id, 1, child));
  await ok(connection, body.promiseSettle(child));
  await ok(connection, body.taskAcquire(id, 1, PID));
  await ok(connection, body.taskFulfill(id, 2));
});
