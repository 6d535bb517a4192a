import { ACTION_CHANGE } from '../../views/words/console-changes.ts';
import { CATALOGUE, LINT, PLACE, SCHEMA } from '../../views/words/console-lint.ts';
import { VALUE } from '../../views/words/console-values.ts';
import { inEnglish, type Saying, saying } from '../../views/words/saying.ts';
import {
  type Action,
  type ActionDocument,
  type ActionTexts,
  accessOf,
  classOf,
  DATA_CLASSES,
  FACT_NAMES,
  IMPACT_CLASSES,
  IMPACTS,
  type Parameter,
  VERBS,
  worse,
} from './action.ts';
import { COMPARATORS } from './comparator.ts';
import { CONDITION_SCHEMA } from './condition.ts';
import { durationSeconds } from './duration.ts';
import { insteadProblems } from './instead.ts';
import { FALLBACK, inLanguage, LANGUAGES, type Language, languagesOf, type Text, textIn } from './language.ts';
import { beyondLimit, limitProblems } from './limit.ts';
import { actionProblems } from './lint.ts';
import { at } from './problem.ts';
import {
  type Check,
  compileSchema,
  type JsonSchema,
  NoSchema,
  type ParameterSchema,
  propertiesOf,
  schemaProblems,
  whenAsked,
} from './schema.ts';
import { parseTemplate, placeholders, TemplateError } from './template.ts';
import { readYaml } from './yaml.ts';

/** One resource and its actions, as its owner writes them. */
export interface ResourceDocument {
  /** RFC 8707 identifier. */
  resource: string;
  /** What a person calls it. */
  name: string;
  /** `deployment` for a resource shared by all, or the id of the organization whose it is. */
  owner: string;
  /** What its tokens look like: a JWT (RFC 9068) unless it asks about each of them anyway (RFC 7662). */
  token_format?: TokenFormat;
  /** An MCP server: an identity assertion that is to count there has to name it. */
  mcp?: boolean;
  /** The issuer whose tokens it takes, where that is not this server: then none for it is issued here. */
  authorization_server?: string;
  /** False where it only validates tokens and redeems no use of them: then nothing is counted there. */
  redeems?: boolean;
  actions: ActionDocument[];
}

export type TokenFormat = 'jwt' | 'opaque';

export interface CatalogueResource {
  readonly resource: string;
  readonly name: string;
  /** Null when it is shared by all organizations. */
  readonly organization: string | null;
  readonly tokenFormat: TokenFormat;
  readonly mcp: boolean;
  /** Null: this server. */
  readonly authorizationServer: string | null;
  /** It redeems each limited use before it acts. */
  readonly redeems: boolean;
}

/** Is each use counted there? What is carried to another authorization server is counted by nobody here. */
export const isRedeemedAt = (resource: CatalogueResource | undefined): boolean =>
  resource?.redeems === true && resource.authorizationServer === null;

/** Every action that can be asked, newest version first in line, and the resources they belong to. */
export interface Catalogue {
  /** The newest version of each action, by key. */
  readonly actions: ReadonlyMap<string, Action>;
  readonly resources: ReadonlyMap<string, CatalogueResource>;
  /** One exact version: what was approved keeps the rules it was approved under. */
  version(key: string, version: number): Action | undefined;
  /** Every one of them, the newest first. */
  versions(key: string): readonly Action[];
  byScope(scope: string): Action | undefined;
  scopesOf(resource: string): string[];
  /** What can be asked from within this organization: shared resources and its own. Another's do not exist there. */
  seenBy(organization: string): Catalogue;
}

/** Thrown with every problem at once, each with its place. */
export class CatalogueError extends Error {
  /** For machines. */
  readonly problems: readonly string[];
  /** The same for a person, where a page shows them. */
  readonly said: readonly Saying[];
  constructor(said: readonly Saying[]) {
    const problems = said.map(inEnglish);
    super(`Catalogue:\n  ${problems.join('\n  ')}`);
    this.name = 'CatalogueError';
    this.problems = problems;
    this.said = said;
  }
}

/** Reads the YAML form: a list of resources. Throws {@link CatalogueError}. */
export function parseCatalogue(yaml: string): ResourceDocument[] {
  const resources = parseYaml(yaml);
  const problem = checkDocuments(resources);
  if (problem !== undefined) throw new CatalogueError([problem]);
  return resources as ResourceDocument[];
}

