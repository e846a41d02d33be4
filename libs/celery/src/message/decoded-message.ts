import type { TaskMessage } from './task-message.js';

/** The part of a message that cannot be used. */
export type MalformedReason =
  | 'envelope'
  | 'properties'
  | 'headers'
  | 'task'
  | 'id'
  | 'content-type'
  | 'content-encoding'
  | 'body-encoding'
  | 'compression'
  | 'too-large'
  | 'too-deep'
  | 'body'
  | 'args'
  | 'kwargs'
  | 'embed'
  | 'eta'
  | 'expires'
  | 'retries'
  | 'timelimit';

/** The dress of a message that is not Celery's. */
export type ForeignFormat = 'text' | 'json' | 'sns' | 'eventbridge';

/** A task that can be run. */
export interface DecodedTask {
  readonly kind: 'task';
  readonly message: TaskMessage;
  /** What had to be mended to read it: a header without influence on the run has a wrong type. */
  readonly warnings?: readonly string[];
}

/** A task for somebody else: its content type is not accepted, or its compression is not available here. */
export interface RefusedMessage {
  readonly kind: 'refused';
  /** MIME type of the body. */
  readonly contentType: string;
  /** The compression that is not available, where that is the reason. */
  readonly compression?: string;
  readonly task?: string;
  readonly id?: string;
}

/** Not a message of Celery's at all. */
export interface ForeignMessage {
  readonly kind: 'foreign';
  /** The body, freed of base64 as kombu does. */
  readonly text: string;
  readonly format: ForeignFormat;
}

/** A message in kombu's envelope that no worker could run. */
export interface MalformedMessage {
  readonly kind: 'malformed';
  readonly reason: MalformedReason;
  /** One sentence without payload, for logs and the dead-letter queue. */
  readonly detail: string;
  readonly task?: string;
  readonly id?: string;
}

export type DecodedMessage = DecodedTask | RefusedMessage | ForeignMessage | MalformedMessage;

/** How a reader of this folder says that a message is malformed; `decodeMessage` turns it into a value. */
export class Malformed extends Error {
  override readonly name = 'Malformed';

  constructor(
    readonly reason: MalformedReason,
    detail: string,
  ) {
    super(detail);
  }
}
