/**
 * Compares two decimals of the form `4200.00` without floats: negative when `a` is less, positive when it is more.
 * Zeros in front do not count.
 */
export function compareDecimals(a: string, b: string): number {
  const difference = cents(a) - cents(b);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

const cents = (decimal: string): bigint => {
  if (!/^\d+\.\d{2}$/.test(decimal)) throw new TypeError('not a decimal with two places');
  return BigInt(decimal.replace('.', ''));
};
