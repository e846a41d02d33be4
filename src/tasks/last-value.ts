import type { ExternalContextCreator } from '@nestjs/core';
import { isObservable, lastValueFrom } from 'rxjs';

/** Nest's creator, with None as the result of an observable that ends without a value: to Nest that is an error. */
export function withLastValue(creator: ExternalContextCreator): ExternalContextCreator {
  const lenient: ExternalContextCreator = Object.create(creator);
  lenient.transformToResult = async (result: unknown): Promise<unknown> =>
    isObservable(result) ? lastValueFrom(result, { defaultValue: undefined }) : result;
  return lenient;
}
