/**
 * The time zone of this name, as it is written; undefined for what is none. A browser says it, so it may be anything:
 * one zone has one spelling here, because a formatter is kept for each.
 */
export function timeZoneNamed(name: string): string | undefined {
  // Not an offset: there are thousands of them, and none knows of summer.
  if (!/^[A-Za-z][A-Za-z0-9_+/-]{1,63}$/.test(name)) return undefined;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}
