import { LINT } from '../../views/words/console-lint.ts';
import { inEnglish, type Saying, saying } from '../../views/words/saying.ts';

/**
 * The sentences of a catalogue. `{amount}` is a parameter, `{#contacts}` a fact that the resource stated, `{from..to}` a
 * range of two, `{@system}` a word of the
 * server's own, `{guests|outside|count:guest,guests}` a value through filters, and `[ for {from..to}|, all dates]` stands only
 * when every value in it does, with what stands otherwise behind the bar. There is nothing else: no expressions,
 * no nesting, so that whoever reviews a catalogue sees what a person will read.
 */
export interface Template {
  readonly source: string;
  readonly parts: readonly (Part | { readonly whenPresent: readonly Part[]; readonly otherwise: readonly Part[] })[];
}

export type Part = string | Placeholder;

export interface Placeholder {
  /** Parameter names: one, or the two ends of a range. Empty for a word of the server's own. */
  readonly parameters: readonly string[];
  /** `@organization`, `@person`, `@email`, `@system`. */
  readonly own?: Own;
  readonly filters: readonly Filter[];
}

export type Own = (typeof OWN)[number];

/**
 * `full` adds the year and time zone, `count` the number with its noun, `names` the names of changed fields,
 * `inside` and `outside` keep the addresses within or without the organization's domains.
 */
export type Filter =
  | { readonly name: 'full' | 'names' | 'inside' | 'outside' }
  | { readonly name: 'count'; readonly one: string; readonly other: string };

/** A stretch of a sentence: the catalogue's words, or a value of the request, which a page isolates (`<bdi>`). */
export interface Segment {
  readonly text: string;
  readonly value: boolean;
  readonly critical: boolean;
  /** The resource said so; the request did not. */
  readonly stated?: boolean;
}

/** Thrown with what is wrong in a sentence; the catalogue collects it. */
export class TemplateError extends Error {
  readonly said: Saying;
  constructor(said: Saying) {
    super(inEnglish(said));
    this.said = said;
  }
}

export function parseTemplate(source: string): Template {
  const parts = source.split(/(\[[^[\]]*\])/).flatMap((piece): Template['parts'] => {
    if (!piece.startsWith('[')) return parseParts(piece);
    const [whenPresent = [], otherwise = [], ...rest] = alternatives(piece.slice(1, -1));
    if (rest.length > 0) throw new TemplateError(saying(LINT.alternatives, { piece }));
    if (!whenPresent.some((part) => typeof part !== 'string' && part.own === undefined)) {
      throw new TemplateError(saying(LINT.noCondition, { piece }));
    }
    if (otherwise.some((part) => typeof part !== 'string' && part.own === undefined)) {
      throw new TemplateError(saying(LINT.parameterWhenAbsent, { piece }));
    }
    return [{ whenPresent, otherwise }];
  });
  return { source, parts };
}

/** A placeholder where it stands. */
export interface Placed {
  placeholder: Placeholder;
  /** In an optional stretch, */
  optional: boolean;
  /** which is there when these are, too. */
  beside: readonly Placeholder[];
}

/** Every placeholder of a sentence. */
export function placeholders(template: Template): Placed[] {
  return template.parts.flatMap((part): Placed[] => {
    if (typeof part === 'string') return [];
    if (!('whenPresent' in part)) return [{ placeholder: part, optional: false, beside: [] }];
    const together = part.whenPresent.filter((inner) => typeof inner !== 'string');
    return [...part.whenPresent, ...part.otherwise].flatMap((inner) =>
      typeof inner === 'string'
        ? []
        : [{ placeholder: inner, optional: true, beside: together.filter((other) => other !== inner) }],
    );
  });
}

/** The catalogue's own words in a sentence, without values. */
export const fixedWords = (template: Template): string =>
  template.source.replace(/\{[^{}]*\|count:([^{}]*)\}/g, ' $1 ').replace(/\{[^{}]*\}/g, ' ');

