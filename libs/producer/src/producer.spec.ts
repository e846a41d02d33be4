import { signature, type PublishOptions, type TaskMessage } from '#celery';
import { describe, expect, it } from 'vitest';
import { Producer, type ProducerDeps } from './producer.js';
import type { SendOptions } from './send-options.js';

const NOW = Date.UTC(2030, 0, 1);
const clock = { now: () => NOW, monotonic: () => 0, setTimeout: () => ({ cancel: () => undefined }) };

async function send(options: SendOptions = {}, deps: Partial<ProducerDeps> = {}) {
  const published: { message: TaskMessage; options: PublishOptions | undefined }[] = [];
  const producer = new Producer({
    publisher: { publish: async (message, given) => void published.push({ message, options: given }) },
    clock,
    origin: 'gen1@test',
    route: ({ queue, priority }) => ({ queue: queue ?? 'celery', priority }),
    ...deps,
  });
  const result = await producer.send('add', options);
  const [only] = published;
  if (!only || published.length !== 1) throw new Error(`${published.length} messages`);
  return { result, ...only };
}

describe('Producer', () => {
  it('sends a task with a new id, which the result carries', async () => {
    const { result, message } = await send({ args: [1], kwargs: { a: 2 } });
    expect(message).toMatchObject({ headers: { task: 'add', origin: 'gen1@test' }, args: [1], kwargs: { a: 2 } });
    expect(result).toMatchObject({ id: message.headers.id, task: 'add' });
    expect(message.headers.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4/);
    expect((await send()).message.headers.id).not.toBe(message.headers.id);
  });

  it('carries every option to its place in the message', async () => {
    const { message, options } = await send({
      queue: 'slow',
      countdown: 60,
      expires: 120,
      taskId: 'my-id',
      priority: 5,
      headers: { 'x-tenant': 'acme' },
      shadow: 'shown',
      timeLimit: 30,
      softTimeLimit: 20,
      ignoreResult: true,
      link: signature('next'),
      linkError: [signature('failed')],
      messageAttributes: { a: { DataType: 'String', StringValue: 'b' } },
    });
    expect(message.headers).toMatchObject({
      id: 'my-id',
      eta: '2030-01-01T00:01:00+00:00',
      expires: '2030-01-01T00:02:00+00:00',
      shadow: 'shown',
      timelimit: [30, 20],
      ignoreResult: true,
      custom: { 'x-tenant': 'acme' },
    });
    expect(message.properties).toMatchObject({ priority: 5, deliveryInfo: { exchange: '', routingKey: 'slow' } });
    expect(message.embed).toMatchObject({ callbacks: [signature('next')], errbacks: [signature('failed')] });
    expect(options).toEqual({ messageAttributes: { a: { DataType: 'String', StringValue: 'b' } } });
  });

  it('makes a task that is sent inside a handler a child of the running one', async () => {
    const inside = { currentTask: () => ({ id: 'parent', rootId: 'root' }) };
    expect((await send({}, inside)).message.headers).toMatchObject({ parentId: 'parent', rootId: 'root' });
    const { headers } = (await send({ parentId: 'other', rootId: 'another' }, inside)).message;
    expect(headers).toMatchObject({ parentId: 'other', rootId: 'another' });
    const top = (await send()).message.headers;
    expect(top).toMatchObject({ parentId: null, rootId: top.id });
  });

  it('takes group and deduplication ids as values or as functions of the arguments', async () => {
    const { options } = await send({
      args: ['acme'],
      kwargs: { order: 7 },
      groupId: ([tenant]) => `tenant-${String(tenant)}`,
      deduplicationId: (_args, { order }) => `order-${String(order)}`,
    });
    expect(options).toEqual({ messageGroupId: 'tenant-acme', messageDeduplicationId: 'order-7' });
    expect((await send({ groupId: 'fixed' })).options).toEqual({ messageGroupId: 'fixed' });
  });

  it('keeps arguments out of the headers with argsreprMaxsize 0', async () => {
    const { headers } = (await send({ args: ['secret'] }, { argsreprMaxsize: 0 })).message;
    expect(headers).toMatchObject({ argsrepr: null, kwargsrepr: null });
    expect((await send({ args: ['shown'] })).message.headers.argsrepr).toBe("('shown',)");
  });

  it('sends nothing when the queue is not known or an option is wrong', async () => {
    const route = (): never => {
      throw new Error('unknown queue');
    };
    await expect(send({}, { route })).rejects.toThrow('unknown queue');
    await expect(send({ delay: 5 } as never)).rejects.toThrow(
      /'delay' is not an option of send; known are args, kwargs/,
    );
    await expect(send({ countdown: Number.NaN })).rejects.toThrow(/countdown/);
  });
});
