/** The version of this package, for the banner; a test compares it with package.json. */
export const VERSION = '0.1.0';
