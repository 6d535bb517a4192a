/** Something outside cannot be had, for a reason the operator can remove: the message names the setting and what to do. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
}
