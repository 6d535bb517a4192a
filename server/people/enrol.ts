import type Router from '@koa/router';
import type { Context } from 'koa';

import { enrolPage } from '../../views/enrol.tsx';
import { errorPage } from '../../views/error.tsx';
import { ENROL } from '../../views/words/entrance.ts';
import { SHELL } from '../../views/words/shell.ts';
import type { Speaker } from '../../views/words/speaker.ts';
import type { Said } from '../../views/words/words.ts';
import type { Cookies } from '../http/cookies.ts';
import { readForm } from '../http/form.ts';
import { stateOf } from '../http/request-state.ts';
import { page } from '../http/respond.ts';
import { hashOf, newId } from '../oauth/ids.ts';
import { checkSpacing, checkText } from '../oauth/text.ts';
import { speakerFor } from './language.ts';
import { frameOf } from './pages.ts';
import { hashPassword } from './password.ts';

export interface EnrolPages {
  enrolments: EnrolmentStore;
  cookies: Cookies;
}

/** Whom a link is for: a person who is there already, or the first administrator of a database without people. */
export interface Enrolment {
  person: { name: string; email: string; organizationName: string } | undefined;
}

export interface FirstAdministrator {
  organization: { id: string; slug: string; name: string };
  person: { id: string; name: string; email: string };
}

export interface EnrolmentStore {
  /** The enrolment behind a link that can still be used. Looking uses nothing up: mail scanners look as well. */
  find(tokenHash: Buffer): Promise<Enrolment | undefined>;
  /** Uses the link: whoever comes first is enrolled, everybody else finds it `gone`. Nothing is used up by `taken`. */
  enrol(
    tokenHash: Buffer,
    passwordHash: string,
    first: FirstAdministrator | undefined,
  ): Promise<'enrolled' | 'gone' | 'taken'>;
}

/** Characters. */
const PASSWORD = { minimum: 12, maximum: 200 };

/** One password by one link, for 15 minutes (`countersign bootstrap`, `countersign people add`). */
export function enrolRoutes(router: Router, { enrolments, cookies }: EnrolPages): void {
  router.get('/enrol/:token', async (ctx) => {
    const enrolment = await enrolments.find(hashOf(String(ctx.params.token)));
    if (!enrolment) return gone(ctx, cookies);
    show(ctx, enrolment, cookies, {});
  });

  router.post('/enrol/:token', async (ctx) => {
    const form = await readForm(ctx.req);
    const tokenHash = hashOf(String(ctx.params.token));
    const enrolment = await enrolments.find(tokenHash);
    if (!enrolment) return gone(ctx, cookies);
    const fields = {
      organization: form.get('organization')?.trim(),
      name: form.get('name')?.trim(),
      email: form.get('email')?.trim(),
    };
    const speaker = speakerFor(ctx);
    const { say } = speaker;
    const again = (error: Said, status = 400) => show(ctx, enrolment, cookies, { error, fields }, status);
    if (!cookies.csrfMatches(ctx, form.get('csrf'))) return again(say(SHELL.formEnded), 403);
    const password = form.get('password') ?? '';
    const problem =
      passwordProblem(password, speaker) ?? (enrolment.person ? undefined : fieldProblem(fields, speaker));
    if (problem !== undefined) return again(problem);

    const { organization = '', name = '', email = '' } = fields;
    const first = enrolment.person
      ? undefined
      : {
          organization: { id: newId('org'), slug: slugOf(organization), name: organization },
          person: { id: newId('usr'), name, email },
        };
    const result = await enrolments.enrol(tokenHash, await hashPassword(password), first);
    if (result === 'gone') return gone(ctx, cookies);
    if (result === 'taken') return again(say(ENROL.taken), 409);
    ctx.redirect('/login');
    ctx.status = 303;
  });
}

function show(
  ctx: Context,
  { person }: Enrolment,
  cookies: Cookies,
  { error, fields = {} }: { error?: Said; fields?: Parameters<typeof enrolPage>[0]['fields'] },
  status = 200,
): void {
  const props = {
    frame: { ...frameOf(ctx, cookies), organizationName: person?.organizationName ?? 'Countersign', person: undefined },
    csrf: cookies.csrf(ctx),
    action: ctx.path,
    passwordMinimum: PASSWORD.minimum,
    fields,
    ...(person && { person, organizationName: person.organizationName }),
    ...(error !== undefined && { error }),
  };
  page(ctx, enrolPage(props), status);
}

/** Used, expired and never made are one answer: a link says nothing to whoever guesses. */
function gone(ctx: Context, cookies: Cookies): void {
  const { say } = speakerFor(ctx);
  page(
    ctx,
    errorPage({
      frame: frameOf(ctx, cookies),
      title: say(ENROL.ended),
      message: say(ENROL.endedMeans),
      nextStep: say(ENROL.endedNext),
      requestId: stateOf(ctx.req).id,
    }),
    410,
  );
}

function passwordProblem(password: string, { say }: Speaker): Said | undefined {
  const length = [...password].length;
  if (length < PASSWORD.minimum) return say(ENROL.passwordShort, { minimum: PASSWORD.minimum });
  if (length > PASSWORD.maximum) return say(ENROL.passwordLong, { maximum: PASSWORD.maximum });
  return new Set(password.toLowerCase()).size < 5 ? say(ENROL.passwordRepeats) : undefined;
}

function fieldProblem(
  fields: { organization?: string | undefined; name?: string | undefined; email?: string | undefined },
  { say }: Speaker,
): Said | undefined {
  for (const [field, value = '', limit] of [
    [say(ENROL.organization), fields.organization, 80],
    [say(ENROL.yourName), fields.name, 80],
  ] as const) {
    if (value === '' || [...value].length > limit) return say(ENROL.lengthOf, { field, limit });
    if ((checkText(value) ?? checkSpacing(value)) !== undefined) return say(ENROL.hidden, { field });
  }
  const { email = '' } = fields;
  return email.length <= 254 && /^[^\s@<>"]+@[^\s@.]+(\.[^\s@.]+)+$/u.test(email) && checkText(email) === undefined
    ? undefined
    : say(ENROL.notAnEmail);
}

/** As it stands in commands: what Latin letters and digits are left of the name. */
const slugOf = (name: string): string =>
  name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60)
    .replace(/-+$/, '') || 'organization';
