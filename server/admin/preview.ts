import { choicesFor, type DescribedAction, type DescribedTo, describeApproval } from '../approvals/decide.ts';
import { type Catalogue, compileCatalogue, type ResourceDocument } from '../catalogue/catalogue.ts';
import type { DurationChoice } from '../catalogue/duration.ts';
import type { Language } from '../catalogue/language.ts';
import { type Measure, measure } from '../catalogue/lint.ts';
import { mergedWith } from '../catalogue/publication.ts';

/** What is looked at: the action's sample of this number, from 1, and the reader's language. */
export interface Look {
  sample: number;
  language: Language;
}

export interface Previewed extends Look {
  /** How many there are. */
  samples: number;
  described: readonly DescribedAction[];
  durations: readonly DurationChoice[];
  measures: readonly Measure[];
}

/**
 * What a person would read of one version of an action, by the functions that make a decision page (A5-2). A number that
 * is no sample's is the nearest one's. Undefined where the sample is none.
 */
export function previewOf(
  catalogue: Catalogue,
  { key, version }: { key: string; version: number },
  look: Look,
  reader: DescribedTo,
): Previewed | undefined {
  const action = catalogue.version(key, version);
  if (!action) return undefined;
  const { language } = look;
  const samples = action.samples.length;
  const sample = Math.min(Math.max(1, look.sample), samples);
  const requested = {
    action: key,
    version,
    resource: action.resource,
    parameters: { ...action.samples[sample - 1] },
    ...(action.resolve && { facts: { ...action.resolve.sample } }),
  };
  const { resolve } = action;
  if (action.validate(requested.parameters) !== undefined) return undefined;
  if (resolve && resolve.validate(resolve.sample) !== undefined) return undefined;
  const described = describeApproval({ actions: [requested] }, catalogue, reader, language);
  const [only] = described ?? [];
  if (!described || !only) return undefined;
  const { timeZone } = reader;
  const durations = choicesFor(described, { now: new Date(), timeZone, locale: only.description.language });
  return { sample, language, samples, described, durations, measures: measure(only.description) };
}

/** What is written beside what is published, without the lint: what it complains about is best seen. @throws CatalogueError */
export const unlinted = (before: readonly ResourceDocument[], documents: readonly ResourceDocument[]): Catalogue =>
  compileCatalogue(mergedWith(before, documents), () => true);
