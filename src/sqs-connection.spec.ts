import { afterEach, expect, it, vi } from 'vitest';
import { systemClock } from '#celery';
import { SqsTransport } from '#sqs';
import { NotConnectedError } from './errors.js';
import { resolveOptions } from './options/resolve-options.js';
import { SqsConnection } from './sqs-connection.js';

afterEach(() => vi.restoreAllMocks());

const credentials = { accessKeyId: 'AKID', secretAccessKey: 'secret' };
const options = resolveOptions({
  queues: [{ name: 'celery', url: 'http://127.0.0.1:1/0/celery' }],
  clientConfig: { region: 'us-east-1', credentials },
});

it('closes what was opened when the start fails', async () => {
  const close = vi.spyOn(SqsTransport.prototype, 'close');
  vi.spyOn(SqsTransport.prototype, 'prepare').mockRejectedValue(new Error('no such queue'));
  const connection = new SqsConnection('default', {}, systemClock);
  await expect(connection.open(options, true)).rejects.toThrow('no such queue');
  expect(close).toHaveBeenCalledOnce();
  expect(() => connection.producer).toThrow(NotConnectedError);
});

it('is open between open and close, which may come twice', async () => {
  const connection = new SqsConnection('default', {}, systemClock);
  await connection.open(options, false);
  expect(connection.producer).toBeDefined();
  await connection.close();
  await connection.close();
  expect(() => connection.producer).toThrow(NotConnectedError);
});

it('loads the compression of the options, and says what is missing', async () => {
  const connection = new SqsConnection('default', {}, systemClock);
  await connection.open({ ...options, compression: 'brotli' }, false);
  expect(connection.opened.decode.compressors?.get('brotli')).toBeDefined();
  await connection.close();
});
