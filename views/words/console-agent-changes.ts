import { words } from './words.ts';

/** A3-3: taking actions from an agent. */
export const REMOVAL = words({
  title: { en: 'Take this from {agent}?', de: '{agent} dies wegnehmen?' },
  means: {
    en: 'From then on it cannot ask for {actions}.',
    de: 'Von da an kann er nicht mehr fragen nach: {actions}.',
  },
  ends: {
    en: {
      one: 'One live task of {people} ends at once:',
      other: '{count} live tasks of {people} end at once:',
    },
    de: {
      one: 'Eine laufende Aufgabe von {people} endet sofort:',
      other: '{count} laufende Aufgaben von {people} enden sofort:',
    },
  },
  people: {
    en: { one: 'one person', other: '{count} people' },
    de: { one: 'einem Menschen', other: '{count} Menschen' },
  },
  endsNothing: {
    en: 'Nothing that is live now ends by it.',
    de: 'Nichts, was gerade läuft, endet dadurch.',
  },
  others: {
    en: 'Everything else that it may do goes on.',
    de: 'Alles andere, was er darf, gilt weiter.',
  },
  changed: {
    en: 'What would end has changed since you looked. Nothing was removed. This is how it stands now.',
    de: 'Was enden würde, hat sich inzwischen geändert. Nichts wurde weggenommen. So sieht es jetzt aus.',
  },
  listed: { en: 'Tasks that end', de: 'Aufgaben, die enden' },
  person: { en: 'Person', de: 'Mensch' },
  task: { en: 'Task', de: 'Aufgabe' },
  until: { en: 'Would run until', de: 'Liefe bis' },
  remove: { en: 'Remove', de: 'Wegnehmen' },
  not_allowed: {
    en: '{agent} cannot ask for any of these anyway.',
    de: '{agent} kann nach keiner davon fragen.',
  },
  nothing_left: {
    en: 'Nothing would be left that {agent} may ask for. Retire it instead.',
    de: 'Es bliebe nichts, wonach {agent} fragen darf. Legen Sie ihn stattdessen still.',
  },
});
