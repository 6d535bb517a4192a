import type Router from '@koa/router';

import { type PoliciesPage, policiesPage } from '../../views/admin/policies.tsx';
import { WHO_DECIDES } from '../../views/words/console-deciders.ts';
import { POLICIES, PROPOSAL } from '../../views/words/console-policies.ts';
import { jsonRefused } from '../../views/words/json.ts';
import type { Saying } from '../../views/words/saying.ts';
import type { PlainMessage, Said } from '../../views/words/words.ts';
import { choicesFor, describeApproval } from '../approvals/decide.ts';
import { askOf } from '../approvals/decision-props.ts';
import { textIn } from '../catalogue/language.ts';
import { parseStrictJson } from '../oauth/strict-json.ts';
import { CLOSE, type Deciders, type PolicyDocument } from '../tasks/policies.ts';
import { MEETINGS } from '../tasks/policy-change.ts';
import type { ParsedPolicies } from '../tasks/policy-document.ts';
import { ruleNames, type Written, writeDeciders } from '../tasks/write-deciders.ts';
import type { Organization } from './admin.ts';
import { actorOf } from './admin.ts';
import type { AdminDependencies } from './call.ts';
import { type Console, eachRefusal, refusalWords, VIEWERS, type Visit } from './console.ts';
import { offeredAgents, offeredPeople } from './offered.ts';
import { confirm, effectOf, emptyPolicies, parsedFor, policiesOf, publish, tryIt } from './policies.ts';

const PATH = '/admin/policies';

