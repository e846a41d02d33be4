import type { ApplicationConfig } from '@nestjs/core';
import { enhancerName } from './enhancer-name.js';
import type { ProviderWrapper } from './handler-explorer.js';
import { taskMetadata } from './task-metadata.accessor.js';

/**
 * Names the enhancers that Nest would silently leave out for a method: it makes those that are classes only for providers that are
 * classes, and not for what a factory or a value provides. The same is true of global ones that are made anew.
 */
export function skippedEnhancers(
  wrapper: ProviderWrapper,
  prototype: object,
  method: string,
  config: ApplicationConfig,
): readonly string[] {
  if (!wrapper.isNotMetatype) return [];
  const own = taskMetadata
    .enhancerClasses(prototype, method)
    .filter(({ enhancer }) => !wrapper.host?.injectables.has(enhancer))
    .map(({ kind, enhancer }) => `${kind} ${enhancer.name}`);
  return [...new Set([...own, ...globalOnes(config)])];
}

/** Those of request scope and transient ones. */
function globalOnes(config: ApplicationConfig): string[] {
  const kinds = {
    guard: config.getGlobalRequestGuards(),
    interceptor: config.getGlobalRequestInterceptors(),
    pipe: config.getGlobalRequestPipes(),
    filter: config.getGlobalRequestFilters(),
  };
  return Object.entries(kinds).flatMap(([kind, wrappers]) =>
    wrappers.map((wrapper) => `global ${kind} ${enhancerName(wrapper)}`),
  );
}

/** What is wrong with a method for which enhancers would be left out, in the words that follow its name. */
export function skippedEnhancerProblems(skipped: readonly string[]): string[] {
  if (skipped.length === 0) return [];
  return [
    `is provided by a factory or as a value, for which Nest would leave out ${skipped.join(', ')}; provide the class itself`,
  ];
}
