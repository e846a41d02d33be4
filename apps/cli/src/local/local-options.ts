import { parseArgs } from 'node:util';
import { UsageError } from '../command.js';

/** Options of the command `local`. */
export interface LocalOptions {
  readonly port: number;
  readonly region: string;
  /** Names of the queues to create; `.fifo` makes a FIFO queue. */
  readonly queues: readonly string[];
}

const QUEUE_NAME = /^[A-Za-z0-9_-]+(\.fifo)?$/;
const MAX_QUEUE_NAME = 80;

/** Reads the command line of `local`; throws a `UsageError` that says what is wrong. */
export function readLocalOptions(args: readonly string[]): LocalOptions {
  const { port, region, queue } = parse(args);
  for (const name of queue) {
    if (!QUEUE_NAME.test(name) || name.length > MAX_QUEUE_NAME) {
      throw new UsageError(
        `--queue must be a queue's name, up to 80 letters, digits, hyphens and underscores, for FIFO with .fifo at the end; got ${JSON.stringify(name)}.`,
      );
    }
  }
  if (!/^[a-z0-9-]+$/.test(region)) {
    throw new UsageError(`--region must be a region's name such as us-east-1; got ${JSON.stringify(region)}.`);
  }
  return { port: readPort(port), region, queues: queue };
}

function parse(args: readonly string[]): { port: string; region: string; queue: string[] } {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        port: { type: 'string', short: 'p', default: '9324' },
        region: { type: 'string', default: 'us-east-1' },
        queue: { type: 'string', short: 'q', multiple: true, default: [] },
      },
    });
    return values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function readPort(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new UsageError(`--port must be an integer from 0 (any free port) to 65535; got ${JSON.stringify(text)}.`);
}
