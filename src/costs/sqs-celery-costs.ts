import { Injectable } from '@nestjs/common';
import type { RequestCount } from '#sqs';
import { SqsConnections } from '../connections/sqs-connections.js';
import type { CostEstimate } from './cost-estimate.js';

/** What has been asked of one queue of a connection by one action, since the start of the process. */
export interface SqsRequestCount extends RequestCount {
  /** The `name` of the connection. */
  readonly connection: string;
}

/** What this process costs on SQS: counters for metrics, and what they come to. It asks nothing of SQS. */
@Injectable()
export class SqsCeleryCosts {
  constructor(private readonly connections: SqsConnections) {}

  /**
   * The counters of all connections, one entry for each connection, queue and action that was used. They only grow, so a collector
   * may read them whenever it likes: Prometheus's `collect`, OpenTelemetry's observable counters. They outlive the shutdown.
   */
  counts(): SqsRequestCount[] {
    return this.connections
      .all()
      .flatMap(({ name, costs }) => costs.counts().map((count) => ({ connection: name, ...count })));
  }

  /**
   * What the counters of a connection come to for a million tasks, and for a month without any.
   *
   * @param connection its `name`. Default: the default connection
   * @throws Error where no connection has the name
   */
  estimate(connection?: string): CostEstimate {
    return this.connections.get(connection).costs.estimate();
  }
}
