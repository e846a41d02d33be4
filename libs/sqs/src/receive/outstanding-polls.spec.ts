import { describe, expect, it } from 'vitest';

import { RequestEnd } from '../client/request-end.js';
import { OutstandingPolls } from './outstanding-polls.js';

/** Starts a poll; `end` ends it, and resolves when the polls know. */
function begin(polls: OutstandingPolls): { given: RequestEnd; end: () => Promise<void> } {
  let answer = (): void => undefined;
  let given = new RequestEnd();
  const ended = new Promise<void>((told) => {
    polls.add(
      10,
      (end) => {
        given = end;
        return new Promise((resolve) => (answer = resolve));
      },
      told,
    );
  });
  return {
    given,
    end: () => {
      answer();
      return ended;
    },
  };
}

describe('OutstandingPolls', () => {
  it('aborts what is out, and nothing that begins later', async () => {
    const polls = new OutstandingPolls(() => 20_000);
    const first = begin(polls);
    await first.end();
    const [second, third] = [begin(polls), begin(polls)];
    expect(second.given).not.toBe(third.given);

    polls.abort(new Error('enough'));
    expect([second.given.aborted, third.given.aborted]).toEqual([true, true]);
    await Promise.all([second.end(), third.end()]);

    expect(polls.size).toBe(0);
    expect([begin(polls).given.aborted, begin(polls).given.aborted]).toEqual([false, false]);
  });

  it('aborts only the overdue ones when they are dropped, and hears of their end', async () => {
    const polls = new OutstandingPolls(() => 0);
    const old = begin(polls);
    polls.seen();
    polls.seen();
    const fresh = begin(polls);

    polls.drop(new Error('overdue'));
    expect([old.given.aborted, fresh.given.aborted]).toEqual([true, false]);
    expect(polls.size).toBe(1);

    await old.end();
    await fresh.end();
    expect(begin(polls).given.aborted).toBe(false);
  });
});
