import type { Context } from 'koa';

import { page } from '../http/respond.ts';
import { newId } from '../oauth/ids.ts';
import { speakerFor } from '../people/language.ts';
import type { Session } from '../people/person.ts';
import type { Approval } from './approval.ts';
import type { ApprovalPages } from './pages.ts';

/** A page as a person was shown it before they decided: every byte, but for the tokens of its forms. */
export interface Screen {
  id: string;
  shownAt: Date;
  language: string;
  /** Which templates and style sheet drew it. */
  template: string;
  html: string;
}

export interface ScreenStore {
  /** Keeps it until the decision, with the latest few of this person. Notes when the request was first shown. */
  keep(
    organization: string,
    approval: string,
    person: string,
    screen: Omit<Screen, 'shownAt'>,
    sentence: string,
  ): Promise<void>;
  /** The one of this id, if this person was shown it for this request; without an id the latest. */
  find(organization: string, approval: string, person: string, id: string | undefined): Promise<Screen | undefined>;
}

/**
 * Shows a page on which somebody decides, and keeps what it says; `sentence` is its headline. The form names its screen: of two tabs in two
 * languages, the one that was read is the one that is evidence.
 */
export async function showScreen(
  ctx: Context,
  { organization, id: approval }: Approval,
  { person }: Session,
  pages: Pick<ApprovalPages, 'screens' | 'cookies' | 'template' | 'styleSheet'>,
  { draw, sentence, status = 200 }: { draw: (screen: string) => string; sentence: string; status?: number | undefined },
): Promise<void> {
  const id = newId('scr');
  // A kept page names the very style sheet that it was seen with: another release draws it the same.
  const html = draw(id).replace('/static/app.css', pages.styleSheet);
  const screen = {
    id,
    language: speakerFor(ctx).language,
    template: pages.template,
    html: withoutBearers(html, [pages.cookies.csrf(ctx), interactionIn(ctx.path)]),
  };
  await pages.screens.keep(organization, approval, person.id, screen, sentence);
  page(ctx, html, status);
}

/** No bearer value goes into the database; who holds the page holds them, and nobody else needs to. */
const withoutBearers = (html: string, values: readonly (string | undefined)[]): string =>
  values.reduce<string>((left, value) => (value ? left.replaceAll(value, '') : left), html);

/** The engine's interaction, which whoever knows it can go on with. */
const interactionIn = (path: string): string | undefined => /^\/interaction\/([^/]+)/.exec(path)?.[1];

export const isScreenId = (text: string): boolean => /^scr_[0-9a-f]{32}$/.test(text);

/**
 * What was seen, as content of the evidence of a decision: `screen` is the page of six facts itself, and
 * `signing_screen` the page on which a passkey signed it, where one did.
 */
export async function seen(
  { organization, id, actions }: Approval,
  { person }: Session,
  form: ReadonlyMap<string, string>,
  { screens }: Pick<ApprovalPages, 'screens'>,
): Promise<{ screen?: string; signing_screen?: string; shown?: object; seconds_to_decide?: number }> {
  const find = async (name: string | undefined) =>
    (name === undefined ? undefined : await screens.find(organization, id, person.id, name)) ??
    (await screens.find(organization, id, person.id, undefined));
  const read = form.get('read_screen');
  const screen = await find(read ?? form.get('screen'));
  const signing = read === undefined ? undefined : await find(form.get('screen'));
  if (!screen) return {};
  const { html, shownAt, language, template } = screen;
  return {
    screen: html,
    ...(signing && { signing_screen: signing.html }),
    shown: {
      id: screen.id,
      at: shownAt.toISOString(),
      language,
      template,
      catalogue: actions.map(({ action, version }) => ({ action, version })),
    },
    seconds_to_decide: Math.round((Date.now() - shownAt.getTime()) / 100) / 10,
  };
}
