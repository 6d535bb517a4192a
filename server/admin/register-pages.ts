import type Router from '@koa/router';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';
import { stringify } from 'yaml';

import { registeredPage, registerPage, registerReviewPage } from '../../views/admin/register.tsx';
import { LIMIT_FIELDS } from '../../views/words/console-documents.ts';
import { DRAFT, REGISTER, REGISTER_STEPS } from '../../views/words/console-register.ts';
import { LEVEL, STATUS } from '../../views/words/console-shell.ts';
import { ENVIRONMENT } from '../../views/words/environment.ts';
import { inEnglish, type Saying, saying } from '../../views/words/saying.ts';
import type { Said } from '../../views/words/words.ts';
import { saidAs } from '../agents/refused.ts';
import { type Limits, type Metadata, whyRefused } from '../agents/registration.ts';
import { askOf } from '../approvals/decision-props.ts';
import { IMPACTS, worse } from '../catalogue/action.ts';
import { newId } from '../oauth/ids.ts';
import type { AdminDependencies } from './call.ts';
import { type Console, nothingHere, refusalWords, type Visit } from './console.ts';
import {
  type AgentPlan,
  actionsIn,
  type DraftFacts,
  type DraftFields,
  firstUnfinished,
  type Problem,
  planOf,
  problemsIn,
  STEPS,
} from './draft.ts';
import { inCurl, inMcpClient, inOpenidClient, KEY_FILE } from './first-steps.ts';
import { highestOf } from './inventory.ts';
import { offeredPeople } from './offered.ts';
import { previewOf } from './preview.ts';
import { addInitialAccessToken } from './registry.ts';

export interface DraftStore {
  begin(organization: string, id: string, by: string): Promise<void>;
  find(organization: string, id: string): Promise<DraftFields | undefined>;
  save(organization: string, id: string, fields: DraftFields): Promise<void>;
  remove(organization: string, id: string): Promise<void>;
  /** Names of agents that are there. */
  names(organization: string): Promise<string[]>;
}

/** What the registration endpoint answered (RFC 7591 §3.2). */
export interface Registered {
  status: number;
  body: Record<string, unknown>;
}

export interface RegisterDependencies extends AdminDependencies {
  drafts: DraftStore;
  /** Sends a registration to this very server, as any builder would: there is one path (RFC 7591). */
  register(initialAccessToken: string, metadata: object): Promise<Registered>;
}

const PATH = '/admin/agents/new';

