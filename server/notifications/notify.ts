import { AGENTS } from '../../views/words/agents.ts';
import { EXPIRY_NEWS, GROUP_NEWS, HANDED_OVER, NOTIFICATIONS, REVIEW_NEWS } from '../../views/words/notifications.ts';
import { OWNED } from '../../views/words/owned.ts';
import { PASSKEY_NEWS } from '../../views/words/security.ts';
import { SHELL } from '../../views/words/shell.ts';
import { speakerOf } from '../../views/words/speaker.ts';
import type { Ending, ReviewNews } from '../agents/expiry.ts';
import type { Approval } from '../approvals/approval.ts';
import { describeApproval } from '../approvals/decide.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { EvidenceEvent } from '../evidence/evidence.ts';
import type { Delivery, Handler, Message } from '../jobs/jobs.ts';
import { chooseLanguage } from '../people/language.ts';
import type { PeopleStore, Person } from '../people/person.ts';
import {
  CHANNELS,
  type Channel,
  type ChannelName,
  type Notice,
  type PushAddress,
  type Sent,
  type TargetAddress,
} from './notice.ts';
import { planNotification } from './plan.ts';
import type { HandedOver, Membership, NotificationOutbox, Occasion, Offered, Receipt } from './store.ts';

/** A request waits: decide whether and how its person hears of it. `payload`: {@link Waiting}. */
export const NOTIFY = 'notify';
const ESCALATE = 'notify.deputy';
/** A request was answered: what was shown of it elsewhere goes. `payload`: `{ approval }`. */
export const ANSWERED = 'notify.answered';
const TAKE_AWAY = 'notify.push.over';
/** What was not announced, in one mail. `payload`: `{ person }`. */
const DIGEST = 'notify.digest';
/** One notice to one address. `payload`: {@link Errand}. */
export const ERRANDS = {
  push: 'notify.push',
  email: 'notify.email',
  chat: 'notify.chat',
  webhook: 'notify.webhook',
} as const satisfies Record<ChannelName, string>;

interface Waiting {
  approval: string;
  /** Somebody else than the person who decides it. */
  person?: string;
  /** Channels that were tried. */
  tried?: readonly ChannelName[];
}

interface Errand {
  person: string;
  /** Of a request that waits; a test without one. */
  approval?: string;
  /** The device or target; an e-mail goes to the person. */
  address?: string;
  /** As many requests wait that were not announced, instead of one. */
  digest?: number;
  /** What happened to the person's passkeys, instead of a request. */
  passkeys?: PasskeyNews;
  /** What ends soon, instead of a request; its instant as RFC 3339. */
  expiry?: Omit<Ending, 'endsAt'> & { endsAt: string };
  /** Agents of theirs to review, instead of a request; its instant as RFC 3339. */
  review?: Omit<ReviewNews, 'first'> & { first: string };
  /** A decision of the person's, instead of a request. */
  receipt?: string;
  /** An agent that they are asked to answer for, instead of a request. */
  offer?: string;
  /** A group that they decide with from now on, or no longer, instead of a request. */
  membership?: Membership;
  /** An agent that they no longer answer for, instead of a request. */
  handedOver?: HandedOver;
  /** Channels that were tried, this one among them. */
  tried?: readonly ChannelName[];
  /** Not for whom it is, but somebody else who decides it. */
  decides?: true;
  /** The person for whom a deputy is told. */
  inPlaceOf?: string;
}

/** What a person hears about their passkeys, by every way they are reached: somebody else may have done it. */
export type PasskeyNews =
  | 'passkey_added'
  | 'passkey_removed'
  | 'passkeys_recovery_asked'
  | 'passkeys_recovery_ended'
  | 'passkeys_recovered'
  | 'recovery_codes_made'
  | 'recovery_code_used'
  | 'password_used'
  | 'administrator_used_password'
  /** Somebody else's, for whoever administers with them. */
  | 'administrator_recovered'
  | 'administers_alone'
  /** For who was the other one, and may have no account any more. */
  | 'administers_no_more';

