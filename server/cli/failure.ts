/** Exit codes are a contract: scripts branch on them. */
export const EXIT = {
  ok: 0,
  error: 1,
  usage: 2,
  notFound: 3,
  notSignedIn: 4,
  refused: 5,
  conflict: 6,
  partly: 7,
} as const;

/** Ends the command: what, why and what to do next on stderr, and its exit code. */
export class Failure extends Error {
  readonly code: number;
  constructor(code: keyof typeof EXIT, message: string) {
    super(message);
    this.name = 'Failure';
    this.code = EXIT[code];
  }
}
