import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { queueClient, type TestMessage } from './client.test-support.js';
import { LocalSqs, VirtualClock } from './index.js';

const LEASE_MS = 30_000;

interface Held {
  readonly group: string;
  readonly number: number;
  readonly handle: string;
  readonly until: number;
}

/** What a FIFO queue must do, without its machinery; notes every step in which the real one does something else. */
class FifoModel {
  readonly violations: string[] = [];
  private readonly groups = new Map<string, number[]>();
  private held: Held[] = [];
  private serial = 0;

  constructor(
    private readonly clock: VirtualClock,
    private readonly queue: ReturnType<typeof queueClient>,
  ) {}

  async send(group: string): Promise<void> {
    this.serial++;
    this.groups.set(group, [...(this.groups.get(group) ?? []), this.serial]);
    await this.queue.send(`${group} ${this.serial}`, { MessageGroupId: group });
  }

  async receive(max: number): Promise<void> {
    const open = new Map([...this.groups].filter(([group]) => !this.holds().some((one) => one.group === group)));
    const received = await this.queue.receive({ MaxNumberOfMessages: max });
    const available = [...open.values()].flat().length;
    if (received.length !== Math.min(max, available))
      this.violations.push(`${received.length} of ${available}, max ${max}`);
    for (const message of received) this.check(message, open);
  }

  async remove(which: number): Promise<void> {
    const chosen = this.take(which);
    if (chosen === undefined) return;
    await this.queue.remove(chosen.handle);
    const left = (this.groups.get(chosen.group) ?? []).filter((number) => number !== chosen.number);
    this.groups.set(chosen.group, left);
  }

  async release(which: number): Promise<void> {
    const chosen = this.take(which);
    if (chosen !== undefined) await this.queue.hide(chosen.handle, 0);
  }

  private check({ Body, ReceiptHandle }: TestMessage, open: Map<string, number[]>): void {
    const [group = '', number = ''] = Body.split(' ');
    const [next, ...rest] = open.get(group) ?? [];
    if (next !== Number(number)) this.violations.push(`got ${Body}, next of the group is ${next ?? 'locked'}`);
    open.set(group, rest);
    this.held.push({ group, number: Number(number), handle: ReceiptHandle, until: this.clock.monotonic() + LEASE_MS });
  }

  private holds(): Held[] {
    this.held = this.held.filter(({ until }) => until > this.clock.monotonic());
    return this.held;
  }

  private take(which: number): Held | undefined {
    const held = this.holds();
    return held.splice(which % Math.max(1, held.length), 1)[0];
  }
}

type Step = (model: FifoModel, clock: VirtualClock) => Promise<void>;

function step<T>(
  name: string,
  values: fc.Arbitrary<T>,
  run: (model: FifoModel, value: T, clock: VirtualClock) => Promise<void>,
) {
  return values.map((value): Step => {
    const act: Step = (model, clock) => run(model, value, clock);
    return Object.assign(act, { toString: () => `${name}(${String(value)})` });
  });
}

describe('FIFO queues', () => {
  it('deliver every group in order and to one holder at a time, whatever happens to the messages', async () => {
    const clock = new VirtualClock();
    await using sqs = await LocalSqs.start({ clock });
    let run = 0;
    const anyStep = fc.oneof(
      step('send', fc.constantFrom('a', 'b', 'c'), (model, group) => model.send(group)),
      step('receive', fc.integer({ min: 1, max: 4 }), (model, max) => model.receive(max)),
      step('remove', fc.nat(5), (model, which) => model.remove(which)),
      step('release', fc.nat(5), (model, which) => model.release(which)),
      step('wait', fc.constantFrom(1000, 15_000, LEASE_MS), (_, ms, time) => time.advance(ms)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { minLength: 10, maxLength: 40, size: 'max' }), async (steps) => {
        const attributes = { ContentBasedDeduplication: 'true', VisibilityTimeout: `${LEASE_MS / 1000}` };
        const model = new FifoModel(clock, queueClient(sqs, `q${++run}.fifo`, attributes));
        for (const act of steps) await act(model, clock);
        expect(model.violations).toEqual([]);
      }),
      { numRuns: 80 },
    );
  });
});
