import type { Line } from './line.js';
import { LinkedList, type Node } from './linked-list.js';
import type { Message } from './message.js';

interface Group {
  readonly id: string;
  /** Its visible messages in order of arrival. */
  readonly messages: LinkedList<Message>;
  /** How many of its messages are in flight: while there is one, no other is handed out. */
  locks: number;
  /** Its place among the groups that have something to hand out. */
  place: Node<Group> | undefined;
}

/** The line of a FIFO queue: strict order within a message group, and one holder of a group at a time. */
export class FifoLine implements Line {
  private readonly groups = new Map<string, Group>();
  private readonly open = new LinkedList<Group>();
  private readonly nodes = new Map<Message, Node<Message>>();

  add(message: Message): void {
    const group = this.group(message);
    this.nodes.set(message, group.messages.insertAfter(placeBefore(group, message), message));
    this.update(group);
  }

  remove(message: Message): void {
    const node = this.nodes.get(message);
    if (node === undefined) return;
    const group = this.group(message);
    this.nodes.delete(message);
    group.messages.remove(node);
    this.update(group);
  }

  lock(message: Message): void {
    const group = this.group(message);
    group.locks++;
    this.update(group);
  }

  unlock(message: Message): void {
    const group = this.group(message);
    group.locks--;
    this.update(group);
  }

  /** As many of one group as possible, then of the next, as SQS does. */
  select(max: number): Message[] {
    const selected: Message[] = [];
    for (let place = this.open.head; place !== undefined; place = place.next) {
      for (let node = place.value.messages.head; node !== undefined; node = node.next) {
        if (selected.length >= max) return selected;
        selected.push(node.value);
      }
    }
    return selected;
  }

  *values(): Iterable<Message> {
    for (const group of this.groups.values()) yield* group.messages;
  }

  private group(message: Message): Group {
    const id = message.groupId ?? '';
    const known = this.groups.get(id);
    if (known !== undefined) return known;
    const group: Group = { id, messages: new LinkedList(), locks: 0, place: undefined };
    this.groups.set(id, group);
    return group;
  }

  private update(group: Group): void {
    const open = group.locks === 0 && group.messages.size > 0;
    if (open && group.place === undefined) group.place = this.open.append(group);
    if (!open && group.place !== undefined) {
      this.open.remove(group.place);
      group.place = undefined;
    }
    if (group.locks === 0 && group.messages.size === 0) this.groups.delete(group.id);
  }
}

/**
 * The message after which a returning one belongs. New messages go to the end and are found from there at once; one
 * that comes back belongs before nearly all others and is looked for from the front.
 */
function placeBefore(group: Group, message: Message): Node<Message> | undefined {
  const tail = group.messages.tail;
  if (tail === undefined || tail.value.order < message.order) return tail;
  let place: Node<Message> | undefined;
  for (let node = group.messages.head; node !== undefined && node.value.order < message.order; node = node.next) {
    place = node;
  }
  return place;
}
