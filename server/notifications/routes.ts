import { randomBytes } from 'node:crypto';
import type Router from '@koa/router';
import type { Context } from 'koa';

import { contactPage, type NotificationsPage, notificationsPage } from '../../views/notifications.tsx';
import { DECISION } from '../../views/words/decision.ts';
import { ERRORS } from '../../views/words/errors.ts';
import { NOTIFICATIONS as N } from '../../views/words/notifications.ts';
import type { Said } from '../../views/words/words.ts';
import { registeredBy } from '../agents/my-agents.ts';
import type { UserCodes } from '../approvals/backchannel.ts';
import type { Cookies } from '../http/cookies.ts';
import { BadRequest } from '../http/form.ts';
import { page } from '../http/respond.ts';
import { checkSpacing, checkText } from '../oauth/text.ts';
import { checkedForm, frameOf, signedIn } from '../people/pages.ts';
import type { PeopleStore, Session } from '../people/person.ts';
import { CHANNELS, type ChannelName, type PushAddress, TARGET_KINDS, type TargetKind } from './notice.ts';
import type { Preferences } from './preferences.ts';
import type { NotificationStore } from './store.ts';

export interface NotificationPages {
  notifications: NotificationStore;
  people: PeopleStore;
  userCodes: UserCodes;
  cookies: Cookies;
  /** The public half of the VAPID keys. */
  pushKey(): Promise<string>;
  isPushService(endpoint: string): boolean;
  isTargetAddress(kind: TargetKind, url: string): boolean;
  /** Where this server sends e-mail at all. */
  sendsEmail: boolean;
  /** Counts one test of this person; false after too many. */
  mayTest(person: string): Promise<boolean>;
  agent(organization: string, id: string): Promise<AgentCard | undefined>;
}

export interface AgentCard {
  id: string;
  name: string;
  purpose: string | null;
  owner: string;
  mode: string;
  describedAt: string | null;
}

/** U11, channels, and first contact: how a person hears of requests. Nothing here decides one. */
export function notificationRoutes(router: Router, pages: NotificationPages): void {
  const { notifications, userCodes, cookies } = pages;
  const within = (path: string, answer: (ctx: Context, session: Session, form: Form) => Promise<unknown>) =>
    router.post(path, async (ctx) => {
      const session = signedIn(ctx);
      if (session) await answer(ctx, session, await checkedForm(ctx, cookies));
    });

  router.get(BASE, async (ctx) => {
    const session = signedIn(ctx);
    if (session) await show(ctx, session, pages);
  });
  within(BASE, (ctx, session, form) => save(ctx, session, form, pages));
  within(`${BASE}/devices`, (ctx, session, form) => addDevice(ctx, session, form, pages));
  within(`${BASE}/devices/again`, (ctx, session, form) => renewDevice(ctx, session, form, pages));
  within(`${BASE}/targets`, (ctx, session, form) => addTarget(ctx, session, form, pages));
  for (const kind of ['devices', 'targets'] as const) {
    within(`${BASE}/${kind}/:id/remove`, async (ctx, session) => {
      const { organization, id } = session.person;
      const address = String(ctx.params.id);
      await (kind === 'devices'
        ? notifications.removeDevice(organization, id, address)
        : notifications.removeTarget(organization, id, address));
      await show(ctx, session, pages, { done: frameOf(ctx, cookies).speaker.say(N.removed) });
    });
    within(`${BASE}/${kind}/:id/test`, (ctx, session) => test(ctx, session, kind, pages));
  }
  for (const what of ['mute', 'unmute'] as const) {
    within(`${BASE}/groups/:id/${what}`, async (ctx, session) => {
      const { organization, id } = session.person;
      const theirs = await notifications.muteGroup(organization, id, String(ctx.params.id), what === 'mute');
      if (!theirs) return notYours();
      await show(ctx, session, pages, { done: frameOf(ctx, cookies).speaker.say(N.saved) });
    });
  }
  within(`${BASE}/email/test`, (ctx, session) => test(ctx, session, 'email', pages));
  within(`${BASE}/code`, async (ctx, session, form) => {
    const { say } = frameOf(ctx, cookies).speaker;
    const code = form.get('code') ?? '';
    if (code.length < 6 || code.length > 64 || checkText(code) !== undefined) {
      return show(ctx, session, pages, { error: say(N.notSaved), problems: { code: say(N.codeWrong) } });
    }
    await userCodes.set(session.person.organization, session.person.id, code);
    await show(ctx, session, pages, { done: say(N.saved) });
  });
  within(`${BASE}/code/remove`, async (ctx, session) => {
    await userCodes.set(session.person.organization, session.person.id, undefined);
    await show(ctx, session, pages, { done: frameOf(ctx, cookies).speaker.say(N.removed) });
  });

  router.get('/agents/:id/contact', async (ctx) => {
    const session = signedIn(ctx);
    if (session) await contact(ctx, session, pages);
  });
  within('/agents/:id/contact', async (ctx, session, form) => {
    const { organization, id: person } = session.person;
    const agent = String(ctx.params.id);
    const [notify, returnTo] = [form.get('notify'), form.get('return_to')];
    if (notify !== '0' && notify !== '1') throw new BadRequest('notify must be 0 or 1');
    if (notify === '0') await notifications.forget(organization, agent, person, person);
    else if (!(await notifications.introduce(organization, agent, person, person))) return notYours();
    // Only ever back to a request of ours.
    ctx.redirect(returnTo !== undefined && /^\/r\/apr_[0-9a-f]+$/.test(returnTo) ? returnTo : BASE);
    ctx.status = 303;
  });
}

