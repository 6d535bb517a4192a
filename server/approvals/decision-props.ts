import type { Context } from 'koa';

import type { AskProps, DecisionPage } from '../../views/decision.tsx';
import { visible } from '../../views/text.tsx';
import { DECISION } from '../../views/words/decision.ts';
import type { Speaker } from '../../views/words/speaker.ts';
import type { Said } from '../../views/words/words.ts';
import type { ClientRecord } from '../agents/clients.ts';
import { IMPACTS } from '../catalogue/action.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Description } from '../catalogue/describe.ts';
import { type DurationChoice, lastingFact } from '../catalogue/duration.ts';
import type { Language } from '../catalogue/language.ts';
import { fixedWords } from '../catalogue/template.ts';
import { lookAlikesIn } from '../oauth/look-alikes.ts';
import { inSameLanguage, speakerFor } from '../people/language.ts';
import { frameOf } from '../people/pages.ts';
import type { Session } from '../people/person.ts';
import type { Approval } from './approval.ts';
import { choicesFor, type DescribedAction } from './decide.ts';
import type { ApprovalPages } from './pages.ts';

/** A form that came back with something to mend. */
export interface Retry {
  /** What was sent: nobody chooses twice what was right. */
  form?: ReadonlyMap<string, string>;
  error?: Said;
  wrongNumber?: boolean;
  wrongValue?: boolean;
  /** It allowed something, and did not say that it was read. */
  unread?: boolean;
  status?: number;
}

/** Several actions: the page leads with the one of most impact. */
function leading(described: readonly DescribedAction[]): Description {
  const [first] = described.toSorted(
    (a, b) => IMPACTS.indexOf(b.description.impact) - IMPACTS.indexOf(a.description.impact),
  );
  if (!first) throw new Error('an approval has an action');
  return first.description;
}

/** What is asked, in the words of the catalogue alone: several actions are listed, and lead with the worst. */
export function askOf(
  described: readonly DescribedAction[],
  durations: readonly DurationChoice[],
  { say, language }: Speaker,
  quorum = 1,
): Omit<AskProps, 'agentName' | 'warnUnverified'> {
  const description = leading(described);
  const several = described.length > 1;
  const writes = described.find(({ description: { access } }) => access === 'write');
  const all = (name: 'system' | 'data') =>
    [...new Set(described.map(({ description: { facts } }) => facts[name]))].join('; ');
  const [shortest, ...longer] = durations;
  const approvals = Math.max(quorum, description.impact === 'critical' ? 2 : 1);
  return {
    headline: several
      ? described.flatMap(({ description: { headline } }, index) =>
          index === 0 ? [...headline] : [{ text: say(DECISION.and), critical: false }, ...headline],
        )
      : description.headline,
    impact: description.impact,
    impactLine: description.impactLine,
    impactSymbol: description.impactSymbol,
    facts: {
      ...description.factSegments,
      duration:
        shortest && longer.length === 0
          ? lastingFact(shortest, description.language, approvals)
          : description.facts.duration,
      ...(several && {
        what: described.map(({ description: { facts } }) => facts.what).join('; '),
        system: all('system'),
        data: all('data'),
        changes: (writes?.description ?? description).facts.changes,
      }),
    },
    taskLanguage: description.language === language ? undefined : description.language,
  };
}

