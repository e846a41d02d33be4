import type { ExternalContextCreator } from '@nestjs/core';
import { createArgumentPipes } from './argument-pipes.js';

/**
 * Remembers which errors of a run came from guards, parameter decorators and pipes: no retry mends those. They are noted and
 * not wrapped, so that interceptors and filters see the errors as they were thrown.
 */
export class PermanentFailures {
  readonly #errors = new WeakMap<object, Set<unknown>>();

  /** Whether this error ended a stage before the handler. */
  has(request: object, error: unknown): boolean {
    return this.#errors.get(request)?.has(error) ?? false;
  }

  /** Nest's creator with guards and pipes that leave a note of what they threw; otherwise the same object. */
  watch(creator: ExternalContextCreator): ExternalContextCreator {
    const watched: ExternalContextCreator = Object.create(creator);
    watched.createGuardsFn = (...created) => {
      const guards = creator.createGuardsFn(...created);
      return guards && ((args: [object]) => this.#noting(args[0], () => guards(args)));
    };
    watched.createPipesFn = (...created) => {
      const pipes = createArgumentPipes((...wrapped) => creator.createPipesFn(...wrapped), ...created);
      return pipes && ((values, ...args) => this.#noting(args[0], () => pipes(values, ...args)));
    };
    return watched;
  }

  async #noting(request: unknown, stage: () => Promise<unknown>): Promise<void> {
    try {
      await stage();
    } catch (error) {
      if (typeof request === 'object' && request !== null) this.#note(request, error);
      throw error;
    }
  }

  #note(request: object, error: unknown): void {
    const errors = this.#errors.get(request) ?? new Set();
    this.#errors.set(request, errors.add(error));
  }
}
