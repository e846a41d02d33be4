import { SQSClient, type SQSClientConfig } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { Clock } from '#celery/ports';
import { LocalSqs, VirtualClock } from '#sqs-local';

import type { TransportEvents } from '../events.js';
import { LogLines, localQueue, whileTimePasses } from '../transport.test-support.js';
import { SqsTransport } from '../transport.js';
import type { Consumer } from './consumer.js';
import {
  answers,
  cutsOff,
  cutsOffInTheMiddle,
  endsInTheMiddle,
  FickleAgent,
  MisbehavingEndpoint,
  neverAnswers,
  refuses,
  speaksSsh,
  stopsInTheMiddle,
  type Connecting,
  type Misbehaviour,
} from './misbehaving-endpoint.test-support.js';

// Hours of virtual time are thousands of real requests.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

const hour = 3_600_000;
type Keys = { accessKeyId: string; secretAccessKey: string; expiration?: Date };
const goodKeys = (): Promise<Keys> => Promise.resolve({ accessKeyId: 'good', secretAccessKey: 'local' });

let sqs: LocalSqs;
let clock: VirtualClock;
let front: MisbehavingEndpoint;
let agent: FickleAgent;
let keys: () => Promise<Keys>;
let log: LogLines;
let told: string[];
let requests: { action: string; at: number }[];
let handled: string[];
let transport: SqsTransport;
let consumer: Consumer;

beforeEach(async () => {
  clock = new VirtualClock();
  sqs = await LocalSqs.start({ port: 0, clock });
  sqs.createQueue('q');
  sqs.createQueue('q.fifo', { attributes: { ContentBasedDeduplication: 'true' } });
  front = await MisbehavingEndpoint.before(sqs, clock);
  agent = new FickleAgent(front.port);
  keys = goodKeys;
});
afterEach(async () => {
  front.behave();
  agent.connect('well');
  keys = goodKeys;
  await whileTimePasses(
    clock,
    consumer.stop({ shutdownTimeoutMs: 0 }).then(() => transport.close()),
  );
  await front.close();
  agent.destroy();
  await sqs.close();
});

interface Start {
  readonly config?: SQSClientConfig;
  readonly client?: (config: SQSClientConfig) => SQSClient;
  readonly clock?: Clock;
  readonly events?: TransportEvents;
  readonly queue?: string;
  readonly log?: LogLines;
  readonly concurrency?: number;
}

async function start(options: Start = {}): Promise<void> {
  log = options.log ?? new LogLines();
  told = [];
  requests = [];
  handled = [];
  const config = {
    endpoint: `http://127.0.0.1:${front.port}`,
    region: 'us-east-1',
    credentials: () => keys(),
    requestHandler: { httpAgent: agent },
    ...options.config,
  };
  transport = new SqsTransport({
    ...(options.client ? { client: options.client(config) } : { clientConfig: config }),
    clock: options.clock ?? clock,
    log,
    events: {
      request: ({ action }) => void requests.push({ action, at: clock.monotonic() }),
      pollFailed: ({ code }) => void told.push(code),
      ...options.events,
    },
    queues: ['q', 'q.fifo'].map((name) => localQueue(name)),
  });
  await transport.prepare();
  consumer = transport.consume(options.queue ?? 'q', { concurrency: options.concurrency ?? 10 }, async (delivery) => {
    handled.push(delivery.body);
    void delivery.acknowledge();
  });
  consumer.start();
  await handles('before');
}

/** A message that is sent now is received, run once and deleted. */
async function handles(body: string, maxMs = 120_000): Promise<void> {
  const queue = consumer.state.queue;
  const message = { body, ...(queue === 'q' ? {} : { messageGroupId: 'g' }) };
  await whileTimePasses(clock, transport.sender.send(queue, message));
  await clock.advanceUntil(() => sqs.queue(queue).messages.length === 0, maxMs);
  expect(handled.filter((other) => other === body)).toEqual([body]);
}