const BASE = '/settings/notifications';
type Form = ReadonlyMap<string, string>;
type News = Pick<NotificationsPage, 'done' | 'error' | 'problems'>;

async function show(ctx: Context, session: Session, pages: NotificationPages, news: News = {}): Promise<void> {
  const { person } = session;
  const { notifications, people, userCodes, cookies } = pages;
  const frame = frameOf(ctx, cookies);
  const { clock, date, zone } = frame.speaker;
  const [preferences, devices, targets, agents, groups, codeIsSet, pushKey] = await Promise.all([
    notifications.preferences(person.organization, person.id),
    notifications.devices(person.organization, person.id),
    notifications.targets(person.organization, person.id),
    notifications.introductions(person.organization, person.id),
    notifications.groups(person.organization, person.id),
    userCodes.isSet(person.organization, person.id),
    pages.pushKey(),
  ]);
  const deputy = preferences.deputy === null ? undefined : await people.find(preferences.deputy);
  page(
    ctx,
    notificationsPage({
      frame: { ...frame, returnTo: BASE },
      csrf: cookies.csrf(ctx),
      pushKey,
      devices: devices.map(({ id, name, createdAt, sentAt }) => ({
        id,
        name,
        added: date(createdAt, person.timeZone),
        reached: sentAt ? clock(sentAt, person.timeZone) : undefined,
      })),
      email: pages.sendsEmail ? person.email : undefined,
      targets,
      choices: {
        ...preferences,
        quietFrom: preferences.quiet ? timeOf(preferences.quiet.from) : '',
        quietTo: preferences.quiet ? timeOf(preferences.quiet.to) : '',
        deputy: deputy?.email ?? '',
      },
      zone: zone(new Date(), person.timeZone),
      agents: agents.map(({ agent, agentName, at }) => ({
        id: agent,
        name: agentName,
        since: date(at, person.timeZone),
      })),
      groups: groups.map(({ since, ...group }) => ({ ...group, since: date(since, person.timeZone) })),
      codeIsSet,
      ...news,
    }),
    news.error === undefined ? 200 : 400,
  );
}

