import type { Saying } from '../../views/words/saying.ts';
import type { Comparator } from './comparator.ts';
import type { Condition } from './condition.ts';
import type { Format } from './format.ts';
import type { Language, Text } from './language.ts';
import type { ParameterSchema } from './schema.ts';
import type { Template } from './template.ts';

export type Impact = (typeof IMPACTS)[number];
/** From the least to the worst. */
export const IMPACTS = ['low', 'medium', 'high', 'critical'] as const;

export type Verb = (typeof VERBS)[number];
export const VERBS = [
  'read',
  'summarise',
  'draft',
  'send',
  'update',
  'delete',
  'approve',
  'export',
  'purchase',
] as const;

/** What an action does to its system. An export changes nothing there; that it copies data out is said by its impact. */
export type Access = 'read' | 'write';
export const accessOf = (verb: Verb): Access =>
  verb === 'read' || verb === 'summarise' || verb === 'export' ? 'read' : 'write';

/** What no catalogue may set below high impact. */
export type ImpactClass = (typeof IMPACT_CLASSES)[number];
export const IMPACT_CLASSES = [
  'payment',
  'permission_change',
  'data_export',
  'external_message',
  'record_deletion',
  'contract',
  'customer_data',
] as const;

export type FactName = (typeof FACT_NAMES)[number];
/** The five facts that the catalogue writes; the sixth, how long, is the person's choice. */
export const FACT_NAMES = ['what', 'system', 'data', 'changes', 'impact'] as const;

/** When it holds for the parameters of a request, the impact rises, and the impact line may say why. */
export interface LevelRule {
  when: Condition;
  then: Impact;
  effect?: Text;
  undo?: Text;
}

/** What the data is that an action reads or carries: policies look at it. */
export type DataClass = (typeof DATA_CLASSES)[number];
export const DATA_CLASSES = [
  'personal',
  'financial',
  'health',
  'credentials',
  'source_code',
  'confidential',
  /** Written by strangers: mail, web pages, tickets. What an agent read there may be an instruction to it. */
  'untrusted',
] as const;

/**
 * Facts that the resource itself states about a request when it comes in: how many contacts, whose payment. They are
 * shown like parameters, under names that begin with `#`, and pinned in the hash of the request.
 */
export interface ResolveDocument {
  /** Where the resource is asked: a URL at its own origin. */
  at: string;
  /** JSON Schema 2020-12 of the facts, as strict as the one of the parameters. */
  facts: Record<string, unknown>;
  /** What becomes of a request whose facts could not be had: refused, or never below this impact. */
  unchecked: 'refuse' | Impact;
  /** Facts to preview the sentences with. */
  sample: Record<string, unknown>;
}

/** One action as its API's owner writes it. */
export interface ActionDocument {
  /** The `authorization_details` type (RFC 9396 §2). */
  key: string;
  version: number;
  verb: Verb;
  /** Also askable by this scope; only for actions without required parameters. */
  scope?: string;
  /** May be given to an agent as its own, to use without a person. */
  own?: boolean;
  impactClass?: ImpactClass;
  /** JSON Schema 2020-12, closed; every property has `x-label` and `x-format`. */
  parameters: Record<string, unknown>;
  /** Parameters that stand in the headline, the one a person has to touch first. */
  critical: string[];
  headline: Text;
  button: Text;
  /** First part of the impact line: "Moves money". */
  effect: Text;
  /** Last part of the impact line: "Cannot be undone". Reading has none. */
  undo?: Text;
  facts: Record<FactName, Text>;
  reversible: boolean;
  level: { default: Impact; rules?: LevelRule[] };
  /** How far a parameter may go at all: money by currency (others are refused), days of a range `from..to`. */
  limits?: Record<string, Record<string, string> | number>;
  /** Parameters that a person may make narrower on the page. */
  narrowable?: string[];
  /** May a person let it repeat without asking, with exactly these parameters? Never above medium impact. */
  standing?: 'never' | 'exact';
  dataClasses?: DataClass[];
  /** Carries what an agent knows to somewhere else. Sending and exporting always do. */
  egress?: boolean;
  resolve?: ResolveDocument;
  /** `max` is an ISO 8601 duration. */
  durations: { default: 'once'; max: string };
  /** How each parameter narrows; `equal` where nothing is said. */
  compare?: Record<string, Comparator>;
  /** Keys of actions elsewhere that this one may lead to. */
  downstream?: string[];
  /**
   * Key of another action of the same resource that a person is pointed to beside this one: it does less to the same
   * thing, or can be undone. Its parameters are this request's, by their names.
   */
  instead?: string;
  /** How the person has to have signed in (RFC 9470): how strongly, and at most how many seconds ago. */
  authentication?: { acr?: 'pwd' | 'fed' | 'phr'; maxAge?: number };
  /** Parameters to preview the sentences with, and to hold them to their word budgets. */
  samples: Record<string, unknown>[];
  /**
   * Set in what was drafted from somebody else's description: `says` are their words, never shown to a person who
   * decides, `lacks` the parameters that no format fits. Nothing that still has it is published.
   */
  draft?: { source: string; says?: string; lacks?: string[] };
}

