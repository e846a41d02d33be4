import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { nodeProgram } from '../contenders/node-program.js';
import { Program } from '../processes/program.js';
import { quietNode } from '../programs/settings.js';
import type { Scenario } from './scenario.js';

const vector = fileURLToPath(new URL('../../../test/vectors/simple_task.json', import.meta.url));

export const bodySizes: Scenario = {
  name: 'bodies',
  title: 'SQS body of one task, add(2, 3)',
  note: "Celery's is the one that it really sent, recorded in test/vectors. Host name and process id are part of all of them.",
  metrics: [
    { key: 'celery', title: 'Celery', unit: 'bytes', digits: 0 },
    { key: 'base64', title: 'ours, base64', unit: 'bytes', digits: 0 },
    { key: 'raw', title: 'raw', unit: 'bytes', digits: 0 },
    { key: 'compact', title: 'compact', unit: 'bytes', digits: 0 },
  ],
  once: true,
  contenders: ({ contenders }) => contenders.filter(({ kind }) => kind === 'ours').slice(0, 1),
  async measure() {
    const { sqs_body: body } = JSON.parse(await readFile(vector, 'utf8')) as { sqs_body: string };
    const program = new Program('body sizes', nodeProgram('body-sizes'), quietNode);
    const line = await program.line(/^sizes /);
    await program.end();
    const sizes = JSON.parse(line.slice('sizes '.length)) as Record<string, number>;
    return { celery: Buffer.byteLength(body), ...sizes };
  },
};