async function save(ctx: Context, session: Session, form: Form, pages: NotificationPages): Promise<void> {
  const { person } = session;
  const { say } = frameOf(ctx, pages.cookies).speaker;
  const channels = [0, 1, 2]
    .map((index) => form.get(`channel_${index}`) ?? '')
    .filter((name): name is ChannelName => CHANNELS.includes(name as ChannelName));
  const [from, to] = [minuteIn(form.get('quiet_from')), minuteIn(form.get('quiet_to'))];
  const address = form.get('deputy')?.trim() ?? '';
  const deputy = address === '' ? undefined : await pages.people.findByEmail(person.organization, address);
  const problems = {
    quiet: (from === undefined) !== (to === undefined) ? say(N.quietWrong) : undefined,
    deputy:
      address !== '' && (deputy?.status !== 'active' || deputy.id === person.id) ? say(N.deputyUnknown) : undefined,
  };
  if (problems.quiet !== undefined || problems.deputy !== undefined) {
    return show(ctx, session, pages, { error: say(N.notSaved), problems });
  }
  const detail = form.get('detail');
  if (detail !== 'minimal' && detail !== 'summary') throw new BadRequest('detail must be minimal or summary');
  const preferences: Preferences = {
    channels: [...new Set(channels)],
    fallbackMinutes: minutesIn(form, 'fallback_minutes'),
    detail,
    quiet: from === undefined || to === undefined ? null : { from, to },
    highBreaksQuiet: form.get('high_breaks_quiet') === '1',
    deputy: deputy?.id ?? null,
    deputyMinutes: minutesIn(form, 'deputy_minutes'),
    receipts: form.get('receipts') === '1',
  };
  await pages.notifications.savePreferences(person.organization, person.id, preferences);
  await show(ctx, session, pages, { done: say(N.saved) });
}

async function addDevice(ctx: Context, session: Session, form: Form, pages: NotificationPages): Promise<void> {
  const { organization, id } = session.person;
  const { say } = frameOf(ctx, pages.cookies).speaker;
  const address = subscriptionIn(form.get('subscription') ?? '');
  if (!address) throw new BadRequest('subscription must be what PushManager.subscribe() answers');
  if (!pages.isPushService(address.endpoint)) return show(ctx, session, pages, { error: say(N.unknownService) });
  const name = nameIn(form.get('name') ?? '');
  const added = await pages.notifications.addDevice(organization, id, name, address);
  await show(ctx, session, pages, added === 'added' ? { done: say(N.saved) } : { error: say(N.tooMany) });
}

/** Sent by the script of any page after a sign-in: where this browser is reached now. Nothing to see. */
async function renewDevice(ctx: Context, session: Session, form: Form, pages: NotificationPages): Promise<void> {
  const { organization, id } = session.person;
  const address = subscriptionIn(form.get('subscription') ?? '');
  const before = form.get('before') ?? '';
  if (!address) throw new BadRequest('subscription must be what PushManager.subscribe() answers');
  if (pages.isPushService(address.endpoint)) await pages.notifications.renewDevice(organization, id, before, address);
  ctx.status = 204;
}

async function addTarget(ctx: Context, session: Session, form: Form, pages: NotificationPages): Promise<void> {
  const { organization, id } = session.person;
  const { say } = frameOf(ctx, pages.cookies).speaker;
  const [kind, url] = [form.get('kind') ?? '', form.get('address')?.trim() ?? ''];
  if (!isKind(kind)) throw new BadRequest(`kind must be one of ${TARGET_KINDS.join(', ')}`);
  if (url.length > 1000 || !pages.isTargetAddress(kind, url)) {
    return show(ctx, session, pages, { error: say(N.notSaved), problems: { target: say(N.addressWrong) } });
  }
  const secret = kind === 'webhook' ? `whsec_${randomBytes(24).toString('base64')}` : undefined;
  const added = await pages.notifications.addTarget(organization, id, { kind, url, secret }, id);
  if (added === 'too_many') return show(ctx, session, pages, { error: say(N.tooMany) });
  const done: Said = secret === undefined ? say(N.saved) : say(N.secretOnce, { secret });
  await show(ctx, session, pages, { done });
}

