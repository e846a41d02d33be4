import { chordPartPrefixes, decodeChordPart, decodeGroupMeta, decompressRecord, encodeChordPart } from '#celery';
import type { JsonTypes, ResultKeys } from '#celery';
import type { ChordCount, ChordPart, ChordPartId, ChordStart, ChordStore } from '#celery/ports';
import { ADD_PART, END_CHORD, HEX, REPORT_PART } from './chord-scripts.js';
import type { SendCommand } from './redis-client.js';
import { startChord } from './redis-chord-start.js';
import { runScript } from './redis-script.js';

export interface RedisChordStoreInit {
  readonly send: SendCommand;
  readonly keys: ResultKeys;
  /** Seconds for which the parts are kept; 0: for ever. */
  readonly expires: number;
  /** Celery's `result_chord_ordered`: false keeps parts in the order of their reports. Default: true. */
  readonly ordered?: boolean | undefined;
  /** Types of values beyond the built-in ones. */
  readonly types?: JsonTypes | undefined;
}

/**
 * Seconds for which a chord is left to the reporter that was told `complete`. If it dies, its own part, redelivered, goes on at
 * once; another part does after this time. Shorter than what is left of a lease when its holder dies: a Python worker that is
 * redelivered the part meets the claim, deletes the message, and nobody would end the chord.
 */
const CLAIM_SECONDS = 6;

/** Celery's own: for so long, late copies of parts do not start the count of a chord again that has ended. */
const DONE_SECONDS = 300;

/** Celery's counting of chords in Redis: the same keys, so that some of a chord's parts may run in Python. */
export class RedisChordStore implements ChordStore {
  readonly #init: RedisChordStoreInit;

  constructor(init: RedisChordStoreInit) {
    this.#init = init;
  }

  /** @throws BackendError */
  async start(groupId: string, start: ChordStart): Promise<void> {
    const { send, keys, expires } = this.#init;
    await startChord(start, { send, key: keys.group(groupId), expires });
  }

  /** @throws BackendError */
  async add(groupId: string, taskId: string): Promise<void> {
    const { send, keys, expires } = this.#init;
    const key = keys.group(groupId);
    await runScript(send, ADD_PART, [`${key}.t`, `${key}.a`, `${key}.c`], [taskId, String(expires)]);
  }

  /** @throws BackendError @throws EncodeError @throws DecodeError */
  async report(part: ChordPart): Promise<ChordCount> {
    const { send, keys, expires, ordered = true, types } = this.#init;
    const text = encodeChordPart(part, types);
    const answer = await runScript(
      send,
      REPORT_PART,
      [...this.#keys(part), keys.group(part.groupId)],
      [
        part.taskId,
        text,
        ordered ? '1' : '0',
        placeOf(part),
        String(expires),
        claimOf(part),
        String(CLAIM_SECONDS),
        ...chordPartPrefixes(part.taskId),
      ],
    );
    const [kind, group = '', ...parts] = answer as string[];
    if (kind !== 'complete') return { kind: kind === 'claimed' ? 'claimed' : 'pending' };
    return this.#complete(part.groupId, group, parts);
  }

  /** @throws BackendError */
  async end(part: ChordPartId, ending: 'sent' | 'failed'): Promise<void> {
    const args = [claimOf(part), ending === 'sent' ? '1' : '0', String(DONE_SECONDS)];
    const keys = [...this.#keys(part), `${this.#init.keys.group(part.groupId)}.a`];
    await runScript(this.#init.send, END_CHORD, keys, args);
  }

  async #complete(groupId: string, group: string, texts: readonly string[]): Promise<ChordCount> {
    const { types } = this.#init;
    const readable = await Promise.all(texts.map(readText));
    const parts = readable.map((text) => decodeChordPart(text, groupId, types));
    const structure = group === '' ? undefined : decodeGroupMeta(await readText(group), groupId);
    return { kind: 'complete', parts, ...(structure && { structure }) };
  }

  #keys({ groupId }: ChordPartId): string[] {
    const key = this.#init.keys.group(groupId);
    return ['j', 't', 's', 'd', 'c'].map((suffix) => `${key}.${suffix}`);
  }
}

function placeOf({ groupIndex }: ChordPartId): string {
  return groupIndex === null ? '+inf' : String(groupIndex);
}

/** The same for every delivery of the same part: whoever repeats a report that completed the chord completes it again. */
function claimOf(part: ChordPartId): string {
  return `part:${part.taskId}:${placeOf(part)}`;
}

/** What is compressed (Celery 5.7, `result_compression`) comes in hexadecimal, so that its bytes survive any client. */
async function readText(text: string): Promise<string> {
  return text.startsWith(HEX) ? decompressRecord(Buffer.from(text.slice(HEX.length), 'hex')) : text;
}
