import { stripVTControlCharacters } from 'node:util';

export type Verdict = 'succeeded' | 'failed';

/** Reads a worker's log: `count` successes are a success, one failed task is a failure. */
export class Progress {
  /** Settles with the first verdict; never without a count or a failure. */
  readonly verdict: Promise<Verdict>;
  private decide!: (verdict: Verdict) => void;
  private successes = 0;

  constructor(private readonly count: number) {
    this.verdict = new Promise((resolve) => (this.decide = resolve));
  }

  read(line: string): void {
    const text = stripVTControlCharacters(line);
    if (/Task do_something\[[^\]]+\] raised /.test(text)) this.decide('failed');
    if (/Task do_something\[[^\]]+\] succeeded in /.test(text)) this.successes += 1;
    if (this.successes >= this.count) this.decide('succeeded');
  }
}
