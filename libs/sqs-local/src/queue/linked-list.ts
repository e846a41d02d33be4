/** A place in a {@link LinkedList}. */
export interface Node<T> {
  readonly value: T;
  previous: Node<T> | undefined;
  next: Node<T> | undefined;
}

/**
 * A doubly linked list whose nodes are kept by their owner: append, insert and remove anywhere cost the same however
 * long it is. (A `Set` used as a queue does not: what was deleted at its front is walked over again and again.)
 */
export class LinkedList<T> implements Iterable<T> {
  private first: Node<T> | undefined;
  private last: Node<T> | undefined;
  private count = 0;

  get size(): number {
    return this.count;
  }

  get head(): Node<T> | undefined {
    return this.first;
  }

  get tail(): Node<T> | undefined {
    return this.last;
  }

  /** Adds `value` after `place`, or at the front when there is none. */
  insertAfter(place: Node<T> | undefined, value: T): Node<T> {
    const next = place === undefined ? this.first : place.next;
    const node: Node<T> = { value, previous: place, next };
    if (place === undefined) this.first = node;
    else place.next = node;
    if (next === undefined) this.last = node;
    else next.previous = node;
    this.count++;
    return node;
  }

  append(value: T): Node<T> {
    return this.insertAfter(this.last, value);
  }

  remove(node: Node<T>): void {
    if (node.previous === undefined) this.first = node.next;
    else node.previous.next = node.next;
    if (node.next === undefined) this.last = node.previous;
    else node.next.previous = node.previous;
    this.count--;
  }

  *[Symbol.iterator](): Iterator<T> {
    for (let node = this.first; node !== undefined; node = node.next) yield node.value;
  }
}