/** A6: the same answers as the admin API gives, to the same people. */
export function adminPolicyPages(router: Router, console: Console, dependencies: AdminDependencies): void {
  const { policies } = dependencies;

  const pageOf = async (visit: Visit, more: Partial<PoliciesPage> = {}): Promise<string> => {
    const organization = organizationIn(visit);
    const found = await policiesOf(organization, dependencies);
    const { proposal } = found;
    const names = await policies.names(
      organization.id,
      [found.made_by, proposal?.saved_by].flatMap((id) => id ?? []),
    );
    const nameOf = (id: string | undefined) => names.get(id ?? '') ?? id ?? '';
    return policiesPage({
      frame: visit.frame(PATH),
      csrf: visit.csrf,
      version: found.version,
      since: found.published_at && { time: visit.at(found.published_at), by: nameOf(found.made_by) },
      rules: found.rules,
      flow: found.flowSaid,
      yaml: startOf(found, visit),
      mayChange: visit.roles.has('admin'),
      problems: [],
      proposal: proposal && {
        yaml: proposal.yaml,
        hash: proposal.hash,
        changes: proposal.changes,
        by: nameOf(proposal.saved_by),
        since: visit.at(proposal.saved_at),
        mine: proposal.saved_by === actorOf(visit.caller),
      },
      tried: { agent: '', person: '', action: '', parameters: '{}' },
      actions: found.actions,
      agents: await offeredAgents(organization.id, dependencies),
      people: await offeredPeople(organization.id, dependencies),
      rulesByName: ruleNames(more.yaml ?? found.yaml),
      groups: (await dependencies.groups.list(organization.id)).map(({ name }) => name),
      ...more,
    });
  };

  console.get(router, PATH, VIEWERS, async (visit) => {
    const asked = (name: string) => (typeof visit.ctx.query[name] === 'string' ? String(visit.ctx.query[name]) : '');
    const tried = triedIn(asked);
    const done = NOTICES.get(asked('done'));
    const notice = done && visit.speaker.say(done);
    if (tried.agent === '' || tried.person === '' || tried.action === '') return pageOf(visit, { notice, tried });
    return pageOf(visit, { tried, result: await resultOf(visit, tried, dependencies) });
  });

  const checked = async (visit: Visit, form: Map<string, string>) => {
    // A browser sends line ends of its own; what is published is hashed and compared.
    const yaml = (form.get('yaml') ?? '').replaceAll('\r\n', '\n');
    return { yaml, parsed: await parsedFor(organizationIn(visit), yaml, dependencies) };
  };

  /** The same text, with what it would change and have done. */
  const effectOn = async (
    visit: Visit,
    { yaml, parsed }: { yaml: string; parsed: ParsedPolicies },
    more: Partial<PoliciesPage> = {},
  ) => {
    if (!parsed.ok) {
      return { document: await pageOf(visit, { ...more, yaml, problems: inWords(parsed, visit) }), status: 422 };
    }
    const { changes, days, effect } = await effectOf(organizationIn(visit), parsed.document, dependencies);
    const verdicts = MEETINGS.map((verdict) => ({
      verdict,
      before: effect.before[verdict],
      after: effect.after[verdict],
    }));
    return {
      document: await pageOf(visit, {
        ...more,
        yaml,
        effect: { changes, days, requests: effect.requests, verdicts, otherPeople: effect.decided_by_others },
      }),
      status: 200,
    };
  };
  console.post(router, PATH, ['admin'], async (visit, form) => effectOn(visit, await checked(visit, form)));

  /** What is written, before anybody publishes it. */
  console.post(router, `${PATH}/try`, ['admin'], async (visit, form) => {
    const { yaml, parsed } = await checked(visit, form);
    const tried = triedIn((name) => form.get(name) ?? '');
    const result = parsed.ok ? await resultOf(visit, tried, dependencies, parsed.document) : undefined;
    const isPublished = yaml === startOf(await policiesOf(organizationIn(visit), dependencies), visit);
    if (isPublished) return { document: await pageOf(visit, { tried, result }), status: 200 };
    return effectOn(visit, { yaml, parsed }, { tried, result });
  });

  console.post(router, `${PATH}/deciders`, ['admin'], async (visit, form) => {
    const { yaml } = await checked(visit, form);
    const chosen = decidersIn(form);
    const written = typeof chosen === 'string' ? undefined : writeDeciders(yaml, form.get('rule') ?? '', chosen);
    if (written === undefined) {
      const problem = visit.speaker.say(WHO_DECIDES[typeof chosen === 'string' ? chosen : 'noRule']);
      return { document: await pageOf(visit, { yaml, deciders: { typed: form, problem } }), status: 422 };
    }
    const parsed = await parsedFor(organizationIn(visit), written, dependencies);
    return effectOn(visit, { yaml: written, parsed }, { deciders: { typed: form } });
  });

  console.post(router, `${PATH}/publish`, ['admin'], async (visit, form) => {
    const { yaml, parsed } = await checked(visit, form);
    if (!parsed.ok) return { document: await pageOf(visit, { yaml, problems: inWords(parsed, visit) }), status: 422 };
    const act = { organization: visit.organization, caller: visit.caller };
    const outcome = await publish(act, { yaml, document: parsed.document }, undefined, dependencies);
    if (outcome.ok) return `${PATH}?done=published`;
    return outcome.reason === 'second_administrator'
      ? `${PATH}?done=proposed`
      : { document: await pageOf(visit, { yaml, problems: eachRefusal(outcome, visit) }), status: outcome.status };
  });

  console.post(router, `${PATH}/confirm`, ['admin'], async (visit, form) => {
    const act = { organization: visit.organization, caller: visit.caller };
    const outcome = await confirm(organizationIn(visit), act, form.get('hash') ?? '', dependencies);
    if (outcome.ok) return `${PATH}?done=published`;
    return { document: await pageOf(visit, { problems: eachRefusal(outcome, visit) }), status: outcome.status };
  });

  console.post(router, `${PATH}/withdraw`, ['admin'], async (visit) => {
    await policies.removeDraft({ organization: visit.organization, caller: visit.caller });
    return `${PATH}?done=removed`;
  });
}

const triedIn = (asked: (name: string) => string): PoliciesPage['tried'] => ({
  agent: asked('agent'),
  person: asked('person'),
  action: asked('action'),
  parameters: asked('parameters') || '{}',
});

