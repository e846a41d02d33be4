import { fileURLToPath } from 'node:url';
import { NestFactory } from '@nestjs/core';
import {
  chord,
  link,
  linkError,
  signature,
  SqsCeleryModule,
  TaskProducer,
  type SignatureJson,
} from 'nestjs-sqs-celery';
import { LocalSqs } from 'nestjs-sqs-celery/testing';
import { createClient } from 'redis';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { killApplication, type KillSite } from './chord-kills/kill-application.js';
import type { KillPoint } from './chord-kills/kill-point.js';
import { credentials } from './support/endpoint.js';
import { Program } from './support/program.js';
import { noRedis, RedisServer } from './support/redis.js';

const runSources = fileURLToPath(new URL('../package/run-sources.mjs', import.meta.url));
const dyingWorker = fileURLToPath(new URL('chord-kills/dying-worker.ts', import.meta.url));

/** The tasks of a chord: both of its header, its body, the callback of the header's last, the errback of its body. */
type Role = 'first' | 'last' | 'body' | 'called' | 'failed';

/** A call at which the worker dies, and what comes of it without `idempotency`. */
interface Case {
  /** The last that it has done. */
  readonly step: string;
  readonly role: Role;
  readonly call: KillPoint['call'];
  readonly effect: KillPoint['effect'];
  /** Which runs of the header's tasks the body gets the results of. */
  readonly results: readonly [string, string];
  /** How often the body, or its errback, is sent. */
  readonly sent: number;
}

const firstRuns: Case['results'] = ['run 1', 'run 1'];
const other = { results: ['run 2', 'run 1'], sent: 1 } as const;
const another = { results: ['run 1', 'run 2'], sent: 1 } as const;
const same = { results: firstRuns, sent: 1 } as const;
const twice = { results: firstRuns, sent: 2 } as const;

const successes: readonly Case[] = [
  { step: 'its first part has run', role: 'first', call: 'store', effect: 'before', ...other },
  { step: 'the result of its first part is stored', role: 'first', call: 'store', effect: 'after', ...other },
  { step: 'its first part is counted', role: 'first', call: 'report', effect: 'after', ...same },
  { step: 'the callback of its last part is sent', role: 'last', call: 'store', effect: 'before', ...another },
  { step: 'the result of its last part is stored', role: 'last', call: 'store', effect: 'after', ...another },
  { step: 'its last part is counted', role: 'last', call: 'report', effect: 'after', ...same },
  { step: 'its body is sent', role: 'last', call: 'end', effect: 'before', ...twice },
  { step: 'it is ended', role: 'last', call: 'end', effect: 'after', ...same },
];

const failures: readonly Case[] = [
  { step: 'its last part is counted', role: 'last', call: 'report', effect: 'after', ...same },
  { step: 'the errback is sent', role: 'body', call: 'store', effect: 'before', ...twice },
  { step: 'the failure of its body is stored', role: 'body', call: 'store', effect: 'after', ...twice },
  { step: 'it is ended', role: 'last', call: 'end', effect: 'after', ...same },
];

/** What a chord has left behind. */
interface Left {
  id(role: Role): string;
  /** The first argument of each run. */
  runs(role: Role): Promise<unknown[]>;
  record(role: Role): Promise<unknown>;
  /** How many tasks there were, however often they ran. */
  tasks(): Promise<number>;
}

type Redis = ReturnType<typeof connection>;

const title = 'a worker that is killed in the midst of a chord';

