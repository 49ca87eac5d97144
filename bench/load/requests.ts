/**
 * Request bodies. They are built by joining strings around ids and versions, because JSON.stringify would cost the load
 * generator more than sending the request. Ids must not need escaping.
 */

const HEAD = '"head":{"corrId":"bench","version":"2026-04-01"}';
/** So far away that no promise times out. */
const TIMEOUT_AT = Date.now() + 24 * 3_600_000;
/** The param that the SDK sends for a call of a function with two small arguments. */
const PARAM = `"param":{"headers":{},"data":"${btoa('{"func":"add","args":[1,2],"version":1}')}"}`;
const VALUE = `"value":{"headers":{},"data":"${btoa('{"total":3}')}"}`;
const TTL_MS = 60_000;

const request = (kind: string, data: string) => `{"kind":"${kind}",${HEAD},"data":{${data}}}`;

const createData = (id: string, tags: string, timeoutAt = TIMEOUT_AT) =>
  `"id":"${id}","timeoutAt":${timeoutAt},${PARAM},"tags":{${tags}}`;

/** The tags that the SDK sets on a call for a worker. */
const callTags = (id: string, target: string) =>
  `"resonate:scope":"global","resonate:target":"${target}","resonate:branch":"${id}",` +
  `"resonate:parent":"${id}","resonate:origin":"${id}"`;

/** The tags that the SDK sets on a step of a workflow. */
const stepTags = (root: string) =>
  `"resonate:scope":"local","resonate:branch":"${root}","resonate:parent":"${root}","resonate:origin":"${root}"`;

/** A plain promise. No message is sent for it. */
export const promiseCreate = (id: string, timeoutAt?: number) =>
  request('promise.create', createData(id, '', timeoutAt));

/** A call: the promise gets a task, and `target` gets an execute message. */
export const callCreate = (id: string, target: string) =>
  request('promise.create', createData(id, callTags(id, target)));

export const promiseGet = (id: string) => request('promise.get', `"id":"${id}"`);

const settleData = (id: string) => `"id":"${id}","state":"resolved",${VALUE}`;

export const promiseSettle = (id: string) => request('promise.settle', settleData(id));

export const registerListener = (id: string, address: string) =>
  request('promise.register_listener', `"awaited":"${id}","address":"${address}"`);

export const taskCreate = (id: string, pid: string, target: string) =>
  request(
    'task.create',
    `"pid":"${pid}","ttl":${TTL_MS},"action":{"kind":"promise.create",${HEAD},` +
      `"data":{${createData(id, callTags(id, target))}}}`,
  );

/** Creates a step's promise, fenced by the task. */
export const fenceCreate = (id: string, version: number, child: string) =>
  request(
    'task.fence',
    `"id":"${id}","version":${version},"action":{"kind":"promise.create",${HEAD},` +
      `"data":{${createData(child, stepTags(id))}}}`,
  );

export const taskSuspend = (id: string, version: number, awaited: string) =>
  request(
    'task.suspend',
    `"id":"${id}","version":${version},"actions":[{"kind":"promise.register_callback",${HEAD},` +
      `"data":{"awaited":"${awaited}","awaiter":"${id}"}}]`,
  );

export const taskAcquire = (id: string, version: number, pid: string) =>
  request('task.acquire', `"id":"${id}","version":${version},"pid":"${pid}","ttl":${TTL_MS}`);

/** @param steps the workflow's last steps, which are stored together with its end. */
export const taskFulfill = (id: string, version: number, steps: readonly string[] = []) =>
  request(
    'task.fulfill',
    `"id":"${id}","version":${version},"action":{"kind":"promise.settle",${HEAD},"data":{${settleData(id)}}}` +
      (steps.length > 0 ? `,"steps":[${steps.map((step) => stepOf(id, step)).join()}]` : ''),
  );

const stepOf = (root: string, id: string) =>
  `{"create":{${createData(id, stepTags(root))}},"settle":{${settleData(id)}}}`;
