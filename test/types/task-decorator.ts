import { Injectable } from '@nestjs/common';
import { Kwarg, Kwargs, Task, TaskContext, TaskRequest } from 'nestjs-sqs-celery';
import { of, type Observable } from 'rxjs';
import { add, anything, notify, ping, ship, type Order, type Receipt } from './definitions.js';

class OrderDto implements Order {
  id!: string;
  lines!: readonly { price: number }[];
}

@Injectable()
export class Accepted {
  @Task('by.name')
  byName(..._anything: unknown[]): unknown {
    return undefined;
  }

  @Task('with.options', {
    maxRetries: null,
    autoretryFor: [RangeError],
    dontAutoretryFor: (error) => error instanceof TypeError,
    retryBackoff: 2,
    rateLimit: '10/s',
    queue: 'orders',
    onExhausted: (_error, task) => void task.id,
  })
  withOptions(): void {}

  @Task(ship, { maxRetries: 5 })
  async ship(
    order: Order,
    copies: number = 1,
    @Kwarg('express') _express: boolean = false,
    @Kwargs() _others: Record<string, unknown> = {},
    @TaskContext() _task?: TaskRequest,
  ): Promise<Receipt> {
    return { number: order.lines.length * copies };
  }

  @Task(ship)
  shipFewer(order: OrderDto): Receipt {
    return { number: order.lines.length };
  }

  @Task(add)
  add(x: number, y: number): Observable<number> {
    return of(x + y);
  }

  @Task(ping)
  ping(): string {
    return 'pong';
  }

  @Task(notify)
  async notify(@Kwarg('to', { optional: true }) _to?: string): Promise<void> {}

  @Task(anything)
  anything(_a: string, _b: number): symbol {
    return Symbol('any');
  }

  @Task(ping)
  @Task('also.this')
  twice(): string {
    return 'both';
  }
}

export class Refused {
  // @ts-expect-error a task needs a name
  @Task()
  nameless(): void {}

  // @ts-expect-error a name is a text
  @Task(7)
  numbered(): void {}

  // @ts-expect-error no such option
  @Task('a', { maxRetrys: 1 })
  misspelt(): void {}

  // @ts-expect-error seconds
  @Task('a', { timeLimit: '60s' })
  wrongUnit(): void {}

  // @ts-expect-error the first argument is an Order
  @Task(ship)
  wrongArgument(_order: number): Receipt {
    return { number: 1 };
  }

  // @ts-expect-error the second argument is a number
  @Task(ship)
  wrongSecond(_order: Order, _copies: { many: boolean }): Receipt {
    return { number: 1 };
  }

  // @ts-expect-error the result is a Receipt
  @Task(ship)
  wrongResult(_order: Order): string {
    return 'receipt';
  }

  // @ts-expect-error the promise is of a Receipt
  @Task(ship)
  async wrongPromise(_order: Order): Promise<{ id: string }> {
    return { id: 'a' };
  }

  // @ts-expect-error the observable is of a number
  @Task(add)
  wrongObservable(x: number, y: number): Observable<string> {
    return of(`${x + y}`);
  }

  // @ts-expect-error a task is a method
  @Task(ping)
  readonly property = 'pong';

  // @ts-expect-error a task is no parameter
  parameter(@Task(ping) _value: string): void {}
}
