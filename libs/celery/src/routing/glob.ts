/**
 * The regular expression of a shell pattern, as Python's `fnmatch` reads it: `*` anything, `?` one character, `[a-z]` one of these,
 * `[!a-z]` none of these; all of the text must match.
 */
export function globToRegExp(glob: string): RegExp {
  const [first = '', ...others] = segmentsOf(Array.from(glob));
  const last = others.pop();
  // What follows a star is found once and for all, as Python does it: a pattern with many stars must not try every combination.
  const between = others.map((segment, index) => `(?=(?<s${index}>.*?${segment}))\\k<s${index}>`).join('');
  const rest = last === undefined ? '' : `${between}.*${last}`;
  return new RegExp(`^${first}${rest}$`, 'su');
}

/** The sources of what stands between stars. */
function segmentsOf(characters: readonly string[]): string[] {
  const segments = [''];
  for (let at = 0; at < characters.length;) {
    const { source, length } = partAt(characters, at);
    if (source === undefined) segments.push('');
    else segments.push(`${segments.pop() ?? ''}${source}`);
    at += length;
  }
  return segments;
}

/** One part of a pattern; a star has no source of its own. */
function partAt(characters: readonly string[], at: number): { readonly source?: string; readonly length: number } {
  const character = characters[at] ?? '';
  if (character === '*') return { length: 1 };
  if (character === '?') return { source: '.', length: 1 };
  const end = character === '[' ? endOfSet(characters, at) : -1;
  // A bracket that nothing closes stands for itself.
  if (end < 0) return { source: literal(character), length: 1 };
  return { source: setSource(characters.slice(at + 1, end)), length: end + 1 - at };
}

/** A closing bracket that comes first belongs to the set. */
function endOfSet(characters: readonly string[], at: number): number {
  const negation = characters[at + 1] === '!' ? 1 : 0;
  const own = characters[at + 1 + negation] === ']' ? 1 : 0;
  return characters.indexOf(']', at + 1 + negation + own);
}

function setSource(characters: readonly string[]): string {
  const negated = characters[0] === '!';
  const members = membersOf(negated ? characters.slice(1) : characters);
  if (members === '') return negated ? '.' : '(?!)';
  return `[${negated ? '^' : ''}${members}]`;
}

/** Single characters and ranges; a range that goes backwards has no members. */
function membersOf(characters: readonly string[]): string {
  let members = '';
  for (let at = 0; at < characters.length;) {
    const from = characters[at] ?? '';
    const to = characters[at + 1] === '-' ? characters[at + 2] : undefined;
    if (to === undefined) members += literal(from);
    else if (codePoint(from) <= codePoint(to)) members += `${literal(from)}-${literal(to)}`;
    at += to === undefined ? 1 : 3;
  }
  return members;
}

/** As an escape, which means the same everywhere in a regular expression. */
function literal(character: string): string {
  return `\\u{${codePoint(character).toString(16)}}`;
}

function codePoint(character: string): number {
  return character.codePointAt(0) ?? 0;
}
