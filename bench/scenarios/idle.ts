import { setTimeout as sleep } from 'node:timers/promises';
import { byQueues } from '../contenders/by-queues.js';
import type { Contender } from '../contenders/contender.js';
import { between, total } from '../endpoint/counts.js';
import { Worker } from '../processes/worker.js';
import type { Figures } from '../report/figures.js';
import { idleHour } from './idle-hour.js';
import { single, type Scenario } from './scenario.js';
import type { Site } from './site.js';

const HOUR = 3600;
const BOOT_SECONDS = 2;

/** Ours, by a virtual clock. */
async function virtualHour(queues: number): Promise<Figures> {
  const { idle, afterBurst } = await idleHour(queues);
  return { perHour: idle / queues, ...(afterBurst !== undefined && { afterBurst: afterBurst - idle }) };
}

/** Others are watched for a while, from which an hour is extrapolated. */
async function watchedWhile(contender: Contender, site: Site): Promise<Figures> {
  const worker = await Worker.start(contender.worker(await site.layout()));
  try {
    await sleep(BOOT_SECONDS * 1000);
    const before = await site.endpoint.counts();
    await sleep(site.size.idleSeconds * 1000);
    const requests = total(between(before, await site.endpoint.counts()));
    return { perHour: (requests * HOUR) / site.size.idleSeconds };
  } finally {
    await worker.stop();
  }
}

export const idle: Scenario = {
  name: 'idle',
  title: 'An hour without messages, by queue',
  note: 'Ours: an hour of a virtual clock, with the defaults, and for one queue the same after a burst of 200 tasks. Others: extrapolated from what was seen in two minutes.',
  metrics: [
    { key: 'perHour', title: 'requests per queue', unit: '/h', digits: 0 },
    { key: 'afterBurst', title: 'more after a burst', unit: '/h', digits: 0 },
  ],
  once: true,
  together: true,
  contenders: (roster) => [
    ...byQueues(roster),
    ...single(roster).filter(({ name, kind }) => (kind === 'celery' ? name.endsWith('solo') : kind === 'peer')),
    ...roster.untuned,
  ],
  measure: (contender, site) =>
    contender.kind === 'ours' ? virtualHour(contender.queues ?? 1) : watchedWhile(contender, site),
};
