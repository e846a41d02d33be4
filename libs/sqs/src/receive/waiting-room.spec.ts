import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { WaitingRoom } from './waiting-room.js';

interface Item {
  readonly id: number;
  readonly messageGroupId?: string;
}

const item = (id: number, messageGroupId?: string): Item => ({ id, ...(messageGroupId ? { messageGroupId } : {}) });

describe('WaitingRoom', () => {
  it('lets everything of a standard queue through, groups or not', () => {
    const room = new WaitingRoom<Item>(false);
    for (const id of [1, 2, 3]) room.add(item(id, 'a'));
    expect([room.next(), room.next(), room.next()].map((it) => it?.id)).toEqual([1, 2, 3]);
  });

  it('keeps a group closed until its message leaves', () => {
    const room = new WaitingRoom<Item>(true);
    const [first, second, other] = [item(1, 'a'), item(2, 'a'), item(3, 'b')];
    for (const it of [first, second, other]) room.add(it);
    expect(room.blocked).toBe(1);
    expect([room.next(), room.next(), room.next()]).toEqual([first, other, undefined]);
    room.leave(first);
    expect(room.next()).toBe(second);
  });

  it('keeps a group closed for what comes while its message runs', () => {
    const room = new WaitingRoom<Item>(true);
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
    const room = new WaitingRoom<Item>(true);
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
    const room = new WaitingRoom<Item>(true);
    const running = item(1, 'a');
    for (const it of [running, item(2, 'b'), item(3, 'b'), item(4, 'a')]) room.add(it);
    expect(room.next()).toBe(running);
    expect(room.takeAll().map((it) => it.id)).toEqual([2, 3, 4]);
    room.add(item(5, 'a'));
    expect(room.next()).toBeUndefined();
    room.add(item(6, 'b'));
    expect(room.next()?.id).toBe(6);
  });

  it('runs every message once, each group in order and one at a time', () => {
    const arrivals = fc.array(fc.record({ group: fc.constantFrom('a', 'b', 'c'), leaveFirst: fc.boolean() }), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(arrivals, (steps) => {
        const room = new WaitingRoom<Item>(true);
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