/** Moments at which an action was asked for since `from`. */
const askedSince = (from: number, action = 'ReceiveMessage'): number[] =>
  requests.filter((request) => request.action === action && request.at >= from).map(({ at }) => at);

/** The most requests in any second. */
function mostInASecond(moments: readonly number[]): number {
  return Math.max(0, ...moments.map((at) => moments.filter((other) => other >= at && other < at + 1000).length));
}

/** As it should be after every storm: one loop that polls, and a state that says so. */
async function recovered(): Promise<void> {
  await handles('after');
  await clock.settle();
  expect(consumer.state).toMatchObject({ polls: 1, failures: 0, lastError: undefined, trouble: undefined, stalls: 0 });
  const from = clock.monotonic() + 1;
  await clock.advance(10 * 60_000);
  expect(askedSince(from).length).toBeGreaterThanOrEqual(29);
  expect(askedSince(from).length).toBeLessThanOrEqual(31);
  expect(consumer.state.lastPollAgeMs).toBeLessThanOrEqual(20_000);
  expect(consumer.state.lastPollAt).toBe(clock.now() - (consumer.state.lastPollAgeMs ?? Number.NaN));
  expect(front.connections).toBeLessThanOrEqual(4);
}

interface Storm {
  readonly name: string;
  readonly trouble: string;
  readonly code: RegExp | string;
  readonly how?: Misbehaviour;
  readonly connecting?: Connecting;
  readonly keys?: () => Promise<Keys>;
  /** Fewest polls in an hour. */
  readonly polls?: number;
}

const garbage = (body: string): Misbehaviour => answers(200, body);
const html = '<html><body>It works!</body></html>';

