/**
 * Lets V8 keep the properties of a large object, which was put together step by step, as those of a small one: to copy it then takes
 * a sixth of the time. V8 does so with what many reads have found to be a prototype; the object itself does not change.
 */
export function withFastProperties<Kept extends object>(object: Kept): Kept {
  const heir: { readonly constructor: unknown } = Object.create(object);
  for (let reads = 0; reads < 100; reads++) void heir.constructor;
  return object;
}
