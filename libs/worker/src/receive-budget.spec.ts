import { MAX_VISIBILITY_SECONDS, mayGoBack, type MessageAttributes, type QueueInfo } from '#celery';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EARLIER_RECEIVES } from './earlier-receives.js';
import { planPark } from './park.js';
import {
  earlierRuns,
  isCrashLooping,
  isRetriedInPlace,
  mayBeParked,
  mayBePostponed,
  mayRetryInPlace,
  planPostponement,
  postponeAttributes,
  receivesForEta,
  retriesInPlaceOf,
  type PostponeState,
  type Receive,
} from './receive-budget.js';
import { FIFO, STANDARD, withRedrive } from './worker.test-support.js';

const HOUR = 3_600;
const DAY = 24 * HOUR;
const MAX_DELIVERIES = 10;
const SEEN = { ...FIFO, visibilityTimeout: 30 };

function receive(init: Partial<Receive> & { carried?: number | string } = {}): Receive {
  const { carried, ...rest } = init;
  const messageAttributes: MessageAttributes =
    carried === undefined ? {} : { [EARLIER_RECEIVES]: { DataType: 'Number', StringValue: String(carried) } };
  return { queue: STANDARD, receiveCount: 1, unstartedReceives: 0, firstReceivedAt: 0, messageAttributes, ...rest };
}

function withLimit(queue: QueueInfo, maxReceiveCount: number | undefined): QueueInfo {
  return maxReceiveCount === undefined ? queue : withRedrive(queue, maxReceiveCount);
}

describe('receivesForEta', () => {
  it.each([
    ['none', undefined, STANDARD, 0],
    ['past', -1, STANDARD, 0],
    ['so close that it is waited for', 2_000, STANDARD, 0],
    ['close', 2_001, STANDARD, 1],
    ['what one park reaches', 43_140_000, STANDARD, 1],
    ['30 days', 30 * DAY * 1000, STANDARD, 61],
    ['30 days, of a redrive policy that allows 9 parks', 30 * DAY * 1000, withRedrive(FIFO, 11), 9],
    ['close, where nothing is parked', 60_000, withRedrive(FIFO, 2), 0],
  ])('of an ETA that is %s', (_what, eta, queue, receives) => {
    expect(receivesForEta(receive({ queue }), eta)).toBe(receives);
  });
});

describe('earlierRuns', () => {
  it.each([
    ['the first receive', {}, 0, 0],
    ['a later one', { receiveCount: 5 }, 0, 4],
    ['hand-backs that this process made', { receiveCount: 5, unstartedReceives: 3 }, 0, 1],
    ['receives that the ETA explains', { receiveCount: 5 }, 2, 2],
    ['more explanations than receives', { receiveCount: 2, unstartedReceives: 1 }, 5, 0],
    ['what came before a re-publish', { receiveCount: 2, carried: 4 }, 5, 4],
    ['an attribute of somebody else', { carried: 'x' }, 0, 0],
    ['a negative one', { carried: -3 }, 0, 0],
  ])('counts %s', (_what, init, explained, runs) => {
    expect(earlierRuns(receive(init), explained)).toBe(runs);
  });
});

describe('isCrashLooping', () => {
  const redriven = withRedrive(STANDARD, 3);

  it.each([
    ['at the last receive', { receiveCount: 10 }, 0, false],
    ['after it', { receiveCount: 11 }, 0, true],
    ['not for what the ETA explains', { receiveCount: 13 }, 3, false],
    ['after that', { receiveCount: 14 }, 3, true],
    ['not for what never started', { receiveCount: 13, unstartedReceives: 3 }, 0, false],
    ['never where SQS decides', { queue: redriven, receiveCount: 100 }, 0, false],
    ['after a re-publish only beyond what postponements may take', { carried: 14 }, 0, false],
    ['there', { carried: 15 }, 0, true],
    ['after a re-publish where SQS decides: not before', { queue: redriven, carried: 3 }, 0, false],
    ['after a re-publish where SQS decides', { queue: redriven, carried: 3, receiveCount: 2 }, 0, true],
  ])('%s', (_when, init, explained, expected) => {
    expect(isCrashLooping(receive(init), MAX_DELIVERIES, explained)).toBe(expected);
  });
});

