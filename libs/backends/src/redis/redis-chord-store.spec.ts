import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { deflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { encodeGroupMeta } from '#celery';
import type { ChordPart } from '#celery/ports';
import { chordStoreContract } from '../contract/chord-store-contract.test-support.js';
import { RedisConnection, RedisResultStore, type RedisResultStoreOptions } from './index.js';
import { noRedis, startRedis, type RedisServer } from './redis-server.test-support.js';

vi.setConfig({ testTimeout: 20_000 });

const part = (groupIndex: number, given: Partial<ChordPart> = {}): ChordPart => ({
  groupId: 'g',
  groupIndex,
  taskId: `t-${groupIndex}`,
  status: 'SUCCESS',
  result: groupIndex,
  ...given,
});

/** Clients send text: bytes come in hexadecimal. */
const ADD_BYTES = `
local bytes = string.gsub(ARGV[1], '..', function(hex) return string.char(tonumber(hex, 16)) end)
return redis.call('ZADD', KEYS[1], 0, bytes)
`;

describe.skipIf(noRedis)(`chords in Redis${noRedis ? ` (skipped: ${noRedis})` : ''}`, () => {
  let server: RedisServer;
  let redis: RedisConnection;
  beforeAll(async () => {
    server = await startRedis();
    redis = new RedisConnection(server.url);
  });
  afterAll(async () => {
    await redis.close();
    await server.kill();
  });

  chordStoreContract('Redis', async (options) => {
    const globalKeyprefix = `${randomUUID()}:`;
    const store = new RedisResultStore(server.url, { ...options, globalKeyprefix });
    const key = (groupId: string, suffix = '') => `${globalKeyprefix}celery-taskset-meta-${groupId}${suffix}`;
    return {
      store: {
        chords: store.chords,
        start: async (groupId, { size, structure }) => {
          if (structure) await redis.sendCommand(['SET', key(groupId), encodeGroupMeta(structure)]);
          if (size === undefined) return;
          await redis.sendCommand(['DEL', key(groupId, '.c')]);
          await redis.sendCommand(['SET', key(groupId, '.s'), String(size)]);
        },
      },
      pass: (seconds) => wait(seconds * 1000),
      close: () => store.close(),
    };
  });

  /** A store with a prefix of its own, and commands on the keys of chord `g`. */
  function open(options: RedisResultStoreOptions = {}) {
    const globalKeyprefix = `${randomUUID()}:`;
    const { chords } = new RedisResultStore(redis, { ...options, globalKeyprefix });
    const on = (command: string, suffix: string, ...args: string[]): Promise<unknown> =>
      redis.sendCommand([command, `${globalKeyprefix}celery-taskset-meta-g${suffix}`, ...args]);
    return { chords, on, key: `${globalKeyprefix}celery-taskset-meta-g` };
  }

  it('are what Celery has there', async () => {
    const { chords, on } = open();
    await on('SET', '.s', '3');
    const error = { excType: 'ValueError', excMessage: ['boom', 42], excModule: 'builtins' };
    await chords.report(part(0));
    await chords.report(part(1, { status: 'FAILURE', result: error }));
    expect(await on('ZRANGE', '.j', '0', '-1', 'WITHSCORES')).toEqual([
      '[1, "t-0", "SUCCESS", 0]',
      '0',
      '[1, "t-1", "FAILURE", {"exc_type":"ValueError","exc_message":["boom",42],"exc_module":"builtins"}]',
      '1',
    ]);
    expect(await on('SMEMBERS', '.d')).toEqual(expect.arrayContaining(['t-0:0', 't-1:1']));
    for (const suffix of ['.j', '.s', '.d']) expect(await on('TTL', suffix)).toBeGreaterThan(86_390);
    await chords.report(part(2));
    expect(await on('GET', '.c')).toBe('part:t-2:2');
    await chords.end(part(2), 'sent');
    for (const suffix of ['.j', '.s', '.d', '.t']) expect(await on('EXISTS', suffix)).toBe(0);
    expect(await on('GET', '.c')).toBe('done');
    expect(await on('TTL', '.c')).toBeGreaterThan(290);
  });

  it('grow as in Celery, and by each task once', async () => {
    const { chords, on } = open();
    await on('INCR', '.t');
    for (const taskId of ['more', 'more', 'most']) await chords.add?.('g', taskId);
    expect(await on('GET', '.t')).toBe('3');
    for (const suffix of ['.t', '.a']) expect(await on('TTL', suffix)).toBeGreaterThan(86_390);
    await on('SET', '.s', '0');
    await chords.report(part(0));
    await chords.report(part(1));
    expect(await chords.report(part(2))).toMatchObject({ kind: 'complete' });
    await chords.end(part(2), 'sent');
    await chords.add?.('g', 'late');
    for (const suffix of ['.t', '.a']) expect(await on('EXISTS', suffix)).toBe(0);
  });

  it('keep their parts after a failure', async () => {
    const { chords, on } = open();
    await on('SET', '.s', '1');
    await chords.report(part(0));
    await chords.end(part(0), 'failed');
    expect(await on('ZCARD', '.j')).toBe(1);
    expect([await on('EXISTS', '.s'), await on('EXISTS', '.c')]).toEqual([0, 0]);
  });

  it('do not expire with results that do not', async () => {
    const { chords, on } = open({ resultExpires: null });
    await chords.report(part(0));
    expect(await on('TTL', '.j')).toBe(-1);
  });

  it.each(['[1, "t-0", "SUCCESS", "python"]', '[1,"t-0","SUCCESS","python"]'])(
    'know the part of a Celery before 5.7: %s',
    async (text) => {
      const { chords, on } = open();
      await on('SET', '.s', '2');
      await on('ZADD', '.j', '0', text);
      expect(await chords.report(part(0))).toEqual({ kind: 'pending' });
      const answer = await chords.report(part(1));
      expect(answer).toMatchObject({ kind: 'complete', parts: [{ result: 'python' }, { result: 1 }] });
    },
  );

  it('count what was added to the header', async () => {
    const { chords, on } = open();
    await on('SET', '.s', '1');
    await on('INCR', '.t');
    expect(await chords.report(part(0))).toEqual({ kind: 'pending' });
    expect(await chords.report(part(1))).toMatchObject({ kind: 'complete' });
  });

  it('leave a chord to the Python worker that ends it, and take it over when that has died', async () => {
    const { chords, on } = open();
    await on('SET', '.s', '1');
    await on('SET', '.c', 'a-token-of-python');
    expect(await chords.report(part(0))).toEqual({ kind: 'claimed' });
    await chords.end(part(0), 'sent');
    expect(await on('GET', '.c')).toBe('a-token-of-python');
    await on('DEL', '.c');
    expect(await chords.report(part(0))).toMatchObject({ kind: 'complete' });
  });

  it('claim a chord for less time than a dead worker keeps its message, as Python would leave it for good', async () => {
    const { chords, on } = open();
    await on('SET', '.s', '1');
    expect(await chords.report(part(0))).toMatchObject({ kind: 'complete' });
    const secondsLeft = Number(await on('TTL', '.c'));
    expect(secondsLeft).toBeGreaterThan(0);
    expect(secondsLeft).toBeLessThan(10);
  });

  it('are not counted anew by what comes after their end', async () => {
    const { chords, on } = open();
    await on('SET', '.c', 'done');
    expect(await chords.report(part(0))).toEqual({ kind: 'pending' });
    expect(await on('EXISTS', '.j')).toBe(0);
  });

  it('are in the order of their reports where Celery keeps them so', async () => {
    const { chords, on } = open({ resultChordOrdered: false });
    await on('SET', '.s', '2');
    await chords.report(part(1));
    await chords.report(part(1, { result: 'again' }));
    expect(await chords.report(part(0))).toMatchObject({ kind: 'complete', parts: [{ result: 1 }, { result: 0 }] });
    expect(await on('TYPE', '.j')).toBe('list');
    // Whoever came first has decided.
    const other = open();
    await other.on('RPUSH', '.j', '[1, "t-0", "SUCCESS", 0]');
    await other.chords.report(part(0));
    expect(await other.on('LLEN', '.j')).toBe(1);
  });

  it('may have compressed parts', async () => {
    const { chords, on, key } = open();
    const bytes = Buffer.concat([
      Buffer.from('\0celery-compressed\0application/x-gzip\0'),
      deflateSync('[1, "t-0", "SUCCESS", "grün"]'),
    ]);
    await on('SET', '.s', '2');
    await on('SADD', '.d', 't-0:0');
    await redis.sendCommand(['EVAL', ADD_BYTES, '1', `${key}.j`, bytes.toString('hex')]);
    expect(await chords.report(part(1))).toMatchObject({
      kind: 'complete',
      parts: [{ result: 'grün' }, { result: 1 }],
    });
  });
});
