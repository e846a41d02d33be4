import { existsSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { ourProducer } from '../processes/producer.js';
import { layoutEnv } from '../programs/settings.js';
import type { Contender } from './contender.js';
import { programsFolder } from './node-program.js';

/** Its programs are put here, so that they find that release and its Nest, and not this one. */
const FOLDER = '.bench-programs';

/**
 * An earlier release of this package.
 *
 * @param folder a folder where it is installed beside Nest and the SDK, or a checkout of it that was built
 */
export async function previous(folder: string): Promise<Contender> {
  if (!existsSync(join(folder, 'package.json'))) throw new Error(`--previous: ${folder} has no package.json`);
  const programs = join(folder, FOLDER);
  await cp(programsFolder, programs, { recursive: true });
  const name = 'nestjs-sqs-celery, previous release';
  return {
    name,
    kind: 'previous',
    results: true,
    worker: (layout) => ({
      name,
      commands: [[process.execPath, '--expose-gc', join(programs, 'ours-worker.js')]],
      env: layoutEnv(layout),
    }),
    producer: (layout) => ourProducer(layout, join(programs, 'ours-producer.js')),
  };
}