const storms: Storm[] = [
  { name: 'throttling', how: refuses(400, 'ThrottlingException'), code: 'ThrottlingException', trouble: 'throttled' },
  { name: 'RequestThrottled', how: refuses(403, 'RequestThrottled'), code: 'RequestThrottled', trouble: 'throttled' },
  { name: '429 of a proxy', how: answers(429, html, 'text/html'), code: /./, trouble: 'throttled' },
  { name: '500', how: refuses(500, 'InternalFailure'), code: 'InternalFailure', trouble: 'failing' },
  { name: '500 without a body', how: answers(500), code: /./, trouble: 'failing' },
  { name: '503 of a load balancer', how: answers(503, html, 'text/html'), code: /./, trouble: 'failing' },
  { name: '302', how: answers(302, html, 'text/html'), code: /./, trouble: 'failing' },
  { name: '407 of a proxy', how: answers(407, html, 'text/html'), code: /./, trouble: 'refused' },
  { name: '408', how: answers(408), code: /./, trouble: 'failing' },
  { name: 'a denied action', how: refuses(403, 'AccessDenied'), code: 'AccessDenied', trouble: 'refused' },
  { name: 'a deleted queue', how: refuses(400, 'QueueDoesNotExist'), code: 'QueueDoesNotExist', trouble: 'refused' },
  {
    name: 'an expired token',
    how: refuses(403, 'ExpiredTokenException'),
    code: 'ExpiredTokenException',
    trouble: 'credentials',
  },
  {
    name: 'a wrong clock',
    how: refuses(403, 'RequestTimeTooSkewed'),
    code: 'RequestTimeTooSkewed',
    trouble: 'credentials',
  },
  {
    name: 'no credentials',
    keys: () => Promise.reject(namedError('CredentialsProviderError')),
    code: 'CredentialsProviderError',
    trouble: 'credentials',
  },
  { name: 'an error that is none', keys: () => Promise.reject(Object.create(null)), code: /./, trouble: 'failing' },
  {
    name: 'credentials that never come',
    keys: () => new Promise(() => undefined),
    code: 'CredentialsProviderError',
    trouble: 'credentials',
    polls: 60,
  },
  { name: 'an HTML page as an answer', how: answers(200, html, 'text/html'), code: /./, trouble: 'failing' },
  {
    name: 'XML as an answer',
    how: garbage('<?xml version="1.0"?><ReceiveMessageResponse/>'),
    code: /./,
    trouble: 'failing',
  },
  { name: 'half an answer', how: garbage('{"Messages":[{"MessageId":"1","Body":"x'), code: /./, trouble: 'failing' },
  { name: 'messages that are a text', how: garbage('{"Messages":"none"}'), code: /./, trouble: 'failing' },
  { name: 'messages that are an object', how: garbage('{"Messages":{"a":1}}'), code: /./, trouble: 'failing' },
  { name: 'messages that are numbers', how: garbage('{"Messages":[1,true,"x"]}'), code: /./, trouble: 'failing' },
  { name: 'messages without anything', how: garbage('{"Messages":[{},{}]}'), code: /./, trouble: 'failing' },
  {
    name: 'messages without handles',
    how: garbage('{"Messages":[{"MessageId":"1","Body":"x","MD5OfBody":"9dd4e461268c8034f5c8564e155c67a6"}]}'),
    code: 'UnusableAnswer',
    trouble: 'failing',
  },
  {
    name: 'messages without ids',
    how: garbage('{"Messages":[{"ReceiptHandle":"1","Body":"x","MD5OfBody":"9dd4e461268c8034f5c8564e155c67a6"}]}'),
    code: 'UnusableAnswer',
    trouble: 'failing',
  },
  {
    name: 'a wrong MD5',
    how: garbage('{"Messages":[{"MessageId":"1","ReceiptHandle":"1","Body":"x","MD5OfBody":"00"}]}'),
    code: /./,
    trouble: 'failing',
  },
  {
    name: 'an error whose type is an object',
    how: answers(400, '{"__type":{},"message":{}}'),
    code: /./,
    trouble: 'refused',
  },
  {
    name: 'an error whose message is a list',
    how: answers(500, '{"__type":7,"message":["x"]}'),
    code: /./,
    trouble: 'failing',
  },
  { name: 'a cut connection', how: cutsOff, code: /ECONNRESET|TimeoutError/, trouble: 'unreachable' },
  {
    name: 'a connection cut in the middle of a body',
    how: cutsOffInTheMiddle,
    code: /ECONNRESET|TimeoutError/,
    trouble: 'unreachable',
  },
  { name: 'a connection that ends in the middle of a body', how: endsInTheMiddle, code: /./, trouble: 'unreachable' },
  { name: 'another protocol', how: speaksSsh, code: /^HPE_/, trouble: 'unreachable' },
  { name: 'a socket that never answers', how: neverAnswers, code: /TIMED_OUT/, trouble: 'unreachable', polls: 60 },
  { name: 'a body that never ends', how: stopsInTheMiddle, code: /TIMED_OUT/, trouble: 'unreachable', polls: 60 },
  { name: 'a refused connection', connecting: 'refused', code: 'ECONNREFUSED', trouble: 'unreachable' },
  { name: 'a name that is not found', connecting: 'unresolved', code: 'ENOTFOUND', trouble: 'unreachable' },
  { name: 'a server without TLS', connecting: 'tls', code: /SSL|TLS|EPROTO/, trouble: 'unreachable' },
];

function namedError(name: string): Error {
  return Object.assign(new Error('Could not load credentials from any providers'), { name });
}

describe('an hour of', () => {
  it.each(storms)('$name', async (storm) => {
    // Keys that end soon are asked for again at every request.
    if (storm.keys) keys = async () => ({ ...(await goodKeys()), expiration: new Date(Date.now() + 1000) });
    await start();
    const from = clock.monotonic();
    if (storm.how) front.misbehave(storm.how, 'ReceiveMessage');
    if (storm.connecting) agent.connect(storm.connecting);
    if (storm.keys) keys = storm.keys;
    await clock.advance(hour);

    // The poll before the storm, and those in it.
    expect(mostInASecond(askedSince(from + 30_000))).toBe(1);
    expect(askedSince(from).length).toBeGreaterThanOrEqual(storm.polls ?? 80);
    expect(askedSince(from).length).toBeLessThanOrEqual(140);
    expect(consumer.state.trouble).toBe(storm.trouble);
    expect(consumer.state.lastError?.code).toMatch(storm.code);
    expect(consumer.state.failures).toBeGreaterThanOrEqual(50);
    expect(consumer.state.lastPollAgeMs).toBeGreaterThanOrEqual(hour - 30_000);
    // The open connections break first, and then no new one can be made.
    expect(log.matching(/^error/)).toHaveLength(storm.connecting ? 2 : 1);
    expect(handled).toEqual(['before']);

    front.behave();
    agent.connect('well');
    keys = goodKeys;
    await recovered();
    expect(log.matching(/receiving again/)).toHaveLength(1);
  });
});

