/** Strings, templates and comments: what may hide a bracket. */
const HIDING = /'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`(?:\\.|[^`\\])*`|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g;

const OPENING = '([{';
const CLOSING = ')]}';

/** Whether a method ends its parameters with `...rest`; `Function.length` does not tell. */
export function hasRestParameter(method: (...args: never[]) => unknown): boolean {
  const source = method.toString().replace(HIDING, '');
  const start = source.indexOf('(');
  let depth = 0;
  for (let index = start; index >= 0 && index < source.length; index++) {
    const character = source.charAt(index);
    if (OPENING.includes(character)) depth++;
    else if (CLOSING.includes(character)) depth--;
    if (depth === 0) return false;
    if (depth === 1 && source.startsWith('...', index)) return true;
  }
  return false;
}
