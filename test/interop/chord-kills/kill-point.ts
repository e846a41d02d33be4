/** A call by which a worker settles a task of a chord. */
export type StoreCall = 'store' | 'report' | 'end';

/** Where a worker dies: at this call for this task, before it has its effect, or after. */
export interface KillPoint {
  readonly call: StoreCall;
  readonly taskId: string;
  readonly effect: 'before' | 'after';
}
