/** What the attempts of all worker processes, and the test that kills them, wrote to one file, in the order of writing. */
export type AttemptEvent = StepEvent | { readonly kind: 'killed'; readonly pid: number; readonly at: number };

/** An attempt began, or ended with an outcome. */
export interface StepEvent {
  readonly kind: 'start' | 'ok' | 'fail' | 'retry';
  readonly group: string;
  /** The place of the task in its group, from 0. */
  readonly index: number;
  readonly pid: number;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** The final outcomes of each group's tasks, in order. */
export type ExpectedOutcomes = ReadonlyMap<string, readonly ('ok' | 'fail')[]>;

/** Reads the lines of the file. */
export function parseAttempts(text: string): AttemptEvent[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as AttemptEvent);
}

export function isFinal(event: AttemptEvent): event is StepEvent {
  return event.kind === 'ok' || event.kind === 'fail';
}

/** The tasks that have an outcome, as `group/index`. */
export function finished(events: readonly AttemptEvent[]): Set<string> {
  return new Set(events.filter(isFinal).map(({ group, index }) => `${group}/${index}`));
}

/** The tasks that a process has begun and not ended, as `group/index`. */
export function openAttempts(events: readonly AttemptEvent[], pid: number): Set<string> {
  const open = new Set<string>();
  for (const event of events) {
    if (event.kind === 'killed' || event.pid !== pid) continue;
    const task = `${event.group}/${event.index}`;
    if (event.kind === 'start') open.add(task);
    else open.delete(task);
  }
  return open;
}

/** Everything in the log that FIFO queues rule out, one sentence each. */
export function orderViolations(events: readonly AttemptEvent[], expected: ExpectedOutcomes): string[] {
  return [...expected].flatMap(([group, outcomes]) => {
    const history = new GroupHistory(group);
    for (const event of events) if (event.kind === 'killed' || event.group === group) history.add(event);
    return [...history.violations, ...history.missing(outcomes)];
  });
}

/** Follows one group: who runs which of its tasks, and which have their outcome. */
class GroupHistory {
  readonly violations: string[] = [];
  readonly #outcomes = new Map<number, StepEvent>();
  readonly #open = new Map<number, StepEvent>();
  readonly #killed = new Set<number>();

  constructor(private readonly group: string) {}

  add(event: AttemptEvent): void {
    if (event.kind === 'killed') return this.#kill(event.pid);
    if (event.kind === 'start') return this.#start(event);
    if (this.#open.get(event.pid)?.index !== event.index) this.#report(`${event.index} ended without running`);
    this.#open.delete(event.pid);
    if (isFinal(event)) this.#outcomes.set(event.index, event);
  }

  /** What should have happened and has not. */
  missing(outcomes: readonly ('ok' | 'fail')[]): string[] {
    const open = [...this.#open.values()].map(({ index, pid }) => `${this.group}: ${index} never ended in ${pid}`);
    const wrong = outcomes.flatMap((outcome, index) => {
      const { kind } = this.#outcomes.get(index) ?? {};
      return kind === outcome ? [] : [`${this.group}: ${index} should end with ${outcome}, got ${kind ?? 'nothing'}`];
    });
    return [...open, ...wrong];
  }

  #start(event: StepEvent): void {
    const { index, pid } = event;
    for (let earlier = 0; earlier < index; earlier++) {
      if (!this.#outcomes.has(earlier)) this.#report(`${index} started before ${earlier} had its outcome`);
    }
    const outcome = this.#outcomes.get(index);
    // A process that was killed may not have deleted the message: at least once.
    if (outcome && !this.#killed.has(outcome.pid)) this.#report(`${index} ran again after ${outcome.pid} ended it`);
    for (const other of this.#open.values()) {
      this.#report(`${index} started in ${pid} while ${other.index} ran in ${other.pid}`);
    }
    this.#open.set(pid, event);
  }

  #kill(pid: number): void {
    this.#killed.add(pid);
    this.#open.delete(pid);
  }

  #report(what: string): void {
    this.violations.push(`${this.group}: ${what}`);
  }
}
