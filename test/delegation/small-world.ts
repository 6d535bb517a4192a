import type { ActionDocument, Impact, LevelRule } from '../../server/catalogue/action.ts';
import { compileCatalogue, type ResourceDocument } from '../../server/catalogue/catalogue.ts';
import type { Comparator } from '../../server/catalogue/comparator.ts';
import type { Condition } from '../../server/catalogue/condition.ts';
import type { Format } from '../../server/catalogue/format.ts';

export const ISSUER = 'https://auth.example';
export const SHOP = 'https://shop.example';
export const STOCK = 'https://stock.example';
export const LEDGER = 'https://ledger.example';
export const NOBODY = 'https://nobody.example';

/** One action of the small world, as short as the rules see it: the catalogue and the oracle are both made from this. */
export interface Declared {
  key: string;
  version: number;
  resource: string;
  access: 'read' | 'write';
  impact: Impact;
  /** With more pieces than this, or without a limit of them, its impact is high. */
  highAbove?: number;
  /** With an address in this parameter that is not inside, and for whoever has no inside with any, its impact is high. */
  highOutside?: string;
  /** Its resource states facts of it; what becomes of it, or how much it weighs, where they are not had. */
  unchecked?: 'refuse' | Impact;
  parameters: Readonly<Record<string, readonly [format: Format, comparator: Comparator, required?: 'required']>>;
  downstream?: readonly string[];
  scope?: string;
  acr?: 'pwd' | 'fed' | 'phr';
  maxAge?: number;
}

/** Few actions, in which each comparator, each kind of link and each demand of an action occurs. */
export const DECLARED: readonly Declared[] = [
  {
    key: 'shop.orders.place',
    version: 1,
    resource: SHOP,
    access: 'write',
    impact: 'medium',
    parameters: {
      must: ['text', 'equal', 'required'],
      same: ['text', 'equal'],
      only: ['text', 'limit'],
      price: ['money', 'money-max'],
      pieces: ['count', 'count-max'],
      after: ['date', 'date-from'],
      before: ['date', 'date-to'],
      all: ['list', 'set-equal'],
      some: ['list', 'set-subset'],
      edits: ['changes', 'object-subset'],
      name: ['text', 'limit'],
      to: ['email', 'equal'],
    },
    downstream: ['stock.items.reserve', 'stock.items.read'],
  },
  {
    // What a later version compares otherwise, and declares in addition, was approved by nobody.
    key: 'shop.orders.place',
    version: 2,
    resource: SHOP,
    access: 'write',
    impact: 'medium',
    parameters: { must: ['text', 'limit'], only: ['text', 'limit'], pieces: ['count', 'limit'] },
    downstream: ['stock.items.reserve', 'stock.items.read', 'ledger.entries.write', 'ledger.entries.read'],
    scope: 'shop.place',
  },
  {
    key: 'shop.orders.read',
    version: 1,
    resource: SHOP,
    access: 'read',
    impact: 'low',
    parameters: { pieces: ['count', 'count-max'], after: ['date', 'date-from'] },
    downstream: [
      ...['stock.items.read', 'stock.items.reserve', 'ledger.entries.read', 'shop.orders.count'],
      ...['ledger.sums.read', 'ledger.secrets.read'],
    ],
    scope: 'shop.read',
  },
  {
    key: 'shop.orders.count',
    version: 1,
    resource: SHOP,
    access: 'read',
    impact: 'low',
    parameters: { pieces: ['count', 'count-max'] },
    scope: 'shop.count',
  },
  {
    key: 'shop.orders.refund',
    version: 1,
    resource: SHOP,
    access: 'write',
    impact: 'high',
    parameters: { price: ['money', 'money-max', 'required'] },
    downstream: ['ledger.entries.write'],
    acr: 'fed',
    maxAge: 600,
  },
  {
    key: 'stock.items.read',
    version: 1,
    resource: STOCK,
    access: 'read',
    impact: 'low',
    // Here `after` is an address and bounds no day.
    parameters: { pieces: ['count', 'count-max'], after: ['text', 'limit'] },
    downstream: ['ledger.entries.read'],
    scope: 'stock.read',
  },
  {
    key: 'stock.items.reserve',
    version: 1,
    resource: STOCK,
    access: 'write',
    impact: 'medium',
    highAbove: 3,
    highOutside: 'to',
    parameters: {
      pieces: ['count', 'count-max'],
      only: ['text', 'limit'],
      same: ['text', 'limit'],
      // Compared as there, and shown otherwise.
      name: ['id', 'limit'],
      to: ['email', 'equal'],
    },
    downstream: ['ledger.entries.write'],
  },
  {
    key: 'ledger.entries.read',
    version: 1,
    resource: LEDGER,
    access: 'read',
    impact: 'low',
    parameters: { pieces: ['count', 'count-max'] },
    scope: 'ledger.read',
    acr: 'pwd',
  },
  {
    key: 'ledger.sums.read',
    version: 1,
    resource: LEDGER,
    access: 'read',
    impact: 'low',
    unchecked: 'medium',
    parameters: {},
  },
  {
    key: 'ledger.secrets.read',
    version: 1,
    resource: LEDGER,
    access: 'read',
    impact: 'low',
    unchecked: 'refuse',
    parameters: {},
  },
  {
    key: 'ledger.entries.write',
    version: 1,
    resource: LEDGER,
    access: 'write',
    impact: 'medium',
    parameters: { price: ['money', 'money-max'], pieces: ['count', 'count-max'] },
    maxAge: 900,
  },
];

