import { POLICIES } from '../../views/words/console-policies.ts';
import { POLICY_LINT } from '../../views/words/console-policy-lint.ts';
import { REFUSED } from '../../views/words/console-refused.ts';
import { VALUE } from '../../views/words/console-values.ts';
import { inEnglish, type Saying, saying } from '../../views/words/saying.ts';
import { askedOf } from '../approvals/deciders.ts';
import type { Impact } from '../catalogue/action.ts';
import { describeAction, type Facts } from '../catalogue/describe.ts';
import type { Change } from '../catalogue/diff.ts';
import { FALLBACK, type Text, textIn } from '../catalogue/language.ts';
import { at } from '../catalogue/problem.ts';
import { canonicalJson, sha256url } from '../oauth/canonical.ts';
import { newId } from '../oauth/ids.ts';
import { answerInWords, beginning } from '../tasks/deciders-in-words.ts';
import {
  type Deciders,
  NO_POLICIES,
  type PolicyDocument,
  type PolicySet,
  passesOf,
  policyFor,
  type Verdict,
} from '../tasks/policies.ts';
import { policyChanges, type Recorded, type Replay, replay } from '../tasks/policy-change.ts';
import { flowInWords, type ParsedPolicies, parsePolicies, ruleInWords } from '../tasks/policy-document.ts';
import { parametersProblem, parseDetails, type RequestedAction, weightOf } from '../tasks/request.ts';
import {
  type Act,
  type AdminOutcome,
  actorOf,
  conflict,
  done,
  malformed,
  type Organization,
  unacceptable,
  unknown,
} from './admin.ts';
import { type AdminDependencies, type Answer, agentOf, type Call, organizationOf, personOf } from './call.ts';
import { gives, input, reference, takes } from './input.ts';
import { isAlone } from './publications.ts';
import { always, anyObject, anything, count, instant, many, object, text, truth } from './shapes.ts';

/** One published version, as its record says. */
export interface PolicyVersion extends PolicySet {
  yaml: string;
  made_by: string;
  confirmed_by: string | null;
  published_at: Date;
}

/** Policies that wait for somebody else. */
export interface PolicyDraft {
  yaml: string;
  proposed: boolean;
  saved_by: string;
  saved_at: Date;
}

