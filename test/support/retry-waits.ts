import { isFinal, type AttemptEvent, type StepEvent } from './attempt-log.js';

interface Wait {
  readonly group: string;
  readonly from: number;
  readonly to: number;
}

export interface WaitRules {
  /** Shorter waits say nothing. */
  readonly leastMs: number;
  /** For so long after a process was killed its groups stand still. */
  readonly leaseMs: number;
  /** Tasks of each group. */
  readonly tasksPerGroup: number;
}

/** Waits of groups for their retry, and in which of them another group that could have gone on did not. */
export interface RetryWaits {
  readonly waits: number;
  /** One sentence for each group that stood still while another waited. */
  readonly stalls: readonly string[];
}

/** Looks whether groups go on while another one waits for its retry. */
export function retryWaits(events: readonly AttemptEvent[], rules: WaitRules): RetryWaits {
  const killedAt = events.filter(({ kind }) => kind === 'killed').map(({ at }) => at);
  const steps = events.filter((event): event is StepEvent => event.kind !== 'killed');
  const groups = byGroup(steps);
  const waits = [...groups.values()]
    .flatMap((ofGroup) => waitsOf(ofGroup))
    .filter(({ from, to }) => to - from >= rules.leastMs)
    .filter(({ from, to }) => !killedAt.some((at) => at < to && at > from - rules.leaseMs));
  const stalls = waits.flatMap((wait) =>
    [...groups]
      .filter(([group, ofGroup]) => group !== wait.group && standsStill(ofGroup, wait, rules.tasksPerGroup))
      .map(([group]) => `${group} did nothing for the ${wait.to - wait.from} ms that ${wait.group} waited`),
  );
  return { waits: waits.length, stalls };
}

function byGroup(steps: readonly StepEvent[]): Map<string, StepEvent[]> {
  const groups = new Map<string, StepEvent[]>();
  for (const step of steps) groups.set(step.group, [...(groups.get(step.group) ?? []), step]);
  return groups;
}

/** From each retry to the next start of its task. */
function waitsOf(ofGroup: readonly StepEvent[]): Wait[] {
  return ofGroup.flatMap((event, position) => {
    const next = ofGroup[position + 1];
    return event.kind === 'retry' && next ? [{ group: event.group, from: event.at, to: next.at }] : [];
  });
}

/** Whether a group that was not waiting for a retry of its own had something to do, and did not. */
function standsStill(ofGroup: readonly StepEvent[], { from, to }: Wait, tasksPerGroup: number): boolean {
  const before = ofGroup.findLast(({ at }) => at <= from);
  if (before?.kind === 'retry') return false;
  if (before && isFinal(before) && before.index === tasksPerGroup - 1) return false;
  return !ofGroup.some(({ at }) => at > from && at <= to);
}
