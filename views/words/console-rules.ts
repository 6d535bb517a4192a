import { words } from './words.ts';

/** What a rule of the policies says, in one sentence made of these. Names of actions and parameters stand as they are. */
export const RULE = words({
  /** "Asked: to crm.contacts.export, with more than 500 in limit." */
  sentence: { en: '{answer}: {matched}.', de: '{answer}: {matched}.' },
  allowing: {
    en: '{answer}: {matched}, each time for {duration}.',
    de: '{answer}: {matched}, jedes Mal für {duration}.',
  },
  anything: { en: 'anything', de: 'alles' },
  actions: { en: 'to {actions}', de: 'Aktion {actions}' },
  impactIs: { en: 'of {level} impact', de: 'Auswirkung {level}' },
  impactBetween: { en: 'of {least} to {most} impact', de: 'Auswirkung {least} bis {most}' },
  impactAtMost: { en: 'of at most {level} impact', de: 'Auswirkung höchstens {level}' },
  impactAtLeast: { en: 'of at least {level} impact', de: 'Auswirkung mindestens {level}' },
  data: { en: 'on {classes} data', de: 'Daten der Art {classes}' },
  agents: { en: 'by {agents}', de: 'durch {agents}' },
  people: { en: 'for {people}', de: 'für {people}' },
  within: { en: 'within {limits}', de: 'in den Grenzen {limits}' },
  where: { en: 'with {conditions}', de: 'mit {conditions}' },
  flow: {
    en: 'After reading {classes} data for a person, whatever an agent carries out for them is of high impact for {time}.',
    de: 'Hat ein Agent für eine Person Daten dieser Art gelesen ({classes}), ist die Auswirkung von allem, was er für sie nach außen gibt, {time} lang hoch.',
  },
  noFlow: { en: 'What was read before raises nothing.', de: 'Was vorher gelesen wurde, erhöht nichts.' },
});

/** Kinds of data, as rules and changes name them. */
export const DATA = words({
  personal: { en: 'personal', de: 'personenbezogen' },
  financial: { en: 'financial', de: 'Finanzen' },
  health: { en: 'health', de: 'Gesundheit' },
  credentials: { en: 'credentials', de: 'Zugangsdaten' },
  source_code: { en: 'source code', de: 'Quelltext' },
  confidential: { en: 'confidential', de: 'vertraulich' },
  untrusted: { en: 'untrusted', de: 'von Fremden geschrieben' },
});

/** How a rule answers; a sentence that begins with it begins with a capital. */
export const ANSWER = words({
  allow: { en: 'allowed without asking', de: 'ohne Frage erlaubt' },
  ask: { en: 'asked', de: 'gefragt' },
  two: { en: 'asked of two people', de: 'zwei Personen werden gefragt' },
  never: { en: 'never', de: 'nie' },
  group: {
    en: { one: 'asked of one of {group}', other: 'asked of {count} of {group}' },
    de: { one: 'gefragt wird jemand von {group}', other: 'gefragt werden {count} von {group}' },
  },
  both: {
    en: {
      one: 'asked of the person and then of one of {group}',
      other: 'asked of the person and then of {count} of {group}',
    },
    de: {
      one: 'gefragt wird die Person und danach jemand von {group}',
      other: 'gefragt werden die Person und danach {count} von {group}',
    },
  },
  more: { en: '{answer} ({more})', de: '{answer} ({more})' },
  later: { en: 'after {time} also of {others}', de: 'Frist {time}, dann auch {others}' },
  atMost: { en: 'for {time} at most', de: 'höchstens {time}' },
  notOf: { en: 'not of {people}', de: 'nicht {people}' },
  closeToo: { en: 'whoever is close to it counts too', de: 'auch wer betroffen ist, zählt' },
  requester: { en: 'the person', de: 'die Person selbst' },
  owner: { en: 'the owner', de: 'die für den Agenten verantwortliche Person' },
  deputy: { en: 'the deputy', de: 'deren Vertretung' },
  agentsDeputy: { en: 'the deputy of the agent', de: 'die Vertretung des Agenten' },
});

/** Answers as a list of changes names them. */
export const VERDICT_NAMES = words({
  allow: { en: 'allow', de: 'erlaubt' },
  ask: { en: 'ask', de: 'gefragt' },
  two: { en: 'two', de: 'zu zweit' },
  never: { en: 'never', de: 'nie' },
});

/** What another version of the policies changes. */
export const POLICY_CHANGE = words({
  came: { en: 'new: {rule} ({answer})', de: 'neu: {rule} ({answer})' },
  went: { en: 'gone: {rule} ({answer})', de: 'entfernt: {rule} ({answer})' },
  becomes: { en: '{rule}: {before} becomes {after}', de: '{rule}: bisher {before}, jetzt {after}' },
  otherwise: { en: '{rule} is written otherwise', de: '{rule} ist anders geschrieben' },
  raisesNoMore: {
    en: 'reading {data} data no longer raises what is carried out',
    de: 'gelesene Daten der Art {data} erhöhen nicht mehr, was nach außen geht',
  },
  raises: {
    en: 'reading {data} data raises what is carried out',
    de: 'gelesene Daten der Art {data} erhöhen, was nach außen geht',
  },
  counts: {
    en: 'what was read counts for {after}, not {before}',
    de: 'was gelesen wurde, zählt {after} lang statt {before}',
  },
});

/** Conditions on parameters. */
export const CONDITION = words({
  moneyAbove: { en: '{parameter} above {value}', de: '{parameter} über {value}' },
  countAbove: { en: 'more than {value} in {parameter}', de: 'mehr als {value} in {parameter}' },
  daysAbove: { en: 'more than {value} days from {from} to {to}', de: 'mehr als {value} Tage von {from} bis {to}' },
  oneOf: { en: '{parameter} is {values}', de: '{parameter} ist {values}' },
  touches: { en: '{parameter} touches {names}', de: '{parameter} ändert {names}' },
  somebodyOutside: { en: 'somebody outside in {parameter}', de: 'jemand Externes in {parameter}' },
  absent: { en: 'no {parameter}', de: 'kein {parameter}' },
});
