import { readFileSync } from 'node:fs';
import { encodeMessage, type TaskMessage } from '#celery';

/** A message that real Celery sent. */
export interface Vector {
  readonly sqs_body: string;
  readonly decoded_envelope: { readonly headers: Record<string, unknown> };
  readonly decoded_body: unknown;
}

/** Headers and body as they go to SQS. */
export interface Wire {
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: unknown;
}

export function vector(name: string): Vector {
  return JSON.parse(readFileSync(new URL(`../../../test/vectors/${name}.json`, import.meta.url), 'utf8')) as Vector;
}

/** A message as it goes to SQS, decoded like the vectors. */
export function wire(message: TaskMessage): Wire {
  const decode = (text: string): unknown => JSON.parse(Buffer.from(text, 'base64').toString('utf8'));
  const { body: encoded, headers } = decode(encodeMessage(message)) as { body: string; headers: Wire['headers'] };
  return { headers, body: decode(encoded) };
}
