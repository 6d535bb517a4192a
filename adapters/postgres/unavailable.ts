/** The database cannot be had for a reason the operator can remove: the message says what to do, and no stack is needed. */
export class DatabaseUnavailable extends Error {
  override readonly name = 'DatabaseUnavailable';
}
