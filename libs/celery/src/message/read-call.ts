import { isRecord, readSignature, type SignatureJson } from '../canvas/signature-json.js';
import { Malformed } from './decoded-message.js';
import { isAbsent, type Wire } from './read-value.js';
import { EMPTY_EMBED, type Embed } from './task-message.js';

/** What the body of a message says: the arguments and what follows the task. */
export interface Call {
  readonly args: unknown[];
  readonly kwargs: Record<string, unknown>;
  readonly embed: Embed;
}

/**
 * Reads the body of protocol 2: `[args, kwargs, embed]`.
 *
 * @throws Malformed where it has another shape
 */
export function readTriple(body: unknown): Call {
  if (!Array.isArray(body) || body.length !== 3) {
    throw new Malformed('body', 'the body must be an array of three: args, kwargs, embed');
  }
  return { args: readArgs(body[0]), kwargs: readKwargs(body[1]), embed: readEmbed(body[2]) };
}

/**
 * Reads the arguments out of the body of protocol 1 or of the hybrid: an object of everything.
 *
 * @throws Malformed where one has a wrong type
 */
export function readCallFields(body: Wire): Call {
  const { args = [], kwargs = {}, callbacks, errbacks, chord } = body;
  return { args: readArgs(args), kwargs: readKwargs(kwargs), embed: readEmbed({ callbacks, errbacks, chord }) };
}

function readArgs(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  throw new Malformed('args', 'the positional arguments must be an array');
}

function readKwargs(value: unknown): Record<string, unknown> {
  if (isRecord(value)) return value;
  throw new Malformed('kwargs', 'the keyword arguments must be an object');
}

function readEmbed(value: unknown): Embed {
  if (isAbsent(value)) return EMPTY_EMBED;
  if (!isRecord(value)) throw new Malformed('embed', 'embed must be an object or null');
  const { callbacks, errbacks, chain, chord } = value;
  if (isAbsent(callbacks) && isAbsent(errbacks) && isAbsent(chain) && isAbsent(chord)) return EMPTY_EMBED;
  return {
    callbacks: readSignatures(callbacks, 'callbacks'),
    errbacks: readSignatures(errbacks, 'errbacks'),
    chain: readSignatures(chain, 'chain'),
    chord: isAbsent(chord) ? null : signatureOf(chord, 'chord'),
  };
}

function readSignatures(value: unknown, where: string): SignatureJson[] | null {
  if (isAbsent(value)) return null;
  if (Array.isArray(value)) return value.map((element) => signatureOf(element, where));
  return [signatureOf(value, where)];
}

function signatureOf(value: unknown, where: string): SignatureJson {
  const signature = readSignature(value);
  if (signature === undefined) throw new Malformed('embed', `embed.${where} must hold signatures of tasks`);
  return signature;
}