describe('mayRetryInPlace', () => {
  const redriven = withRedrive(FIFO, 3);

  it.each([
    ['as often as maxDeliveries', { receiveCount: 9 }, 0, true],
    ['no more often', { receiveCount: 10 }, 0, false],
    ['beside the receives that the ETA explains', { receiveCount: 12 }, 3, true],
    ['beside those that never started', { receiveCount: 12, unstartedReceives: 3 }, 0, true],
    ['as often as the redrive policy allows', { queue: redriven, receiveCount: 2 }, 0, true],
    ['no more often than that', { queue: redriven, receiveCount: 3 }, 5, false],
    ['for as many receives as there are over all re-publishes', { queue: redriven, carried: 3 }, 0, false],
  ])('%s', (_what, init, explained, expected) => {
    expect(mayRetryInPlace(receive({ queue: FIFO, ...init }), MAX_DELIVERIES, explained)).toBe(expected);
  });
});

describe('retriesInPlaceOf', () => {
  const options = { acksLate: true, retryVia: 'republish' } as const;

  it.each([
    ['on a FIFO queue', options, FIFO, 2],
    ['on a standard queue', options, STANDARD, 0],
    ['on a standard queue by visibility', { ...options, retryVia: 'visibility' } as const, STANDARD, 2],
    ['with early acknowledgement', { acksLate: false, retryVia: 'visibility' } as const, FIFO, 0],
  ])('%s', (_where, taskOptions, queue, retries) => {
    const third = receive({ queue, receiveCount: 4 });
    expect(retriesInPlaceOf(taskOptions, third, 60_000)).toBe(retries);
    expect(isRetriedInPlace(taskOptions, queue)).toBe(retries > 0);
  });
});

describe('planPostponement', () => {
  const crowded = Object.fromEntries(
    Array.from({ length: 10 }, (_, index) => [`a${index}`, { DataType: 'String', StringValue: 'x' }]),
  );

  function plan(init: Parameters<typeof receive>[0], state: Partial<PostponeState> = {}) {
    return planPostponement(receive(init), {
      maxDeliveries: MAX_DELIVERIES,
      retriesCountReceives: false,
      explainedReceives: 0,
      roomInFlight: true,
      ...state,
    });
  }

  it.each([
    ['the first half of 10 receives', { queue: withRedrive(STANDARD, 10), receiveCount: 5 }, {}, 'visibility'],
    ['no more of them', { queue: withRedrive(STANDARD, 10), receiveCount: 6 }, {}, 'republish'],
    ['the receives before a re-publish counted', { queue: withRedrive(STANDARD, 10), carried: 5 }, {}, 'republish'],
    ['the first of 3', { queue: withRedrive(STANDARD, 3) }, {}, 'visibility'],
    ['not the second of 3', { queue: withRedrive(STANDARD, 3), receiveCount: 2 }, {}, 'republish'],
    ['none of 2', { queue: withRedrive(STANDARD, 2) }, {}, 'republish'],
    ['none of 1', { queue: withRedrive(STANDARD, 1) }, {}, 'republish'],
    ['half of maxDeliveries', { receiveCount: 5 }, {}, 'visibility'],
    ['no more of those', { receiveCount: 6 }, {}, 'republish'],
    ['but what the ETA explains', { receiveCount: 8 }, { explainedReceives: 3 }, 'visibility'],
    [
      'which SQS counts all the same',
      { queue: withRedrive(STANDARD, 10), receiveCount: 8 },
      { explainedReceives: 3 },
      'republish',
    ],
    ['none where receives count retries', {}, { retriesCountReceives: true }, 'republish'],
    ['none where too many are in flight', {}, { roomInFlight: false }, 'republish'],
    [
      'none where the redrive policy is not known',
      { queue: { name: 'q', url: 'http://127.0.0.1/0/q', fifo: false } },
      {},
      'republish',
    ],
    ['none on a FIFO queue where receives count retries', { queue: SEEN }, { retriesCountReceives: true }, 'keep'],
    ['the first half on a FIFO queue where a store does', { queue: withRedrive(SEEN, 10) }, {}, 'visibility'],
    ['however many are in flight', { queue: withRedrive(SEEN, 10) }, { roomInFlight: false }, 'visibility'],
    ['not the rest of a FIFO queue', { queue: withRedrive(SEEN, 10), receiveCount: 6 }, {}, 'keep'],
    ['none where the count cannot be carried', { messageAttributes: crowded, receiveCount: 6 }, {}, 'keep'],
  ])('spends %s', (_what, init, state, expected) => {
    expect(plan(init, state)).toBe(expected);
  });

  it('tells beforehand who may leave this worker', () => {
    expect(mayBePostponed(receive())).toBe(true);
    expect(mayBePostponed(receive({ queue: FIFO }))).toBe(false);
    expect(mayBePostponed(receive({ messageAttributes: crowded }))).toBe(false);
  });

  it('carries on a re-publish at how many receives the message may have run', () => {
    expect(postponeAttributes(receive(), 0)).toEqual({});
    expect(postponeAttributes(receive({ receiveCount: 4 }), 1)).toEqual({
      [EARLIER_RECEIVES]: { DataType: 'Number', StringValue: '2' },
    });
    expect(postponeAttributes(receive({ receiveCount: 2, carried: 3 }), 0)).toEqual({
      [EARLIER_RECEIVES]: { DataType: 'Number', StringValue: '4' },
    });
  });
});

