import { words } from './words.ts';

/** Everything any agent may do for a person, and what it did (U9). */
export const AGENTS = words({
  stopAll: { en: 'Stop all agents for me', de: 'Alle Agenten für mich stoppen' },
  youAnswerFor: { en: 'Agents you answer for', de: 'Agenten, für die Sie verantwortlich sind' },
  byYou: { en: 'By you', de: 'Von Ihnen' },
  askedYou: { en: 'Asked you something', de: 'Hat Sie etwas gefragt' },
  usedSince: {
    en: { one: '{outcome}, used once', other: '{outcome}, used {count} times' },
    de: { one: '{outcome}, einmal genutzt', other: '{outcome}, {count}-mal genutzt' },
  },
  stopAgent: { en: 'Stop all of this', de: 'Das alles stoppen' },
  askedYouOften: {
    en: {
      one: 'Asked you once in 30 days, you denied {denied}',
      other: 'Asked you {count} times in 30 days, you denied {denied}',
    },
    de: {
      one: 'Hat Sie in 30 Tagen einmal gefragt, abgelehnt: {denied}',
      other: 'Hat Sie in 30 Tagen {count}-mal gefragt, abgelehnt: {denied}',
    },
  },
  filter: { en: 'Show', de: 'Anzeigen' },
  all: { en: 'All', de: 'Alle' },
  active: { en: 'May do something now', de: 'Dürfen gerade etwas' },
  unused: { en: 'Never used', de: 'Nie genutzt' },
  paused: { en: 'Paused or muted', de: 'Angehalten oder stumm' },
  search: { en: 'Search', de: 'Suchen' },
  find: { en: 'Find', de: 'Finden' },
  noneFound: { en: 'None of your agents is like that.', de: 'Keiner Ihrer Agenten passt dazu.' },
  none: {
    en: 'No agent has asked you for anything yet.',
    de: 'Noch hat kein Agent Sie um etwas gebeten.',
  },
  line: { en: 'Owner {owner} · {status} · {used}', de: 'Verantwortlich: {owner} · {status} · {used}' },
  neverUsed: { en: 'never used', de: 'nie genutzt' },
  lastUsed: { en: 'last used {time}', de: 'zuletzt genutzt {time}' },
  lately: { en: 'Lately', de: 'Zuletzt' },
  mayDoNothing: { en: 'May do nothing now.', de: 'Darf zurzeit nichts.' },
  /** The task as the catalogue says it after "{agent} wants to". */
  mayTask: { en: 'May {task}', de: 'Darf {task}' },
  wantedTask: { en: 'Wanted to {task}', de: 'Wollte {task}' },
  mayDoNow: { en: 'May do now', de: 'Darf zurzeit' },
  until: { en: 'until {time}', de: 'bis {time}' },
  untilUses: {
    en: { one: 'until {time} · {uses} of {count} use', other: 'until {time} · {uses} of {count} uses' },
    de: { one: 'bis {time} · {uses} von {count} Nutzung', other: 'bis {time} · {uses} von {count} Nutzungen' },
  },
  withoutAsking: { en: 'without asking', de: 'ohne zu fragen' },
  endsUnused: { en: 'expires {time} if unused', de: 'läuft {time} ab, wenn ungenutzt' },
  stop: { en: 'Stop', de: 'Stoppen' },
  stopThis: { en: 'Stop: {task}', de: 'Stoppen: {task}' },
  pause: { en: 'Pause', de: 'Anhalten' },
  pauseThis: { en: 'Pause {agent}', de: '{agent} anhalten' },
  pausedByYou: {
    en: '{strong} It gets nothing and cannot ask you.',
    de: '{strong} Er bekommt nichts und kann Sie nicht fragen.',
  },
  pausedByYouStrong: { en: 'Paused by you.', de: 'Von Ihnen angehalten.' },
  muted: {
    en: '{strong} You denied or ignored too many of its questions.',
    de: '{strong} Sie haben zu viele seiner Fragen abgelehnt oder nicht beantwortet.',
  },
  mutedUntil: { en: 'Muted until {time}.', de: 'Stumm bis {time}.' },
  unmute: { en: 'Unmute', de: 'Wieder hören' },
  unmuteThis: { en: 'Unmute {agent}', de: '{agent} wieder hören' },
  letAskAgain: { en: 'Let it ask again', de: 'Wieder fragen lassen' },
  comesNotBack: {
    en: 'What it could do before does not come back: it has to ask you again.',
    de: 'Was er vorher durfte, kommt nicht zurück: Er muss Sie neu fragen.',
  },
  typeToResume: { en: 'Type {agent} to resume', de: 'Geben Sie {agent} ein, um fortzufahren' },
  typeNameToResume: {
    en: 'Type the name of the agent to resume it.',
    de: 'Geben Sie den Namen des Agenten ein, damit er wieder fragen darf.',
  },
  resume: { en: 'Resume', de: 'Fortfahren' },
  mayHandTo: {
    en: 'It may hand parts of its work to {agents}.',
    de: 'Er darf Teile seiner Arbeit an {agents} weitergeben.',
  },
  stopMeans: {
    en: 'What you stop ends now, and work in progress may end with it. Data it has already read is not recalled.',
    de: 'Was Sie stoppen, endet jetzt, und laufende Arbeit kann damit abbrechen. Bereits gelesene Daten lassen sich nicht zurückholen.',
  },
  whoItIs: { en: 'Who it is', de: 'Wer er ist' },
  owner: { en: 'Owner', de: 'Verantwortlich' },
  checked: { en: 'Checked', de: 'Geprüft' },
  state: { en: 'State', de: 'Zustand' },
  lastUsedLabel: { en: 'Last used', de: 'Zuletzt genutzt' },
  never: { en: 'never', de: 'nie' },
  questions: { en: 'Questions', de: 'Fragen' },
  identifier: { en: 'Identifier', de: 'Kennung' },
  whatHappened: { en: 'What happened', de: 'Was geschah' },
  nothingYet: { en: 'Nothing yet.', de: 'Noch nichts.' },
});