async function test(
  ctx: Context,
  session: Session,
  kind: 'devices' | 'targets' | 'email',
  pages: NotificationPages,
): Promise<void> {
  const { organization, id: person } = session.person;
  const { say } = frameOf(ctx, pages.cookies).speaker;
  const address = String(ctx.params.id ?? '');
  const { notifications } = pages;
  const channel = async (): Promise<ChannelName | undefined> => {
    if (kind === 'email') return pages.sendsEmail ? 'email' : undefined;
    if (kind === 'devices') {
      return (await notifications.devices(organization, person)).some(({ id }) => id === address) ? 'push' : undefined;
    }
    const target = (await notifications.targets(organization, person)).find(({ id }) => id === address);
    return target && (target.kind === 'webhook' ? 'webhook' : 'chat');
  };
  const to = await channel();
  if (!to) return notYours();
  if (!(await pages.mayTest(person))) return show(ctx, session, pages, { error: say(N.tooManyTests) });
  await notifications.test(organization, person, { channel: to, ...(kind !== 'email' && { address }) });
  await show(ctx, session, pages, { done: say(N.testSent) });
}

async function contact(ctx: Context, session: Session, pages: NotificationPages): Promise<void> {
  const { person } = session;
  const agent = await pages.agent(person.organization, String(ctx.params.id));
  if (!agent) return notYours();
  const frame = frameOf(ctx, pages.cookies);
  const { say, date } = frame.speaker;
  const [owner, introductions] = await Promise.all([
    pages.people.find(agent.owner),
    pages.notifications.introductions(person.organization, person.id),
  ]);
  const known = introductions.find((one) => one.agent === agent.id);
  const from = ctx.query.from;
  page(
    ctx,
    contactPage({
      frame,
      csrf: pages.cookies.csrf(ctx),
      agent: {
        id: agent.id,
        name: agent.name,
        purpose: agent.purpose ?? undefined,
        owner: owner?.name ?? say(DECISION.unknownOwner),
        mode: agent.mode === 'unattended' ? 'unattended' : 'attended',
      },
      registered: registeredBy(agent.describedAt, frame.speaker),
      since: known && date(known.at, person.timeZone),
      returnTo: typeof from === 'string' && /^apr_[0-9a-f]+$/.test(from) ? `/r/${from}` : undefined,
    }),
  );
}

function notYours(): never {
  throw new BadRequest('nothing of yours has this id', 404, ERRORS.noneOfYours);
}

/** W3C Push API §10: what `PushSubscription.toJSON()` gives, with keys of the right length. */
export function subscriptionIn(text: string): PushAddress | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { endpoint, keys } = (value ?? {}) as { endpoint?: unknown; keys?: { p256dh?: unknown; auth?: unknown } };
  if (typeof endpoint !== 'string' || endpoint.length > 1000 || !URL.canParse(endpoint)) return undefined;
  const bytes = (key: unknown) =>
    typeof key === 'string' && /^[A-Za-z0-9_-]+$/.test(key) ? Buffer.from(key, 'base64url') : Buffer.alloc(0);
  const [p256dh, auth] = [bytes(keys?.p256dh), bytes(keys?.auth)];
  // An uncompressed point of P-256 and a secret of 16 bytes (RFC 8291 §2).
  if (p256dh.length !== 65 || p256dh[0] !== 4 || auth.length !== 16) return undefined;
  return { endpoint, p256dh: p256dh.toString('base64url'), auth: auth.toString('base64url') };
}

function nameIn(text: string): string {
  const name = text.trim().replace(/\s+/g, ' ').slice(0, 60);
  return name === '' || checkText(name) !== undefined || checkSpacing(name) !== undefined ? 'Browser' : name;
}

const isKind = (kind: string): kind is TargetKind => TARGET_KINDS.includes(kind as TargetKind);

function minuteIn(time: string | undefined): number | undefined {
  const [, hour, minute] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(time ?? '') ?? [];
  return hour === undefined ? undefined : Number(hour) * 60 + Number(minute);
}

const timeOf = (minute: number): string =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;

function minutesIn(form: Form, name: string): number {
  const value = Number(form.get(name));
  if (!Number.isInteger(value) || value < 1 || value > 1440) throw new BadRequest(`${name} must be 1 to 1440`);
  return value;
}
