import { parseDocument } from 'yaml';
import {
  type Action,
  type ActionDocument,
  accessOf,
  type CompiledRule,
  FACT_NAMES,
  IMPACT_CLASSES,
  IMPACTS,
  type LevelRule,
  type Parameter,
  VERBS,
} from './action.ts';
import { COMPARATORS } from './comparator.ts';
import { durationSeconds } from './duration.ts';
import { actionProblems } from './lint.ts';
import {
  type Check,
  type JsonSchema,
  type ParameterSchema,
  propertiesOf,
  schemaCompiler,
  schemaProblems,
} from './schema.ts';
import { parseTemplate, placeholders, TemplateError } from './template.ts';

/** One resource and its actions, as its owner writes them. */
export interface ResourceDocument {
  /** RFC 8707 identifier. */
  resource: string;
  /** What a person calls it. */
  name: string;
  /** `deployment` for a resource shared by all, or the id of the organization whose it is. */
  owner: string;
  actions: ActionDocument[];
}

export interface CatalogueResource {
  readonly resource: string;
  readonly name: string;
  /** Null when it is shared by all organizations. */
  readonly organization: string | null;
}

/** Every action that can be asked, newest version first in line, and the resources they belong to. */
export interface Catalogue {
  /** The newest version of each action, by key. */
  readonly actions: ReadonlyMap<string, Action>;
  readonly resources: ReadonlyMap<string, CatalogueResource>;
  /** One exact version: what was approved keeps the rules it was approved under. */
  version(key: string, version: number): Action | undefined;
  byScope(scope: string): Action | undefined;
  scopesOf(resource: string): string[];
  /** What can be asked from within this organization: shared resources and its own. Another's do not exist there. */
  seenBy(organization: string): Catalogue;
}

/** Thrown with every problem at once, each with its place. */
export class CatalogueError extends Error {
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(`Catalogue:\n  ${problems.join('\n  ')}`);
    this.name = 'CatalogueError';
    this.problems = problems;
  }
}

/** Reads the YAML form: a list of resources. Throws {@link CatalogueError}. */
export function parseCatalogue(yaml: string): ResourceDocument[] {
  const document = parseDocument(yaml, { schema: 'core', version: '1.2', uniqueKeys: true, strict: true });
  const problems = [...document.errors, ...document.warnings].map(({ message }) => message);
  if (problems.length > 0) throw new CatalogueError(problems);
  const resources: unknown = document.toJS({ maxAliasCount: 100 });
  const problem = checkDocuments(resources);
  if (problem !== undefined) throw new CatalogueError([problem]);
  return resources as ResourceDocument[];
}

/** Makes documents into a catalogue. Throws {@link CatalogueError} with every problem of every action. */
export function compileCatalogue(documents: readonly ResourceDocument[]): Catalogue {
  const malformed = checkDocuments(documents);
  if (malformed !== undefined) throw new CatalogueError([malformed]);

  const problems: string[] = [];
  const compileSchema = schemaCompiler();
  const resources = new Map<string, CatalogueResource>();
  const versions = new Map<string, Action[]>();
  for (const { resource, name, owner, actions } of documents) {
    if (resources.has(resource)) problems.push(`${resource}: declared twice`);
    if (!isIdentifier(resource)) problems.push(`${resource}: not an absolute URI without fragment (RFC 8707 §2)`);
    const organization = owner === 'deployment' ? null : owner;
    const declared = { resource, name, organization };
    resources.set(resource, declared);
    for (const document of actions) {
      const compiled = compileAction(document, declared, compileSchema);
      problems.push(...compiled.problems.map((problem) => `${document.key} v${document.version}: ${problem}`));
      if (compiled.action) versions.set(document.key, [...(versions.get(document.key) ?? []), compiled.action]);
    }
  }
  for (const [key, all] of versions) {
    all.sort((a, b) => b.version - a.version);
    if (new Set(all.map(({ version }) => version)).size < all.length) problems.push(`${key}: the same version twice`);
    if (new Set(all.map(({ resource }) => resource)).size > 1) problems.push(`${key}: declared by two resources`);
  }
  const newest = new Map([...versions].flatMap(([key, [first]]) => (first ? [[key, first] as const] : [])));
  const scopes = new Map<string, Action>();
  for (const action of newest.values()) {
    for (const key of action.downstream) {
      if (!newest.has(key)) problems.push(`${action.key} v${action.version}: downstream action ${key} is unknown`);
    }
    if (action.scope === undefined) continue;
    if (scopes.has(action.scope)) problems.push(`${action.key} v${action.version}: scope ${action.scope} is taken`);
    scopes.set(action.scope, action);
  }
  if (problems.length > 0) throw new CatalogueError(problems);

  const catalogueOf = (visible: (organization: string | null) => boolean): Omit<Catalogue, 'seenBy'> => {
    const seen = new Map([...scopes].filter(([, { organization }]) => visible(organization)));
    return {
      actions: new Map([...newest].filter(([, { organization }]) => visible(organization))),
      resources: new Map([...resources].filter(([, { organization }]) => visible(organization))),
      version: (key, version) => versions.get(key)?.find((action) => action.version === version),
      byScope: (scope) => seen.get(scope),
      scopesOf: (resource) =>
        [...seen].flatMap(([scope, action]) => (action.resource === resource ? [scope] : [])).toSorted(),
    };
  };
  const owners = new Set([...resources.values()].flatMap(({ organization }) => organization ?? []));
  const views = new Map<string, Catalogue>();
  const seenBy = (organization: string): Catalogue => {
    // One view for everybody who owns nothing: there may be many organizations, and few with resources.
    const key = owners.has(organization) ? organization : '';
    const known = views.get(key);
    if (known) return known;
    const view = { ...catalogueOf((owner) => owner === null || owner === key), seenBy };
    views.set(key, view);
    return view;
  };
  return { ...catalogueOf(() => true), seenBy };
}