describe('minutes in which every poll is answered at once with', () => {
  it.each(['', '{}', 'null', '[]', '"ok"'])('%j', async (body) => {
    await start();
    const from = clock.monotonic();
    front.misbehave(garbage(body), 'ReceiveMessage');
    await clock.advance(5 * 60_000);
    expect(mostInASecond(askedSince(from + 30_000))).toBe(1);
    front.behave();
    await recovered();
  });
});

/** A clock whose hands somebody moves. */
class JumpingClock implements Clock {
  wall = 0;
  steady = 0;
  now = (): number => clock.now() + this.wall;
  monotonic = (): number => clock.monotonic() + this.steady;
  setTimeout = (callback: () => void, delayMs: number): ReturnType<Clock['setTimeout']> =>
    clock.setTimeout(callback, delayMs);
}

describe('a clock that jumps', () => {
  const jumps = [-5 * hour, 5 * hour].flatMap((by) =>
    (['wall', 'steady'] as const).flatMap((hand) => [false, true].map((inStorm) => ({ hand, by, inStorm }))),
  );
  it.each(jumps)('$hand by $by ms, in a storm: $inStorm', async ({ hand, by, inStorm }) => {
    const jumping = new JumpingClock();
    await start({ clock: jumping });
    if (inStorm) front.misbehave(refuses(503, 'ServiceUnavailable'), 'ReceiveMessage');
    await clock.advance(30_500);
    const from = clock.monotonic();
    jumping[hand] += by;
    await clock.advance(10 * 60_000);
    expect(mostInASecond(askedSince(from + 1))).toBeLessThanOrEqual(1);
    expect(askedSince(from).length).toBeGreaterThanOrEqual(13);
    front.behave();
    await handles('after');
    expect(consumer.state).toMatchObject({ polls: 1, trouble: undefined, stalls: 0, lastPollAt: jumping.now() });
    expect(consumer.state.lastPollAgeMs).toBe(0);
    jumping[hand] = 0;
  });
});

describe('a listener that throws', () => {
  it('stops nothing', async () => {
    const fail = (): never => {
      throw new Error('listener');
    };
    const silent = Object.assign(new LogLines(), { log: fail, warn: fail, error: fail, debug: fail });
    await start({ log: silent, events: { request: fail, pollFailed: fail, pollSucceeded: fail } });
    front.misbehave(refuses(503, 'ServiceUnavailable'), 'ReceiveMessage');
    await clock.advance(60_000);
    expect(consumer.state).toMatchObject({ trouble: 'failing' });
    front.behave();
    await handles('after');
    expect(consumer.state).toMatchObject({ polls: 1, failures: 0, trouble: undefined });
  });
});

describe('a FIFO queue', () => {
  it('repeats a lost answer once, and is then polled no faster', async () => {
    await start({ queue: 'q.fifo' });
    const from = clock.monotonic() + 20_000;
    front.misbehave(cutsOff, 'ReceiveMessage');
    await clock.advance(hour);
    const asked = askedSince(from);
    expect(asked[1]).toBe(asked[0]);
    expect(mostInASecond(asked.slice(1))).toBe(1);
    front.behave();
    await handles('after');
    expect(consumer.state).toMatchObject({ polls: 1, trouble: undefined });
  });
});

