import type { SignInProvider } from './sign-in-provider.ts';

/** What binds an answer to the request that it answers. */
export interface Checks {
  state: string;
  nonce: string;
  /** PKCE (RFC 7636). */
  verifier: string;
  /** Seconds since the person signed in there, at most; 0 asks for a fresh sign-in. */
  maxAge: number;
}

/** Providers of sign-in, reached. */
export interface Upstream {
  /** The address to send the browser to. @param contexts to ask for, where not any will do. @throws UpstreamRefused */
  begin(
    provider: SignInProvider,
    request: Checks & { redirectUri: string; contexts?: readonly string[] },
  ): Promise<string>;
  /**
   * The claims of the ID token that the answer's code buys, checked as OpenID Connect Core §3.1.3.7 asks.
   *
   * @throws UpstreamRefused
   */
  finish(provider: SignInProvider, answer: URL, checks: Checks): Promise<Record<string, unknown>>;
  /** Where its keys are. @throws UpstreamRefused */
  jwksUri(provider: SignInProvider): Promise<string>;
}

export class UpstreamRefused extends Error {
  readonly kind: 'unreachable' | 'denied' | 'refused';
  constructor(kind: UpstreamRefused['kind'], detail: string) {
    super(detail);
    this.name = 'UpstreamRefused';
    this.kind = kind;
  }
}
