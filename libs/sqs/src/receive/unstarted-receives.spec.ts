import { describe, expect, it } from 'vitest';

import { UnstartedReceives } from './unstarted-receives.js';

describe('UnstartedReceives', () => {
  it('counts for each message until it is forgotten', () => {
    const unstarted = new UnstartedReceives();
    unstarted.add('a');
    unstarted.add('a');
    unstarted.add('b');
    expect([unstarted.of('a'), unstarted.of('b'), unstarted.of('c')]).toEqual([2, 1, 0]);
    unstarted.forget('a');
    expect(unstarted.of('a')).toBe(0);
  });

  it('remembers a bounded number of messages, the newest', () => {
    const unstarted = new UnstartedReceives();
    unstarted.add('kept');
    for (let number = 0; number < 9_999; number += 1) unstarted.add(String(number));
    unstarted.add('kept');
    unstarted.add('one more');
    expect([unstarted.of('kept'), unstarted.of('0'), unstarted.of('one more')]).toEqual([2, 0, 1]);
  });
});
