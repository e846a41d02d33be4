/** Nesting that is followed in both directions: about half of what Python's own parser endures. */
export const MAX_DEPTH = 512;

/** Python refuses to read an integer of more digits (`sys.set_int_max_str_digits`). */
export const MAX_INTEGER_DIGITS = 4300;

export const MARKER_KEY = '__type__';
export const VALUE_KEY = '__value__';
