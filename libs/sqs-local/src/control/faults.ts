import { injectedError, type SqsError } from '../errors.js';

/** Which requests a fault strikes, and how many. */
interface FaultScope {
  /** The SQS action, for example `SendMessageBatch`. Default: every action. */
  readonly action?: string;
  /** The name of the queue. Default: every queue. */
  readonly queue?: string;
  /** How many requests it strikes; `Infinity` until it is cancelled. Default 1. */
  readonly times?: number;
}

/** The request is answered with an error and not carried out. */
interface ErrorFault extends FaultScope {
  readonly how: 'error';
  /** For example `RequestThrottled`, `ServiceUnavailable`, `com.amazon.coral.service#ExpiredTokenException`. Default `InternalFailure`. */
  readonly code?: string;
  /** HTTP status. Default 500. */
  readonly status?: number;
  readonly message?: string;
}

/**
 * `drop`: the connection is cut and the request not carried out. `lose`: the request is carried out, then the connection
 * is cut, as when an answer is lost on its way. `hang`: the request is neither carried out nor ever answered.
 */
interface ConnectionFault extends FaultScope {
  readonly how: 'drop' | 'lose' | 'hang';
}

/** Single entries of batches fail, the others are carried out. */
interface EntryFault extends FaultScope {
  readonly how: 'entries';
  /** Which entries, by their `Id` and position. Default: all. */
  readonly select?: (id: string, index: number) => boolean;
  /** Default `InternalError`. */
  readonly code?: string;
  /** Whether the entry itself is at fault, so that sending it again is useless. Default false. */
  readonly senderFault?: boolean;
  readonly message?: string;
}

/** A failure that a test asks an endpoint for. */
export type FaultRule = ErrorFault | ConnectionFault | EntryFault;

/** A fault that has been set. */
export interface Fault {
  /** How many more requests it will strike. */
  readonly remaining: number;
  /** Ends it. */
  cancel(): void;
}

interface ActiveFault extends Fault {
  readonly rule: FaultRule;
  remaining: number;
}

/** The faults set on an endpoint; the one set first strikes first. */
export class Faults {
  private active: ActiveFault[] = [];

  add(rule: FaultRule): Fault {
    const fault: ActiveFault = { rule, remaining: rule.times ?? 1, cancel: () => this.remove(fault) };
    this.active.push(fault);
    return fault;
  }

  clear(): void {
    for (const fault of this.active) this.remove(fault);
  }

  /** The rule that strikes this request, used up by it. */
  take(action: string, queue: string | undefined): FaultRule | undefined {
    const fault = this.active.find(({ rule }) => {
      return (rule.action ?? action) === action && (rule.queue === undefined || rule.queue === queue);
    });
    if (fault === undefined) return undefined;
    fault.remaining--;
    if (fault.remaining <= 0) this.remove(fault);
    return fault.rule;
  }

  private remove(fault: ActiveFault): void {
    fault.remaining = 0;
    this.active = this.active.filter((other) => other !== fault);
  }
}

/** The error of an injected error answer. */
export function errorOf(rule: ErrorFault): SqsError {
  const code = rule.code ?? 'InternalFailure';
  return injectedError(code, rule.status ?? 500, rule.message ?? `Injected failure: ${code}.`);
}

/** The error of one entry of a batch, if the rule strikes it. */
export function entryErrorOf(rule: FaultRule | undefined, id: string, index: number): SqsError | undefined {
  if (rule?.how !== 'entries' || rule.select?.(id, index) === false) return undefined;
  const code = rule.code ?? 'InternalError';
  return injectedError(code, rule.senderFault === true ? 400 : 500, rule.message ?? `Injected failure: ${code}.`);
}