/** One action of one resource, with everything that is wrong with it. */
function compileAction(
  document: ActionDocument,
  resource: CatalogueResource,
  compileSchema: (schema: JsonSchema) => Check,
): { action?: Action; problems: readonly string[] } {
  const problems = schemaProblems(document.parameters);
  const template = (name: string, source: string) => {
    try {
      return parseTemplate(source);
    } catch (cause) {
      if (!(cause instanceof TemplateError)) throw cause;
      problems.push(`${name}: ${cause.message}`);
      return parseTemplate('');
    }
  };
  const maxSeconds = durationSeconds(document.durations.max) ?? 0;
  if (maxSeconds === 0) problems.push(`durations.max ${document.durations.max} is no duration`);

  const { schema, parameters } = parametersOf(document);
  const headline = template('headline', document.headline);
  const effect = template('effect', document.effect);
  const facts = Object.fromEntries(
    FACT_NAMES.map((name) => [name, template(name, document.facts[name])]),
  ) as Action['facts'];
  const rule = ({ when, then, effect, undo }: LevelRule): CompiledRule => ({
    when,
    then,
    ...(effect !== undefined && { effect: template('effect', effect) }),
    ...(undo !== undefined && { undo: template('undo', undo) }),
  });
  const rules = (document.level.rules ?? []).map(rule);
  const undo = document.undo === undefined ? undefined : template('undo', document.undo);
  const check = compileChecked(schema, compileSchema, problems);
  if (problems.length > 0) return { problems };

  const ranges = [headline, ...Object.values(facts)]
    .flatMap(placeholders)
    .map(({ placeholder }) => placeholder.parameters)
    .filter((names) => names.length === 2);
  const action: Action = {
    key: document.key,
    version: document.version,
    verb: document.verb,
    access: accessOf(document.verb),
    resource: resource.resource,
    organization: resource.organization,
    system: resource.name,
    ...(document.scope !== undefined && { scope: document.scope }),
    own: document.own ?? false,
    ...(document.impactClass !== undefined && { impactClass: document.impactClass }),
    reversible: document.reversible,
    schema,
    parameters,
    critical: document.critical,
    headline,
    button: document.button,
    effect,
    ...(undo !== undefined && { undo }),
    facts,
    level: { default: document.level.default, rules },
    narrowable: document.narrowable ?? [],
    durations: { ...document.durations, maxSeconds },
    downstream: document.downstream ?? [],
    samples: document.samples,
    validate: (values) => check(values) ?? backwards(ranges, values as Record<string, unknown>),
  };
  return { action, problems: actionProblems(action, document) };
}

function compileChecked(schema: JsonSchema, compileSchema: (schema: JsonSchema) => Check, problems: string[]): Check {
  const refuseAll = () => 'not accepted';
  if (problems.length > 0) return refuseAll;
  try {
    return compileSchema(schema);
  } catch (cause) {
    problems.push(`parameters: ${cause instanceof Error ? cause.message : String(cause)}`);
    return refuseAll;
  }
}