export interface NotifyDependencies<Statements> {
  issuer: string;
  outbox: NotificationOutbox<Statements>;
  people: Pick<PeopleStore, 'find'>;
  catalogue: () => Catalogue;
  channels: {
    push: Channel<PushAddress>;
    /** Undefined where no relay is set. */
    email: Channel<{ to: string }> | undefined;
    targets: Channel<TargetAddress>;
  };
  counted(what: { channel: ChannelName; result: 'sent' | 'failed' | 'gone' } | { suppressed: string }): void;
}

/** Attempts of one notice: after a quarter of an hour the next channel has been tried, or nobody waits any more. */
const ATTEMPTS = 6;

/**
 * The messages by which people hear that something waits. What is decided (and counted) is decided in the transaction
 * that ends the message, so that it happens once; what goes out may arrive twice, under one tag, and decides nothing.
 */
export function notifications<Statements>(
  dependencies: NotifyDependencies<Statements>,
): Record<string, Handler<Statements>> {
  const { outbox, people, channels, counted } = dependencies;
  const errand = (channel: ChannelName): Handler<Statements> => ({
    attempts: ATTEMPTS,
    deliver: (message, signal) => deliver(channel, message, signal),
    // It did not get through: the next channel does not wait its turn.
    exhausted: (message, error) => ({ giveUp: error, ...undelivered(channel, message, error) }),
  });

  return {
    [NOTIFY]: {
      async deliver({ organization, payload }) {
        const { approval: id, person, tried = [] } = payload as Waiting;
        return {
          done: true,
          effect: async (statements) => {
            const occasion = await outbox.occasion(statements, organization, id, person);
            if (!occasion) return;
            if (tried.length === 0 && person === undefined) await tellOrganization(statements, occasion);
            await act(statements, occasion, tried);
          },
        };
      },
    },
    [ESCALATE]: {
      async deliver({ organization, payload }) {
        const { approval: id } = payload as Waiting;
        const found = await outbox.approval(organization, id);
        if (!found || !isWaiting(found.approval) || found.approval.shownAt !== null) return { done: true };
        const { deputy } = await outbox.preferencesOf(organization, found.approval.person);
        if (deputy === null) return { done: true };
        const told = await outbox.preferencesOf(organization, deputy);
        const channel: ChannelName = told.channels.includes('email') && channels.email ? 'email' : 'push';
        return {
          done: true,
          effect: async (statements) => {
            const errand: Errand = { person: deputy, approval: id, inPlaceOf: found.approval.person };
            await outbox.enqueue(statements, ERRANDS[channel], errand, { organization });
          },
          event: eventOf(found.approval, 'delivery.escalated', { deputy }),
        };
      },
    },
    [ANSWERED]: {
      async deliver({ organization, payload }) {
        const { approval } = payload as Waiting;
        return {
          done: true,
          effect: async (statements) => {
            for (const address of await outbox.announcedAt(statements, organization, approval)) {
              await outbox.enqueue(statements, TAKE_AWAY, { approval, address }, { organization });
            }
          },
        };
      },
    },
    // Not tried for long: whoever opens what is left on a screen reads that it was answered.
    [TAKE_AWAY]: { attempts: 3, deliver: takeAway },
    [DIGEST]: {
      async deliver({ organization, payload }) {
        const { person } = payload as Pick<Errand, 'person'>;
        return {
          done: true,
          effect: async (statements) => {
            const count = await outbox.digest(statements, organization, person);
            if (count > 0) await outbox.enqueue(statements, ERRANDS.email, { person, digest: count }, { organization });
          },
        };
      },
    },
    [ERRANDS.push]: errand('push'),
    [ERRANDS.email]: errand('email'),
    [ERRANDS.chat]: errand('chat'),
    [ERRANDS.webhook]: errand('webhook'),
  };

  async function tellOrganization(statements: Statements, { approval, organizationWebhooks }: Occasion): Promise<void> {
    const { organization, id, person } = approval;
    for (const address of organizationWebhooks) {
      await outbox.enqueue(statements, ERRANDS.webhook, { person, approval: id, address }, { organization });
    }
  }

  /** What was decided, as rows: whom to tell, when to look again, or why nobody is told. */
  async function act(statements: Statements, occasion: Occasion, tried: readonly ChannelName[]): Promise<void> {
    const { preferences, introduced, muted, pushes, caps, person, waitsForThem } = occasion;
    const { organization, id } = occasion.approval;
    const decider = person === occasion.approval.person ? {} : { person };
    // What somebody else looked at was not looked at by them.
    const shownAt = waitsForThem ? null : (occasion.approval.shownAt ?? new Date());
    const approval = { ...occasion.approval, shownAt };
    const found = await people.find(person);
    if (found?.status !== 'active') return;
    const addresses: Record<ChannelName, readonly (string | undefined)[]> = {
      push: occasion.devices,
      email: channels.email ? [undefined] : [],
      chat: occasion.chats,
      webhook: occasion.webhooks,
    };
    const reachable = new Set(CHANNELS.filter((channel) => addresses[channel].length > 0));
    const { timeZone } = found;
    const plan = planNotification(
      { approval, preferences, timeZone, introduced, muted, pushes, caps, reachable, tried },
      new Date(),
    );
    if ('over' in plan) return;
    if ('later' in plan) {
      return outbox.enqueue(statements, NOTIFY, { approval: id, ...decider, tried }, { organization, at: plan.later });
    }
    if ('suppressed' in plan) {
      if (!(await outbox.note(statements, occasion, 'none', plan.suppressed))) return;
      counted({ suppressed: plan.suppressed });
      const isFatigue = !(['first_contact', 'muted', 'nowhere'] as const).some((one) => one === plan.suppressed);
      if (isFatigue && channels.email && preferences.channels.includes('email')) {
        const at = await outbox.digestDue(statements, organization, person);
        if (at) await outbox.enqueue(statements, DIGEST, { person }, { organization, at });
      }
      return outbox.evidence(
        statements,
        eventOf({ ...approval, person }, 'push.suppressed', { because: plan.suppressed }),
      );
    }
    if (!(await outbox.note(statements, occasion, plan.tell))) return;
    const told = [...tried, plan.tell];
    for (const address of addresses[plan.tell]) {
      const errand: Errand = {
        person,
        approval: id,
        tried: told,
        ...(address !== undefined && { address }),
        ...('person' in decider && { decides: true }),
      };
      await outbox.enqueue(statements, ERRANDS[plan.tell], errand, { organization });
    }
    if (plan.next)
      await outbox.enqueue(
        statements,
        NOTIFY,
        { approval: id, ...decider, tried: told },
        { organization, at: plan.next },
      );
    if (tried.length === 0 && person === approval.person && preferences.deputy !== null) {
      const at = new Date(approval.askedAt.getTime() + preferences.deputyMinutes * 60_000);
      if (at < approval.expiresAt) await outbox.enqueue(statements, ESCALATE, { approval: id }, { organization, at });
    }
  }

  async function takeAway({ organization, payload, id }: Message, signal: AbortSignal): Promise<Delivery<Statements>> {
    const { approval, address = '' } = payload as Errand;
    const found = await outbox.approval(organization, approval ?? '');
    const device = await outbox.device(organization, address);
    const person = found && (await people.find(found.approval.person));
    if (!found || !device || !person || found.approval.expiresAt <= new Date()) return { done: true };
    const { say, language } = speakerFor(person);
    const notice: Notice = {
      title: say(NOTIFICATIONS.answered),
      body: say(NOTIFICATIONS.answeredBody),
      url: `${dependencies.issuer}/r/${found.approval.id}`,
      open: say(NOTIFICATIONS.open),
      tag: found.approval.id,
      impact: undefined,
      expiresAt: found.approval.expiresAt,
      language,
      over: true,
    };
    const sent = await channels.push.send(device, notice, { id, signal });
    if ('retry' in sent) return sent;
    if (!('gone' in sent)) return { done: true };
    return { done: true, effect: (statements) => outbox.removeAddress(statements, organization, address) };
  }

  async function deliver(channel: ChannelName, message: Message, signal: AbortSignal): Promise<Delivery<Statements>> {
    const { organization, payload } = message;
    const errand = payload as Errand;
    const person = await people.find(errand.person);
    if (!person || (person.status !== 'active' && errand.passkeys !== 'administers_no_more')) return { done: true };
    const found = errand.approval === undefined ? undefined : await outbox.approval(organization, errand.approval);
    // Decided meanwhile: a notice about it would only call somebody for nothing.
    if (errand.approval !== undefined && !(found && isWaiting(found.approval))) return { done: true };
    const forAnother = found && errand.inPlaceOf === undefined && errand.person !== found.approval.person;
    // Whoever left the group meanwhile hears no more of it.
    if (forAnother && !(await outbox.decides(organization, found.approval.id, errand.person))) return { done: true };
    const receipt = errand.receipt === undefined ? undefined : await outbox.receipt(organization, errand.receipt);
    if (errand.receipt !== undefined && !receipt) return { done: true };
    const offer = errand.offer === undefined ? undefined : await outbox.offer(organization, person.id, errand.offer);
    if (errand.offer !== undefined && !offer) return { done: true };
    const { membership, handedOver } = errand;
    // It came otherwise meanwhile, and that is told as well.
    if (membership && membership.joined !== (await outbox.belongs(organization, person.id, membership.group))) {
      return { done: true };
    }
    if (handedOver && (await outbox.answersFor(organization, person.id, handedOver.agent, handedOver.role))) {
      return { done: true };
    }
    const notice = offer
      ? offerNotice(person, offer, errand.offer ?? '')
      : membership
        ? await membershipNotice(person, membership)
        : handedOver
          ? handedOverNotice(person, handedOver)
          : await noticeFor(person, found, receipt, errand);
    const sent = await send(channel, errand, person, notice, { id: message.id, signal });
    if (sent === undefined) return { done: true };
    if ('retry' in sent) return sent;
    const result = 'sent' in sent ? 'sent' : 'gone' in sent ? 'gone' : 'failed';
    counted({ channel, result });
    if ('sent' in sent) {
      return {
        done: true,
        event:
          found &&
          eventOf({ ...found.approval, person: errand.person }, 'delivery.sent', { channel, attempt: message.attempt }),
        effect: async (statements) => {
          if (channel === 'push' && errand.address)
            await outbox.deviceReached(statements, organization, errand.address);
        },
      };
    }
    const problem = 'gone' in sent ? sent.gone : sent.failed;
    return { giveUp: problem, ...undelivered(channel, message, problem, 'gone' in sent) };
  }

  function undelivered(channel: ChannelName, { organization, payload }: Message, problem: string, gone = false) {
    const errand = payload as Errand;
    return {
      effect: async (statements: Statements) => {
        // 404 and 410 of a push service: the browser is gone, and another may get its address one day.
        if (gone && errand.address) await outbox.removeAddress(statements, organization, errand.address);
        const { approval: id, tried } = errand;
        if (id === undefined || tried === undefined) return;
        const waiting: Waiting = { approval: id, ...(errand.decides && { person: errand.person }), tried };
        await outbox.enqueue(statements, NOTIFY, waiting, { organization });
      },
      event: {
        organization,
        type: 'delivery.failed' as const,
        decision: 'reported' as const,
        reason: ERRANDS[channel],
        person: errand.person,
        approval: errand.approval,
        content: { problem, removed: gone },
      },
    };
  }

  async function send(
    channel: ChannelName,
    { address }: Errand,
    person: Person,
    notice: Notice,
    message: { id: string; signal: AbortSignal },
  ): Promise<Sent | undefined> {
    if (channel === 'email') return channels.email?.send({ to: person.email }, notice, message);
    if (channel === 'push') {
      const device = address === undefined ? undefined : await outbox.device(person.organization, address);
      return device && channels.push.send(device, notice, message);
    }
    const target = address === undefined ? undefined : await outbox.target(person.organization, address);
    return target && channels.targets.send(target, notice, message);
  }

  function offerNotice(person: Person, { agentName: agent, role, madeBy }: Offered, offer: string): Notice {
    const speaker = speakerFor(person);
    const { say } = speaker;
    return {
      title: say(OWNED.asksYou, { person: madeBy ?? say(OWNED.anAdministrator), agent }),
      body: say(role === 'owner' ? OWNED.leadOwner : OWNED.leadDeputy),
      // All that wait for them, this one among them; nothing is accepted by opening it.
      url: `${dependencies.issuer}/owned`,
      open: say(NOTIFICATIONS.open),
      tag: `offer ${offer}`,
      impact: undefined,
      expiresAt: new Date(Date.now() + 86_400_000),
      language: speaker.language,
    };
  }

  function handedOverNotice(person: Person, { agent, agentName, role, to }: HandedOver): Notice {
    const speaker = speakerFor(person);
    const { say } = speaker;
    return {
      title: say(HANDED_OVER[role], { agent: agentName }),
      body: say(HANDED_OVER[`${role}Means`], { person: to }),
      url: `${dependencies.issuer}/owned`,
      open: say(NOTIFICATIONS.open),
      tag: `agent ${agent}`,
      impact: undefined,
      expiresAt: new Date(Date.now() + 86_400_000),
      language: speaker.language,
    };
  }

  async function membershipNotice(person: Person, { group, name, joined }: Membership): Promise<Notice> {
    const speaker = speakerFor(person);
    const { say } = speaker;
    const { detail } = await outbox.preferencesOf(person.organization, person.id);
    const means = say(joined ? GROUP_NEWS.joinedMeans : GROUP_NEWS.leftMeans);
    return {
      title: say(joined ? GROUP_NEWS.joined : GROUP_NEWS.left),
      body: detail === 'summary' ? `${name}: ${means}` : means,
      // Its name stands there, and whoever wants no calls says so there.
      url: `${dependencies.issuer}/settings/notifications`,
      open: say(NOTIFICATIONS.open),
      tag: `group ${group}`,
      impact: undefined,
      expiresAt: new Date(Date.now() + 86_400_000),
      language: speaker.language,
    };
  }

  async function noticeFor(
    person: Person,
    found: { approval: Approval; agentName: string } | undefined,
    receipt: Receipt | undefined,
    { inPlaceOf, passkeys, expiry, review, digest, receipt: id }: Errand,
  ): Promise<Notice> {
    const { issuer, catalogue } = dependencies;
    const speaker = speakerFor(person);
    const { say } = speaker;
    const open = say(NOTIFICATIONS.open);
    if (!found && expiry) {
      const endsAt = new Date(expiry.endsAt);
      const agent = expiry.name ?? '';
      const date = speaker.date(endsAt, person.timeZone);
      return {
        title: say(EXPIRY_NEWS[expiry.kind], { agent }),
        body: say(EXPIRY_NEWS[`${expiry.kind}Means`], { date }),
        url: expiry.agent === null ? `${issuer}/owned` : `${issuer}/owned/${expiry.agent}`,
        open,
        tag: `expiry ${expiry.agent ?? 'registration'}`,
        impact: undefined,
        expiresAt: endsAt,
        language: speaker.language,
      };
    }
    if (!found && review) {
      const { agents: count, campaign } = review;
      const first = new Date(review.first);
      const date = speaker.date(first, person.timeZone);
      return {
        title: campaign === null ? say(REVIEW_NEWS.due, { count }) : say(REVIEW_NEWS.asked, { count, campaign }),
        body: say(REVIEW_NEWS.means, { date }),
        url: `${issuer}/admin/reviews`,
        open,
        tag: 'reviews',
        impact: undefined,
        expiresAt: first,
        language: speaker.language,
      };
    }
    if (!found && passkeys) {
      return {
        title: say(PASSKEY_NEWS[passkeys]),
        body: say(passkeys === 'passkeys_recovery_asked' ? PASSKEY_NEWS.refuseIt : PASSKEY_NEWS.notYou),
        url: `${issuer}/settings/security`,
        open,
        tag: 'passkeys',
        impact: undefined,
        expiresAt: new Date(Date.now() + 86_400_000),
        language: speaker.language,
      };
    }
    if (receipt) {
      const { agentName: agent, sentence, impact, expiresAt } = receipt;
      const { detail } = await outbox.preferencesOf(person.organization, person.id);
      const body = say(NOTIFICATIONS.receiptBody, { time: speaker.clock(expiresAt, person.timeZone) });
      const task = detail === 'summary' ? `${say(AGENTS.mayTask, { task: sentence })}\n` : '';
      return {
        title: say(NOTIFICATIONS.receiptTitle, { agent }),
        body: `${task}${body}`,
        // Where it can be looked at and stopped, after signing in; nothing happens by opening it (U6-5).
        url: `${issuer}/agents`,
        open: say(SHELL.yourAgents),
        tag: `receipt-${id}`,
        impact,
        expiresAt,
        language: speaker.language,
      };
    }
    if (!found && digest !== undefined) {
      return {
        title: say(NOTIFICATIONS.digestTitle, { count: digest }),
        body: say(NOTIFICATIONS.digestBody),
        url: `${issuer}/inbox`,
        open,
        tag: 'digest',
        impact: undefined,
        expiresAt: new Date(Date.now() + 86_400_000),
        language: speaker.language,
      };
    }
    if (!found) {
      return {
        title: say(NOTIFICATIONS.testTitle),
        body: say(NOTIFICATIONS.testBody),
        url: `${issuer}/settings/notifications`,
        open,
        tag: 'test',
        impact: undefined,
        expiresAt: new Date(Date.now() + 300_000),
        language: speaker.language,
      };
    }
    const { approval, agentName: agent } = found;
    const time = speaker.clock(approval.expiresAt, person.timeZone);
    const common = {
      open,
      tag: approval.id,
      impact: approval.impact,
      expiresAt: approval.expiresAt,
      language: speaker.language,
    };
    const waitedFor = inPlaceOf === undefined ? undefined : await people.find(inPlaceOf);
    if (waitedFor) {
      return {
        ...common,
        title: say(NOTIFICATIONS.deputyTitle, { agent, person: waitedFor.name }),
        body: say(NOTIFICATIONS.deputyBody, { time, person: waitedFor.name }),
        url: `${issuer}/inbox`,
      };
    }
    const { detail } = await outbox.preferencesOf(person.organization, person.id);
    // What is asked of another is read on the page alone (D10).
    const described =
      detail === 'summary' && approval.person === person.id
        ? describeApproval(approval, catalogue(), person, speaker.catalogue)
        : undefined;
    const summary = described?.map(({ description }) => description.headlineText).join('; ');
    const body = say(NOTIFICATIONS.body[approval.impact], { time });
    const words = say(NOTIFICATIONS.neverByLink);
    // Where a group or a second person decides as well, something may happen without this one.
    const alone = approval.deciders === null && approval.person === person.id;
    return {
      ...common,
      aside: alone ? say(NOTIFICATIONS.notWithoutYou, { words }) : words,
      title: say(NOTIFICATIONS.title, { agent }),
      body: summary === undefined ? body : `${summary}\n${body}`,
      url: `${issuer}/r/${approval.id}`,
    };
  }
}

const speakerFor = ({ language, organizationLanguage }: Person) =>
  speakerOf(chooseLanguage({ chosen: language ?? undefined, fallback: organizationLanguage }));

const isWaiting = ({ status, stopped, expiresAt }: Approval): boolean =>
  status === 'pending' && !stopped && expiresAt > new Date();

const eventOf = (
  { organization, id, person, agent, clientId }: Approval,
  type: 'delivery.sent' | 'delivery.escalated' | 'push.suppressed',
  content: Record<string, unknown>,
): EvidenceEvent => ({
  organization,
  type,
  decision: 'reported',
  reason: typeof content.because === 'string' ? content.because : 'notification',
  person,
  agent,
  application: clientId,
  approval: id,
  content,
});
