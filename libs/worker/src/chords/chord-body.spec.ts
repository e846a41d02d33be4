import { chord, group, linkError, signature } from '#celery';
import { describe, expect, it } from 'vitest';
import { errbacksOfChord, resultsOf } from './chord-body.js';

const task = (taskId: string) => signature('t', { taskId });
const errback = signature('failed');

describe('the results that wait for the body of a chord', () => {
  it('are that of a task', () => {
    expect(resultsOf(linkError(task('a'), errback))).toEqual([{ taskId: 'a', errbacks: [errback], failsAlike: false }]);
  });

  it('are those of the members of a group, each with its own errbacks', () => {
    const body = group(linkError(task('a'), errback), task('b'));
    expect(resultsOf(body)).toMatchObject([
      { taskId: 'a', errbacks: [errback] },
      { taskId: 'b', errbacks: [] },
      { taskId: undefined },
    ]);
  });

  it('have the errbacks of the body where a member is a chord', () => {
    const inner = chord([task('a'), task('b')], chord([task('c')], task('d')));
    const [member] = resultsOf(group(linkError(inner, errback), task('e')));
    expect(member).toMatchObject({ taskId: 'd', errbacks: [errback] });
    const ofMembers = chord([task('a')], group(linkError(task('b'), errback), task('c')));
    expect(errbacksOfChord(group(ofMembers, task('d')))).toEqual([errback]);
  });
});
