import { InvalidTaskError } from '../errors/task-errors.js';
import { withHeader } from './linking.js';
import { headerOf, isChain, isChord, isGroup, signatureList, tasksOf, withTasks, type Options } from './primitives.js';
import type { SignatureJson } from './signature-json.js';
import { PLACED_OPTIONS } from './signature-message.js';

/** Stamps by name. */
export type Stamps = Readonly<Record<string, unknown>>;

/**
 * Stamps a signature, with everything in it and what follows it: Celery's `stamp`. Workers carry stamps on.
 * As in Celery, the body of a chord is not stamped with it: stamp it on its own.
 *
 * @returns the stamped signature; a stamp that it had before under the same name is replaced
 * @throws InvalidTaskError for a name that is an option of the signature
 */
export function stamp<Sig extends SignatureJson>(signature: Sig, stamps: Stamps): Sig {
  // A stamp stands among the options: one of these names would replace what it means there.
  const taken = Object.keys(stamps).filter((name) => PLACED_OPTIONS.has(name));
  if (taken.length === 0) return stamped(signature, stamps);
  throw new InvalidTaskError(`stamp: '${taken.join("', '")}' is an option of every task; choose another name`);
}

function stamped<Sig extends SignatureJson>(signature: Sig, stamps: Stamps): Sig {
  const all = withOwn(signature.options, stamps);
  const linked = { ...signature, options: { ...signature.options, ...stampedLinks(signature.options, all) } };
  const each = (one: SignatureJson): SignatureJson => stamped(one, all);
  if (isChain(linked) || isGroup(linked)) return withTasks(linked, tasksOf(linked).map(each));
  if (isChord(linked)) return withHeader(linked, headerOf(linked).map(each));
  // Its own stamps are not those of what follows it.
  const links = stampedLinks(signature.options, stamps);
  return { ...signature, options: { ...signature.options, ...links, ...all, stamped_headers: Object.keys(all) } };
}

/** The stamps that a signature gets, and those it has. Lists under one name are joined. */
function withOwn(options: Options, stamps: Stamps): Stamps {
  const all: Record<string, unknown> = { ...stamps };
  const names = options['stamped_headers'];
  for (const name of Array.isArray(names) ? names.map(String) : []) {
    const [given, own] = [all[name], options[name]];
    if (given === undefined) all[name] = own;
    else if (Array.isArray(given) && Array.isArray(own)) all[name] = [...given, ...own];
  }
  return all;
}

function stampedLinks(options: Options, stamps: Stamps): Options {
  const names = ['link', 'link_error'].filter((name) => signatureList(options[name]).length > 0);
  return Object.fromEntries(
    names.map((name) => [name, signatureList(options[name]).map((one) => stamped(one, stamps))]),
  );
}
