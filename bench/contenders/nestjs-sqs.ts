import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Contender } from './contender.js';
import { nodePeer } from './peers.js';

const install = fileURLToPath(new URL('../../../bench/nestjs-sqs/install', import.meta.url));

/** `@ssut/nestjs-sqs`, which wants Nest 11 at most: in a folder of its own, made where it is missing; or why there is none. */
export function findNestjsSqs(): Contender | { readonly missing: string } {
  const { status, stdout, stderr } = spawnSync(install, { encoding: 'utf8' });
  if (status !== 0) return { missing: stderr?.trim().split('\n').at(-1) ?? 'it cannot be installed' };
  return nodePeer('@ssut/nestjs-sqs 3', [process.execPath, stdout.trim()]);
}
