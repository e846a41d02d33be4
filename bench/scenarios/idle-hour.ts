import { nodeProgram } from '../contenders/node-program.js';
import { Program } from '../processes/program.js';
import type { IdleHour } from '../programs/idle-hour-messages.js';
import { quietNode } from '../programs/settings.js';

/** Longer than the hour takes on a virtual clock, with many queues. */
const PATIENCE_MS = 120_000;

/** An hour of ours passes in a moment, on a virtual clock. */
export async function idleHour(queues: number): Promise<IdleHour> {
  const program = new Program('idle hour', [...nodeProgram('idle-hour'), String(queues)], quietNode);
  const line = await program.line(/^idle /, PATIENCE_MS);
  await program.end();
  return JSON.parse(line.slice('idle '.length)) as IdleHour;
}
