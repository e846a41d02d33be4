import { malformedInput } from '../errors.js';
import type { Codec, DecodedRequest, RawRequest } from './codec.js';
import { isMembers, Params } from './params.js';

const CONTENT_TYPE = 'application/x-amz-json-1.0';
const TARGET = /^AmazonSQS\.(\w+)$/;

/** Tells whether a request speaks AWS's JSON protocol. */
export function isJsonRequest(request: RawRequest): boolean {
  return (
    request.headers['x-amz-target'] !== undefined || String(request.headers['content-type']).startsWith(CONTENT_TYPE)
  );
}

/** Reads a request of the JSON protocol. */
export function decodeJsonRequest(request: RawRequest): DecodedRequest {
  const [, action = ''] = TARGET.exec(String(request.headers['x-amz-target'])) ?? [];
  return { action, params: new Params(parse(request.body)) };
}

function parse(body: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(body === '' ? '{}' : body);
  } catch {
    throw malformedInput('The request body is not JSON.');
  }
  if (!isMembers(value)) throw malformedInput('The request body must be a JSON object.');
  return value;
}

/** Answers of the JSON protocol; errors carry the Query protocol's code too, which clients still compare. */
export const jsonCodec: Codec = {
  success: (_action, output, requestId) => ({
    status: 200,
    headers: { 'content-type': CONTENT_TYPE, 'x-amzn-requestid': requestId },
    body: JSON.stringify(output),
  }),
  failure: (error, requestId) => ({
    status: error.status,
    headers: {
      'content-type': CONTENT_TYPE,
      'x-amzn-requestid': requestId,
      'x-amzn-query-error': `${error.queryCode};${error.senderFault ? 'Sender' : 'Receiver'}`,
    },
    body: JSON.stringify({ __type: error.type, message: error.message }),
  }),
};