/** What happens to a message that is due, at one receive. */
type Move = 'postpone' | 'handBack' | 'crash' | 'retry' | 'succeed';
type End = 'succeeded' | 'failed' | 'crashLooping' | 'deadLettered' | 'forgotten' | 'unending';

interface World {
  readonly queue: QueueInfo;
  /** Seconds from the first send. */
  readonly eta?: number;
  readonly retryVia?: 'republish' | 'visibility';
  readonly maxRetries?: number;
  /** Seconds a message is held before it is parked. */
  readonly held?: number;
  readonly moves: (step: number) => Move;
}

/** One message on a queue of SQS's, and what a worker of ours does with it; time is in seconds. */
class Life {
  readonly runs: number[] = [];
  now = 0;
  sentAt = 0;
  receiveCount = 0;
  unstarted = 0;
  firstReceivedAt: number | undefined;
  attributes: MessageAttributes = {};
  header = 0;
  steps = 0;

  constructor(readonly world: World) {}

  /** Receive after receive until the message is gone. */
  end(): End {
    for (let receives = 0; receives < 3_000; receives += 1) {
      const { redrivePolicy } = this.world.queue;
      this.receiveCount += 1;
      this.firstReceivedAt ??= this.now;
      if (this.now - this.sentAt >= 14 * DAY) return 'forgotten';
      if (redrivePolicy && this.receiveCount > redrivePolicy.maxReceiveCount) return 'deadLettered';
      const end = this.early() ? undefined : this.due();
      if (end) return end;
    }
    return 'unending';
  }

  get receive(): Receive {
    const { receiveCount, unstarted: unstartedReceives, attributes: messageAttributes } = this;
    const firstReceivedAt = (this.firstReceivedAt ?? 0) * 1000;
    return { queue: this.world.queue, receiveCount, unstartedReceives, messageAttributes, firstReceivedAt };
  }

  /** True when the message went away to wait for its ETA; a FIFO message that may not is kept. */
  early(): boolean {
    const { eta = 0, queue, held = 0 } = this.world;
    if (eta - this.now <= 2) return false;
    if (!mayBeParked(this.receive)) {
      const lasts = MAX_VISIBILITY_SECONDS >= eta - this.now;
      this.now = lasts ? eta : this.now + MAX_VISIBILITY_SECONDS;
      return !lasts;
    }
    this.now += held;
    const age = this.now - this.sentAt;
    const goBack = mayGoBack(this.receive);
    const state = { remaining: eta - this.now, held, age, retention: 14 * DAY, mayGoBack: goBack };
    const { via, delaySeconds } = planPark({ ...state, fifo: queue.fifo, roomInFlight: true });
    if (via === 'republish') this.republish();
    this.now += delaySeconds;
    return true;
  }

  due(): End | undefined {
    const { moves } = this.world;
    if (isCrashLooping(this.receive, MAX_DELIVERIES, this.explained)) return 'crashLooping';
    for (;;) {
      const move = moves((this.steps += 1));
      if (move === 'postpone' && this.kept()) continue;
      if (move === 'handBack' && !this.handedBack()) continue;
      this.now += 30;
      return move === 'postpone' || move === 'handBack' ? undefined : this.run(move);
    }
  }

