import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkPredefinedQueue } from './predefined-queue.js';
import { canonicalQueueName, isFifoName, sqsNameProblem } from './queue-name.js';

interface NameTable {
  rows: { name: string; sqs_name: string }[];
}

const table = JSON.parse(
  readFileSync(new URL('../../../../test/vectors/tables/entity_name.json', import.meta.url), 'utf8'),
) as NameTable;

describe('canonicalQueueName', () => {
  it.each(table.rows)("mangles '$name' as kombu does", ({ name, sqs_name }) => {
    expect(canonicalQueueName(name)).toBe(sqs_name);
  });

  it('mangles the prefix too', () => {
    expect(canonicalQueueName('a:b/c.d@e~f', 'prod-my.app_')).toBe('prod-my-app_a_b_c-d_e_f');
    expect(canonicalQueueName('orders.fifo', 'my.')).toBe('my-orders.fifo');
  });
});

describe('isFifoName', () => {
  it('knows the suffix in lower case only', () => {
    expect(['orders.fifo', 'orders.FIFO', 'fifo', 'a.fifo.x'].map(isFifoName)).toEqual([true, false, false, false]);
  });
});

describe('sqsNameProblem', () => {
  it('accepts what SQS accepts', () => {
    expect(['celery', 'my-orders.fifo', 'A_1', 'x'.repeat(80)].map((name) => sqsNameProblem(name))).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it.each(['', '.fifo', 'a b', 'é', 'a.b', 'x'.repeat(81)])("refuses '%s'", (name) => {
    expect(sqsNameProblem(name)).toContain(`'${name}'`);
  });
});

describe('checkPredefinedQueue', () => {
  it('accepts a name and a URL that agree', () => {
    expect(checkPredefinedQueue('celery', 'https://sqs/1/celery')).toBeUndefined();
    expect(checkPredefinedQueue('a.fifo', 'https://sqs/1/a.fifo')).toBeUndefined();
  });

  it("refuses what kombu refuses, in kombu's words", () => {
    expect(checkPredefinedQueue('a', 'https://sqs/1/a.fifo')).toContain(
      "Queue with url 'https://sqs/1/a.fifo' must have a name ending with .fifo",
    );
    expect(checkPredefinedQueue('a.fifo', 'https://sqs/1/a')).toBe(
      "Queue with name 'a.fifo' is not a FIFO queue: 'https://sqs/1/a'",
    );
  });
});