describe('a request handler', () => {
  type Handle = SQSClient['config']['requestHandler']['handle'];
  const handlerCases: { name: string; handle: Handle }[] = [
    { name: 'throws at once', handle: () => thrown() },
    { name: 'never settles, not even when it is aborted', handle: () => new Promise(() => undefined) },
    { name: 'resolves with nothing', handle: () => Promise.resolve(Object.create(null)) },
    { name: 'rejects with nothing', handle: () => Promise.reject(undefined) },
  ];
  const thrown = (): never => {
    throw new TypeError('handler');
  };
  it.each(handlerCases)('that $name', async ({ handle }) => {
    const inner = new SQSClient({ region: 'us-east-1', requestHandler: { httpAgent: agent } }).config.requestHandler;
    const good: Handle = (request, options) => inner.handle(request, options);
    let current = good;
    const handler: typeof inner = Object.assign(Object.create(inner) as typeof inner, {
      handle: (...args: Parameters<Handle>) => current(...args),
      destroy: () => inner.destroy?.(),
    });
    await start({ config: { requestHandler: handler } });
    await clock.advance(20_001);
    const from = clock.monotonic();
    current = handle;
    await clock.advance(hour);
    expect(mostInASecond(askedSince(from))).toBe(1);
    expect(consumer.state.trouble).toMatch(/failing|unreachable/);
    current = good;
    await recovered();
  });
});

describe('keys that AWS rejects', () => {
  it('are asked for anew, although they seemed to have no end', async () => {
    let current = 'old';
    let asked = 0;
    keys = async () => {
      asked++;
      return { accessKeyId: current, secretAccessKey: 'local' };
    };
    await start();
    front.misbehave(refuses(403, 'ExpiredTokenException'), 'ReceiveMessage');
    await clock.advance(60_000);
    expect(consumer.state.trouble).toBe('credentials');
    expect(asked).toBeGreaterThan(2);
    expect(asked).toBeLessThanOrEqual(askedSince(0).length + 1);
    current = 'new';
    await clock.advance(60_000);
    const used: string[] = [];
    front.misbehave((request, response) => {
      used.push(/Credential=(\w+)/.exec(request.headers.authorization ?? '')?.[1] ?? '');
      answers(200, '{}')(request, response);
    }, 'ReceiveMessage');
    await clock.advance(60_000);
    expect(new Set(used)).toEqual(new Set(['new']));
  });

  it('are the only ones that are asked for again', async () => {
    let asked = 0;
    keys = async () => {
      asked++;
      return goodKeys();
    };
    await start();
    front.misbehave(refuses(503, 'ServiceUnavailable'), 'ReceiveMessage');
    await clock.advance(hour);
    expect(asked).toBe(1);
  });
});

describe('a client of the application', () => {
  it.each(['ReceiveMessage', 'DeleteMessageBatch'])(
    'keeps no socket of a %s that is never answered',
    async (action) => {
      const made: SQSClient[] = [];
      await start({
        client: (config) => {
          const client = new SQSClient({ ...config, maxAttempts: 1 });
          made.push(client);
          return client;
        },
      });
      front.misbehave(neverAnswers, action);
      await transport.sender.send('q', { body: 'slow' });
      await clock.advance(10 * 60_000);
      expect(front.connections).toBeLessThanOrEqual(20);
      front.behave();
      await handles('after');
      for (const client of made) client.destroy();
    },
  );
});