/** A4: an agent in five steps. The page ends where the command line and any builder begin: at RFC 7591. */
export function adminRegisterPages(router: Router, console: Console, dependencies: RegisterDependencies): void {
  const { drafts, store, catalogue } = dependencies;

  console.get(router, PATH, ['admin'], async (visit) => {
    const id = newId('drf');
    await drafts.begin(visit.organization, id, visit.person.id);
    visit.ctx.redirect(`${PATH}/${id}/1`);
    visit.ctx.status = 303;
    return undefined;
  });

  console.get(router, `${PATH}/:draft/review`, ['admin'], async (visit) => {
    const { id, fields } = await draftIn(visit);
    const unfinished = firstUnfinished(fields, await factsOf(visit, fields));
    if (unfinished === undefined) return review(visit, id, fields, [], String(visit.ctx.query.show ?? ''));
    visit.ctx.redirect(`${PATH}/${id}/${unfinished}`);
    visit.ctx.status = 303;
    return undefined;
  });

  console.post(router, `${PATH}/:draft/review`, ['admin'], async (visit) => {
    const { id, fields } = await draftIn(visit);
    const unfinished = firstUnfinished(fields, await factsOf(visit, fields));
    if (unfinished !== undefined) return `${PATH}/${id}/${unfinished}`;
    const plan = planOf(fields);
    const made = await registered(visit, plan);
    if ('problem' in made)
      return { document: review(visit, id, fields, [{ text: made.problem }]), status: made.status };
    await drafts.remove(visit.organization, id);
    const { body, privateKey } = made;
    const { say } = visit.speaker;
    return {
      status: 201,
      document: registeredPage({
        frame: visit.frame('/admin/agents'),
        name: plan.name,
        href: `/admin/agents/${body.agent_id}`,
        facts: [
          [say(REGISTER.client), String(body.client_id)],
          [say(REGISTER.agent), String(body.agent_id)],
          [say(REGISTER.status), statusWords(body.agent_status, visit)],
          [say(REGISTER.registration), String(body.registration_client_uri)],
        ],
        privateKey: privateKey && JSON.stringify(privateKey, undefined, 2),
        registrationAccessToken: String(body.registration_access_token),
        keyFile: KEY_FILE,
        activate: `/admin/agents/${body.agent_id}/activate`,
        snippets: snippetsOf(visit, plan, body),
      }),
    };
  });

  console.get(router, `${PATH}/:draft/:step`, ['admin'], async (visit) => {
    const { id, fields } = await draftIn(visit);
    return show(visit, id, stepIn(visit), fields, []);
  });

  console.post(router, `${PATH}/:draft/:step`, ['admin'], async (visit, form) => {
    const { id, fields } = await draftIn(visit);
    const step = stepIn(visit);
    const kept = Object.entries(fields).filter(([name]) => !(step === 5 && name.startsWith('action ')));
    const typed = [...form]
      .filter(([name]) => FIELDS[step - 1]?.test(name))
      .map(([name, value]) => [name, value.trim()]);
    const now = Object.fromEntries([...kept, ...typed]) as DraftFields;
    // Kept even when something is wrong with it: going back or away never loses what was typed.
    await drafts.save(visit.organization, id, now);
    const problems = problemsIn(step, now, await factsOf(visit, now));
    if (problems.length > 0) return { document: await show(visit, id, step, now, problems) };
    return step === 5 ? `${PATH}/${id}/review` : `${PATH}/${id}/${step + 1}`;
  });

  async function show(
    visit: Visit,
    id: string,
    step: 1 | 2 | 3 | 4 | 5,
    fields: DraftFields,
    problems: readonly Problem[],
  ) {
    const seen = catalogue().seenBy(visit.organization);
    const chosen = new Set(actionsIn(fields));
    return registerPage({
      frame: visit.frame('/admin/agents'),
      csrf: visit.csrf,
      action: `${PATH}/${id}/${step}`,
      step,
      steps: stepsOf(visit, id, step),
      fields,
      problems: problems.map(({ field, text }) => ({ field, text: text(visit.speaker) })),
      people: step === 2 ? await offeredPeople(visit.organization, { store }) : [],
      actions: [...seen.actions.values()].map(({ key, system }) => ({
        key,
        system,
        level: highestOf(key, seen) ?? 'low',
        chosen: chosen.has(key),
      })),
      back: step > 1 ? `${PATH}/${id}/${step - 1}` : '/admin/agents',
    });
  }

  /** What the first request would be for: of its actions that its limit allows, the one with most at stake. */
  function samplesOf({ organization, speaker, person }: Visit, plan: AgentPlan) {
    const seen = catalogue().seenBy(organization);
    const samples = plan.actions.flatMap((key) => {
      const action = seen.actions.get(key);
      const { version = 0 } = action ?? {};
      const preview = previewOf(seen, { key, version }, { sample: 1, language: speaker.catalogue }, person);
      const [only] = preview?.described ?? [];
      if (!preview || !only) return [];
      const { impact } = only.description;
      const beyond = plan.highestImpact !== undefined && worse(impact, plan.highestImpact) !== plan.highestImpact;
      return [{ key, action: only.action, requested: only.requested, preview, impact, beyond }];
    });
    const stake = ({ impact, beyond }: (typeof samples)[number]) => (beyond ? -1 : IMPACTS.indexOf(impact));
    return samples.toSorted((one, other) => stake(other) - stake(one));
  }

  function snippetsOf(visit: Visit, plan: AgentPlan, body: Record<string, unknown>) {
    const [first] = samplesOf(visit, plan);
    const steps = first && {
      issuer: dependencies.issuer,
      clientId: String(body.client_id),
      registrationUri: String(body.registration_client_uri),
      name: plan.name,
      mode: plan.mode,
      resource: first.requested.resource,
      details: { type: first.key, locations: [first.requested.resource], ...first.requested.parameters },
      person: visit.person.email,
    };
    if (!steps) return [];
    return [
      { name: 'curl' as const, text: inCurl(steps) },
      { name: 'openidClient' as const, text: inOpenidClient(steps) },
      { name: 'mcp' as const, text: inMcpClient(steps) },
    ];
  }

  function review(
    visit: Visit,
    id: string,
    fields: DraftFields,
    problems: readonly { text: Said }[],
    show = '',
  ): string {
    const plan = planOf(fields);
    const samples = samplesOf(visit, plan);
    const shown = samples.find(({ key }) => key === show) ?? samples[0];
    const { say } = visit.speaker;
    return registerReviewPage({
      frame: visit.frame('/admin/agents'),
      csrf: visit.csrf,
      action: `${PATH}/${id}/review`,
      steps: stepsOf(visit, id, undefined),
      facts: [
        [say(REGISTER.name), plan.name],
        [say(REGISTER.whatFor), plan.purpose],
        [say(REGISTER.owner), plan.owner],
        [say(REGISTER.deputy), plan.deputy],
        [say(REGISTER.howItRuns), say(REGISTER[plan.mode])],
        [say(ENVIRONMENT.called), say(ENVIRONMENT[plan.environment ?? 'notSaid'])],
        [say(REGISTER.sendsBack), plan.redirectUris.join(' ') || say(REGISTER.nowhere)],
        [say(REGISTER.keys), say(KEYS[plan.keys.kind])],
        [say(REGISTER.mayAsk), plan.actions.join(', ')],
        [say(LIMIT_FIELDS.neverAbove), say(plan.highestImpact ? LEVEL[plan.highestImpact] : LIMIT_FIELDS.noLimit)],
        [say(REGISTER.ends), say(REGISTER.inDays, { count: plan.days })],
      ],
      yaml: stringify(documentOf(plan, say(REGISTER.keyHere)), { lineWidth: 0 }),
      sample: shown && {
        ask: {
          ...askOf(shown.preview.described, shown.preview.durations, visit.speaker),
          agentName: plan.name,
        },
        beyond: shown.beyond,
        actions: samples.map(({ key }) => ({
          key,
          href: `${PATH}/${id}/review?show=${encodeURIComponent(key)}`,
          current: key === shown.key,
        })),
      },
      problems,
      back: `${PATH}/${id}/5`,
    });
  }

  /** An initial access token for this one agent, and the registration that any builder would send with it. */
  async function registered(visit: Visit, plan: AgentPlan) {
    const token = await addInitialAccessToken(
      {
        caller: visit.caller,
        params: {},
        query: {},
        text: '',
        body: {
          owner: plan.owner,
          deputy: plan.deputy,
          mode: plan.mode,
          environment: plan.environment,
          status: 'pending',
          uses: 1,
          expires_in: 300,
          agent_expires_in: plan.days * 86_400,
          limits: limitsOf(plan),
        },
      },
      dependencies,
    );
    if (!token.ok) return { problem: refusalWords(token, visit), status: token.status };
    const { initial_access_token: secret } = token.value as { initial_access_token: string };
    const made = plan.keys.kind === 'made' ? await newKey() : undefined;
    const metadata = metadataOf(plan, made?.publicKey);
    const { status, body } = await dependencies.register(secret, metadata);
    if (status !== 201) {
      const detail = sayingOf(body, metadata, {
        modeCeiling: plan.mode,
        allowUnbound: false,
        mayAsk: (type) => catalogue().seenBy(visit.organization).actions.has(type),
        certificates: [],
        delivery: { push: false, notificationHosts: [] },
        attestation: 'not offered',
      });
      return { problem: saying(DRAFT.refused, { detail })(visit.speaker), status: 422 };
    }
    return { body, privateKey: made?.privateKey };
  }

  async function draftIn({ organization, ctx }: Visit): Promise<{ id: string; fields: DraftFields }> {
    const id = String(ctx.params.draft);
    const fields = await drafts.find(organization, id);
    if (!fields) throw nothingHere();
    return { id, fields };
  }

  async function factsOf({ organization }: Visit, { owner, deputy }: DraftFields): Promise<DraftFacts> {
    const named = [owner, deputy].flatMap((one) => (one === undefined || one === '' ? [] : [one]));
    const found = await Promise.all(named.map((one) => store.findPerson(organization, one)));
    return {
      names: await drafts.names(organization),
      people: new Set(named.filter((_, index) => found[index] !== undefined)),
      actions: new Set(catalogue().seenBy(organization).actions.keys()),
    };
  }

  function stepIn({ ctx }: Visit): 1 | 2 | 3 | 4 | 5 {
    const step = Number(ctx.params.step);
    if (step !== 1 && step !== 2 && step !== 3 && step !== 4 && step !== 5) throw nothingHere();
    return step;
  }

  const stepsOf = ({ speaker }: Visit, id: string, current: number | undefined) =>
    STEPS.map((name, index) => ({
      label: speaker.say(REGISTER_STEPS[name]),
      href: current === undefined || index + 1 < current ? `${PATH}/${id}/${index + 1}` : undefined,
      current: index + 1 === current,
    }));
}

