/**
 * How one parameter of an approved action bounds the same parameter of a narrower one. `equal` and `set-equal` want the
 * parameter on both sides or on neither. All others are limits: where the wider side has none, any is narrower; where the
 * wider side has one, a missing one is wider, because leaving a limit out is the oldest way to get around it.
 */
export type Comparator = (typeof COMPARATORS)[number];
export const COMPARATORS = [
  /** The same JSON value. */
  'equal',
  /** The same members in any order. */
  'set-equal',
  /** The same JSON value, as a limit. */
  'limit',
  /** At most this much of the same currency. */
  'money-max',
  /** At most this many. */
  'count-max',
  /** Not before this date. */
  'date-from',
  /** Not after this date. */
  'date-to',
  /** Only members of this list. */
  'set-subset',
  /** Only members of this object, each with the same value. */
  'object-subset',
] as const;

export const isLimit = (comparator: Comparator): boolean => comparator !== 'equal' && comparator !== 'set-equal';
