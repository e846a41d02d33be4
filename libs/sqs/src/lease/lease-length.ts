import type { ManagedQueue } from '../queue/managed-queue.js';
import { amplyReceivable } from '../queue/managed-queue.js';

/** Seconds a message is leased on receive unless its queue's owner decided otherwise: short, so that a killed worker's work goes on soon. */
const shortLease = 30;

/**
 * Seconds of the lease on receive. Where a queue allows few receives its owner chose both, their number and the time between
 * them: then its own visibility timeout holds.
 */
export function receiveLease(queue: ManagedQueue, option: number | undefined): number {
  if (option !== undefined) return option;
  const { redrivePolicy, visibilityTimeout } = queue.info;
  if (!redrivePolicy || redrivePolicy.maxReceiveCount >= amplyReceivable) return shortLease;
  // 0 would leave every message visible while it runs.
  return visibilityTimeout || shortLease;
}

/** Seconds of each extension: doubled with every receive, at most the queue's own, so that a message that kills its worker comes back ever more slowly. */
export function extensionLease(baseSeconds: number, receiveCount: number, queueSeconds: number | undefined): number {
  const most = Math.max(queueSeconds ?? baseSeconds, baseSeconds);
  return Math.min(baseSeconds * 2 ** Math.min(receiveCount - 1, 30), most);
}
