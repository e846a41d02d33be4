import type { SqsError } from '../errors.js';
import type { Output } from '../operations/operation.js';
import type { Params } from './params.js';

/** An HTTP answer. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** How answers are written in one of the two protocols. */
export interface Codec {
  success(action: string, output: Output, requestId: string): Answer;
  failure(error: SqsError, requestId: string): Answer;
}

/** A request that has been understood as far as its operation and its parameters. */
export interface DecodedRequest {
  readonly action: string;
  readonly params: Params;
}

/** An HTTP request with its whole body. */
export interface RawRequest {
  readonly method: string;
  /** Path with query string. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}
