import { createHash } from 'node:crypto';
import type { SendCommand } from './redis-client.js';

/** A Lua script: runs as one step, of which others see nothing or everything. */
export interface RedisScript {
  readonly source: string;
  readonly sha1: string;
}

export function redisScript(source: string): RedisScript {
  return { source, sha1: createHash('sha1').update(source).digest('hex') };
}

/** Runs a script by its digest; the text is sent only to a server that does not have it. */
export async function runScript(
  send: SendCommand,
  { source, sha1 }: RedisScript,
  keys: readonly string[],
  args: readonly string[],
): Promise<unknown> {
  const operands = [String(keys.length), ...keys, ...args];
  try {
    return await send(['EVALSHA', sha1, ...operands]);
  } catch (error) {
    if (!(error instanceof Error && error.message.includes('NOSCRIPT'))) throw error;
    return send(['EVAL', source, ...operands]);
  }
}