describe.skipIf(noRedis)(`${title}${noRedis ? ` (skipped: ${noRedis})` : ''}`, () => {
  let sqs: LocalSqs;
  let server: RedisServer;
  let redis: Redis;
  let chords = 0;
  beforeAll(async () => {
    sqs = await LocalSqs.start();
    server = await RedisServer.start();
    redis = connection(server.url);
    await redis.connect();
  });
  afterAll(async () => {
    redis?.destroy();
    await server?.stop();
    await sqs?.close();
  });

  /** Runs a chord by a worker that dies, and then by another, until nothing is left. */
  async function run({ role, call, effect }: Case, last: 'part' | 'fail', isOnce: boolean): Promise<Left> {
    const queue = `chord-${chords++}`;
    const queueUrl = sqs.createQueue(queue);
    const site: KillSite = { endpoint: sqs.endpoint, queue, queueUrl, redis: server.url, isOnce };
    await send(
      site,
      chordOf((name) => `${queue}-${name}`, last),
    );
    await die(site, { call, effect, taskId: `${queue}-${role}` });
    const push = (key: string, value: string): Promise<number> => redis.rPush(key, value);
    const app = await NestFactory.createApplicationContext(killApplication(site, push), { logger: false });
    await vi.waitUntil(() => sqs.queue(queue).messages.length === 0, { timeout: 60_000, interval: 20 });
    await app.close();
    return leftOf(queue);
  }

  function leftOf(queue: string): Left {
    const id = (role: Role): string => `${queue}-${role}`;
    return {
      id,
      runs: async (role) => {
        const lines = await redis.lRange(`kill:${queue}:${id(role)}`, 0, -1);
        return lines.map((line) => JSON.parse(line) as unknown);
      },
      record: async (role) => JSON.parse((await redis.get(`celery-task-meta-${id(role)}`)) ?? 'null') as unknown,
      tasks: async () => (await redis.keys(`kill:${queue}:*`)).length,
    };
  }

  describe.each([false, true])('with idempotency: %s', (isOnce) => {
    it.concurrent.each(successes)('when $step: the body gets one result of each', async (one) => {
      const left = await run(one, 'part', isOnce);
      const results = isOnce ? firstRuns : one.results;
      // However often it is sent, it is the same.
      expect(await left.runs('body')).toEqual(Array.from({ length: isOnce ? 1 : one.sent }, () => results));
      expect(await left.record('body')).toMatchObject({ status: 'SUCCESS', result: results });
      expect((await left.runs('called')).length).toBeGreaterThan(0);
      expect(await left.tasks()).toBe(4);
    });

    it.concurrent.each(failures)('that fails, when $step: the errback gets the id of the body', async (one) => {
      const left = await run(one, 'fail', isOnce);
      const failed = await left.runs('failed');
      expect(failed).toEqual(Array.from({ length: isOnce ? 1 : one.sent }, () => left.id('body')));
      expect(await left.record('body')).toMatchObject({
        status: 'FAILURE',
        result: {
          exc_type: 'ChordError',
          exc_message: [`Dependency ${left.id('last')} raised ValueError('run 1')`],
        },
      });
      expect(await left.runs('body')).toEqual([]);
      expect(await left.tasks()).toBe(3);
    });
  });
});

/** A chord of two tasks; the last part has a callback, the body an errback. */
function chordOf(id: (role: Role) => string, last: 'part' | 'fail'): SignatureJson {
  const called = signature('kill.called', { taskId: id('called') });
  const header = [
    signature('kill.part', { taskId: id('first') }),
    link(signature(`kill.${last}`, { taskId: id('last') }), called),
  ];
  const errback = signature('kill.called', { taskId: id('failed') });
  return chord(header, linkError(signature('kill.body', { taskId: id('body') }), errback));
}

async function die(site: KillSite, point: KillPoint): Promise<void> {
  const flags = ['--no-deprecation', '--conditions=@sqs-celery/source', '--import', runSources];
  const worker = new Program('dying worker', process.execPath, [...flags, dyingWorker], {
    env: { KILL_SITE: JSON.stringify(site), KILL_POINT: JSON.stringify(point), NO_COLOR: '1' },
  });
  await worker.ended;
  // A signal leaves none.
  if (worker.exitCode !== null) throw new Error(`The worker was to be killed, but ended:\n${worker.output}`);
}

async function send({ endpoint, queue, queueUrl, redis }: KillSite, canvas: SignatureJson): Promise<void> {
  const app = await NestFactory.createApplicationContext(
    SqsCeleryModule.forRoot({
      queues: [{ name: queue, url: queueUrl }],
      worker: false,
      clientConfig: { endpoint, region: 'us-east-1', credentials },
      resultBackend: redis,
    }),
    { logger: false },
  );
  await app.get(TaskProducer).send(canvas);
  await app.close();
}

function connection(url: string) {
  return createClient({ url });
}
