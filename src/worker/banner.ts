/** What the banner tells of a starting worker. */
export interface BannerFacts {
  /** Node name, `celery@<host>`. */
  readonly hostname: string;
  readonly version: string;
  /** Operating system and runtime. */
  readonly platform: string;
  /** Name of the root module. */
  readonly app: string;
  /** Broker URL, credentials masked. */
  readonly transport: string;
  /** Where results are kept, credentials masked. */
  readonly results: string;
  /** Tasks that can run at the same time, over all queues. */
  readonly concurrency: number;
  /** Celery names of the consumed queues. */
  readonly queues: readonly string[];
  /** Names of the registered tasks. */
  readonly tasks: readonly string[];
}

/** Width of Celery's column of queue names. */
const QUEUE_WIDTH = 16;

/** The start-up banner in Celery's format. */
export function banner(facts: BannerFacts): string {
  const { hostname, version, platform, app, transport, concurrency } = facts;
  return [
    `${hostname} nestjs-sqs-celery v${version}`,
    platform,
    '',
    '[config]',
    `.> app:         ${app}`,
    `.> transport:   ${transport}`,
    `.> results:     ${facts.results}`,
    `.> concurrency: ${concurrency} (async)`,
    '.> task events: OFF',
    '',
    '[queues]',
    ...facts.queues.toSorted().map((name) => `.> ${name.padEnd(QUEUE_WIDTH)} exchange=${name}(direct) key=${name}`),
    '',
    '[tasks]',
    ...facts.tasks.toSorted().map((name) => `  . ${name}`),
  ].join('\n');
}
