import { errorOf, saferepr, type ExceptionInfo } from '#celery';

/** The error of a chord as Celery stores it (`ChordError`). */
export function chordError(message: string): Error {
  return errorOf({ excType: 'ChordError', excMessage: [message], excModule: 'celery.exceptions' });
}

/** An exception as Python's `repr` shows it: `ValueError('boom', 42)`; of one that is not known, `None`. */
export function reprOfException(info: ExceptionInfo | null): string {
  if (!info) return 'None';
  const name = info.excType.split('.').at(-1);
  return `${name}(${info.excMessage.map(reprOfArgument).join(', ')})`;
}

function reprOfArgument(argument: unknown): string {
  // Celery's saferepr, made for arguments, cuts texts and does not escape them; this is Python's own repr.
  if (typeof argument === 'string') return reprOfText(argument);
  return saferepr(argument, { maxLength: Infinity, maxDepth: Infinity });
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['\\', String.raw`\\`],
  ['\n', String.raw`\n`],
  ['\r', String.raw`\r`],
  ['\t', String.raw`\t`],
]);

function reprOfText(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escape = (character: string): string =>
    character === quote ? `\\${quote}` : (ESCAPES.get(character) ?? hexOf(character));
  const special = quote === "'" ? /[\\'\p{Cc}]/gu : /[\\\p{Cc}]/gu;
  return `${quote}${text.replaceAll(special, escape)}${quote}`;
}

function hexOf(character: string): string {
  return String.raw`\x${(character.codePointAt(0) ?? 0).toString(16).padStart(2, '0')}`;
}