/** Reads the YAML form of one action, as an action of this resource. Throws {@link CatalogueError}. */
export function parseAction(yaml: string, resource: ResourceDocument): ResourceDocument {
  const document = { ...resource, actions: [parseYaml(yaml)] };
  const problem = checkDocuments([document], '0.actions.0');
  if (problem !== undefined) throw new CatalogueError([problem]);
  return document as ResourceDocument;
}

/** Reads the YAML form of what a resource says of itself, beside its actions. Throws {@link CatalogueError}. */
export function parseResource(yaml: string, { resource, owner }: ResourceDocument): ResourceDocument {
  const said = parseYaml(yaml);
  const document = { ...(typeof said === 'object' && said), resource, owner, actions: [] };
  const problem = checkDocuments([document], '0');
  if (problem !== undefined) throw new CatalogueError([problem]);
  return document as unknown as ResourceDocument;
}

function parseYaml(yaml: string): unknown {
  const read = readYaml(yaml);
  if (!read.ok) throw new CatalogueError(read.problems);
  return read.value;
}

/**
 * Makes documents into a catalogue. Throws {@link CatalogueError} with every problem of every action.
 *
 * @param published says of an action that it is a record already: a record is not held to rules that were made after it,
 * or a server with a stricter lint would not start on what its predecessor published; and its schemas are compiled when
 * they are first asked
 * @param lint without it, what is written is made into a catalogue where it can be read at all
 */
