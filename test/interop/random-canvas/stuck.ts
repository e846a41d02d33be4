import type { QueueView } from 'nestjs-sqs-celery/testing';
import { vi } from 'vitest';
import type { DrawnCanvas } from './drawn-canvas.js';
import { shown } from './shown.js';
import type { WalkFleets } from './walk-fleets.js';

/** A message that nobody has deleted. */
export interface LeftMessage {
  readonly queue: string;
  /** Visible, in flight or delayed. */
  readonly state: string;
  readonly receives: number;
  /** As logs have it: `walk.text[c137-m-8]`. */
  readonly task: string;
  /** Number of the canvas that it belongs to; undefined: it does not say. */
  readonly canvas: number | undefined;
}

/** What a worker has printed. */
export interface WorkerLog {
  readonly worker: string;
  readonly lines: readonly string[];
}

const MOST_CANVASES = 10;
const LAST_LINES = 8;

export function leftOn({ name, messages }: QueueView): readonly LeftMessage[] {
  return messages.map(({ body, state, receiveCount }) => {
    const { headers } = JSON.parse(Buffer.from(body, 'base64').toString()) as { headers: Record<string, unknown> };
    // The id of a callback was drawn at random: the task before it or its arguments tell.
    const canvas = /\bc(\d+)-[mo]\b/.exec(JSON.stringify(headers))?.[1];
    return {
      queue: name,
      state,
      receives: receiveCount,
      task: `${String(headers['task'])}[${String(headers['id'])}]`,
      canvas: canvas === undefined ? undefined : Number(canvas),
    };
  });
}

/**
 * Waits for something that the fleets come to.
 *
 * @param until `performance.now()` at which it has to be
 * @throws (rejects) an error that says what is left, of which canvases, and what the workers did last
 */
export async function awaitFleets(
  isReached: () => boolean | Promise<boolean>,
  { fleets, canvases, until }: { fleets: WalkFleets; canvases: readonly DrawnCanvas[]; until: number },
): Promise<void> {
  try {
    await vi.waitUntil(isReached, { timeout: Math.max(until - performance.now(), 1), interval: 20 });
  } catch (error) {
    throw new Error(report(fleets, canvases), { cause: error });
  }
}

function report({ left, logs }: Pick<WalkFleets, 'left' | 'logs'>, canvases: readonly DrawnCanvas[]): string {
  const stuck = leftByCanvas(left, logs).map(([number, messages]) => {
    const drawn = number === undefined ? undefined : canvases[number];
    const title = drawn ? `Canvas ${number} of ${drawn.starter}: ${shown(drawn.root)}` : 'Of no canvas';
    return [title, ...messages.map(shownMessage)].join('\n    ');
  });
  const more = stuck.length > MOST_CANVASES ? [`… and ${stuck.length - MOST_CANVASES} canvases more`] : [];
  const ends = logs.map(({ worker, lines }) => [`${worker} ends with`, ...lastOf(lines)].join('\n    '));
  const head = `The fleets have not come to an end; ${left.length} messages are left.`;
  return [head, ...stuck.slice(0, MOST_CANVASES), ...more, ...ends].join('\n\n');
}

/** Without stacks. */
function lastOf(lines: readonly string[]): readonly string[] {
  return lines.filter((line) => line.startsWith('[')).slice(-LAST_LINES);
}

type OfCanvas = readonly [number: number | undefined, messages: readonly LeftMessage[]];

/** Those with messages that a worker has begun with first: the others may only stand behind them. */
function leftByCanvas(left: readonly LeftMessage[], logs: readonly WorkerLog[]): readonly OfCanvas[] {
  const lines = new Set(logs.flatMap((log) => log.lines.map((line) => /Task \S+ received/.exec(line)?.[0])));
  const begun = left.filter(({ task }) => lines.has(`Task ${task} received`));
  const others = left.filter((message) => !begun.includes(message));
  const byCanvas = new Map<number | undefined, LeftMessage[]>();
  for (const message of [...begun, ...others]) {
    byCanvas.set(message.canvas, [...(byCanvas.get(message.canvas) ?? []), message]);
  }
  return [...byCanvas];
}

function shownMessage({ queue, state, receives, task }: LeftMessage): string {
  return `${task} on ${queue}: ${state}, received ${receives} times`;
}
