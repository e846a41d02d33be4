/** A pending call of a {@link Clock}. */
export interface Timer {
  /** Drops the call; harmless when it has happened already. */
  cancel(): void;
}

/** The endpoint's only source of time. Structurally the runtime's own `Clock`, so that one clock can drive both. */
export interface Clock {
  /** Wall-clock time in milliseconds since the epoch: the time stamps a client sees. */
  now(): number;
  /** Milliseconds that never run backwards: delays, visibility, retention, long polls. */
  monotonic(): number;
  /** Calls `callback` once after `delayMs` milliseconds. */
  setTimeout(callback: () => void, delayMs: number): Timer;
}

/**
 * A clock that may not move while somebody works: it wants to know when a request arrives and when it is answered or
 * parked as a long poll. {@link VirtualClock} is one.
 */
export interface ActivityAwareClock extends Clock {
  /** Says that work has begun which must end before time moves; call the returned function once when it has. */
  begin(what: string): () => void;
  /** Says that something has just happened (a connection, an answer): time moves only after the loop is quiet again. */
  touch(): void;
}

/** Tells whether `clock` wants to know about work in progress. */
export function isActivityAware(clock: Clock): clock is ActivityAwareClock {
  return 'begin' in clock && typeof clock.begin === 'function' && 'touch' in clock && typeof clock.touch === 'function';
}

/** The clock of the machine. */
export const machineClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimeout(callback, delayMs) {
    const handle = setTimeout(callback, delayMs);
    return { cancel: () => clearTimeout(handle) };
  },
};