export function compileCatalogue(
  documents: readonly ResourceDocument[],
  published: (key: string, version: number) => boolean = () => false,
  { lint = true } = {},
): Catalogue {
  const malformed = checkDocuments(documents);
  if (malformed !== undefined) throw new CatalogueError([malformed]);

  const problems: Saying[] = [];
  const wrong = (place: string, problem: Saying) => problems.push(at(place, problem));
  const resources = new Map<string, CatalogueResource>();
  const versions = new Map<string, Action[]>();
  for (const document of documents) {
    const { resource, name, owner, token_format: tokenFormat = 'jwt', mcp = false, actions } = document;
    const { authorization_server: authorizationServer = null, redeems = true } = document;
    if (authorizationServer !== null && !isIdentifier(authorizationServer)) {
      wrong(resource, saying(CATALOGUE.noIssuer));
    }
    if (resources.has(resource)) wrong(resource, saying(CATALOGUE.declaredTwice));
    if (!isIdentifier(resource)) wrong(resource, saying(CATALOGUE.noIdentifier));
    const organization = owner === 'deployment' ? null : owner;
    const declared = { resource, name, organization, tokenFormat, mcp, authorizationServer, redeems };
    resources.set(resource, declared);
    for (const document of actions) {
      const isRecord = published(document.key, document.version);
      const compiled = compileAction(document, declared, isRecord ? 'record' : lint ? 'lint' : 'readable');
      for (const problem of compiled.problems) wrong(nameOf(document), problem);
      if (compiled.action) versions.set(document.key, [...(versions.get(document.key) ?? []), compiled.action]);
    }
  }
  for (const [key, all] of versions) {
    all.sort((a, b) => b.version - a.version);
    if (new Set(all.map(({ version }) => version)).size < all.length) wrong(key, saying(CATALOGUE.versionTwice));
    if (new Set(all.map(({ resource }) => resource)).size > 1) wrong(key, saying(CATALOGUE.twoResources));
  }
  const newest = new Map([...versions].flatMap(([key, [first]]) => (first ? [[key, first] as const] : [])));
  const scopes = new Map<string, Action>();
  for (const action of newest.values()) {
    for (const key of action.downstream) {
      const next = newest.get(key);
      // Another organization's is not there; what was published before this was asked stays a record.
      const isThere =
        next &&
        (next.organization === null ||
          action.organization === null ||
          next.organization === action.organization ||
          published(action.key, action.version));
      if (!isThere) wrong(nameOf(action), saying(CATALOGUE.downstream, { key }));
    }
    if (lint && action.instead !== undefined && !published(action.key, action.version)) {
      const problems = insteadProblems(action, newest.get(action.instead));
      for (const problem of problems) wrong(nameOf(action), at('instead', problem));
    }
    if (action.scope === undefined) continue;
    if (scopes.has(action.scope)) wrong(nameOf(action), saying(CATALOGUE.scopeTaken, { scope: action.scope }));
    scopes.set(action.scope, action);
  }
  if (problems.length > 0) throw new CatalogueError(problems);

  const catalogueOf = (visible: (organization: string | null) => boolean): Omit<Catalogue, 'seenBy'> => {
    const seen = new Map([...scopes].filter(([, { organization }]) => visible(organization)));
    return {
      actions: new Map([...newest].filter(([, { organization }]) => visible(organization))),
      resources: new Map([...resources].filter(([, { organization }]) => visible(organization))),
      version: (key, version) => versions.get(key)?.find((action) => action.version === version),
      versions: (key) => versions.get(key) ?? [],
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

const nameOf = ({ key, version }: { key: string; version: number }): string => `${key} v${version}`;

/** One action of one resource, with everything that is wrong with it. */
function compileAction(
  document: ActionDocument,
  resource: CatalogueResource,
  as: 'record' | 'readable' | 'lint',
): { action?: Action; problems: readonly Saying[] } {
  const { resolve, impactClass } = document;
  const problems = [
    ...schemaProblems(document.parameters),
    ...(resolve ? schemaProblems(resolve.facts, 'resolve.facts', 'fact') : []),
  ];
  const maxSeconds = durationSeconds(document.durations.max) ?? 0;
  if (maxSeconds === 0) problems.push(saying(LINT.noDuration, { duration: document.durations.max }));

  const parameters = parametersOf(document.parameters, (name) => document.compare?.[name] ?? 'equal');
  const facts = resolve ? parametersOf(resolve.facts, () => 'equal', '#') : new Map<string, Parameter>();
  const texts = textsOf(document, problems);
  // Where one is missing, a reader is shown English: whoever writes sees the page before every language is there.
  const missing = as === 'lint' ? missingTexts(document) : [];
  const compile = as === 'record' ? whenAsked : compileChecked;
  const check = compile(document.parameters, problems, 'parameters');
  const checkFacts = resolve && compile(resolve.facts, problems, 'resolve.facts');
  if (problems.length > 0) return { problems };

  const limits = document.limits ?? {};
  const ranges = [
    ...Object.values(texts)
      .flatMap(({ headline, facts }) => [headline, ...Object.values(facts)])
      .flatMap(placeholders)
      .map(({ placeholder }) => placeholder.parameters),
    // Counted backwards, a range of any length would be short.
    ...Object.keys(limits).map((name) => name.split('..')),
    ...(document.level.rules ?? []).flatMap(({ when }) =>
      'days_above' in when ? [[when.days_above.from, when.days_above.to]] : [],
    ),
  ].filter((names) => names.length === 2);
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
    ...(impactClass !== undefined && { impactClass }),
    reversible: document.reversible,
    counted: isRedeemedAt(resource),
    schema: document.parameters,
    parameters,
    critical: document.critical,
    texts,
    level: {
      // The lint says it to whoever publishes; here it holds for whatever stands in the table.
      default: classOf(document) ? worse(document.level.default, 'high') : document.level.default,
      rules: (document.level.rules ?? []).map(({ when, then }) => ({ when, then })),
    },
    narrowable: document.narrowable ?? [],
    standing: document.standing ?? 'never',
    dataClasses: document.dataClasses ?? [],
    egress: document.egress ?? (document.verb === 'send' || document.verb === 'export'),
    ...(resolve &&
      checkFacts && {
        resolve: { at: resolve.at, unchecked: resolve.unchecked, facts, sample: resolve.sample, validate: checkFacts },
      }),
    durations: { ...document.durations, maxSeconds },
    downstream: document.downstream ?? [],
    ...(document.instead !== undefined && { instead: document.instead }),
    ...(document.authentication !== undefined && { authentication: document.authentication }),
    samples: document.samples,
    validate: (values) =>
      check(values) ??
      backwards(ranges, values as Record<string, unknown>) ??
      beyondLimit(limits, values as Record<string, unknown>),
  };
  if (as !== 'lint' || missing.length > 0) return { action, problems: missing };
  return { action, problems: [...limitProblems(limits, parameters), ...actionProblems(action, document)] };
}

/** What the action says, in every language that it says anything in. */
function textsOf(document: ActionDocument, problems: Saying[]): Action['texts'] {
  const all = everyText(document);
  const spoken = new Set(all.flatMap(([, text]) => languagesOf(text)));
  const template = (place: string | Saying, source: string) => {
    try {
      return parseTemplate(source);
    } catch (cause) {
      if (!(cause instanceof TemplateError)) throw cause;
      problems.push(at(place, cause.said));
      return parseTemplate('');
    }
  };
  const said = ({ effect, undo }: { effect?: Text; undo?: Text }, language: Language) => ({
    ...(effect !== undefined && { effect: template(inLanguage('effect', language), textIn(effect, language)) }),
    ...(undo !== undefined && { undo: template(inLanguage('undo', language), textIn(undo, language)) }),
  });
  const textsIn = (language: Language): ActionTexts => {
    const sentence = (name: string, text: Text) => template(inLanguage(name, language), textIn(text, language));
    return {
      ...said({ ...(document.undo !== undefined && { undo: document.undo }) }, language),
      headline: sentence('headline', document.headline),
      button: textIn(document.button, language),
      effect: sentence('effect', document.effect),
      facts: Object.fromEntries(
        FACT_NAMES.map((name) => [name, sentence(name, document.facts[name])]),
      ) as ActionTexts['facts'],
      rules: (document.level.rules ?? []).map((rule) => said(rule, language)),
      labels: new Map(labelsOf(document).map(([name, label]) => [name, textIn(label, language)])),
    };
  };
  const { en, ...others } = Object.fromEntries(
    LANGUAGES.filter((language) => language === FALLBACK || spoken.has(language)).map((language) => [
      language,
      textsIn(language),
    ]),
  ) as Action['texts'];
  return { en, ...others };
}

/** Half a page in one language and half in another is read by nobody. */
function missingTexts(document: ActionDocument): Saying[] {
  const all = everyText(document);
  const spoken = LANGUAGES.filter((language) => all.some(([, text]) => languagesOf(text).includes(language)));
  return spoken.flatMap((language) =>
    all.flatMap(([place, text]) =>
      languagesOf(text).includes(language) ? [] : [at(place, saying(LINT.languageMissing, { language }))],
    ),
  );
}

/** Every text that a person may read, with its place. */
function everyText(document: ActionDocument): [place: string | Saying, text: Text][] {
  const { headline, button, effect, undo, facts, level } = document;
  return [
    ['headline', headline],
    ['button', button],
    ['effect', effect],
    ...(undo === undefined ? [] : [['undo', undo] as [string, Text]]),
    ...FACT_NAMES.map((name): [string, Text] => [name, facts[name]]),
    ...(level.rules ?? []).flatMap((rule, index) =>
      (['effect', 'undo'] as const).flatMap((part): [Saying, Text][] => {
        const text = rule[part];
        return text === undefined ? [] : [[saying(PLACE.ofRule, { part, number: index + 1 }), text]];
      }),
    ),
    ...labelsOf(document).map(([name, label]): [Saying, Text] => [saying(ACTION_CHANGE.labelOf, { name }), label]),
  ];
}

const labelsOf = ({ parameters, resolve }: ActionDocument): [name: string, label: Text][] =>
  [['', parameters] as const, ...(resolve ? [['#', resolve.facts] as const] : [])].flatMap(([prefix, schema]) =>
    Object.entries(propertiesOf(schema)).flatMap(([name, { 'x-label': label }]): [string, Text][] =>
      label === undefined || label === null ? [] : [[`${prefix}${name}`, label as Text]],
    ),
  );

function compileChecked(schema: JsonSchema, problems: Saying[], place: string): Check {
  const refuseAll = () => saying(VALUE.notAccepted, { at: '' });
  if (problems.length > 0) return refuseAll;
  try {
    return compileSchema(schema);
  } catch (cause) {
    if (!(cause instanceof NoSchema)) throw cause;
    problems.push(at(place, saying(SCHEMA.none, { detail: cause.said })));
    return refuseAll;
  }
}

/** @param prefix stands before the names of what the resource says, so that no parameter can be mistaken for it */
function parametersOf(
  schema: JsonSchema,
  comparatorOf: (name: string) => Parameter['comparator'],
  prefix = '',
): Map<string, Parameter> {
  const required = Array.isArray(schema.required) ? schema.required : [];
  return new Map(
    Object.entries(propertiesOf(schema) as Record<string, ParameterSchema>).map(([name, property]) => [
      `${prefix}${name}`,
      {
        name: `${prefix}${name}`,
        label: textIn(property['x-label'] ?? '', FALLBACK),
        format: property['x-format'],
        required: required.includes(name),
        comparator: comparatorOf(name),
        schema: property,
      },
    ]),
  );
}

/** A range from later to earlier is empty, and a page would show it as if it were not. */
function backwards(ranges: readonly (readonly string[])[], values: Record<string, unknown>): Saying | undefined {
  for (const [from = '', to = ''] of ranges) {
    const [start, end] = [values[from], values[to]];
    if (typeof start === 'string' && typeof end === 'string' && start > end)
      return saying(VALUE.backwards, { from, to });
  }
  return undefined;
}

function isIdentifier(resource: string): boolean {
  return URL.canParse(resource) && !resource.includes('#') && /^https?:/.test(resource);
}

const text = (maxLength: number) => ({ type: 'string', minLength: 1, maxLength });
/** One text, or one per language with English among them. */
const texts = (maxLength: number) => ({
  type: ['string', 'object'],
  minLength: 1,
  maxLength,
  additionalProperties: false,
  required: [FALLBACK],
  properties: Object.fromEntries(LANGUAGES.map((language) => [language, text(maxLength)])),
});
const names = { type: 'array', items: { type: 'string' }, uniqueItems: true };

const LEVEL_RULE = {
  type: 'object',
  additionalProperties: false,
  required: ['when', 'then'],
  properties: {
    when: CONDITION_SCHEMA,
    // biome-ignore lint/suspicious/noThenProperty: the word a catalogue uses, never awaited
    then: { enum: IMPACTS },
    effect: texts(80),
    undo: texts(80),
  },
};

const KEY = /^[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)+$/;
const LONGEST_KEY = 80;

/** May an action be called so? */
export const isKey = (text: string): boolean => text.length <= LONGEST_KEY && KEY.test(text);

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
    key: { type: 'string', pattern: KEY.source, maxLength: LONGEST_KEY },
    version: { type: 'integer', minimum: 1, maximum: 1_000_000 },
    verb: { enum: VERBS },
    scope: { type: 'string', pattern: '^[a-z][a-z0-9_.:-]*$', maxLength: 80 },
    own: { type: 'boolean' },
    impactClass: { enum: IMPACT_CLASSES },
    parameters: { type: 'object' },
    critical: names,
    headline: texts(200),
    button: texts(40),
    effect: texts(80),
    undo: texts(80),
    facts: {
      type: 'object',
      additionalProperties: false,
      required: FACT_NAMES,
      properties: Object.fromEntries(FACT_NAMES.map((name) => [name, texts(200)])),
    },
    reversible: { type: 'boolean' },
    level: {
      type: 'object',
      additionalProperties: false,
      required: ['default'],
      properties: { default: { enum: IMPACTS }, rules: { type: 'array', items: LEVEL_RULE } },
    },
    limits: {
      type: 'object',
      additionalProperties: {
        type: ['object', 'integer'],
        minimum: 1,
        maximum: 3660,
        minProperties: 1,
        propertyNames: { pattern: '^[A-Z]{3}$' },
        additionalProperties: { type: 'string', pattern: '^\\d{1,12}\\.\\d{2}$' },
      },
    },
    narrowable: names,
    standing: { enum: ['never', 'exact'] },
    dataClasses: { type: 'array', uniqueItems: true, items: { enum: DATA_CLASSES } },
    egress: { type: 'boolean' },
    resolve: {
      type: 'object',
      additionalProperties: false,
      required: ['at', 'facts', 'unchecked', 'sample'],
      properties: {
        at: text(500),
        facts: { type: 'object' },
        unchecked: { enum: ['refuse', ...IMPACTS] },
        sample: { type: 'object' },
      },
    },
    durations: {
      type: 'object',
      additionalProperties: false,
      required: ['default', 'max'],
      properties: { default: { const: 'once' }, max: { type: 'string' } },
    },
    compare: { type: 'object', additionalProperties: { enum: COMPARATORS } },
    downstream: names,
    instead: { type: 'string', pattern: KEY.source, maxLength: LONGEST_KEY },
    authentication: {
      type: 'object',
      additionalProperties: false,
      minProperties: 1,
      properties: { acr: { enum: ['pwd', 'fed', 'phr'] }, maxAge: { type: 'integer', minimum: 60, maximum: 86_400 } },
    },
    samples: { type: 'array', minItems: 1, items: { type: 'object' } },
    draft: {
      type: 'object',
      additionalProperties: false,
      required: ['source'],
      properties: { source: text(500), says: { type: 'string', maxLength: 2000 }, lacks: names },
    },
  },
};

/** Characters of a resource's identifier, and of what a person calls it: one that is longer is in no catalogue. */
export const LONGEST_RESOURCE = 200;
export const LONGEST_NAME = 40;

const checkDocuments = whenAsked({
  type: 'array',
  items: {
    type: 'object',
    additionalProperties: false,
    required: ['resource', 'name', 'owner', 'actions'],
    properties: {
      resource: text(LONGEST_RESOURCE),
      name: text(LONGEST_NAME),
      token_format: { enum: ['jwt', 'opaque'] },
      mcp: { type: 'boolean' },
      authorization_server: text(500),
      redeems: { type: 'boolean' },
      // An id, or the short name that the command line resolves to one.
      owner: { type: 'string', pattern: '^[a-z0-9][A-Za-z0-9_-]{0,80}$' },
      actions: { type: 'array', items: ACTION },
    },
  },
});