  get explained(): number {
    return receivesForEta(this.receive, this.world.eta === undefined ? undefined : this.world.eta * 1000);
  }

  get options() {
    return { acksLate: true, retryVia: this.world.retryVia ?? 'republish' };
  }

  /** True when the message waits under its lease and is due again without another receive. */
  kept(): boolean {
    this.now += 60;
    if (this.steps > 5_000) throw new Error('postponed for ever');
    const via = planPostponement(this.receive, {
      maxDeliveries: MAX_DELIVERIES,
      retriesCountReceives: isRetriedInPlace(this.options, this.world.queue),
      explainedReceives: this.explained,
      roomInFlight: true,
    });
    if (via === 'republish') {
      const attributes = { ...this.attributes, ...postponeAttributes(this.receive, this.explained) };
      this.republish();
      this.attributes = attributes;
    }
    return via === 'keep';
  }

  handedBack(): boolean {
    if (!mayGoBack(this.receive)) return false;
    this.unstarted += 1;
    return true;
  }

  run(move: 'crash' | 'retry' | 'succeed'): End | undefined {
    const { eta, queue, maxRetries = 3 } = this.world;
    const inPlace = retriesInPlaceOf(this.options, this.receive, eta === undefined ? undefined : eta * 1000);
    this.runs.push(this.now);
    if (move === 'succeed') return 'succeeded';
    if (move === 'crash') return undefined;
    if (this.header + inPlace >= maxRetries) return 'failed';
    if (isRetriedInPlace(this.options, queue)) {
      return mayRetryInPlace(this.receive, MAX_DELIVERIES, this.explained) ? undefined : 'failed';
    }
    this.header += 1;
    this.republish();
    this.attributes = {};
    return undefined;
  }

  republish(): void {
    this.receiveCount = 0;
    this.unstarted = 0;
    this.sentAt = this.now;
    this.firstReceivedAt = undefined;
  }
}

function live(world: World): { end: End; runs: number; firstRun: number | undefined } {
  const life = new Life(world);
  const end = life.end();
  return { end, runs: life.runs.length, firstRun: life.runs[0] };
}

/** These moves, then the last of them for ever. */
function script(...moves: Move[]): World['moves'] {
  return (step) => moves[Math.min(step, moves.length) - 1] ?? 'succeed';
}

/** Receives that postponements leave to runs, by `maxReceiveCount`; without one `maxDeliveries` counts. */
const LIMITS = [
  { maxReceiveCount: 1, forRuns: 1 },
  { maxReceiveCount: 3, forRuns: 2 },
  { maxReceiveCount: 10, forRuns: 5 },
  { maxReceiveCount: undefined, forRuns: 5 },
];

