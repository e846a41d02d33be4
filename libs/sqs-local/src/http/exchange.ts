import type { IncomingMessage, ServerResponse } from 'node:http';
import { malformedInput } from '../errors.js';
import type { Answer, RawRequest } from '../protocol/codec.js';

/** A batch of 1 MiB in a form may be three times that, and JSON may escape every character. */
const MAX_BODY_BYTES = 16 * 1024 * 1024;

/** Reads the whole request. */
export async function readRequest(request: IncomingMessage): Promise<RawRequest> {
  const { method = 'GET', url = '/', headers } = request;
  return { method, url, headers, body: await readBody(request) };
}

/** By its events: to iterate over a stream costs more than the rest of a small request. */
function readBody(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= MAX_BODY_BYTES) chunks.push(chunk);
      else reject(malformedInput(`The request has more than ${MAX_BODY_BYTES} bytes.`));
    });
    request.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    request.on('error', reject);
  });
}

/** Writes the answer; nothing happens when the client has gone away. */
export function writeAnswer(response: ServerResponse, answer: Answer): void {
  if (response.destroyed) return;
  response.writeHead(answer.status, { ...answer.headers, 'content-length': Buffer.byteLength(answer.body) });
  response.end(answer.body);
}

/**
 * A signal that is aborted when the client goes away before it has its answer. The end of what it sends already tells:
 * `close` follows only when this side has let go too.
 */
export function disconnectSignal(request: IncomingMessage, response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  // A request that was destroyed has none any more.
  const { socket } = request;
  const abort = (): void => controller.abort();
  socket.once('end', abort);
  response.once('close', () => {
    socket.off('end', abort);
    // An answered request is not aborted: the error that an abort makes costs more than the rest of a small request.
    if (!response.writableFinished) abort();
  });
  return controller.signal;
}

/** Scheme, host and port as the client named them, so that the queue URLs it gets lead back to here. */
export function baseUrlOf(request: IncomingMessage, fallback: string): string {
  const { host } = request.headers;
  return host !== undefined && /^[A-Za-z0-9.:[\]-]+$/.test(host) ? `http://${host}` : fallback;
}

/** The queue in a path like `/000000000000/name`. */
export function queueInPath(url: string): string | undefined {
  const [, name] = /^\/[^/?]+\/([^/?]+)\/?(?:\?|$)/.exec(url) ?? [];
  return name;
}
