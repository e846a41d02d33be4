import { mayGoBack, systemClock } from '#celery';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { park, planPark, type ParkState } from './park.js';
import { FIFO, STANDARD, RecordedDelivery, RecordedSender, withRedrive } from './worker.test-support.js';

const DAY = 86_400;

function plan(state: Partial<ParkState>) {
  return planPark({
    remaining: 60,
    held: 0,
    age: 0,
    retention: 4 * DAY,
    mayGoBack: true,
    fifo: false,
    roomInFlight: true,
    ...state,
  });
}

describe('planPark', () => {
  it.each([
    ['waits by visibility', {}, { via: 'visibility', delaySeconds: 60 }],
    ['no longer than SQS allows', { remaining: DAY }, { via: 'visibility', delaySeconds: 43_199 }],
    ['less the time it was held', { remaining: DAY, held: 100 }, { via: 'visibility', delaySeconds: 43_099 }],
    [
      'publishes again where the redrive policy would take the next receive',
      { mayGoBack: false },
      { via: 'republish', delaySeconds: 60 },
    ],
    [
      'with no longer a delay than SQS has',
      { mayGoBack: false, remaining: DAY },
      { via: 'republish', delaySeconds: 900 },
    ],
    [
      'comes back before its retention ends',
      { remaining: DAY, age: 3 * DAY - 100 },
      { via: 'visibility', delaySeconds: 100 },
    ],
    ['to be published again', { remaining: DAY, age: 3 * DAY + 100 }, { via: 'republish', delaySeconds: 900 }],
    ['publishes again where too many are in flight', { roomInFlight: false }, { via: 'republish', delaySeconds: 60 }],
    ['keeps its place on a FIFO queue', { fifo: true, mayGoBack: false }, { via: 'visibility', delaySeconds: 60 }],
    ['even where too many are in flight', { fifo: true, roomInFlight: false }, { via: 'visibility', delaySeconds: 60 }],
  ])('%s', (_what, state, expected) => {
    expect(plan(state)).toEqual(expected);
  });

  it('brings any ETA to its time: nothing is dead-lettered or forgotten on the way', () => {
    const journeys = fc.record({
      eta: fc.integer({ min: 3, max: 30 * DAY }),
      retention: fc.integer({ min: 3_600, max: 14 * DAY }),
      maxReceiveCount: fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined }),
      crowdedEvery: fc.integer({ min: 1, max: 5 }),
    });
    fc.assert(
      fc.property(journeys, ({ eta, retention, maxReceiveCount, crowdedEvery }) => {
        const queue = maxReceiveCount === undefined ? STANDARD : withRedrive(STANDARD, maxReceiveCount);
        const journey = { now: 0, sentAt: 0, receiveCount: 1, requests: 0, shortest: 1, oldest: 0, mostReceives: 1 };
        while (journey.now < eta) {
          const { now, sentAt } = journey;
          const goBack = mayGoBack(new RecordedDelivery({ queue, receiveCount: journey.receiveCount }));
          const { via, delaySeconds } = plan({
            remaining: eta - now,
            age: now - sentAt,
            retention,
            mayGoBack: goBack,
            roomInFlight: journey.requests % crowdedEvery === 0,
          });
          if (via === 'republish') Object.assign(journey, { sentAt: now, receiveCount: 0 });
          journey.now += delaySeconds;
          journey.receiveCount += 1;
          journey.requests += 1;
          journey.shortest = Math.min(journey.shortest, delaySeconds);
          journey.oldest = Math.max(journey.oldest, journey.now - journey.sentAt);
          journey.mostReceives = Math.max(journey.mostReceives, journey.receiveCount);
          if (delaySeconds <= 0) break;
        }
        expect(journey.now).toBe(eta);
        expect(journey.shortest).toBeGreaterThan(0);
        expect(journey.oldest).toBeLessThan(retention);
        expect(journey.mostReceives).toBeLessThanOrEqual(maxReceiveCount ?? Infinity);
        expect(journey.requests).toBeLessThanOrEqual(2 + 2 * (eta / Math.min(900, retention * 0.7)));
      }),
    );
  });
});

describe('park', () => {
  it.each([
    ['by visibility where nobody watches', STANDARD, undefined, ['release 60']],
    ['by visibility where there is room in flight', STANDARD, true, ['ask celery', 'release 60']],
    ['by a new message where there is none', STANDARD, false, ['ask celery', 'send to celery', 'acknowledge']],
    ['in place on a FIFO queue, without asking', FIFO, false, ['release 60']],
    [
      'by a new message at its last receive, without asking',
      withRedrive(STANDARD, 1),
      true,
      ['send to celery', 'acknowledge'],
    ],
  ])('waits %s', async (_what, queue, room, actions) => {
    const delivery = new RecordedDelivery({ queue });
    const mayPark = async (name: string): Promise<boolean> => {
      delivery.actions.push(`ask ${name}`);
      return room === true;
    };
    const inFlight = room === undefined ? undefined : { mayPark };
    const sender = new RecordedSender(delivery.actions);
    expect(await park(delivery, 60, { sender, clock: systemClock, inFlight })).toBe(60);
    expect(delivery.actions).toEqual(actions);
  });
});
