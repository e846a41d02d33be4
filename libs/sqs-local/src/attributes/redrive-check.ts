import { invalidParameter } from '../errors.js';
import type { RedriveAllowPolicy, RedrivePolicy } from '../queue/settings.js';
import type { QueueDirectory } from '../service/directory.js';

/** Refuses a redrive policy whose target does not exist, is of the other type, or does not allow this source. */
export function checkRedrivePolicy(directory: QueueDirectory, source: string, policy: RedrivePolicy | undefined): void {
  if (policy === undefined) return;
  const target = directory.findByArn(policy.deadLetterTargetArn);
  const selfTarget = policy.deadLetterTargetArn === directory.arn(source);
  if (target === undefined && !selfTarget) {
    throw invalidParameter('RedrivePolicy', 'Dead letter target does not exist.');
  }
  if (target === undefined) return;
  if (target.fifo !== source.endsWith('.fifo')) {
    throw invalidParameter('RedrivePolicy', 'Dead-letter queue must be same type of queue as the source.');
  }
  if (!allows(target.settings.RedriveAllowPolicy, directory.arn(source))) {
    throw invalidParameter(
      'RedrivePolicy',
      'The RedriveAllowPolicy of the dead-letter queue does not permit this source queue.',
    );
  }
}

function allows(policy: RedriveAllowPolicy | undefined, sourceArn: string): boolean {
  if (policy === undefined || policy.redrivePermission === 'allowAll') return true;
  return policy.redrivePermission === 'byQueue' && (policy.sourceQueueArns?.includes(sourceArn) ?? false);
}
