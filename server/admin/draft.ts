import type { JWK } from 'jose';
import { DRAFT, type REGISTER_STEPS } from '../../views/words/console-register.ts';
import { HOSTILE } from '../../views/words/console-values.ts';
import { type Saying, saying } from '../../views/words/saying.ts';
import type { PlainMessage } from '../../views/words/words.ts';
import { type AgentMode, ENVIRONMENTS, type Environment } from '../agents/agent.ts';
import { confusableWith } from '../agents/confusable.ts';
import { nameProblem } from '../agents/registration.ts';
import { IMPACTS, type Impact } from '../catalogue/action.ts';
import { parseStrictJson } from '../oauth/strict-json.ts';
import { checkSpacing, checkText } from '../oauth/text.ts';

/** What stands in the form so far; every field as it was typed. */
export type DraftFields = Readonly<Record<string, string>>;

/** An agent as five steps describe it. */
export interface AgentPlan {
  name: string;
  purpose: string;
  owner: string;
  deputy: string;
  mode: AgentMode;
  environment: Environment | undefined;
  redirectUris: string[];
  keys: { kind: 'address'; jwksUri: string } | { kind: 'given'; jwks: { keys: JWK[] } } | { kind: 'made' };
  actions: string[];
  highestImpact: Impact | undefined;
  perMinute: number | undefined;
  /** Days until it ends, unless its owner confirms it. */
  days: number;
}

export interface Problem {
  field: string;
  text: Saying;
}

export interface DraftFacts {
  /** Of agents that are there. */
  names: readonly string[];
  /** Of those that were named as owner and deputy: who is one of the organization. */
  people: ReadonlySet<string>;
  actions: ReadonlySet<string>;
}

export const STEPS = [
  'name',
  'owner',
  'mode',
  'keys',
  'limits',
] as const satisfies readonly (keyof typeof REGISTER_STEPS)[];

/** What is wrong with one step (1 to 5). Pure; the registration itself checks all of it again. */
export function problemsIn(step: number, fields: DraftFields, facts: DraftFacts): Problem[] {
  switch (step) {
    case 1:
      return [
        ...textProblems(fields, 'name', DRAFT.aName, 80),
        ...similar(fields.name ?? '', facts.names),
        ...textProblems(fields, 'purpose', DRAFT.aPurpose, 120),
      ];
    case 2:
      return [
        ...textProblems(fields, 'owner', DRAFT.anOwner, 320),
        ...textProblems(fields, 'deputy', DRAFT.aDeputy, 320),
        ...(['owner', 'deputy'] as const).flatMap((field) => {
          const person = fields[field] ?? '';
          if (person === '' || facts.people.has(person)) return [];
          return [{ field, text: saying(DRAFT.nobody, { person: person.slice(0, 80) }) }];
        }),
        ...(fields.owner && fields.owner.toLowerCase() === fields.deputy?.toLowerCase()
          ? [{ field: 'deputy', text: saying(DRAFT.twoPeople) }]
          : []),
      ];
    case 3:
      return [
        ...(MODES.includes(fields.mode as AgentMode) ? [] : [{ field: 'mode', text: saying(DRAFT.chooseMode) }]),
        ...(fields.environment && environmentIn(fields) === undefined
          ? [{ field: 'environment', text: saying(DRAFT.chooseEnvironment) }]
          : []),
        ...redirectsIn(fields).flatMap((uri) =>
          URL.canParse(uri)
            ? []
            : [{ field: 'redirect_uris', text: saying(DRAFT.noAddress, { address: uri.slice(0, 80) }) }],
        ),
      ];
    case 4:
      return keyProblems(fields);
    default:
      return limitProblems(fields, facts);
  }
}

/** The first step that is not complete yet; undefined when the agent can be registered. */
export const firstUnfinished = (fields: DraftFields, facts: DraftFacts): number | undefined =>
  [1, 2, 3, 4, 5].find((step) => problemsIn(step, fields, facts).length > 0);

/** @throws nothing: call it when no step has a problem */
export function planOf(fields: DraftFields): AgentPlan {
  const { name = '', purpose = '', owner = '', deputy = '' } = fields;
  const highest = fields.highest_impact;
  return {
    name,
    purpose,
    owner,
    deputy,
    mode: fields.mode as AgentMode,
    environment: environmentIn(fields),
    redirectUris: redirectsIn(fields),
    keys:
      fields.keys === 'address'
        ? { kind: 'address', jwksUri: fields.jwks_uri ?? '' }
        : fields.keys === 'given'
          ? { kind: 'given', jwks: { keys: jwksIn(fields.jwks) ?? [] } }
          : { kind: 'made' },
    actions: actionsIn(fields),
    highestImpact: IMPACTS.find((level) => level === highest),
    perMinute: fields.per_minute ? Number(fields.per_minute) : undefined,
    days: Number(fields.days || 90),
  };
}