/** Everything the decision page says, from the stored request and the catalogue alone. */
export async function decisionProps(
  ctx: Context,
  approval: Approval,
  described: readonly DescribedAction[],
  client: ClientRecord,
  session: Session,
  pages: ApprovalPages,
  retry: Retry,
): Promise<Omit<DecisionPage, 'screen'>> {
  const { person } = session;
  const speaker = speakerFor(ctx);
  const { say } = speaker;
  const clock = (at: Date) => speaker.clock(at, person.timeZone);
  const now = new Date();
  const { agent } = client;
  if (!agent) throw new Error('an approval has an agent');
  const [owner, before, introduced] = await Promise.all([
    pages.people.find(agent.owner),
    pages.history(approval),
    approval.kind === 'browser' ||
      approval.person !== person.id ||
      pages.announcements.isIntroduced(person.organization, agent.id, person.id),
  ]);
  const several = described.length > 1;
  const unattended = agent.mode === 'unattended';
  const durations = choicesFor(described, { now, timeZone: person.timeZone, locale: leading(described).language });
  const sent = retry.form?.get('duration');
  const lasting = (durations.find(({ value }) => value === sent) ?? durations[0])?.value;
  return {
    frame: { ...frameOf(ctx, pages.cookies), reportUrl: inSameLanguage(ctx, `${ctx.path}/report`) },
    csrf: pages.cookies.csrf(ctx),
    action: inSameLanguage(ctx, ctx.path),
    requestHash: approval.requestHash,
    requestId: approval.id.slice(0, 12),
    agentName: agent.name,
    ...askOf(described, durations, speaker, approval.quorum),
    stated: statedIn(described),
    readBefore: readBefore(described, pages.catalogue(), speaker.catalogue),
    // Of the name too: it may be older than the rule about names.
    lookAlikes: lookAlikesIn([
      agent.name,
      ...described.map(({ requested: { parameters, facts } }) => [parameters, facts]),
    ]),
    agentWords: approval.actions.find(({ purpose }) => purpose !== undefined)?.purpose,
    reference: approval.bindingMessage ?? undefined,
    actions: several
      ? described.map(({ description: each }, index) => ({
          index,
          sentence: each.headlineText,
          impactLine: each.impactLine,
          impact: each.impact,
          preselected: each.impact === 'low',
        }))
      : undefined,
    durations: durations.map(({ value, label }) => ({ value, label, checked: value === lasting })),
    number: approval.hasNumber ? { wrong: retry.wrongNumber ?? false } : undefined,
    origin:
      approval.kind === 'browser'
        ? undefined
        : unattended
          ? say(DECISION.askedByItself, { agent: agent.name, time: clock(approval.askedAt) })
          : say(DECISION.askedAt, { agent: agent.name, time: clock(approval.askedAt) }),
    events: approval.kind === 'browser' ? undefined : '/inbox/events',
    firstContact: introduced ? undefined : `/agents/${agent.id}/contact?from=${approval.id}`,
    who: {
      agentId: agent.id,
      owner: owner?.name ?? say(DECISION.unknownOwner),
      environment: agent.environment ?? undefined,
      registered:
        client.document && !client.document.verified
          ? say(DECISION.unverifiedShort, { host: originOf(client) })
          : say(DECISION.registered),
      firstRequest: !before.asked,
      allowedBefore: before.allowed,
      chain: [person.name, agent.name],
      // What a document calls itself is nobody's word but its own.
      application:
        client.document?.verified === false
          ? client.clientId
          : `${visible(String(client.metadata.client_name ?? agent.name), 80)} (${client.clientId})`,
      mayHandTo: [...new Map(approval.edges.map(({ child, childName }) => [child, childName])).values()],
    },
    values: described.flatMap(({ description: { values } }) => values.map(({ label, text }) => ({ label, text }))),
    exactRequest: JSON.stringify(approval.request, undefined, 2),
    hashPrefix: approval.requestHash.slice(0, 12),
    askedAt: clock(approval.askedAt),
    expiresAt: `${clock(approval.expiresAt)} (${speaker.zone(approval.expiresAt, person.timeZone)})`,
    buttonLabel: leading(described).button,
    warnUnverified: client.document && !client.document.verified ? originOf(client) : undefined,
    error: retry.error,
    unread: retry.unread,
  };
}

function statedIn(described: readonly DescribedAction[]): DecisionPage['stated'] {
  const systems = (answered: boolean) => [
    ...new Set(
      described
        .filter(({ requested: { facts } }) => facts !== undefined && (facts !== null) === answered)
        .map(({ action: { system } }) => system),
    ),
  ];
  const [by, unanswered] = [systems(true), systems(false)];
  return by.length + unanswered.length === 0 ? undefined : { by, unanswered };
}

/** Where a client comes from that describes itself, and where it sends the person back to (MCP-10, CIMD-09). */
function originOf({ document, metadata }: ClientRecord): string {
  const hosts = [metadata.redirect_uris].flat().flatMap((uri) => URL.parse(String(uri))?.host ?? []);
  return `${URL.parse(document?.url ?? '')?.host ?? ''} → ${[...new Set(hosts)].join(', ')}`;
}

/** The facts "what" of the actions that were read by before, with their systems: the same words as when they were asked. */
function readBefore(
  described: readonly DescribedAction[],
  catalogue: Catalogue,
  language: Language,
): readonly string[] | undefined {
  const read = described.flatMap(({ requested: { after = [] } }) =>
    after.flatMap(({ action: key, version }) => {
      const action = catalogue.version(key, version);
      return action
        ? [`${fixedWords((action.texts[language] ?? action.texts.en).facts.what).trim()} (${action.system})`]
        : [];
    }),
  );
  return read.length === 0 ? undefined : [...new Set(read)];
}
