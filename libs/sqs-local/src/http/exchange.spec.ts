import { once } from 'node:events';
import { connect } from 'node:net';

import { afterEach, beforeEach, expect, it } from 'vitest';

import { LocalSqs } from '../local-sqs.js';

let sqs: LocalSqs;

beforeEach(async () => {
  sqs = await LocalSqs.start({ port: 0 });
});
afterEach(() => sqs.close());

const headers = { 'x-amz-target': 'AmazonSQS.ListQueues', 'content-type': 'application/x-amz-json-1.0' };
const listQueues = (body: string): Promise<Response> => fetch(sqs.endpoint, { method: 'POST', headers, body });

it('refuses a request that no batch is as large as, and goes on', async () => {
  const refused = await listQueues('x'.repeat(17 * 1024 * 1024));
  expect(refused.status).toBe(400);
  expect(await refused.text()).toContain('more than 16777216 bytes');
  expect((await listQueues('{}')).status).toBe(200);
});

it('forgets a request whose client went away before it was whole', async () => {
  const socket = connect(Number(new URL(sqs.endpoint).port), '127.0.0.1');
  await once(socket, 'connect');
  socket.end('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{');
  await once(socket.resume(), 'close');
  expect((await listQueues('{}')).status).toBe(200);
  expect(sqs.requestCounts()).toEqual({ ListQueues: 1 });
});
