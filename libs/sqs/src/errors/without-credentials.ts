/** Everything up to the last @ of a word: an unquoted secret may hold an @ or a slash itself. */
const USER_INFO = /([a-z][a-z0-9+.-]*:\/\/)[^\s"'`]*@/gi;

/** A text whose URLs have lost user name and password, fit for messages and logs. */
export function withoutCredentials(text: string): string {
  return text.replace(USER_INFO, '$1');
}