function parametersOf(document: ActionDocument): { schema: JsonSchema; parameters: Map<string, Parameter> } {
  const schema = document.parameters;
  const required = Array.isArray(schema.required) ? schema.required : [];
  const parameters = Object.entries(propertiesOf(schema) as Record<string, ParameterSchema>).map(
    ([name, property]): [string, Parameter] => [
      name,
      {
        name,
        label: property['x-label'],
        format: property['x-format'],
        required: required.includes(name),
        comparator: document.compare?.[name] ?? 'equal',
        schema: property,
      },
    ],
  );
  return { schema, parameters: new Map(parameters) };
}

/** A range from later to earlier is empty, and a page would show it as if it were not. */
function backwards(ranges: readonly (readonly string[])[], values: Record<string, unknown>): string | undefined {
  for (const [from = '', to = ''] of ranges) {
    const [start, end] = [values[from], values[to]];
    if (typeof start === 'string' && typeof end === 'string' && start > end) return `${from} is after ${to}`;
  }
  return undefined;
}

function isIdentifier(resource: string): boolean {
  return URL.canParse(resource) && !resource.includes('#') && /^https?:/.test(resource);
}

const text = (maxLength: number) => ({ type: 'string', minLength: 1, maxLength });
const names = { type: 'array', items: { type: 'string' }, uniqueItems: true };

const LEVEL_RULE = {
  type: 'object',
  additionalProperties: false,
  required: ['when', 'then'],
  properties: {
    when: {
      oneOf: [
        {
          type: 'object',
          additionalProperties: false,
          required: ['money_above'],
          properties: {
            money_above: {
              type: 'object',
              additionalProperties: false,
              required: ['parameter', 'value'],
              properties: { parameter: { type: 'string' }, value: { type: 'string', pattern: '^\\d{1,12}\\.\\d{2}$' } },
            },
          },
        },
        {
          type: 'object',
          additionalProperties: false,
          required: ['outside_domains'],
          properties: { outside_domains: { type: 'string' } },
        },
      ],
    },
    // biome-ignore lint/suspicious/noThenProperty: the word a catalogue uses, never awaited
    then: { enum: IMPACTS },
    effect: text(80),
    undo: text(80),
  },
};

const ACTION = {
  type: 'object',
  additionalProperties: false,
  required: [
    'key',
    'version',
    'verb',
    'parameters',
    'critical',
    'headline',
    'button',
    'effect',
    'facts',
    'reversible',
    'level',
    'durations',
    'samples',
  ],
  properties: {
    key: { type: 'string', pattern: '^[a-z][a-z0-9_]*(?:\\.[a-z][a-z0-9_]*)+$', maxLength: 80 },
    version: { type: 'integer', minimum: 1, maximum: 1_000_000 },
    verb: { enum: VERBS },
    scope: { type: 'string', pattern: '^[a-z][a-z0-9_.:-]*$', maxLength: 80 },
    own: { type: 'boolean' },
    impactClass: { enum: IMPACT_CLASSES },
    parameters: { type: 'object' },
    critical: names,
    headline: text(200),
    button: text(40),
    effect: text(80),
    undo: text(80),
    facts: {
      type: 'object',
      additionalProperties: false,
      required: FACT_NAMES,
      properties: Object.fromEntries(FACT_NAMES.map((name) => [name, text(200)])),
    },
    reversible: { type: 'boolean' },
    level: {
      type: 'object',
      additionalProperties: false,
      required: ['default'],
      properties: { default: { enum: IMPACTS }, rules: { type: 'array', items: LEVEL_RULE } },
    },
    narrowable: names,
    durations: {
      type: 'object',
      additionalProperties: false,
      required: ['default', 'max'],
      properties: { default: { const: 'once' }, max: { type: 'string' } },
    },
    compare: { type: 'object', additionalProperties: { enum: COMPARATORS } },
    downstream: names,
    samples: { type: 'array', minItems: 1, items: { type: 'object' } },
  },
};

const checkDocuments = schemaCompiler()({
  type: 'array',
  items: {
    type: 'object',
    additionalProperties: false,
    required: ['resource', 'name', 'owner', 'actions'],
    properties: {
      resource: text(200),
      name: text(40),
      // An id, or the short name that the command line resolves to one.
      owner: { type: 'string', pattern: '^[a-z0-9][A-Za-z0-9_-]{0,80}$' },
      actions: { type: 'array', items: ACTION },
    },
  },
});
