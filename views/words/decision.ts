import { words } from './words.ts';

/** The decision page (U2, U3). The sentences about the task itself are the catalogue's. */
export const DECISION = words({
  /** The task follows, as the catalogue says it. */
  wantsTo: { en: '{agent} wants to', de: '{agent} möchte' },
  and: { en: ' and ', de: ' und ' },
  what: { en: 'What', de: 'Was' },
  system: { en: 'System', de: 'System' },
  data: { en: 'Data', de: 'Daten' },
  changes: { en: 'Changes', de: 'Änderungen' },
  impact: { en: 'Impact', de: 'Auswirkung' },
  duration: { en: 'How long', de: 'Wie lange' },
  /** Facts that the system itself gave, marked on the page. */
  readBefore: {
    en: 'Before this it could read: {what}. What leaves now may carry it.',
    de: 'Davor konnte er lesen: {what}. Was jetzt hinausgeht, kann es enthalten.',
  },
  statedBy: { en: 'stated by {systems} when this was asked', de: 'bei der Anfrage angegeben von {systems}' },
  notChecked: {
    en: '{systems} could not be asked. What this is about could not be checked.',
    de: '{systems} war nicht zu erreichen. Worum es hier geht, ließ sich nicht prüfen.',
  },
  lookTwice: {
    en: 'Look twice: {words} holds letters or digits that only look like others.',
    de: 'Sehen Sie genau hin: {words} enthält Buchstaben oder Ziffern, die nur wie andere aussehen.',
  },
  handOff: { en: 'It may hand part of this to {agents}.', de: 'Er darf einen Teil davon an {agents} weitergeben.' },
  agentSays: {
    en: '{agent} says (not checked by {organization}):',
    de: '{agent} sagt (von {organization} nicht geprüft):',
  },
  quoted: { en: '“{words}”', de: '„{words}“' },
  howLong: { en: 'How long may it do this?', de: 'Wie lange darf er das?' },
  allow: { en: 'Allow', de: 'Erlauben' },
  deny: { en: 'Deny', de: 'Ablehnen' },
  /** Before the other action, as the catalogue says it. */
  safer: { en: 'Safer:', de: 'Sicherer:' },
  insteadMeans: {
    en: '{agent} gets a no, and hears that it may ask for this instead. That allows nothing yet.',
    de: '{agent} bekommt ein Nein und erfährt, worum er stattdessen bitten kann. Erlaubt ist damit noch nichts.',
  },
  denyInstead: { en: 'Deny and suggest this', de: 'Ablehnen und dies vorschlagen' },
  allowChosen: { en: 'Allow what I chose', de: 'Ausgewähltes erlauben' },
  haveRead: {
    en: 'I have read what this allows',
    de: 'Ich habe gelesen, was damit erlaubt wird',
  },
  /** Under the buttons, by the script, when Approve was pressed before the page can have been read. */
  readFirst: {
    en: 'Please read it first, then choose again.',
    de: 'Bitte lesen Sie es zuerst und wählen Sie dann noch einmal.',
  },
  /** The form came without the guard of the page, and nobody said that it was read. */
  unread: {
    en: 'Nothing was allowed. Read what this allows, tick the box that says so, then choose again.',
    de: 'Es wurde nichts erlaubt. Lesen Sie, was damit erlaubt wird, setzen Sie das Häkchen und wählen Sie dann noch einmal.',
  },
  readMissing: {
    en: 'Tick this when you have read it.',
    de: 'Setzen Sie dieses Häkchen, wenn Sie es gelesen haben.',
  },
  tickFirst: {
    en: 'Tick the box, then choose again.',
    de: 'Setzen Sie das Häkchen und wählen Sie dann noch einmal.',
  },
  referenceFromAgent: { en: 'Reference from the agent: {reference}', de: 'Referenz des Agenten: {reference}' },
  askedByItself: {
    en: '{agent} asked by itself at {time}. You did not start this now.',
    de: '{agent} hat um {time} von sich aus gefragt. Sie haben das nicht soeben gestartet.',
  },
  askedAt: { en: '{agent} asked at {time}.', de: '{agent} hat um {time} gefragt.' },
  number: {
    en: 'Enter the number shown where you started this',
    de: 'Geben Sie die Zahl ein, die dort steht, wo Sie dies gestartet haben',
  },
  numberHint: {
    en: 'No number? Then you did not start this. Choose Deny.',
    de: 'Keine Zahl? Dann haben Sie dies nicht gestartet. Wählen Sie „Ablehnen“.',
  },
  numberWrong: {
    en: 'That is not the number shown. You have one more try.',
    de: 'Das ist nicht die angezeigte Zahl. Sie haben noch einen Versuch.',
  },
  valueWrong: {
    en: 'That is not the value above. Please compare it.',
    de: 'Das ist nicht der Wert von oben. Bitte vergleichen Sie.',
  },
  more: { en: 'Who is asking, and exact request', de: 'Wer fragt, und die genaue Anfrage' },
  agent: { en: 'Agent', de: 'Agent' },
  owner: { en: 'Owner', de: 'Verantwortlich' },
  checked: { en: 'Checked', de: 'Geprüft' },
  before: { en: 'Before', de: 'Bisher' },
  through: { en: 'Through', de: 'Über' },
  acting: { en: 'Acting', de: 'Kette' },
  fingerprint: { en: 'Fingerprint', de: 'Prüfwert' },
  exactRequest: { en: 'Exact request', de: 'Genaue Anfrage' },
  registered: { en: 'Registered by your organization', de: 'Von Ihrer Organisation registriert' },
  unverified: {
    en: 'Not verified. This agent registered itself from {host}.',
    de: 'Nicht geprüft. Hat sich selbst registriert: {host}.',
  },
  unverifiedShort: {
    en: 'Not verified: registered itself from {host}',
    de: 'Nicht geprüft: von {host} aus selbst registriert',
  },
  unknownOwner: { en: 'unknown', de: 'unbekannt' },
  firstTime: { en: 'First time it asks you', de: 'Fragt Sie zum ersten Mal' },
  nothingAllowed: { en: 'Asked you before; nothing was allowed', de: 'Hat Sie schon gefragt; erlaubt wurde nichts' },
  allowedBefore: {
    en: { one: 'Was allowed one task for you', other: 'Was allowed {count} tasks for you' },
    de: { one: 'Eine Aufgabe für Sie wurde erlaubt', other: '{count} Aufgaben für Sie wurden erlaubt' },
  },
  onlyIn: {
    en: 'This action is described in {language} only.',
    de: 'Diese Aktion ist nur auf {language} beschrieben.',
  },
  footnote: {
    en: 'Request {id} · asked {asked} · expires {expires}',
    de: 'Anfrage {id} · gestellt {asked} · läuft ab {expires}',
  },
  durationNotOffered: {
    en: 'Choose one of the durations on this page. Nothing was allowed.',
    de: 'Wählen Sie eine der Dauern auf dieser Seite. Es wurde nichts erlaubt.',
  },
  nothingChosen: {
    en: 'You allowed none of the actions. Choose Allow for at least one, or Deny below.',
    de: 'Sie haben keine der Aktionen erlaubt. Wählen Sie bei mindestens einer „Erlauben“ oder unten „Ablehnen“.',
  },
});

/** Languages, as whoever reads the page calls them. */
export const LANGUAGE_CALLED = words({
  en: { en: 'English', de: 'Englisch' },
  de: { en: 'German', de: 'Deutsch' },
});
