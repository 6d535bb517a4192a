import { FACTS } from '../../views/decision.tsx';
import { visible } from '../../views/text.tsx';
import { ACTIONS } from '../../views/words/console-actions.ts';
import { DECISION, LANGUAGE_CALLED } from '../../views/words/decision.ts';
import { speakerOf } from '../../views/words/speaker.ts';
import { choicesFor, type DescribedAction, type DescribedTo, describeApproval } from '../approvals/decide.ts';
import { askOf } from '../approvals/decision-props.ts';
import { lesserBeside } from '../approvals/instead.ts';
import { type Catalogue, compileCatalogue, type ResourceDocument } from '../catalogue/catalogue.ts';
import type { DurationChoice } from '../catalogue/duration.ts';
import type { Language } from '../catalogue/language.ts';
import { type Measure, measure, SAMPLE_READER } from '../catalogue/lint.ts';
import { mergedWith } from '../catalogue/publication.ts';
import { propertiesOf } from '../catalogue/schema.ts';

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
  /** What a person is pointed to beside it. */
  instead: DescribedAction | undefined;
}

/**
 * What a person would read of one version of an action, by the functions that make a decision page (A5-2). A number that
 * is no sample's is the nearest one's. Undefined where the sample does not fit.
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
  const { resolve } = action;
  const samples = action.samples.length;
  const sample = Math.min(Math.max(1, look.sample), samples);
  const requested = {
    action: key,
    version,
    resource: action.resource,
    parameters: { ...action.samples[sample - 1] },
    ...(resolve && { facts: { ...resolve.sample } }),
  };
  if (action.validate(requested.parameters) !== undefined) return undefined;
  if (resolve && resolve.validate(resolve.sample) !== undefined) return undefined;
  const described = describeApproval({ actions: [requested] }, catalogue, reader, language);
  const [only] = described ?? [];
  if (!described || !only) return undefined;
  const { timeZone } = reader;
  const durations = choicesFor(described, { now: new Date(), timeZone, locale: only.description.language });
  const instead = lesserBeside(described, catalogue, reader, language);
  return { sample, language, samples, described, durations, measures: measure(only.description), instead };
}

/** The same as a page of text: what the command line shows. */
export function previewText({ described, durations, language, instead }: Previewed): string {
  const { say } = speakerOf(language);
  const ask = askOf(described, durations, speakerOf(language));
  const line = (parts: string | readonly { text: string }[]) =>
    visible(typeof parts === 'string' ? parts : parts.map(({ text }) => text).join(''), 400);
  const facts = FACTS.map((name) => ({ label: say(DECISION[name]), text: line(ask.facts[name]) }));
  const width = Math.max(...facts.map(({ label }) => label.length));
  return [
    `${say(DECISION.wantsTo, { agent: say(ACTIONS.anAgent) })} ${line(ask.headline)}`,
    `${ask.impactSymbol} ${line(ask.impactLine)}`,
    ...(ask.taskLanguage ? [say(DECISION.onlyIn, { language: say(LANGUAGE_CALLED[ask.taskLanguage]) })] : []),
    ...facts.map(({ label, text }) => `${label.padEnd(width)}  ${text}`),
    `[${say(DECISION.deny)}] [${line(described[0]?.description.button ?? '')}]`,
    ...(instead
      ? [`${say(DECISION.safer)} ${instead.description.headlineText} · ${instead.description.impactLine}`]
      : []),
  ]
    .map((text) => `${text}\n`)
    .join('');
}

/** Whom a preview is spoken to where nobody in particular asks for it: the same as the lint's. */
export const SAMPLE_PERSON: DescribedTo = {
  name: SAMPLE_READER.personName,
  email: SAMPLE_READER.personEmail,
  timeZone: SAMPLE_READER.timeZone,
  organizationName: SAMPLE_READER.organizationName,
  organizationDomains: SAMPLE_READER.organizationDomains,
};

/** What is written beside what is published, without the lint: what it complains about is best seen. @throws CatalogueError */
export function unlinted(before: readonly ResourceDocument[], documents: readonly ResourceDocument[]): Catalogue {
  const written = new Set(documents.flatMap(({ actions }) => actions.map(({ key, version }) => `${key} ${version}`)));
  const isRecord = (key: string, version: number) => !written.has(`${key} ${version}`);
  return compileCatalogue(mergedWith(before, documents.map(labelled)), isRecord, { lint: false });
}

/** A parameter that nobody has labelled yet goes by its name: no sentence shows a label, and a draft has none at first. */
const labelled = (document: ResourceDocument): ResourceDocument => ({
  ...document,
  actions: document.actions.map((action) => {
    const properties = Object.entries(propertiesOf(action.parameters)).map(([name, schema]) => [
      name,
      { 'x-label': name, ...schema },
    ]);
    return { ...action, parameters: { ...action.parameters, properties: Object.fromEntries(properties) } };
  }),
});
