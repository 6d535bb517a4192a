import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Context } from 'koa';

/** The cookies of our pages, and the form tokens that hang on two of them. */
export interface Cookies {
  session(ctx: Context): string | undefined;
  setSession(ctx: Context, value: string | undefined, maxAgeSeconds?: number): void;
  /** What the browser says of its time zone: nothing hangs on it but how times are written. */
  timeZone(ctx: Context): string | undefined;
  /** A token for the forms of this browser: of its session, or of a cookie made for the sign-in form. */
  csrf(ctx: Context): string;
  /** Is this POST from a form that we gave this browser? A link, a frame or another site's form is not. */
  csrfMatches(ctx: Context, token: string | undefined): boolean;
}

/**
 * @param key 32 bytes
 * @param secure false only where the issuer is http on loopback: the `__Host-` prefix demands Secure
 */
export function cookiesWith(key: Buffer, secure: boolean): Cookies {
  const names = secure
    ? { session: '__Host-countersign', form: '__Host-countersign-form', zone: '__Host-countersign-zone' }
    : { session: 'countersign', form: 'countersign-form', zone: 'countersign-zone' };
  const set = (ctx: Context, name: string, value: string | undefined, maxAgeSeconds?: number) => {
    const attributes = [
      `${name}=${value ?? ''}`,
      'Path=/',
      'HttpOnly',
      'SameSite=Lax',
      ...(secure ? ['Secure'] : []),
      ...(value === undefined ? ['Max-Age=0'] : maxAgeSeconds === undefined ? [] : [`Max-Age=${maxAgeSeconds}`]),
    ];
    ctx.append('Set-Cookie', attributes.join('; '));
  };
  const read = (ctx: Context, name: string): string | undefined => {
    for (const part of (ctx.get('Cookie') || '').split(';')) {
      const [found, ...value] = part.trim().split('=');
      if (found === name) return value.join('=') || undefined;
    }
    return undefined;
  };
  const made = new WeakMap<object, string>();
  const tokenOf = (value: string) => createHmac('sha256', key).update(`csrf ${value}`).digest('base64url');

  return {
    session: (ctx) => read(ctx, names.session),
    setSession: (ctx, value, maxAgeSeconds) => set(ctx, names.session, value, maxAgeSeconds),
    timeZone: (ctx) => read(ctx, names.zone),
    csrf(ctx) {
      const session = read(ctx, names.session);
      if (session !== undefined) return tokenOf(session);
      let form = read(ctx, names.form) ?? made.get(ctx.req);
      if (form === undefined) {
        form = randomBytes(32).toString('base64url');
        made.set(ctx.req, form); // one page may hold several forms
        set(ctx, names.form, form);
      }
      return tokenOf(form);
    },
    csrfMatches(ctx, token) {
      // A browser says where a request comes from; what it calls cross-site is none of our forms.
      const site = ctx.get('Sec-Fetch-Site');
      if (site !== '' && site !== 'same-origin' && site !== 'none') return false;
      const bound = read(ctx, names.session) ?? read(ctx, names.form);
      if (bound === undefined || token === undefined) return false;
      const [expected, actual] = [Buffer.from(tokenOf(bound)), Buffer.from(token)];
      return expected.length === actual.length && timingSafeEqual(expected, actual);
    },
  };
}