describe.each(LIMITS)('a message with maxReceiveCount $maxReceiveCount', ({ maxReceiveCount, forRuns }) => {
  const standard = withLimit(STANDARD, maxReceiveCount);
  const fifo = withLimit(SEEN, maxReceiveCount);
  const receives = maxReceiveCount ?? MAX_DELIVERIES;
  const held = fc.integer({ min: 0, max: 30 });

  it('waits 30 days for its ETA on a standard queue, and runs once', () => {
    fc.assert(
      fc.property(held, fc.integer({ min: 3, max: 30 * DAY }), (seconds, eta) => {
        const { end, runs, firstRun } = live({ queue: standard, eta, held: seconds, moves: script('succeed') });
        expect([end, runs]).toEqual(['succeeded', 1]);
        expect(firstRun).toBeGreaterThanOrEqual(eta - 2);
      }),
    );
  });

  it('waits on a FIFO queue as long as its receives allow, and has its retries then', () => {
    const parks = Math.max(0, (maxReceiveCount ?? 26) - 2);
    const eta = fc.integer({ min: 3, max: parks * (MAX_VISIBILITY_SECONDS - 60) + 11 * HOUR });
    fc.assert(
      fc.property(held, eta, (seconds, ahead) => {
        const { end, runs, firstRun } = live({ queue: fifo, eta: ahead, held: seconds, moves: script('retry') });
        expect(end).toBe('failed');
        expect(runs).toBeGreaterThanOrEqual(Math.min(2, receives));
        expect(runs).toBeLessThanOrEqual(5);
        expect(firstRun).toBeGreaterThanOrEqual(ahead - 2);
      }),
    );
  });

  it('is retried in place as often as its receives allow after a short ETA', () => {
    const { end, runs } = live({ queue: fifo, eta: HOUR, moves: script('retry') });
    const parked = receives > 2 ? 1 : 0;
    expect([end, runs]).toEqual(['failed', Math.min(4, (maxReceiveCount ?? Infinity) - parked)]);
  });

  it('is never dead-lettered by postponements, whatever else they leave receives for', () => {
    const moves = fc.array(fc.constantFrom<Move>('postpone', 'postpone', 'postpone', 'crash'), { maxLength: 80 });
    const eta = fc.option(fc.integer({ min: 0, max: 2 * HOUR }), { nil: undefined });
    fc.assert(
      fc.property(moves, (choice) => {
        let crashes = 0;
        const bearable = choice.filter((move) => move !== 'crash' || (crashes += 1) < forRuns);
        expect(live({ queue: standard, moves: script(...bearable, 'succeed') }).end).toBe('succeeded');
      }),
    );
    fc.assert(
      fc.property(fc.nat(200), eta, (postponements, ahead) => {
        const moves = script(...Array.from({ length: postponements }, (): Move => 'postpone'), 'succeed');
        const world = { queue: standard, moves, ...(ahead !== undefined && { eta: ahead }) };
        expect(live(world)).toMatchObject({ end: 'succeeded', runs: 1 });
      }),
    );
  });

  it('is never dead-lettered by being handed back unstarted', () => {
    const moves = fc.array(fc.constantFrom<Move>('postpone', 'handBack'), { maxLength: 80 });
    fc.assert(
      fc.property(fc.constantFrom(standard, fifo), moves, (queue, choice) => {
        expect(live({ queue, moves: script(...choice, 'succeed') })).toMatchObject({ end: 'succeeded', runs: 1 });
      }),
    );
  });

  it('does not crash workers for ever, however often it is postponed or handed back between', () => {
    const moves = fc.array(fc.constantFrom<Move>('postpone', 'handBack', 'crash'), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(fc.constantFrom(standard, fifo), moves, (queue, choice) => {
        const cycle = [...choice, 'crash'] as const;
        const { end, runs } = live({ queue, moves: (step) => cycle[(step - 1) % cycle.length] ?? 'crash' });
        expect(['deadLettered', 'crashLooping']).toContain(end);
        expect(runs).toBeGreaterThanOrEqual(1);
        expect(runs).toBeLessThanOrEqual(receives + Math.floor(receives / 2));
      }),
    );
  });

  it('runs exactly as often as it may be received when it only crashes', () => {
    const crashing = live({ queue: standard, moves: script('crash') });
    expect(crashing).toMatchObject({ end: maxReceiveCount ? 'deadLettered' : 'crashLooping', runs: receives });
    const early = live({ queue: standard, eta: 30 * DAY, moves: script('crash') });
    expect(['deadLettered', 'crashLooping']).toContain(early.end);
    expect(early.runs).toBeLessThanOrEqual(receives + 1);
  });

  it('has all of its retries, postponed or not, and no more', () => {
    const moves = fc.array(fc.constantFrom<Move>('postpone', 'retry'), { maxLength: 40 });
    const worlds = fc.constantFrom(
      { queue: standard, retryVia: 'visibility' as const },
      { queue: fifo, retryVia: 'republish' as const },
      { queue: standard, retryVia: 'republish' as const },
    );
    fc.assert(
      fc.property(worlds, moves, fc.integer({ min: 0, max: 12 }), (world, choice, maxRetries) => {
        const { end, runs } = live({ ...world, maxRetries, moves: script(...choice, 'retry') });
        const isRepublished = world.retryVia === 'republish' && !world.queue.fifo;
        expect(end).toBe('failed');
        expect(runs).toBeLessThanOrEqual(maxRetries + 1);
        expect(runs).toBeGreaterThanOrEqual(Math.min(maxRetries + 1, isRepublished ? Infinity : receives));
      }),
    );
  });
});
