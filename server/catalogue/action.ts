import type { Comparator } from './comparator.ts';
import type { Format } from './format.ts';
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
  when: { money_above: { parameter: string; value: string } } | { outside_domains: string };
  then: Impact;
  effect?: string;
  undo?: string;
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
  headline: string;
  button: string;
  /** First part of the impact line: "Moves money". */
  effect: string;
  /** Last part of the impact line: "Cannot be undone". Reading has none. */
  undo?: string;
  facts: Record<FactName, string>;
  reversible: boolean;
  level: { default: Impact; rules?: LevelRule[] };
  /** Parameters that a person may make narrower on the page. */
  narrowable?: string[];
  /** `max` is an ISO 8601 duration. */
  durations: { default: 'once'; max: string };
  /** How each parameter narrows; `equal` where nothing is said. */
  compare?: Record<string, Comparator>;
  /** Keys of actions elsewhere that this one may lead to. */
  downstream?: string[];
  /** Parameters to preview the sentences with, and to hold them to their word budgets. */
  samples: Record<string, unknown>[];
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

/** A rule of a compiled action. */
export interface CompiledRule {
  readonly when: LevelRule['when'];
  readonly then: Impact;
  readonly effect?: Template;
  readonly undo?: Template;
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
  readonly schema: Record<string, unknown>;
  readonly parameters: ReadonlyMap<string, Parameter>;
  readonly critical: readonly string[];
  readonly headline: Template;
  readonly button: string;
  readonly effect: Template;
  readonly undo?: Template;
  readonly facts: Readonly<Record<FactName, Template>>;
  readonly level: { readonly default: Impact; readonly rules: readonly CompiledRule[] };
  readonly narrowable: readonly string[];
  readonly durations: { readonly default: 'once'; readonly max: string; readonly maxSeconds: number };
  readonly downstream: readonly string[];
  readonly samples: readonly Record<string, unknown>[];
  /** What is wrong with these parameters, in words for the agent's builder; undefined when they fit. */
  validate(parameters: unknown): string | undefined;
}

/** The worse of two. */
export const worse = (a: Impact, b: Impact): Impact => (IMPACTS.indexOf(a) >= IMPACTS.indexOf(b) ? a : b);
