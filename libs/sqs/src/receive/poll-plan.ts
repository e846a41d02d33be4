/** What decides whether a queue is polled now. */
export interface PollState {
  /** Deliveries that may run at the same time. */
  readonly concurrency: number;
  /** Messages that may be held beyond that. */
  readonly prefetch: number;
  /** Slots taken: running, or received and waiting for a slot. */
  readonly occupied: number;
  /** Messages the outstanding polls have asked for. */
  readonly asked: number;
  /** Outstanding polls. */
  readonly polls: number;
  /** Messages that may be asked for as far as shared slots go, those of the outstanding polls included; Infinity where none are shared. */
  readonly mayAsk: number;
  /** Whether the last answer brought as many messages as it was asked for: there may be more. */
  readonly lastAnswerFull: boolean;
}

/** SQS's bound on the messages of one receive. */
export const mostPerPoll = 10;

/**
 * How many messages to ask for now; 0: do not poll. One poll is out whenever a slot is free. A further one pays only where a
 * backlog shows and it can bring ten. With prefetch the buffer feeds the slots and is filled ten at a time.
 */
export function planPoll(state: PollState): number {
  const free = state.concurrency - state.occupied - state.asked;
  const room = Math.min(free + state.prefetch, state.mayAsk - state.asked);
  if (room <= 0) return 0;
  if (state.polls > 0) return state.lastAnswerFull && room >= mostPerPoll ? mostPerPoll : 0;
  return free > 0 || room >= mostPerPoll ? Math.min(mostPerPoll, room) : 0;
}
