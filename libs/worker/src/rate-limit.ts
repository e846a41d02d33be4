import type { Clock } from '#celery';

/** Why a value is no rate: of what type it is, or what is wrong with its number or its unit. */
export type RateProblem = 'type' | 'number' | 'unit';

/** What a rate means: starts per second, or what is wrong with it. */
export type Rate =
  | { readonly kind: 'unlimited' }
  | { readonly kind: 'limited'; readonly perSecond: number }
  | { readonly kind: 'invalid'; readonly problem: RateProblem };

const SECONDS_PER_UNIT = new Map([
  ['', 1],
  ['s', 1],
  ['m', 60],
  ['h', 3_600],
]);

const DECIMAL = /^\s*(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?\s*$/i;

/**
 * Reads a rate in Celery's notation: `'10/s'`, `'100/m'`, `'2/h'`, `'0.5/s'`, a number (text or not) per second; zero, `''` and
 * null are no limit. Python's `inf`, `nan`, `1_000`, true and negative numbers, which Celery's own parser lets pass, are refused.
 */
export function parseRate(value: unknown): Rate {
  if (value === null || value === '') return { kind: 'unlimited' };
  if (typeof value === 'number') return rateOf(value);
  if (typeof value !== 'string') return { kind: 'invalid', problem: 'type' };
  const slash = value.indexOf('/');
  const [count, unit] = slash < 0 ? [value, ''] : [value.slice(0, slash), value.slice(slash + 1)];
  const seconds = SECONDS_PER_UNIT.get(unit);
  if (seconds === undefined) return { kind: 'invalid', problem: 'unit' };
  return DECIMAL.test(count) ? rateOf(Number(count) / seconds) : { kind: 'invalid', problem: 'number' };
}

function rateOf(perSecond: number): Rate {
  if (perSecond === 0) return { kind: 'unlimited' };
  // Both the rate and its interval have to be numbers that can be reckoned with.
  const isRate = perSecond > 0 && Number.isFinite(perSecond) && Number.isFinite(1000 / perSecond);
  return isRate ? { kind: 'limited', perSecond } : { kind: 'invalid', problem: 'number' };
}

/** A place in the line of a {@link RateLimiter}. It ends with a `start` that answered true, or with `giveBack`. */
export interface Reservation {
  /** Whole milliseconds until the start may be tried, 0 for now; less than before where others gave back. */
  readonly waitMs: number;
  /**
   * Starts if it is this one's turn: true once, and the place is used up. Asked at the moment of the start, because who wakes up
   * late starts late, and then so must the next: after a blocked event loop there is no burst.
   */
  start(): boolean;
  /** Leaves the line without having started: those behind move up. Harmless when it has started. */
  giveBack(): void;
}

/**
 * The rate limit of one task in one worker, as Celery's: a token bucket that holds one token, and a line of those who wait, served
 * in the order of coming. So the starts of any stretch of time are at most one more than the rate allows for its length. It sets
 * no timer, and a clock that leaps brings neither a burst nor a wait longer than one interval per place in the line.
 */
export class RateLimiter {
  /** Milliseconds between two starts. */
  readonly intervalMs: number;
  readonly #clock: Clock;
  readonly #line = new Set<Reservation>();
  #nextStartAt = -Infinity;

  constructor(perSecond: number, clock: Clock) {
    this.intervalMs = 1000 / perSecond;
    this.#clock = clock;
  }

  /** The limiter of a task's `rateLimit`; undefined where that is no limit. */
  static of(rateLimit: unknown, clock: Clock): RateLimiter | undefined {
    const rate = parseRate(rateLimit);
    return rate.kind === 'limited' ? new RateLimiter(rate.perSecond, clock) : undefined;
  }

  /** How many have a place in the line. */
  get waiting(): number {
    return this.#line.size;
  }

  /** Takes the last place in the line. */
  reserve(): Reservation {
    const waitMs = (): number => this.#waitOf(reservation);
    const reservation: Reservation = {
      get waitMs() {
        return waitMs();
      },
      start: () => this.#start(reservation),
      giveBack: () => void this.#line.delete(reservation),
    };
    this.#line.add(reservation);
    return reservation;
  }

  #start(reservation: Reservation): boolean {
    const [first] = this.#line;
    if (first !== reservation || this.#untilToken() > 0) return false;
    this.#line.delete(reservation);
    this.#nextStartAt = this.#clock.monotonic() + this.intervalMs;
    return true;
  }

  #waitOf(reservation: Reservation): number {
    let ahead = 0;
    for (const other of this.#line) {
      if (other === reservation) return Math.ceil(this.#untilToken() + ahead * this.intervalMs);
      ahead += 1;
    }
    return 0;
  }

  #untilToken(): number {
    const now = this.#clock.monotonic();
    // Further ahead than it can have been set: the clock ran backwards.
    if (this.#nextStartAt - now > this.intervalMs) this.#nextStartAt = now + this.intervalMs;
    return Math.max(0, this.#nextStartAt - now);
  }
}