export interface PolicyStore {
  newest(organization: string): Promise<PolicyVersion | undefined>;
  draft(organization: string): Promise<PolicyDraft | undefined>;
  saveDraft(act: Act, draft: { yaml: string; proposed: boolean }): Promise<void>;
  removeDraft(act: Act): Promise<boolean>;
  /** The next version after `after`; false when there is another by now. */
  publish(
    act: Act,
    policies: { id: string; document: PolicyDocument; yaml: string; after: number; madeBy: string },
    changes: readonly Change[],
  ): Promise<boolean>;
  /** Requests of the last so many days, the newest first, at most `limit`. */
  recorded(organization: string, days: number, limit: number): Promise<Recorded[]>;
  /** What agents and people of the organization are called, by id. */
  names(organization: string, ids: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** The names of active agents, in order, at most `limit`. */
  agentNames(organization: string, limit: number): Promise<string[]>;
}

/** Days of recorded requests that a change is tried on, and how many at most. */
const REPLAY_DAYS = 7;
const REPLAY_LIMIT = 10_000;

/**
 * What whoever looked at a proposal names when they confirm it: another text has another hash, and so has the same text
 * once its names are somebody else's.
 */
const policyHash = (yaml: string, parsed: ParsedPolicies): string =>
  sha256url(parsed.ok ? canonicalJson([yaml, parsed.document]) : yaml);

/** The policies that stand, in words and as YAML, and what waits for somebody else. */
export const getPolicies: Answer = async (call, dependencies) => {
  const organization = await organizationOf(call, call.query.organization, dependencies);
  if (!organization.ok) return organization;
  return done(await policiesOf(organization.value, dependencies));
};

const POLICY_CHANGE = object({ words: text, weakens: truth });
gives(
  getPolicies,
  object(
    {
      version: count,
      yaml: text,
      rules: many(object({ position: count, name: text, verdict: text, says: text }, { blocks: text })),
      flow: anything,
      actions: many(text),
    },
    {
      made_by: text,
      confirmed_by: text,
      published_at: instant,
      proposal: object({
        yaml: text,
        hash: text,
        saved_by: text,
        saved_at: instant,
        problems: many(text),
        changes: many(POLICY_CHANGE),
      }),
    },
  ),
);

/** Everything that is wrong with policies in YAML. Publishes nothing. */
export const lintPolicies: Answer = (call, dependencies) =>
  withPolicies(call, dependencies, async (_, parsed) =>
    done({ problems: parsed.ok ? [] : parsed.problems.map(inEnglish) }),
  );

gives(lintPolicies, object({ problems: many(text) }));

/** What policies in YAML would change, and what they would have done in the last seven days. Publishes nothing. */
export const policyEffect: Answer = (call, dependencies) =>
  withPolicies(call, dependencies, async (organization, parsed) => {
    if (!parsed.ok) return refused(parsed.problems);
    return done(await effectOf(organization, parsed.document, dependencies));
  });

gives(policyEffect, object({ changes: many(POLICY_CHANGE), days: count, effect: anyObject }));

/** Publishes policies; what lets through more than before waits for another administrator (A5-3). */
export const publishPolicies: Answer = (call, dependencies) =>
  withPolicies(call, dependencies, async (organization, parsed, yaml) => {
    if (!parsed.ok) return refused(parsed.problems);
    return publish(
      { organization: organization.id, caller: call.caller },
      { yaml, ...parsed },
      undefined,
      dependencies,
    );
  });

const PUBLISHED = object({ published: count, id: text, changes: many(text) });
gives(publishPolicies, PUBLISHED);

const CONFIRMATION = input<{ hash: string; organization?: string }>({ hash: reference, organization: reference }, [
  'hash',
]);

/** Publishes a proposal: whoever confirms is not who made it, and names by its hash what they saw. */
export const confirmPolicies: Answer = async (call, dependencies) => {
  const sent = CONFIRMATION(call.body);
  if (!sent.ok) return sent;
  const organization = await organizationOf(call, sent.value.organization, dependencies);
  if (!organization.ok) return organization;
  return confirm(
    organization.value,
    { organization: organization.value.id, caller: call.caller },
    sent.value.hash,
    dependencies,
  );
};
takes(confirmPolicies, { body: CONFIRMATION });
gives(confirmPolicies, PUBLISHED);

export async function confirm(
  organization: Organization,
  act: Act,
  hash: string,
  dependencies: AdminDependencies,
): Promise<AdminOutcome<object>> {
  const draft = await dependencies.policies.draft(organization.id);
  if (!draft) return unknown(saying(REFUSED.proposal));
  const parsed = await parsedFor(organization, draft.yaml, dependencies);
  if (policyHash(draft.yaml, parsed) !== hash) return conflict('changed', saying(REFUSED.proposalChanged));
  if (!parsed.ok) return refused(parsed.problems);
  return publish(act, { yaml: draft.yaml, ...parsed }, draft, dependencies);
}

export const removeProposal: Answer = async (call, dependencies) => {
  const organization = await organizationOf(call, call.query.organization, dependencies);
  if (!organization.ok) return organization;
  const act = { organization: organization.value.id, caller: call.caller };
  return (await dependencies.policies.removeDraft(act)) ? done({ removed: true }) : unknown(saying(REFUSED.proposal));
};

gives(removeProposal, object({ removed: always(true) }));

const TRY = input<{
  organization?: string;
  agent: string;
  person: string;
  action: string;
  parameters?: Record<string, unknown>;
}>(
  { organization: reference, agent: reference, person: reference, action: reference, parameters: { type: 'object' } },
  ['agent', 'person', 'action'],
);

/** What would happen if this agent asked this person for this: which rule, and what they would read. Asks nobody. */
export const tryPolicies: Answer = async (call, dependencies) => {
  const sent = TRY(call.body);
  if (!sent.ok) return sent;
  const organization = await organizationOf(call, sent.value.organization, dependencies);
  if (!organization.ok) return organization;
  const tried = await tryIt(call, organization.value, sent.value, dependencies);
  if (!tried.ok) return tried;
  const { say: _, requested: __, agent_name: ___, person: ____, passes, ...found } = tried.value;
  return done({ ...found, ...(passes.length > 0 && { passes: passes.map((one) => textIn(one, FALLBACK)) }) });
};
takes(tryPolicies, { body: TRY });
gives(
  tryPolicies,
  object(
    {
      verdict: text,
      in_words: text,
      impact: text,
      headline: text,
      impact_line: text,
      facts: anyObject,
      too_few: truth,
    },
    {
      rule: object({ name: text, position: count, says: text }),
      blocks: text,
      passes: many(text),
      stated_by: text,
      asked_of: many(text),
      later: many(text),
    },
  ),
);

/** What would happen, and what would be read. */
export interface Tried {
  verdict: Verdict;
  in_words: string;
  /** The same for a person. */
  said: Saying;
  rule: { name: string; position: number; says: string } | undefined;
  /** What the rule says to whoever it stops. */
  blocks: string | undefined;
  say: Text | undefined;
  /** What would pass, where it never does (A6-5). */
  passes: readonly Text[];
  impact: Impact;
  headline: string;
  impact_line: string;
  facts: Facts;
  /** The request, as a page shows it: whose, of whom, and what. */
  requested: RequestedAction;
  agent_name: string;
  person: { name: string; email: string };
  stated_by: string | undefined;
  /** Who decides, where it is not the person alone: those of a group who may, by name. */
  asked_of: readonly string[] | undefined;
  /** Who may as well once it took too long. */
  later: readonly string[] | undefined;
  /** Too few may for as many as the rule wants: it is refused. */
  too_few: boolean;
}

/** @param written these rules instead of those that are published */
export async function tryIt(
  call: Pick<Call, 'caller'>,
  organization: Organization,
  asked: { agent: string; person: string; action: string; parameters?: Record<string, unknown> | undefined },
  dependencies: AdminDependencies,
  written?: PolicyDocument,
): Promise<AdminOutcome<Tried>> {
  const agent = await agentOf(call, asked.agent, organization.slug, dependencies);
  if (!agent.ok) return agent;
  const person = await personOf(organization, asked.person, dependencies);
  if (!person.ok) return person;
  const catalogue = dependencies.catalogue().seenBy(organization.id);
  const action = catalogue.actions.get(asked.action);
  if (!action) return malformed(at(asked.action, saying(REFUSED.noAction)));
  const parameters = asked.parameters ?? {};
  const problem = parametersProblem(action, parameters);
  if (problem !== undefined) return malformed(at(asked.action, problem));
  const parsed = parseDetails([{ ...parameters, type: asked.action }], catalogue, undefined);
  const [requested] = parsed.ok ? parsed.value : [];
  if (!requested) return malformed(at(asked.action, saying(VALUE.notAccepted, { at: '' })));
  const published = (await dependencies.policies.newest(organization.id)) ?? NO_POLICIES;
  const policies = { ...published, ...(written && { document: written }) };
  const facts = {
    agent: agent.value.id,
    person: person.value.id,
    policies,
    catalogue,
    organizationDomains: organization.domains,
  };
  const ruling = policyFor([requested], facts);
  const { verdict, rule } = ruling;
  const impact = weightOf(action, requested, organization.domains);
  const about = { organization: organization.id, agent: agent.value.id, person: person.value.id };
  const asked_of = await askedOfNames(ruling.deciders, { ...about, critical: impact === 'critical' }, dependencies);
  const nameOf = await namesIn(organization.id, policies.document, dependencies);
  const described = describeAction(
    action,
    requested.parameters,
    {
      organizationName: organization.name,
      organizationDomains: organization.domains,
      personName: person.value.name,
      personEmail: person.value.email,
      locale: 'en',
      timeZone: 'UTC',
    },
    action.resolve?.sample,
  );
  const answer = beginning(answerInWords({ verdict, ...(rule?.deciders && { deciders: rule.deciders }) }, nameOf));
  return done({
    verdict,
    in_words: inEnglish(answer),
    said: answer,
    rule: rule && {
      name: rule.name,
      position: policies.document.rules.indexOf(rule) + 1,
      says: inEnglish(ruleInWords(rule, nameOf)),
    },
    blocks: rule?.say === undefined ? undefined : textIn(rule.say, FALLBACK),
    say: rule?.say,
    agent_name: agent.value.name,
    person: { name: person.value.name, email: person.value.email },
    passes: verdict === 'never' ? passesOf(ruling, catalogue) : [],
    requested: { ...requested, ...(action.resolve && { facts: { ...action.resolve.sample } }) },
    impact,
    headline: `${agent.value.name} wants to ${described.headlineText}`,
    impact_line: described.impactLine,
    facts: described.facts,
    stated_by: action.resolve && action.system,
    asked_of: asked_of.now,
    later: asked_of.later,
    too_few: !(
      await askedOf({ ruling, policies }, { ...about, critical: impact === 'critical' }, dependencies.deciders)
    ).ok,
  });
}

/** Names of those whom a ruling would ask, as they may decide now. */
async function askedOfNames(
  deciders: Deciders | undefined,
  { organization, agent, person, critical }: { organization: string; agent: string; person: string; critical: boolean },
  { deciders: directory }: Pick<AdminDependencies, 'deciders'>,
): Promise<{ now: string[] | undefined; later: string[] | undefined }> {
  const may = critical ? [] : (deciders?.may_include ?? []);
  const names = async (group: string | undefined) => {
    if (group === undefined) return undefined;
    const found = await directory.find(organization, group, { person, agent, may });
    return (found?.members ?? []).map(({ name }) => name);
  };
  const [now, later] = await Promise.all([names(deciders?.group), names(deciders?.escalate?.group)]);
  return { now, later };
}

/** The policies of an organization, as the API, the command line and the console show them. */
export async function policiesOf({ id }: Pick<Organization, 'id'>, dependencies: AdminDependencies) {
  const { policies } = dependencies;
  const [newest, draft] = await Promise.all([policies.newest(id), policies.draft(id)]);
  const document = newest?.document ?? NO_POLICIES.document;
  const catalogue = dependencies.catalogue().seenBy(id);
  const parsed = draft && (await parsedFor({ id }, draft.yaml, dependencies));
  const nameOf = await namesIn(id, both(document, parsed?.ok ? parsed.document : undefined), dependencies);
  return {
    version: newest?.version ?? 0,
    yaml: newest?.yaml ?? emptyPolicies(POLICIES.firstMatch.en),
    rules: document.rules.map((rule, index) => {
      const said = ruleInWords(rule, nameOf);
      return {
        position: index + 1,
        name: rule.name,
        verdict: rule.verdict,
        says: inEnglish(said),
        said,
        blocks: rule.say === undefined ? undefined : textIn(rule.say, FALLBACK),
      };
    }),
    flow: inEnglish(flowInWords(document)),
    flowSaid: flowInWords(document),
    made_by: newest?.made_by,
    confirmed_by: newest?.confirmed_by ?? undefined,
    published_at: newest?.published_at,
    proposal: draft &&
      parsed && {
        yaml: draft.yaml,
        hash: policyHash(draft.yaml, parsed),
        saved_by: draft.saved_by,
        saved_at: draft.saved_at,
        problems: parsed?.ok ? [] : (parsed?.problems ?? []).map(inEnglish),
        changes: parsed?.ok ? policyChanges(document, parsed.document, nameOf) : [],
      },
    actions: [...catalogue.actions.keys()].toSorted(),
  };
}

/** What an organization begins with, to be written on. */
export const emptyPolicies = (comment: string): string => `# ${comment}\nrules: []\n`;

/** What other policies would change, in words and on what was really asked. */
export async function effectOf(
  { id, domains }: Pick<Organization, 'id' | 'domains'>,
  document: PolicyDocument,
  dependencies: AdminDependencies,
): Promise<{ changes: Change[]; days: number; effect: Replay }> {
  const { policies, catalogue } = dependencies;
  const before = (await policies.newest(id))?.document ?? NO_POLICIES.document;
  const nameOf = await namesIn(id, both(before, document), dependencies);
  const recorded = await policies.recorded(id, REPLAY_DAYS, REPLAY_LIMIT);
  return {
    changes: policyChanges(before, document, nameOf),
    days: REPLAY_DAYS,
    effect: replay(recorded, [before, document], {
      catalogue: catalogue().seenBy(id),
      organizationDomains: domains,
    }),
  };
}

export async function publish(
  act: Act,
  { yaml, document }: { yaml: string; document: PolicyDocument },
  draft: PolicyDraft | undefined,
  dependencies: AdminDependencies,
): Promise<AdminOutcome<object>> {
  const { policies } = dependencies;
  const newest = await policies.newest(act.organization);
  const before = newest?.document ?? NO_POLICIES.document;
  const nameOf = await namesIn(act.organization, both(before, document), dependencies);
  const changes = policyChanges(before, document, nameOf);
  const weakening = changes.filter(({ weakens }) => weakens).map(({ said }) => said);
  if (weakening.length > 0 && isAlone(act.caller, draft)) {
    if (draft?.yaml !== yaml) await policies.saveDraft(act, { yaml, proposed: true });
    return conflict('second_administrator', saying(REFUSED.letsMore), weakening);
  }
  const version = {
    id: newId('pol'),
    document,
    yaml,
    after: newest?.version ?? 0,
    madeBy: draft?.saved_by ?? actorOf(act.caller),
  };
  if (!(await policies.publish(act, version, changes))) {
    return conflict('changed', saying(REFUSED.published));
  }
  return done({ published: version.after + 1, id: version.id, changes: changes.map(({ words }) => words) });
}

/** Names in a document become ids: agents by name, people by e-mail address. What nobody is called is a problem. */
export async function parsedFor(
  { id }: Pick<Organization, 'id'>,
  yaml: string,
  { catalogue, store, groups }: Pick<AdminDependencies, 'catalogue' | 'store' | 'groups'>,
): Promise<ParsedPolicies> {
  const parsed = parsePolicies(yaml, catalogue().seenBy(id));
  if (!parsed.ok) return parsed;
  const problems: Saying[] = [];
  const agentId = async (name: string) => {
    const [found, another] = await store.findAgents(id, name);
    if (!found || another)
      problems.push(saying(another ? POLICY_LINT.ambiguousAgent : POLICY_LINT.unknownAgent, { name }));
    return found?.id ?? name;
  };
  const personId = async (name: string) => {
    const found = await store.findPerson(id, name);
    if (!found) problems.push(saying(POLICY_LINT.unknownPerson, { name }));
    return found?.id ?? name;
  };
  const groupId = async (name: string) => {
    const found = await groups.find(id, name);
    if (!found) problems.push(saying(POLICY_LINT.unknownGroup, { name }));
    return found?.id ?? name;
  };
  const rules = [];
  for (const rule of parsed.document.rules) {
    const { agents, people } = rule.when ?? {};
    const { group, escalate } = rule.deciders ?? {};
    const named = {
      ...(agents && { agents: await Promise.all(agents.map(agentId)) }),
      ...(people && { people: await Promise.all(people.map(personId)) }),
    };
    const deciders = {
      ...rule.deciders,
      ...(group !== undefined && { group: await groupId(group) }),
      ...(escalate?.group !== undefined && { escalate: { ...escalate, group: await groupId(escalate.group) } }),
    };
    rules.push({
      ...rule,
      ...((agents || people) && { when: { ...rule.when, ...named } }),
      ...(rule.deciders && { deciders }),
    });
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, document: { ...parsed.document, rules } };
}

/** Every rule of two versions, for the names in both. */
const both = (one: PolicyDocument, other: PolicyDocument = NO_POLICIES.document): PolicyDocument => ({
  rules: [...one.rules, ...other.rules],
});

async function namesIn(organization: string, { rules }: PolicyDocument, { policies }: AdminDependencies) {
  const ids = rules.flatMap(({ when: { agents = [], people = [] } = {}, deciders: { group, escalate } = {} }) => [
    ...agents,
    ...people,
    ...[group, escalate?.group].flatMap((one) => one ?? []),
  ]);
  const names = ids.length === 0 ? new Map<string, string>() : await policies.names(organization, ids);
  return (id: string) => names.get(id) ?? id;
}

const refused = (problems: readonly Saying[]) =>
  unacceptable('policies', saying(REFUSED.policies, { count: problems.length }), problems);

async function withPolicies(
  call: Call,
  dependencies: AdminDependencies,
  work: (organization: Organization, parsed: ParsedPolicies, yaml: string) => Promise<AdminOutcome<object>>,
): Promise<AdminOutcome<object>> {
  if (call.text.trim() === '') return malformed('the body must be YAML (text/yaml): rules in order, and flow');
  const organization = await organizationOf(call, call.query.organization, dependencies);
  if (!organization.ok) return organization;
  return work(organization.value, await parsedFor(organization.value, call.text, dependencies), call.text);
}
