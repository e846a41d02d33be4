import { isActivityAware, type Clock } from '../clock/clock.js';

/** Tells an activity-aware clock that a request is being worked on, with pauses while it is parked. */
export class Activity {
  private end: (() => void) | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly what: string,
  ) {}

  resume(): void {
    if (this.end === undefined && isActivityAware(this.clock)) this.end = this.clock.begin(this.what);
  }

  pause(): void {
    this.end?.();
    this.end = undefined;
  }
}
