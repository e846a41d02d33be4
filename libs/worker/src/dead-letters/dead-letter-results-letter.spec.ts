import { createTaskMessage } from '#celery';
import { describe, expect, it } from 'vitest';
import { deathOf } from './dead-letter-results-letter.js';
import { FIFO, RecordedDelivery, STANDARD, withRedrive } from '../worker.test-support.js';

const CELERY = withRedrive(STANDARD, 10);
const ORDERS = withRedrive(FIFO, 3);
const ARN = 'arn:aws:sqs:us-east-1:000000000000:';

function death(receiveCount: number, { queue = 'celery', source }: { queue?: string; source?: string } = {}) {
  const message = createTaskMessage({ task: 'do', queue, origin: 'gen1@test', now: 0 });
  const letter = Object.assign(
    new RecordedDelivery({ receiveCount }),
    source !== undefined && { deadLetterSourceArn: ARN + source },
  );
  return deathOf(letter, message, [CELERY, ORDERS]);
}

describe('deathOf', () => {
  it('counts looks from what the message was received on its own queue', () => {
    expect(death(11)).toEqual({ kind: 'lost', receives: 10, looks: 1 });
    expect(death(4, { queue: 'orders.fifo' })).toEqual({ kind: 'lost', receives: 3, looks: 1 });
    expect(death(35)).toMatchObject({ looks: 25 });
  });

  it('believes SQS before the message', () => {
    expect(death(4, { source: 'orders.fifo' })).toMatchObject({ receives: 3, looks: 1 });
    expect(death(4, { source: 'orders' })).toEqual({ kind: 'foreign' });
  });

  it('takes the first queue where the message names none that is known', () => {
    expect(death(11, { queue: 'renamed' })).toMatchObject({ kind: 'lost', receives: 10 });
  });

  it('understands endpoints that begin to count again', () => {
    expect(death(1)).toMatchObject({ looks: 1 });
    expect(death(2)).toMatchObject({ looks: 2 });
  });
});