/** One parameter of a compiled action. */
export interface Parameter {
  readonly name: string;
  readonly label: string;
  readonly format: Format;
  readonly required: boolean;
  readonly comparator: Comparator;
  readonly schema: ParameterSchema;
}

/** Everything that an action says in one language. */
export interface ActionTexts {
  readonly headline: Template;
  readonly button: string;
  readonly effect: Template;
  readonly undo?: Template;
  readonly facts: Readonly<Record<FactName, Template>>;
  /** What each rule of the level says, in their order. */
  readonly rules: readonly { readonly effect?: Template; readonly undo?: Template }[];
  /** By name of the parameter, facts of the resource among them. */
  readonly labels: ReadonlyMap<string, string>;
}

/** One version of an action, ready to be asked, shown, compared and used. */
export interface Action {
  readonly key: string;
  readonly version: number;
  readonly verb: Verb;
  readonly access: Access;
  readonly resource: string;
  /** The organization whose resource it is; null for one of the deployment, shared by all. */
  readonly organization: string | null;
  /** What a person calls the system: the resource's name. */
  readonly system: string;
  readonly scope?: string;
  readonly own: boolean;
  readonly impactClass?: ImpactClass;
  readonly reversible: boolean;
  /** Its resource redeems each use, so that uses can be counted. */
  readonly counted: boolean;
  readonly schema: Record<string, unknown>;
  readonly parameters: ReadonlyMap<string, Parameter>;
  readonly critical: readonly string[];
  /** English, and every other language that the action speaks completely. */
  readonly texts: { readonly en: ActionTexts } & { readonly [language in Language]?: ActionTexts };
  /** The default is never below the floor of the impact class, whatever the catalogue says. */
  readonly level: {
    readonly default: Impact;
    readonly rules: readonly { readonly when: Condition; readonly then: Impact }[];
  };
  readonly narrowable: readonly string[];
  readonly standing: 'never' | 'exact';
  readonly dataClasses: readonly DataClass[];
  readonly egress: boolean;
  readonly resolve?: Resolver;
  readonly durations: { readonly default: 'once'; readonly max: string; readonly maxSeconds: number };
  readonly downstream: readonly string[];
  readonly instead?: string;
  readonly authentication?: { readonly acr?: 'pwd' | 'fed' | 'phr'; readonly maxAge?: number };
  readonly samples: readonly Record<string, unknown>[];
  /** What is wrong with these parameters, in words for the agent's builder; undefined when they fit. */
  validate(parameters: unknown): Saying | undefined;
}

/** What the resource is asked about each request. */
export interface Resolver {
  readonly at: string;
  readonly unchecked: 'refuse' | Impact;
  /** By name, which begins with `#`. */
  readonly facts: ReadonlyMap<string, Parameter>;
  readonly sample: Readonly<Record<string, unknown>>;
  /** What is wrong with what the resource said; undefined when it fits. */
  validate(facts: unknown): Saying | undefined;
}

/** What no catalogue lowers: of this class, or of a verb that is always of one. */
export const classOf = ({ verb, impactClass }: Pick<ActionDocument, 'verb' | 'impactClass'>): ImpactClass | undefined =>
  impactClass ?? CLASS_OF_VERB[verb];

const CLASS_OF_VERB: { readonly [verb in Verb]?: ImpactClass } = {
  purchase: 'payment',
  export: 'data_export',
  delete: 'record_deletion',
};

/** Is the first the lesser of two? */
export const below = (impact: Impact, other: Impact): boolean => IMPACTS.indexOf(impact) < IMPACTS.indexOf(other);

/** The worse of two. */
export const worse = (a: Impact, b: Impact): Impact => (IMPACTS.indexOf(a) >= IMPACTS.indexOf(b) ? a : b);