/** The fields of each step: nothing else that a form sends is kept. */
const FIELDS = [
  /^(name|purpose)$/,
  /^(owner|deputy)$/,
  /^(mode|environment|redirect_uris)$/,
  /^(keys|jwks_uri|jwks)$/,
  /^(action .{1,200}|highest_impact|per_minute|days)$/,
];

const limitsOf = ({ highestImpact, perMinute }: AgentPlan) => ({
  ...(highestImpact && { highest_impact: highestImpact }),
  ...(perMinute !== undefined && { requests_per_minute: perMinute }),
});

/** What the endpoint answered, for a person: by the rule that says exactly this to machines; of any other, by what it said. */
export function sayingOf(answered: Registered['body'], metadata: Metadata, limits: Limits): Saying {
  const said = whyRefused(metadata, limits);
  if (said && inEnglish(said) === answered.error_description) return said;
  return saidAs({ error: String(answered.error), error_description: answered.error_description });
}

const grantsOf = ({ mode, redirectUris }: AgentPlan): string[] => [
  ...(redirectUris.length > 0 ? ['authorization_code'] : []),
  ...(mode === 'sub_agent' ? [] : ['urn:openid:params:grant-type:ciba']),
  'urn:ietf:params:oauth:grant-type:token-exchange',
];