/** What stands for a placeholder: a value, and the noun of a counted one; undefined when the request has no such value. */
export type Fill = (placeholder: Placeholder) => readonly Segment[] | undefined;

/** Fills a sentence, and gives it in stretches too, so that a page can isolate each value. */
export function render(template: Template, fill: Fill): { segments: Segment[]; text: string } {
  const all = template.parts.flatMap((part) => {
    if (typeof part === 'string' || !('whenPresent' in part)) return fillParts([part], fill) ?? [];
    return fillParts(part.whenPresent, fill) ?? fillParts(part.otherwise, fill) ?? [];
  });
  const segments = joined(all);
  return { segments, text: segments.map(({ text }) => text).join('') };
}

const OWN = ['organization', 'person', 'email', 'system'] as const;

const alternatives = (inner: string): Part[][] => {
  // A bar inside braces belongs to a filter.
  const pieces = inner.match(/(?:\{[^{}]*\}|[^|{}])+|\|/g) ?? [];
  const groups: string[] = [''];
  for (const piece of pieces) {
    if (piece === '|') groups.push('');
    else groups[groups.length - 1] += piece;
  }
  return groups.map(parseParts);
};

const parseParts = (text: string): Part[] =>
  text
    .split(/(\{[^{}]*\})/)
    .filter((piece) => piece !== '')
    .map((piece) => {
      if (piece.startsWith('{')) return parsePlaceholder(piece.slice(1, -1));
      if (/[{}[\]]/.test(piece)) throw new TemplateError(saying(LINT.bracket, { piece: text }));
      return piece;
    });

function parsePlaceholder(inner: string): Placeholder {
  const [reference = '', ...filters] = inner.split('|');
  const parsed = filters.map(parseFilter);
  if (reference.startsWith('@')) {
    const own = OWN.find((name) => `@${name}` === reference);
    if (own === undefined) throw new TemplateError(saying(LINT.unknownWord, { piece: `{${inner}}` }));
    return { parameters: [], own, filters: parsed };
  }
  const parameters = reference.split('..');
  if (parameters.length > 2 || !parameters.every((name) => /^#?[a-z][A-Za-z0-9_]*$/.test(name))) {
    throw new TemplateError(saying(LINT.namesNothing, { piece: `{${inner}}` }));
  }
  return { parameters, filters: parsed };
}

function parseFilter(text: string): Filter {
  const [, one, other] = /^count:([^,]+),([^,]+)$/.exec(text) ?? [];
  if (one !== undefined && other !== undefined) return { name: 'count', one, other };
  if (text === 'full' || text === 'names' || text === 'inside' || text === 'outside') return { name: text };
  throw new TemplateError(saying(LINT.unknownFilter, { piece: text }));
}

/** Undefined as soon as one value is absent. */
function fillParts(parts: readonly Part[], fill: Fill): Segment[] | undefined {
  const segments: Segment[] = [];
  for (const part of parts) {
    const filled = typeof part === 'string' ? [words(part)] : fill(part);
    if (filled === undefined) return undefined;
    segments.push(...filled);
  }
  return segments;
}

/** The catalogue's own words as a segment. */
export const words = (text: string): Segment => ({ text, value: false, critical: false });

/** Neighbouring words become one segment, and what led to an absent stretch (a space, a comma) is dropped at both ends. */
function joined(segments: readonly Segment[]): Segment[] {
  const result: Segment[] = [];
  for (const segment of segments) {
    const last = result.at(-1);
    if (last && !last.value && !segment.value) {
      result[result.length - 1] = { ...last, text: last.text + segment.text };
    } else {
      result.push(segment);
    }
  }
  return result
    .map((segment, index) => {
      if (segment.value) return segment;
      let { text } = segment;
      if (index === 0) text = text.replace(/^[\s,;.]+/, '');
      if (index === result.length - 1) text = text.replace(/[\s,;.]+$/, '');
      return { ...segment, text };
    })
    .filter(({ text }) => text !== '');
}