export const MODES = ['attended', 'unattended', 'sub_agent'] as const satisfies readonly AgentMode[];

const environmentIn = ({ environment }: DraftFields): Environment | undefined =>
  ENVIRONMENTS.find((one) => one === environment);

/** Ticked boxes are fields of their own: a form may send one name once (OA-13). */
export const actionsIn = (fields: DraftFields): string[] =>
  Object.keys(fields)
    .filter((name) => name.startsWith('action '))
    .map((name) => name.slice('action '.length));

export const redirectsIn = ({ redirect_uris = '' }: DraftFields): string[] =>
  redirect_uris.split(/\s+/).filter((uri) => uri !== '');

function textProblems(fields: DraftFields, field: string, label: PlainMessage, limit: number): Problem[] {
  const text = fields[field] ?? '';
  if (text === '' || [...text].length > limit)
    return [{ field, text: saying(DRAFT.length, { field: saying(label), limit }) }];
  const hostile = checkText(text) ?? (field === 'name' ? undefined : checkSpacing(text));
  const problem = hostile ? HOSTILE[hostile] : field === 'name' ? nameProblem(text) : undefined;
  if (problem === undefined) return [];
  return [{ field, text: saying(DRAFT.mayNotHold, { field: saying(label), what: saying(problem) }) }];
}

/** Two agents that a person would take for one another at a glance. */
function similar(name: string, names: readonly string[]): Problem[] {
  const twin = confusableWith(name, names);
  return twin === undefined ? [] : [{ field: 'name', text: saying(DRAFT.similar, { agent: twin }) }];
}

function keyProblems(fields: DraftFields): Problem[] {
  const { keys, jwks_uri = '' } = fields;
  if (keys === 'made') return [];
  if (keys === 'address')
    return /^https:\/\/\S+$/.test(jwks_uri) && URL.canParse(jwks_uri)
      ? []
      : [{ field: 'jwks_uri', text: saying(DRAFT.https) }];
  if (keys !== 'given') return [{ field: 'keys', text: saying(DRAFT.chooseKeys) }];
  const problem = pastedProblem(jwksIn(fields.jwks));
  return problem === undefined ? [] : [{ field: 'jwks', text: problem }];
}

/** What is wrong with what somebody pasted as public keys. */
export function pastedProblem(keys: readonly JWK[] | undefined): Saying | undefined {
  if (!keys?.length) return saying(DRAFT.noKey);
  return keys.some((key) => key.d !== undefined || key.k !== undefined) ? saying(DRAFT.privateKey) : undefined;
}

/** A key, or a set of them, in JSON. */
export function jwksIn(jwks = ''): JWK[] | undefined {
  const parsed = parseStrictJson(jwks);
  if (!parsed.ok || typeof parsed.value !== 'object' || parsed.value === null) return undefined;
  const value = parsed.value as JWK | { keys: JWK[] };
  const keys = 'keys' in value && Array.isArray(value.keys) ? value.keys : [value as JWK];
  return keys.every((key) => typeof key?.kty === 'string') ? keys : undefined;
}

function limitProblems(fields: DraftFields, facts: DraftFacts): Problem[] {
  const actions = actionsIn(fields);
  const problems: Problem[] = [];
  if (actions.length === 0) problems.push({ field: 'actions', text: saying(DRAFT.oneAction) });
  const unknown = actions.find((action) => !facts.actions.has(action));
  if (unknown !== undefined) problems.push({ field: 'actions', text: saying(DRAFT.noAction, { action: unknown }) });
  const whole = (field: string, label: PlainMessage, least: number, most: number) => {
    const value = fields[field] ?? '';
    if (value !== '' && !(/^\d{1,6}$/.test(value) && Number(value) >= least && Number(value) <= most))
      problems.push({ field, text: saying(DRAFT.wholeNumber, { field: saying(label), least, most }) });
  };
  whole('per_minute', DRAFT.perMinute, 1, 100_000);
  whole('days', DRAFT.days, 1, 365);
  return problems;
}
