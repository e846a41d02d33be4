import { encodeGroupMeta } from '#celery';
import type { ChordStart } from '#celery/ports';
import { nestedStructure } from '../nested-structure.js';
import type { SendCommand } from './redis-client.js';

interface StartedIn {
  readonly send: SendCommand;
  /** Key of the header's group. */
  readonly key: string;
  /** Seconds for which the chord is kept; 0: for ever. */
  readonly expires: number;
}

/** What Celery's Redis backend writes when a chord is sent: the group where it has groups in it, and the size. */
export async function startChord({ size, structure }: ChordStart, { send, key, expires }: StartedIn): Promise<void> {
  const expiry = expires > 0 ? ['EX', String(expires)] : [];
  const nested = nestedStructure(structure);
  if (nested) await send(['SET', key, encodeGroupMeta(nested), ...expiry]);
  if (size === undefined) return;
  // A chord that is sent again under the same ids is counted anew.
  await send(['DEL', `${key}.c`]);
  await send(['SET', `${key}.s`, String(size), ...expiry]);
}
