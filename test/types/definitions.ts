import { defineTask } from 'nestjs-sqs-celery/tasks';

export interface Order {
  readonly id: string;
  readonly lines: readonly { readonly price: number }[];
}

export interface Receipt {
  readonly number: number;
}

export const ship = defineTask<{
  args: [order: Order, copies?: number];
  kwargs: { express: boolean; note?: string };
  result: Receipt;
}>('orders.ship', { queue: 'orders', timeLimit: 60 });
export const ping = defineTask<{ result: string }>('ping');
export const add = defineTask<{ args: [x: number, y: number]; result: number }>('proj.add');
export const notify = defineTask<{ kwargs: { to?: string } }>('notify');
export const anything = defineTask('anything');

// @ts-expect-error a definition has a name
defineTask<{ args: [] }>();
// @ts-expect-error args is a tuple or an array
defineTask<{ args: string }>('a');
// @ts-expect-error no such default
defineTask('a', { retries: 3 });
// @ts-expect-error seconds
defineTask('a', { timeLimit: '60' });