/** What the form says about who decides; or what is wrong with it. */
function decidersIn(form: ReadonlyMap<string, string>): Written | 'noNumber' | 'needsGroup' {
  const how = form.get('how');
  const number = (name: string) => {
    const text = (form.get(name) ?? '').trim();
    return text === '' ? undefined : /^\d{1,5}$/.test(text) && Number(text) > 0 ? Number(text) : Number.NaN;
  };
  const [quorum, after, within] = [number('quorum'), number('after'), number('within')];
  if ([quorum, after, within].some((value) => Number.isNaN(value))) return 'noNumber';
  const group = how === 'person' ? '' : (form.get('group') ?? '');
  if (how !== 'person' && group === '') return 'needsGroup';
  const to = form.get('escalate') ?? '';
  const may_include = CLOSE.filter((one) => form.get(`may_${one}`) === '1');
  const deciders: Deciders = {
    ...(group !== '' && { group, quorum: quorum ?? 1 }),
    ...(group !== '' && may_include.length > 0 && { may_include }),
    ...(to !== '' &&
      after !== undefined && {
        escalate: { after: `PT${after}M`, ...(to === ':deputy' ? { deputy: true as const } : { group: to }) },
      }),
    ...(within !== undefined && { within: `PT${within}M` }),
  };
  const names = deciders.group !== undefined || deciders.escalate !== undefined;
  return { verdict: how === 'both' ? 'two' : 'ask', deciders: names ? deciders : undefined };
}

const NOTICES = new Map<string, PlainMessage>([
  ['published', POLICIES.published],
  ['proposed', PROPOSAL.proposed],
  ['removed', POLICIES.removed],
]);

const SHOWN_AS = { allow: 'allowed', ask: 'page', two: 'page', never: 'refused' } as const;

/** The newest rules; before there are any, how they begin, in the language of whoever writes them. */
const startOf = ({ version, yaml }: { version: number; yaml: string }, { speaker }: Visit): string =>
  version === 0 ? emptyPolicies(speaker.say(POLICIES.firstMatch)) : yaml;

async function resultOf(
  visit: Visit,
  { agent, person, action, parameters }: PoliciesPage['tried'],
  dependencies: AdminDependencies,
  written?: PolicyDocument,
): Promise<PoliciesPage['result']> {
  const parsed = parseStrictJson(parameters);
  if (!parsed.ok) {
    const { problem } = parsed;
    return {
      problem: problem.kind === 'noJson' ? visit.speaker.say(POLICIES.noJson) : jsonRefused(problem)(visit.speaker),
    };
  }
  const { value: values } = parsed;
  if (typeof values !== 'object' || values === null || Array.isArray(values)) {
    return { problem: visit.speaker.say(POLICIES.noObject) };
  }
  const asked = { agent, person, action, parameters: values as Record<string, unknown> };
  const tried = await tryIt(visit, organizationIn(visit), asked, dependencies, written);
  if (!tried.ok) return { problem: refusalWords(tried, visit) };
  const { speaker, person: reader } = visit;
  const { said, verdict, rule, say, passes, requested, agent_name: agentName, asked_of: askedOf, later } = tried.value;
  const catalogue = dependencies.catalogue().seenBy(visit.organization);
  const { name, email } = tried.value.person;
  const described = describeApproval({ actions: [requested] }, catalogue, { ...reader, name, email }, speaker.language);
  const { timeZone } = reader;
  const durations = described ? choicesFor(described, { now: new Date(), timeZone, locale: speaker.catalogue }) : [];
  return {
    verdict: said(speaker),
    rule: rule ? `${rule.position}. ${rule.name}` : speaker.say(POLICIES.noneMatches),
    blocks: say && textIn(say, speaker.catalogue),
    passes: passes.length > 0 ? speaker.either(passes.map((one) => textIn(one, speaker.catalogue))) : undefined,
    ask: described && { as: SHOWN_AS[verdict], page: { ...askOf(described, durations, speaker), agentName } },
    askedOf,
    later,
    tooFew: tried.value.too_few,
  };
}

const inWords = ({ problems }: { problems: readonly Saying[] }, { speaker }: Visit): Said[] =>
  problems.map((problem) => problem(speaker));

const organizationIn = ({ person }: Visit): Organization => ({
  id: person.organization,
  slug: person.organizationSlug,
  name: person.organizationName,
  domains: person.organizationDomains,
});
