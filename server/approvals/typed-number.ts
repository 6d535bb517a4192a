/**
 * A number as this language groups it, in its shortest form; undefined for anything else. Groups have to be whole:
 * `42,00` is no English number, and must not pass for 4,200.
 */
export function decimalIn(typed: string, locale: string): string | undefined {
  const parts = new Intl.NumberFormat(locale).formatToParts(1234567.8);
  const mark = (type: 'group' | 'decimal') => parts.find((part) => part.type === type)?.value ?? '';
  const [group, point] = [mark('group'), mark('decimal')].map(escaped);
  // Spaces of any width group everywhere, and an apostrophe where it is the custom.
  const separator = `(?:${group}|[\\s'’])`;
  const number = new RegExp(`^(?:\\d+|\\d{1,3}(?:${separator}\\d{3})+)(?:${point}(\\d{1,6}))?$`, 'u').exec(
    typed.trim(),
  );
  if (!number) return undefined;
  const [all, fraction = ''] = number;
  const whole = fraction === '' ? all : all.slice(0, -fraction.length - 1);
  return decimal(`${whole.replace(/\D/gu, '')}.${fraction}`);
}

/** Without zeros that say nothing. */
export function decimal(text: string): string {
  const [whole = '', fraction = ''] = text.split('.');
  const [digits, rest] = [whole.replace(/^0+(?=\d)/, ''), fraction.replace(/0+$/, '')];
  return rest === '' ? digits : `${digits}.${rest}`;
}

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
