import type { Readable } from 'node:stream';

/** Reads an answer's body. The SDK's own collector pipes it into a stream, which costs more than reading it. */
export function collectStream(body: Readable): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    body.on('data', (chunk: Buffer) => chunks.push(chunk));
    body.on('end', () => resolve(Buffer.concat(chunks)));
    body.on('error', reject);
  });
}
