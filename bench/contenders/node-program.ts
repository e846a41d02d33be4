import { fileURLToPath } from 'node:url';

/** The compiled programs that run in processes of their own. */
export const programsFolder = fileURLToPath(new URL('../programs/', import.meta.url));

/** Command and arguments of one of them. */
export function nodeProgram(name: string, flags: readonly string[] = []): readonly [string, ...string[]] {
  return [process.execPath, ...flags, `${programsFolder}${name}.js`];
}
