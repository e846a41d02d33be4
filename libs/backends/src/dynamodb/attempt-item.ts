import { randomUUID } from 'node:crypto';
import type { Attempt } from '../memory/attempt.js';
import { number, numberOf, text, textOf, type Item, type ReadItem } from './item.js';

/** The attributes of an attempt. Each write has a `revision` of its own, by which the next one knows what it replaces. */
export function writeAttempt(attempt: Attempt): Item {
  const { state, owner, messageId, receiveCount, until, attempt: retries, lost, decision } = attempt;
  return {
    state: text(state),
    owner: text(owner),
    message_id: text(messageId),
    receive_count: number(receiveCount),
    until: number(until),
    attempt: number(retries),
    lost: number(lost ? 1 : 0),
    ...(decision !== undefined && { decision: text(decision) }),
    revision: text(randomUUID()),
  };
}

export function readAttempt(item: ReadItem): Attempt {
  const decision = textOf(item, 'decision');
  const state = textOf(item, 'state');
  return {
    state: state === 'running' || state === 'settled' ? state : 'released',
    owner: textOf(item, 'owner') ?? '',
    messageId: textOf(item, 'message_id') ?? '',
    receiveCount: numberOf(item, 'receive_count') ?? 0,
    until: numberOf(item, 'until') ?? 0,
    attempt: numberOf(item, 'attempt') ?? 0,
    lost: numberOf(item, 'lost') === 1,
    ...(decision !== undefined && { decision }),
  };
}
