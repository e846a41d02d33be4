import type { ProviderWrapper } from './handler-explorer.js';

type EnhancerWrapper = Pick<ProviderWrapper, 'metatype' | 'inject' | 'isAlias' | 'name'>;

/** What a global enhancer that Nest makes anew is made of: its class, that behind an alias, or its factory. */
export function makerOf({ metatype, inject, isAlias }: EnhancerWrapper): unknown {
  return isAlias ? inject?.[0] : metatype;
}

/** The name of a global enhancer that Nest makes anew. */
export function enhancerName(wrapper: EnhancerWrapper): string {
  const maker = makerOf(wrapper);
  return (typeof maker === 'function' && maker.name) || String(wrapper.isAlias ? maker : wrapper.name);
}