function metadataOf(plan: AgentPlan, made: JWK | undefined): Metadata {
  const { name, purpose, mode, redirectUris, keys, actions } = plan;
  return {
    client_name: name,
    agent_purpose: purpose,
    agent_mode: mode,
    ...(keys.kind === 'address'
      ? { jwks_uri: keys.jwksUri }
      : { jwks: keys.kind === 'given' ? keys.jwks : { keys: [made] } }),
    authorization_details_types: actions,
    grant_types: grantsOf(plan),
    redirect_uris: redirectUris,
    ...(redirectUris.length === 0
      ? { response_types: [] }
      : { application_type: redirectUris.every((uri) => uri.startsWith('https:')) ? 'web' : 'native' }),
  };
}

/** As `countersign apply` takes it (A4-2). */
const documentOf = (plan: AgentPlan, keyHere: string): object => ({
  kind: 'Agent',
  name: plan.name,
  purpose: plan.purpose,
  owner: plan.owner,
  deputy: plan.deputy,
  mode: plan.mode,
  ...(plan.environment && { environment: plan.environment }),
  actions: plan.actions,
  ...(plan.redirectUris.length > 0 && { redirect_uris: plan.redirectUris }),
  grant_types: grantsOf(plan),
  ...(plan.keys.kind === 'address'
    ? { jwks_uri: plan.keys.jwksUri }
    : { jwks: plan.keys.kind === 'given' ? plan.keys.jwks : { keys: [keyHere] } }),
  ...(Object.keys(limitsOf(plan)).length > 0 && { limits: limitsOf(plan) }),
  ends_in_days: plan.days,
});

const KEYS = { address: REGISTER.keysAddress, given: REGISTER.keysGiven, made: REGISTER.keysMade };

const statusWords = (status: unknown, { speaker }: Visit): string =>
  Object.hasOwn(STATUS, String(status)) ? speaker.say(STATUS[status as keyof typeof STATUS]) : String(status);

/** ES256. The private half leaves with the page and is nowhere else. */
async function newKey(): Promise<{ privateKey: JWK; publicKey: JWK }> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const { d, ...publicPart } = await exportJWK(privateKey);
  const named = { ...publicPart, kid: await calculateJwkThumbprint(publicPart), alg: 'ES256' };
  return { privateKey: { ...named, ...(d !== undefined && { d }) }, publicKey: { ...named, use: 'sig' } };
}