describe('answers to batches', () => {
  const broken: { name: string; how: Misbehaviour }[] = [
    { name: 'an HTML page', how: answers(200, html, 'text/html') },
    { name: 'nothing', how: answers(200) },
    { name: 'an empty object', how: garbage('{}') },
    { name: 'somebody else’s JSON', how: garbage('{"ok":true}') },
    { name: 'a redirection', how: answers(302, html, 'text/html') },
    { name: 'half an answer', how: garbage('{"Successful":[{"Id":"0"') },
    { name: 'no entry of its own', how: garbage('{"Successful":[{"Id":"77"}],"Failed":[]}') },
    { name: 'a cut in the middle', how: cutsOffInTheMiddle },
    { name: 'silence', how: neverAnswers },
    { name: 'half a body', how: stopsInTheMiddle },
  ];

  it.each(broken)('that are $name delete nothing, and the delete is repeated', async ({ how }) => {
    await start();
    front.misbehave(how, 'DeleteMessageBatch');
    await transport.sender.send('q', { body: 'm' });
    await clock.advance(10 * 60_000);
    expect(sqs.queue('q').messages).toHaveLength(1);
    expect(consumer.state.acknowledging).toBe(1);
    front.behave();
    await clock.advanceUntil(() => sqs.queue('q').messages.length === 0, 30_000);
    expect(handled).toEqual(['before', 'm']);
  });

  it.each(broken)('that are $name send nothing, and the send is repeated', async ({ how }) => {
    await start();
    front.misbehave(how, 'SendMessageBatch');
    let sent = false;
    const sending = transport.sender.send('q', { body: 'm' }).then(() => (sent = true));
    await clock.advance(2000);
    expect(sent).toBe(false);
    front.behave();
    await whileTimePasses(clock, sending);
    await clock.advanceUntil(() => handled.includes('m'), 30_000);
  });
});

describe('a storm of', () => {
  const sendMany = (count: number): Promise<unknown> =>
    Promise.all(Array.from({ length: count }, (_, n) => transport.sender.send('q', { body: `m${n}` })));

  const failing: { name: string; how: Misbehaviour }[] = [
    { name: 'an unavailable service', how: refuses(503, 'ServiceUnavailable') },
    { name: 'throttling', how: refuses(400, 'ThrottlingException') },
    { name: 'cut connections', how: cutsOff },
    { name: 'silence', how: neverAnswers },
    {
      name: 'refused entries',
      how: garbage(
        JSON.stringify({
          Failed: Array.from({ length: 10 }, (_, n) => ({ Id: String(n), Code: 'InternalError', SenderFault: false })),
        }),
      ),
    },
  ];

  it.each(failing)('deletes that fail ($name) is one request a second', async ({ how }) => {
    await start({ concurrency: 50 });
    front.misbehave(how, 'DeleteMessageBatch');
    await sendMany(100);
    await clock.advance(10_000);
    const from = clock.monotonic();
    await clock.advance(40_000);
    expect(mostInASecond(askedSince(from, 'DeleteMessageBatch'))).toBe(1);
    front.behave();
    await clock.advanceUntil(() => sqs.queue('q').messages.length === 0, 60_000);
    expect(handled).toHaveLength(101);
  });

  it('failing deletes fetches no more than can be held', async () => {
    await start({ concurrency: 10 });
    front.misbehave(refuses(503, 'ServiceUnavailable'), 'DeleteMessageBatch');
    await sendMany(200);
    await clock.advance(20_000);
    expect(handled.length).toBeLessThanOrEqual(1 + 100 + 20);
    expect(consumer.state).toMatchObject({ polls: 0, trouble: undefined, stalls: 0 });
    front.behave();
    await clock.advanceUntil(() => sqs.queue('q').messages.length === 0, 60_000);
    expect(handled).toHaveLength(201);
    expect(consumer.state).toMatchObject({ trouble: undefined, stalls: 0 });
  });

  it.each(failing)('extensions and releases that fail ($name) is one request a second', async ({ how }) => {
    await start();
    const released = transport.consume('q', { concurrency: 100 }, async (delivery) => {
      await new Promise<void>((resolve) => void clock.setTimeout(resolve, 25_000));
      await delivery.release(60).catch(() => undefined);
    });
    await whileTimePasses(clock, consumer.stop({ shutdownTimeoutMs: 0 }));
    consumer = released;
    released.start();
    await sendMany(60);
    const from = clock.monotonic();
    front.misbehave(how, 'ChangeMessageVisibilityBatch');
    await clock.advance(60_000);
    const asked = askedSince(from + 20_000, 'ChangeMessageVisibilityBatch');
    expect(asked.length).toBeGreaterThan(5);
    expect(mostInASecond(asked)).toBe(1);
  });
});
