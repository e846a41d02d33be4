import { Injectable } from '@nestjs/common';
import type { QueueCounts } from '#sqs';
import { SqsConnections } from '../connections/sqs-connections.js';
import { connectionHealth, snapshotOf, type ConnectionSnapshot } from './connection-health.js';
import { livenessProblems, readinessProblems } from './health-problems.js';
import type { HealthProbe, HealthReport } from './health-report.js';

const DRAINING = 'The application is closing: nothing is received any more';

/** Whether the application is well, as far as its connections to SQS are concerned: for probes, dashboards and alarms. */
@Injectable()
export class SqsCeleryHealth {
  constructor(private readonly connections: SqsConnections) {}

  /**
   * Looks at what is known, and asks nothing of SQS: it may be called at any time, as often as you like.
   *
   * - `readiness`: `down` before the start and while draining, where the credentials are not accepted or SQS refuses, and where
   *   polls of a queue fail: three in a row, or without an answer in the last minute, as at the start.
   * - `liveness`: `down` only where a restart helps: a queue that is not polled any more though nothing fails, and a handler that
   *   runs on long after its hard time limit.
   *
   * @param probe Default: `readiness`
   */
  check(probe: HealthProbe = 'readiness'): HealthReport {
    const { draining } = this.connections;
    const all = this.connections.all().map(snapshotOf);
    const problems = probe === 'liveness' ? all.flatMap(livenessProblems) : this.#unready(all);
    return {
      status: problems.length === 0 ? 'up' : 'down',
      details: {
        probe,
        problems,
        draining,
        loopLagMs: Math.round(Math.max(0, ...all.flatMap(({ queues }) => queues.map(({ loopLagMs }) => loopLagMs)))),
        connections: Object.fromEntries(all.map((snapshot) => [snapshot.name, connectionHealth(snapshot)])),
      },
    };
  }

  /**
   * Asks SQS how many messages the queues of a connection have, sent to or consumed: one request, `sqs:GetQueueAttributes`, for each.
   *
   * @param connection its `name`. Default: the default connection
   * @returns by Celery name
   * @throws (rejects) NotConnectedError before the start and after the end; the errors of the AWS SDK
   */
  async depths(connection?: string): Promise<Readonly<Record<string, QueueCounts>>> {
    const { transport } = this.connections.get(connection).opened;
    const counts = transport.queues().map(async ({ name }) => [name, await transport.counts(name)] as const);
    return Object.fromEntries(await Promise.all(counts));
  }

  #unready(all: readonly ConnectionSnapshot[]): string[] {
    return this.connections.draining ? [DRAINING] : all.flatMap(readinessProblems);
  }
}
