/** With `key:secret@`, a URL may hold credentials even where its scheme is missing. */
const URL_LIKE = /:\/\/|:.*@/;

/** Whether a text is a URL rather than a name: it may hold credentials, and must not be shown. */
export function looksLikeUrl(text: string): boolean {
  return URL_LIKE.test(text);
}

/** A text in an error message. */
export function shownText(text: string): string {
  return looksLikeUrl(text) ? 'a URL (not shown)' : `'${text}'`;
}
