import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('../../../.ci/elasticmq', import.meta.url));

/** Java's class path of ElasticMQ, which is fetched where it is missing. Throws where it cannot be had. */
export function elasticMqClassPath(): string {
  return execFileSync(script, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim();
}
