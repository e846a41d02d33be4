import type { SignatureJson } from '../canvas/signature-json.js';

/** The headers of protocol 2 in camelCase, normalised: what was absent has its default. */
export interface TaskHeaders {
  /** Language of the sender; nobody reads it. */
  readonly lang: string;
  /** Registered name of the task. */
  readonly task: string;
  /** Task id; the same over all retries. */
  readonly id: string;
  /** Name to show in logs instead of `task`. */
  readonly shadow: string | null;
  /** When the task is to run, ISO 8601, UTC where it names no offset. */
  readonly eta: string | null;
  /** From when on the task is not to run any more, ISO 8601, UTC where it names no offset. */
  readonly expires: string | null;
  /** Id of the group or chord the task belongs to. */
  readonly group: string | null;
  /** Position in the group, from 0. */
  readonly groupIndex: number | null;
  /** Retries so far. */
  readonly retries: number;
  /** `[hard, soft]` in seconds. */
  readonly timelimit: readonly [hard: number | null, soft: number | null];
  /** Id of the first task of the workflow; the task's own where the message names none. */
  readonly rootId: string;
  /** Id of the task that sent this one. */
  readonly parentId: string | null;
  /** Python's look of the arguments, for logs and monitors only. */
  readonly argsrepr: string | null;
  readonly kwargsrepr: string | null;
  /** Node name of the sender, `gen<pid>@<host>`; kept over retries. */
  readonly origin: string | null;
  /** undefined: the task's own setting counts. */
  readonly ignoreResult: boolean | undefined;
  /** How often the task was replaced by another (`Task.replace`). */
  readonly replacedTaskNesting: number;
  /** Names of the stamps. */
  readonly stampedHeaders: readonly string[] | null;
  /** Values of the stamps by name. */
  readonly stamps: Readonly<Record<string, unknown>>;
  /** Every other header: `apply_async(headers=…)`, tracing. */
  readonly custom: Readonly<Record<string, unknown>>;
}

/** What follows the task: third element of the body. */
export interface Embed {
  /** Sent after success (`link`). */
  readonly callbacks: readonly SignatureJson[] | null;
  /** Sent after failure (`link_error`). */
  readonly errbacks: readonly SignatureJson[] | null;
  /** The rest of the chain, reversed: the next task is the last element. */
  readonly chain: readonly SignatureJson[] | null;
  /** Body of the chord the task is a header member of. */
  readonly chord: SignatureJson | null;
}

/** The properties of the envelope. */
export interface MessageProperties {
  readonly correlationId?: string | undefined;
  readonly replyTo?: string | undefined;
  /** 2 for tasks, 1 for events. */
  readonly deliveryMode?: number | undefined;
  /** Where it was published to; on SQS exchange `''` and the Celery name of the queue. */
  readonly deliveryInfo: { readonly exchange: string | null; readonly routingKey: string | null };
  /** 0–9; SQS does not honour it. */
  readonly priority: number | null;
  /** How the body was carried: `base64`, or undefined, null or `utf-8` for plain text. Not read when writing. */
  readonly bodyEncoding?: string | null | undefined;
  readonly deliveryTag?: string | undefined;
  /** Milliseconds until `expires` at the time of sending, as a string; SQS ignores it. */
  readonly expiration?: string | undefined;
  /** Every other publish option: `MessageGroupId`, `origin` on retries, … */
  readonly custom: Readonly<Record<string, unknown>>;
}

/** One task message, whichever protocol it came in. It is always written in protocol 2. */
export interface TaskMessage {
  /** The protocol it came in; the hybrid (headers of 2, body of 1) counts as 1. */
  readonly protocol: 1 | 2;
  readonly headers: TaskHeaders;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly embed: Embed;
  readonly properties: MessageProperties;
  /** MIME type of the body. */
  readonly contentType: string;
  readonly contentEncoding: string;
  /** MIME type or alias of the compression of the body, where it is compressed. */
  readonly compression?: string | undefined;
}

/** Nothing follows the task. */
export const EMPTY_EMBED: Embed = Object.freeze({ callbacks: null, errbacks: null, chain: null, chord: null });

/** The only content type that is written. */
export const JSON_CONTENT_TYPE = 'application/json';
