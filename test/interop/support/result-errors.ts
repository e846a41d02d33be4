import type { PythonError } from './python-result.js';

/** A Python exception, as far as it is compared: class, module, the class it extends, `repr`s of its arguments. */
export type Raised = readonly [type: string, module: string, base: string, args: readonly string[]];

export function raisedOf({ type, module, bases, args }: PythonError): Raised {
  return [type, module, bases[0] ?? '', args.map(({ repr }) => repr)];
}

/** What Python raises for what the task `results.throw` throws, by its name. Classes that Python lacks are made on the spot. */
export const thrown: Readonly<Record<string, Raised>> = {
  Error: ['Exception', 'builtins', 'BaseException', ["'some error'"]],
  RangeError: ['ValueError', 'builtins', 'Exception', ["'too large'"]],
  TypeError: ['TypeError', 'builtins', 'Exception', ["'no number'"]],
  PaymentDeclined: ['PaymentDeclined', 'celery.exceptions', 'Exception', ["'no funds'"]],
  BadRequestException: ['BadRequestException', 'celery.exceptions', 'Exception', ["'bad order'"]],
  text: ['Exception', 'builtins', 'BaseException', ["'just text'"]],
  Reject: ['Reject', 'celery.exceptions', 'TaskPredicate', ["'not today'", 'False']],
  RetryBecause: ['ValueError', 'builtins', 'Exception', ["'too large'"]],
};

/** @param reason a `repr` */
export function revoked(reason: string): Raised {
  return ['TaskRevokedError', 'celery.exceptions', 'TaskError', [reason]];
}
