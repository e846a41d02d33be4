/** An option of a signature that is a text; undefined where it is anything else, or empty. */
export function textOption(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
