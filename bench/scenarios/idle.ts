import { setTimeout as sleep } from 'node:timers/promises';
import { nodeProgram } from '../contenders/node-program.js';
import type { Contender } from '../contenders/contender.js';
import { between, total } from '../endpoint/counts.js';
import { Program } from '../processes/program.js';
import { quietNode } from '../programs/settings.js';
import { Worker } from '../processes/worker.js';
import type { Figures } from '../report/figures.js';
import { single, type Scenario } from './scenario.js';
import type { Site } from './site.js';

const HOUR = 3600;
const BOOT_SECONDS = 2;

/** An hour of ours passes in a moment, on a virtual clock. */
async function virtualHour(): Promise<Figures> {
  const program = new Program('idle hour', nodeProgram('idle-hour'), quietNode);
  const line = await program.line(/^idle /);
  await program.end();
  const { idle, afterBurst } = JSON.parse(line.slice('idle '.length)) as { idle: number; afterBurst: number };
  return { perHour: idle, afterBurst: afterBurst - idle };
}

/** Others are watched for a while, from which an hour is extrapolated. */
async function watchedWhile(contender: Contender, site: Site): Promise<Figures> {
  const worker = await Worker.start(contender.worker(await site.layout()));
  try {
    await sleep(BOOT_SECONDS * 1000);
    const before = await site.endpoint.counts();
    await sleep(site.scale.idleSeconds * 1000);
    const requests = total(between(before, await site.endpoint.counts()));
    return { perHour: (requests * HOUR) / site.scale.idleSeconds };
  } finally {
    await worker.stop();
  }
}

export const idle: Scenario = {
  name: 'idle',
  title: 'An hour without messages, one queue',
  note: 'Ours: an hour of a virtual clock, with the defaults, and the same after a burst of 200 tasks. Others: extrapolated from what was seen in a minute.',
  metrics: [
    { key: 'perHour', title: 'requests', unit: '/h', digits: 0 },
    { key: 'afterBurst', title: 'more after a burst', unit: '/h', digits: 0 },
  ],
  once: true,
  contenders: (roster) => [
    ...single(roster).filter(({ name, kind }) => kind !== 'previous' && !/prefork|threads/.test(name)),
    ...roster.untuned,
  ],
  measure: (contender, site) => (contender.kind === 'ours' ? virtualHour() : watchedWhile(contender, site)),
};
