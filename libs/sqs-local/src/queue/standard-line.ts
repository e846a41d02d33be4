import type { Line } from './line.js';
import { LinkedList, type Node } from './linked-list.js';
import type { Message } from './message.js';

/**
 * The line of a standard queue: in order of becoming visible, which is as good as any where no order is promised.
 * Group ids (fair queues) bring neither order nor locks.
 */
export class StandardLine implements Line {
  private readonly list = new LinkedList<Message>();
  private readonly nodes = new Map<Message, Node<Message>>();

  add(message: Message): void {
    this.nodes.set(message, this.list.append(message));
  }

  remove(message: Message): void {
    const node = this.nodes.get(message);
    if (node === undefined) return;
    this.nodes.delete(message);
    this.list.remove(node);
  }

  lock(): void {}

  unlock(): void {}

  select(max: number): Message[] {
    const selected: Message[] = [];
    for (let node = this.list.head; node !== undefined && selected.length < max; node = node.next) {
      selected.push(node.value);
    }
    return selected;
  }

  values(): Iterable<Message> {
    return this.list;
  }
}