export const AGENT_STATES = words({
  pending: { en: 'not active yet', de: 'noch nicht aktiv' },
  active: { en: 'active', de: 'aktiv' },
  suspended: { en: 'suspended by your organization', de: 'von Ihrer Organisation gesperrt' },
  retired: { en: 'retired', de: 'stillgelegt' },
  expired: { en: 'expired', de: 'abgelaufen' },
});

/** What an event of the evidence was, for the person it is about. */
export const EVENTS = words({
  'request.received': { en: 'Asked you', de: 'Hat Sie gefragt' },
  'request.refused': { en: 'Was not allowed to ask', de: 'Durfte nicht fragen' },
  'task.approved': { en: 'You allowed it', de: 'Sie haben es erlaubt' },
  'task.denied': { en: 'You denied it', de: 'Sie haben es abgelehnt' },
  'task.covered': { en: 'Used what you allowed before', de: 'Nutzte, was Sie vorher erlaubt hatten' },
  'token.issued': { en: 'Was let in', de: 'Erhielt Zugang' },
  'token.refused': { en: 'Was refused', de: 'Wurde abgewiesen' },
  'redemption.reserved': { en: 'Used it once', de: 'Nutzte es einmal' },
  'redemption.refused': { en: 'Was refused', de: 'Wurde abgewiesen' },
  'redemption.alarm': { en: 'Tried what you did not allow', de: 'Versuchte, was Sie nicht erlaubt hatten' },
  'redemption.closed': { en: 'Finished', de: 'Wurde fertig' },
  'outcome.reported': { en: 'Was seen by the system', de: 'Wurde vom System gemeldet' },
  'authority.stopped': { en: 'Was stopped', de: 'Wurde gestoppt' },
  'authority.resumed': { en: 'Was resumed', de: 'Darf wieder fragen' },
  'person.alarm': { en: 'You did not start what it asked', de: 'Sie hatten nicht gestartet, was er wollte' },
  other: { en: 'Something else', de: 'Etwas anderes' },
});
