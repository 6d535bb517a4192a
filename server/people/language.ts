import type { Context } from 'koa';

import {
  FALLBACK,
  LANGUAGES,
  type PageLanguage,
  PSEUDO_LANGUAGES,
  spokenLanguage,
} from '../../views/words/language.ts';
import { type Speaker, speakerOf } from '../../views/words/speaker.ts';
import { stateOf } from '../http/request-state.ts';

declare module '../http/request-state.ts' {
  interface RequestState {
    /** `ui_locales` of the authorization request that this page answers (OpenID Connect Core §3.1.2.1). */
    uiLocales?: string;
    /** Languages that nobody speaks are spoken too: set by tests alone. */
    pseudoLanguages?: boolean;
  }
}

/** What is known about the language of a page's reader; the first that the server speaks counts. */
export interface LanguageHints {
  /** BCP 47 tags, in the order of preference, with spaces between. */
  uiLocales?: string | undefined;
  /** What the person chose for themselves. */
  chosen?: string | undefined;
  /** What the browser prefers, as far as the server speaks it. */
  accepted?: string | undefined;
  /** The organization's own. */
  fallback?: string | undefined;
}

/** `ui_locales`, then the person's setting, then the browser's languages, then the organization's. */
export function chooseLanguage({ uiLocales, chosen, accepted, fallback }: LanguageHints, pseudo = false): PageLanguage {
  const asked = uiLocales?.split(' ').slice(0, 10) ?? [];
  for (const tag of [...asked, chosen, accepted, fallback]) {
    if (tag === undefined) continue;
    const language = (pseudo && PSEUDO_LANGUAGES.find((one) => one === tag)) || spokenLanguage(tag);
    if (language) return language;
  }
  return FALLBACK;
}

/** The language of this request's page. */
export function speakerFor(ctx: Context): Speaker {
  const { session, uiLocales, pseudoLanguages } = stateOf(ctx.req);
  const asked = ctx.query.ui_locales;
  const language = chooseLanguage(
    {
      uiLocales: typeof asked === 'string' ? `${asked} ${uiLocales ?? ''}` : uiLocales,
      chosen: session?.person.language ?? undefined,
      // Without the header everything is accepted, which says nothing about a reader.
      accepted: ctx.get('Accept-Language') === '' ? undefined : ctx.acceptsLanguages([...LANGUAGES]) || undefined,
      fallback: session?.person.organizationLanguage,
    },
    pseudoLanguages,
  );
  return speakerOf(language);
}

/** A page of ours in the language that this one was asked for in: a form's answer is in its form's language. */
export const inSameLanguage = (ctx: Context, path: string): string => {
  const asked = ctx.query.ui_locales;
  return typeof asked === 'string' && /^[A-Za-z0-9-]{1,20}$/.test(asked)
    ? `${path}${path.includes('?') ? '&' : '?'}ui_locales=${asked}`
    : path;
};
