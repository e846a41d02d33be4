import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { inOrder, WaitingRoom } from './waiting-room.js';

interface Item {
  readonly id: number;
  readonly messageGroupId?: string;
}

const item = (id: number, messageGroupId?: string): Item => ({ id, ...(messageGroupId ? { messageGroupId } : {}) });

describe('WaitingRoom', () => {
  it('lets everything of a standard queue through, groups or not', () => {
    const room = new WaitingRoom<Item>();
    for (const id of [1, 2, 3]) room.add(item(id, 'a'));
    expect([room.next(), room.next(), room.next()].map((it) => it?.id)).toEqual([1, 2, 3]);
  });

  it('keeps a group closed until its message leaves', () => {
    const room = new WaitingRoom<Item>(inOrder);
    const [first, second, other] = [item(1, 'a'), item(2, 'a'), item(3, 'b')];
    for (const it of [first, second, other]) room.add(it);
    expect(room.blocked).toBe(1);
    expect([room.next(), room.next(), room.next()]).toEqual([first, other, undefined]);
    room.leave(first);
    expect(room.next()).toBe(second);
  });

  it('keeps a group closed for what comes while its message runs', () => {
    const room = new WaitingRoom<Item>(inOrder);
    const first = item(1, 'a');
    room.add(first);
    room.next();
    room.add(item(2, 'a'));
    expect(room.next()).toBeUndefined();
    expect(room.takeFollowers(first).map((it) => it.id)).toEqual([2]);
    room.leave(first);
    room.add(item(3, 'a'));
    expect(room.next()?.id).toBe(3);
  });

  it('does not mistake a message that has left for the one that came after it', () => {
    const room = new WaitingRoom<Item>(inOrder);
    const [lost, again, second] = [item(1, 'a'), item(1, 'a'), item(2, 'a')];
    room.add(lost);
    room.next();
    room.leave(lost);
    room.add(again);
    room.add(second);
    expect(room.next()).toBe(again);
    expect(room.takeFollowers(lost)).toEqual([]);
    room.leave(lost);
    expect(room.next()).toBeUndefined();
  });

  it('gives everything back in order, and keeps running groups closed', () => {
    const room = new WaitingRoom<Item>(inOrder);
    const running = item(1, 'a');
    for (const it of [running, item(2, 'b'), item(3, 'b'), item(4, 'a')]) room.add(it);
    expect(room.next()).toBe(running);
    expect(room.takeAll().map((it) => it.id)).toEqual([2, 3, 4]);
    room.add(item(5, 'a'));
    expect(room.next()).toBeUndefined();
    room.add(item(6, 'b'));
    expect(room.next()?.id).toBe(6);
  });

  it('keeps what waits in a group of a standard queue when one of it fails', () => {
    const room = new WaitingRoom<Item>({ atOnce: 2, ordered: false });
    const items = [1, 2, 3, 4].map((id) => item(id, 'a'));
    for (const it of items) room.add(it);
    const first = room.next()!;
    expect([first, room.next(), room.next()]).toEqual([items[0], items[1], undefined]);
    expect(room.takeFollowers(first)).toEqual([]);
    expect(room.blocked).toBe(2);
    room.leave(first);
    expect(room.next()).toBe(items[2]);
    expect(room.takeAll()).toEqual([items[3]]);
  });

  it('runs every message once, of each group as many at a time as the rule says, and none waits for another group', () => {
    const arrivals = fc.array(
      fc.record({ group: fc.constantFrom('a', 'b', undefined), leave: fc.option(fc.nat()), takeAll: fc.boolean() }),
      { maxLength: 80 },
    );
    const anyRule = fc.record({ atOnce: fc.integer({ min: 1, max: 4 }), ordered: fc.boolean() });
    fc.assert(
      fc.property(anyRule, arrivals, (rule, steps) => {
        const room = new WaitingRoom<Item>(rule);
        const running: Item[] = [];
        const seen: number[] = [];
        const of = (group: string): number => running.filter((it) => it.messageGroupId === group).length;
        const run = (): void => {
          for (let next = room.next(); next; next = room.next()) {
            running.push(next);
            seen.push(next.id);
          }
          for (const group of ['a', 'b']) expect(of(group)).toBeLessThanOrEqual(rule.atOnce);
        };
        steps.forEach(({ group, leave, takeAll }, id) => {
          const [left] = leave === null ? [] : running.splice(leave % Math.max(1, running.length), 1);
          if (left) room.leave(left);
          run();
          room.add(item(id, group));
          if (takeAll && id % 7 === 0) seen.push(...room.takeAll().map((it) => it.id));
          run();
          // Whatever waits, waits for its own group.
          const full = ['a', 'b'].some((name) => of(name) === rule.atOnce);
          expect(room.blocked > 0 && !full).toBe(false);
        });
        while (running.length > 0) {
          room.leave(running.shift()!);
          run();
        }
        expect(seen.toSorted((a, b) => a - b)).toEqual(steps.map((_, id) => id));
        expect([room.ready, room.blocked]).toEqual([0, 0]);
      }),
    );
  });

  it('runs every message once, each group in order and one at a time', () => {
    const arrivals = fc.array(fc.record({ group: fc.constantFrom('a', 'b', 'c'), leaveFirst: fc.boolean() }), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(arrivals, (steps) => {
        const room = new WaitingRoom<Item>(inOrder);
        const running: Item[] = [];
        const order: Item[] = [];
        const run = (): void => {
          for (let next = room.next(); next; next = room.next()) {
            expect(running.map((it) => it.messageGroupId)).not.toContain(next.messageGroupId);
            running.push(next);
            order.push(next);
          }
        };
        const leave = (): void => {
          const done = running.shift();
          if (done) room.leave(done);
          run();
        };
        steps.forEach(({ group, leaveFirst }, id) => {
          if (leaveFirst) leave();
          room.add(item(id, group));
          run();
        });
        while (running.length > 0) leave();
        expect(order).toHaveLength(steps.length);
        for (const group of ['a', 'b', 'c']) {
          const ids = order.filter((it) => it.messageGroupId === group).map((it) => it.id);
          expect(ids).toEqual(ids.toSorted((a, b) => a - b));
        }
      }),
    );
  });
});
