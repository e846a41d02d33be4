import { invalidParameter } from '../errors.js';
import type { Params } from '../protocol/params.js';
import type { Queue } from '../queue/queue.js';

const MAX_PAGE = 1000;

/** One page of queues, and the token of the next: it is the name of the last queue, so that a page stays right when queues come and go. */
export interface Page {
  readonly queues: readonly Queue[];
  readonly nextToken: string | undefined;
}

/** Cuts the page that `MaxResults` and `NextToken` ask for out of `queues`, which are sorted by name. */
export function pageOf(queues: readonly Queue[], params: Params): Page {
  const max = params.integer('MaxResults', 1, MAX_PAGE) ?? MAX_PAGE;
  const token = params.string('NextToken');
  const after = token === undefined ? '' : readToken(token);
  const rest = queues.filter((queue) => queue.name > after);
  const page = rest.slice(0, max);
  const last = page.at(-1);
  return { queues: page, nextToken: last !== undefined && rest.length > max ? writeToken(last.name) : undefined };
}

function writeToken(name: string): string {
  return Buffer.from(`after ${name}`).toString('base64');
}

function readToken(token: string): string {
  const [, name] = /^after (.+)$/.exec(Buffer.from(token, 'base64').toString()) ?? [];
  if (name === undefined) throw invalidParameter('NextToken', 'It is not a token of this operation.');
  return name;
}
