import { chord, group, signature, type TaskMessage } from '#celery';
import { describe, expect, it } from 'vitest';
import { Bench, FIFO, body } from './worker.test-support.js';

type Steps = Partial<TaskMessage['embed']>;

async function run(embed: Steps, handler: () => unknown, init = {}): Promise<Bench> {
  const bench = new Bench().task('do', handler);
  await bench.handle({ body: body({ id: 'task-1', rootId: 'root-1', embed }), ...init });
  return bench;
}

function sent(bench: Bench) {
  return bench.sender.published.map(({ message: { headers, args } }) => ({ task: headers.task, args, headers }));
}

const fails = (): never => {
  throw new Error('no');
};

describe('after success', () => {
  it('the callback is sent with the result, before the message is deleted', async () => {
    const bench = await run({ callbacks: [signature('next', { args: [16] })] }, () => 4);
    expect(bench.actions).toEqual(['publish to celery', 'acknowledge']);
    const [{ task, args, headers }] = sent(bench) as [ReturnType<typeof sent>[0]];
    expect({ task, args }).toEqual({ task: 'next', args: [4, 16] });
    expect(headers).toMatchObject({ parentId: 'task-1', rootId: 'root-1', group: null });
  });

  it('several callbacks are a group', async () => {
    const bench = await run({ callbacks: [signature('a'), signature('b', { immutable: true })] }, () => 4);
    const [a, b] = sent(bench);
    expect([a?.args, b?.args]).toEqual([[4], []]);
    expect([a?.headers.groupIndex, b?.headers.groupIndex]).toEqual([0, 1]);
    expect(a?.headers.group).toBe(b?.headers.group);
    expect(a?.headers.group).not.toBeNull();
  });

  it('the next step of the chain is its last element, and takes the rest along', async () => {
    const chain = [signature('third'), signature('second', { taskId: 'step-2' })];
    const bench = await run({ chain }, () => 4);
    expect(sent(bench)).toMatchObject([{ task: 'second', args: [4], headers: { id: 'step-2' } }]);
    expect(bench.sender.published[0]?.message.embed.chain).toEqual([signature('third')]);
  });

  it('a redelivered attempt sends the same ids, another attempt others', async () => {
    const embed = { callbacks: [signature('a')], chain: [signature('b')] };
    const ids = async (retries: number) => {
      const bench = new Bench().task('do', () => 1);
      await bench.handle({ body: body({ id: 'task-1', embed, retries }) });
      return sent(bench).map(({ headers }) => headers.id);
    };
    expect(await ids(0)).toEqual(await ids(0));
    expect(new Set([...(await ids(0)), ...(await ids(1))]).size).toBe(4);
  });

  it('keeps the group of a FIFO queue', async () => {
    const embed = { callbacks: [signature('next', { queue: FIFO.name })] };
    const bench = await run(embed, () => 1, { queue: FIFO, messageGroupId: 'tenant' });
    expect(bench.sender.published[0]?.options).toEqual({ messageGroupId: 'tenant' });
  });

  it('the task comes back when a step cannot be sent', async () => {
    const bench = new Bench().task('do', () => 1);
    bench.sender.fail = new Error('offline');
    await bench.handle({ body: body({ embed: { callbacks: [signature('next')] } }) });
    expect(bench.actions).toEqual([expect.stringMatching(/^release /)]);
    expect(bench.names()).toContain('settleFailed');
  });

  it('nothing is sent for a task that failed', async () => {
    const bench = await run({ callbacks: [signature('next')], chain: [signature('next')] }, fails);
    expect(bench.actions).toEqual(['acknowledge']);
  });
});

describe('after failure', () => {
  it('errbacks are sent as a group with the id of the failed task', async () => {
    const bench = await run({ errbacks: [signature('on_error', { args: ['x'] })] }, fails);
    expect(bench.actions).toEqual(['publish to celery', 'acknowledge']);
    expect(sent(bench)).toMatchObject([
      { task: 'on_error', args: ['task-1', 'x'], headers: { parentId: 'task-1', rootId: 'root-1', groupIndex: 0 } },
    ]);
  });

  it('not after success', async () => {
    const bench = await run({ errbacks: [signature('on_error')] }, () => 1);
    expect(bench.actions).toEqual(['acknowledge']);
  });
});

describe('a workflow that cannot be continued from here is handed back unrun', () => {
  const elsewhere = signature('next', { queue: 'elsewhere' });

  it.each<[string, Steps]>([
    ['a part of a chord', { chord: signature('body') }],
    ['a chord as the next step, without a store that starts it', { chain: [chord([signature('a')], signature('b'))] }],
    ['a group with a member that is none', { callbacks: [{ ...group(), kwargs: { tasks: ['a'] } }] }],
    ['a step on a queue that is not ours', { chain: [elsewhere] }],
    ['a group with a member on a queue that is not ours', { chain: [group(signature('a'), elsewhere)] }],
    ['an errback on a queue that is not ours', { errbacks: [elsewhere] }],
  ])('%s', async (_what, embed) => {
    const bench = await run(embed, () => bench.actions.push('run'));
    expect(bench.actions).toEqual([expect.stringMatching(/^release [1-5]$/)]);
    expect(bench.payload('notMine')).toMatchObject({ reason: 'Workflow', task: 'do', action: 'handedBack' });
  });

  it('but a later step is not looked at: who runs the next one will', async () => {
    const bench = await run({ chain: [elsewhere, signature('next')] }, () => 1);
    expect(sent(bench)).toMatchObject([{ task: 'next' }]);
  });
});