export const declared = (key: string, version: number): Declared | undefined =>
  DECLARED.find((one) => one.key === key && one.version === version);

/** The version that requests are understood by. */
export const newest = (key: string): Declared | undefined => DECLARED.findLast((one) => one.key === key);

const text = { type: 'string', maxLength: 40 };
const SCHEMAS: Partial<Record<Format, Record<string, unknown>>> = {
  text,
  id: text,
  email: { ...text, format: 'email' },
  money: {
    type: 'object',
    additionalProperties: false,
    required: ['currency', 'value'],
    properties: {
      currency: { type: 'string', pattern: '^[A-Z]{3}$' },
      value: { type: 'string', pattern: '^\\d{1,12}\\.\\d{2}$' },
    },
  },
  count: { type: 'integer', minimum: 0, maximum: 9 },
  date: { type: 'string', format: 'date' },
  list: { type: 'array', minItems: 1, maxItems: 9, uniqueItems: true, items: text },
  changes: {
    type: 'object',
    minProperties: 1,
    maxProperties: 9,
    propertyNames: { type: 'string', pattern: '^[a-z]+$', maxLength: 20 },
    additionalProperties: { type: ['string', 'number', 'null'], maxLength: 9 },
  },
};

// biome-ignore lint/suspicious/noThenProperty: the word a catalogue uses, never awaited
const high = (when: Condition): LevelRule => ({ when, then: 'high' });

function toDocument(one: Declared): ActionDocument {
  const { key, version, access, impact, highAbove, highOutside, unchecked, parameters, downstream } = one;
  const { scope, acr, maxAge } = one;
  const names = Object.entries(parameters);
  return {
    key,
    version,
    verb: access === 'read' ? 'read' : 'update',
    ...(scope !== undefined && { scope }),
    parameters: {
      type: 'object',
      additionalProperties: false,
      required: names.flatMap(([name, [, , required]]) => (required ? [name] : [])),
      properties: Object.fromEntries(
        names.map(([name, [format]]) => [name, { ...SCHEMAS[format], 'x-label': name, 'x-format': format }]),
      ),
    },
    critical: [],
    headline: key,
    button: key,
    effect: key,
    facts: { what: key, system: key, data: key, changes: key, impact: key },
    reversible: true,
    level: {
      default: impact,
      rules: [
        ...(highAbove === undefined ? [] : [high({ count_above: { parameter: 'pieces', value: highAbove } })]),
        ...(highOutside === undefined ? [] : [high({ outside_domains: highOutside })]),
      ],
    },
    ...(unchecked !== undefined && {
      resolve: {
        at: `${one.resource}/facts`,
        facts: {
          type: 'object',
          additionalProperties: false,
          required: ['sum'],
          properties: { sum: { ...SCHEMAS.count, 'x-label': 'Sum', 'x-format': 'count' } },
        },
        unchecked,
        sample: { sum: 1 },
      },
    }),
    durations: { default: 'once', max: 'PT1H' },
    compare: Object.fromEntries(names.map(([name, [, comparator]]) => [name, comparator])),
    ...(downstream && { downstream: [...downstream] }),
    ...((acr !== undefined || maxAge !== undefined) && {
      authentication: { ...(acr !== undefined && { acr }), ...(maxAge !== undefined && { maxAge }) },
    }),
    samples: [{}],
  };
}

export const documents: ResourceDocument[] = [SHOP, STOCK, LEDGER].map((resource) => ({
  resource,
  name: resource,
  owner: 'deployment',
  actions: DECLARED.filter((one) => one.resource === resource).map(toDocument),
}));

/** Published long ago: what its sentences look like is nothing that the rules of delegation speak of. */
export const catalogue = compileCatalogue(documents, () => true);
