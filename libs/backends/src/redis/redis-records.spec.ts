import { randomUUID } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import { createClient } from 'redis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TaskMeta } from '#celery/ports';
import { RedisIdempotencyStore, RedisResultStore, RedisRevocationStore } from './index.js';
import { noRedis, startRedis, type RedisServer } from './redis-server.test-support.js';

const success: TaskMeta = {
  taskId: 'id-1',
  status: 'SUCCESS',
  result: { a: [1, 2] },
  traceback: null,
  children: [],
  dateDone: '2026-11-22T06:05:13.251323+00:00',
};
const failure: TaskMeta = { ...success, status: 'FAILURE', result: null };
const claim = { key: 'task:id', owner: 'o', messageId: 'm', receiveCount: 1, leaseSeconds: 30 };

const connectTo = (url: string) => createClient({ RESP: 2, url });

describe.skipIf(noRedis)(`what is in Redis${noRedis ? ` (skipped: ${noRedis})` : ''}`, () => {
  let server: RedisServer;
  let redis: ReturnType<typeof connectTo>;

  beforeAll(async () => {
    server = await startRedis();
    redis = connectTo(server.url);
    await redis.connect();
  });
  afterAll(async () => {
    await redis.close();
    await server.kill();
  });

  /** Runs with a prefix of its own. */
  const prefix = (): string => `${randomUUID()}:`;

  it('is the record of Celery under its key, for a day, and is published there', async () => {
    const listener = await redis.duplicate().connect();
    const heard: string[] = [];
    await listener.subscribe('celery-task-meta-id-1', (message) => heard.push(message));
    await new RedisResultStore(redis).store(success);
    const record =
      '{"status":"SUCCESS","result":{"a":[1,2]},"traceback":null,"children":[],' +
      '"date_done":"2026-11-22T06:05:13.251323+00:00","task_id":"id-1"}';
    expect(await redis.get('celery-task-meta-id-1')).toBe(record);
    expect(await redis.ttl('celery-task-meta-id-1')).toBeGreaterThan(86_390);
    // What is not stored is not told either.
    await new RedisResultStore(redis).store(failure);
    await listener.ping();
    expect(heard).toEqual([record]);
    await listener.close();
  });

  it('is the group of Celery under its key, for as long as a result', async () => {
    const globalKeyprefix = prefix();
    const { groups } = new RedisResultStore(redis, { globalKeyprefix, resultExpires: 60 });
    const key = `${globalKeyprefix}celery-taskset-meta-g`;
    const members = [
      [['a', null], null],
      [['b', [['a', null], null]], null],
    ] as const;
    await groups.save([['g', null], members]);
    expect(await redis.get(key)).toBe('{"result":[["g",null],[[["a",null],null],[["b",[["a",null],null]],null]]]}');
    expect(await redis.ttl(key)).toBeGreaterThan(50);
    await new RedisResultStore(redis, { globalKeyprefix, resultExpires: 0 }).groups.save([['g', null], members]);
    expect(await redis.ttl(key)).toBe(-1);
  });

  it('may be a group that Celery 5.7 has compressed, or something else', async () => {
    const globalKeyprefix = prefix();
    const { groups } = new RedisResultStore(redis, { globalKeyprefix });
    const key = `${globalKeyprefix}celery-taskset-meta-g`;
    const packed = deflateSync('{"result": [["g", null], [[["a", null], null]]]}');
    await redis.set(key, Buffer.concat([Buffer.from('\0celery-compressed\0application/x-gzip\0'), packed]));
    expect(await groups.restore('g')).toEqual([['g', null], [[['a', null], null]]]);
    await redis.set(key, '{"status":"SUCCESS"}');
    await expect(groups.restore('g')).rejects.toThrow(/group g is stored without its results/);
  });

  it.each([
    ['a whole second at least', { resultExpires: 0.5 }, 1, 1],
    ['for ever with null', { resultExpires: null }, -1, -1],
    ['for ever with 0', { resultExpires: 0 }, -1, -1],
    ['failures apart', { resultExpires: 60, resultFailureExpires: 600 }, 60, 600],
    ['failures for ever', { resultExpires: 60, resultFailureExpires: 0 }, 60, -1],
  ])('expires as Celery has it: %s', async (_name, retention, seconds, failureSeconds) => {
    const globalKeyprefix = prefix();
    const store = new RedisResultStore(redis, { ...retention, globalKeyprefix });
    await store.store(success);
    await store.store({ ...failure, taskId: 'id-2' });
    expect([
      await redis.ttl(`${globalKeyprefix}celery-task-meta-id-1`),
      await redis.ttl(`${globalKeyprefix}celery-task-meta-id-2`),
    ]).toEqual(
      [seconds, failureSeconds].map((one) => expect.toSatisfy((ttl: number) => ttl === one || ttl === one - 1)),
    );
  });

  it('loses its expiry when it is stored for ever', async () => {
    const globalKeyprefix = prefix();
    await new RedisResultStore(redis, { globalKeyprefix, resultExpires: 60 }).store(failure);
    await new RedisResultStore(redis, { globalKeyprefix, resultExpires: 0 }).store(success);
    expect(await redis.ttl(`${globalKeyprefix}celery-task-meta-id-1`)).toBe(-1);
  });

  it.each([
    ['written by Python', '{"status": "SUCCESS", "result": 1}', true],
    ['with NaN', '{"status": "SUCCESS", "result": NaN}', true],
    ['with the status last', '{"result": {"status": "FAILURE"}, "status": "SUCCESS"}', true],
    ['of a failure with the word', '{"result": {"status": "SUCCESS"}, "status": "FAILURE"}', false],
    ['that is no JSON', 'SUCCESS', false],
    ['that is a list', '["status", "SUCCESS"]', false],
  ])('a record %s is kept only for its success', async (_name, before, kept) => {
    const globalKeyprefix = prefix();
    const key = `${globalKeyprefix}celery-task-meta-id-1`;
    await redis.set(key, before);
    await new RedisResultStore(redis, { globalKeyprefix }).store(failure);
    expect((await redis.get(key)) === before).toBe(kept);
  });

  it.each([
    ['SUCCESS', 'SUCCESS', 'alt'],
    ['RETRY', 'FAILURE', null],
  ])('a compressed %s of Celery 5.7 is read, and only a SUCCESS is kept', async (status, after, result) => {
    const globalKeyprefix = prefix();
    const stored = JSON.stringify({ status, result: status === 'SUCCESS' ? 'alt' : null });
    const bytes = Buffer.concat([Buffer.from('\0celery-compressed\0application/x-gzip\0'), deflateSync(stored)]);
    await redis.set(`${globalKeyprefix}celery-task-meta-id-1`, bytes);
    const store = new RedisResultStore(redis, { globalKeyprefix });
    expect((await store.get('id-1'))?.status).toBe(status);
    await store.store(failure);
    expect(await store.get('id-1')).toMatchObject({ status: after, result });
  });

  it('an attempt is a hash that is remembered for four days, and longer than its lease', async () => {
    const globalKeyprefix = prefix();
    const key = `${globalKeyprefix}sqs-celery-attempt-task:id`;
    const store = new RedisIdempotencyStore(redis, { globalKeyprefix });
    await store.claim(claim);
    expect(await redis.ttl(key)).toBeGreaterThan(345_590);
    await store.extend(claim.key, claim.owner, 400_000);
    expect(await redis.ttl(key)).toBeGreaterThan(399_990);
    await store.settle(claim.key, claim.owner, 'done');
    expect(await redis.hGetAll(key)).toEqual({ state: 'settled', owner: 'o', decision: 'done' });
    expect(await redis.ttl(key)).toBeGreaterThan(345_590);
  });

  it('a revocation is a key that is remembered for three hours', async () => {
    const globalKeyprefix = prefix();
    await new RedisRevocationStore(redis, { globalKeyprefix }).revoke(['a'], { terminate: true });
    expect(await redis.get(`${globalKeyprefix}sqs-celery-revoked-a`)).toBe('1');
    expect(await redis.ttl(`${globalKeyprefix}sqs-celery-revoked-a`)).toBeGreaterThan(10_790);
  });

  it('scripts are sent once, and again to a server that has lost them', async () => {
    const commands: string[] = [];
    const sendCommand = (args: readonly string[]): Promise<unknown> => {
      commands.push(args[0] ?? '');
      return redis.sendCommand([...args]);
    };
    const store = new RedisIdempotencyStore({ sendCommand }, { globalKeyprefix: prefix() });
    await redis.scriptFlush();
    await store.claim(claim);
    await store.claim(claim);
    await redis.scriptFlush();
    await store.claim(claim);
    expect(commands).toEqual(['EVALSHA', 'EVAL', 'EVALSHA', 'EVALSHA', 'EVAL']);
  });
});
