import { words } from './words.ts';

/** The evidence as an auditor reads it: a list, and the story of one task. */
export const AUDIT = words({
  title: { en: 'Evidence', de: 'Nachweise' },
  lead: {
    en: 'What happened: who asked, who decided, what was given, used, refused and stopped. Nothing here can be changed, and what you read leaves evidence as well.',
    de: 'Was geschah: wer fragte, wer entschied, was vergeben, genutzt, abgewiesen und gestoppt wurde. Nichts hiervon lässt sich ändern, und auch was Sie lesen, wird festgehalten.',
  },
  none: { en: 'Nothing like that happened.', de: 'Nichts dergleichen ist geschehen.' },
  viewRefused: { en: 'Refused', de: 'Abgewiesen' },
  viewAlarms: { en: 'Alarms', de: 'Alarme' },
  viewStops: { en: 'Stops', de: 'Stopps' },
  viewDecisions: { en: 'Decisions', de: 'Entscheidungen' },
  viewAdministration: { en: 'Administration', de: 'Verwaltung' },
  when: { en: 'When', de: 'Wann' },
  who: { en: 'Who', de: 'Wer' },
  what: { en: 'What', de: 'Was' },
  system: { en: 'System', de: 'System' },
  result: { en: 'Result', de: 'Ergebnis' },
  /** Before the names of those through whom it happened: "Anna Berg, then Finance Agent". */
  through: { en: 'through', de: 'über' },
  story: { en: 'Story', de: 'Hergang' },
  storyOf: { en: 'of “{what}”', de: 'von „{what}“' },
  allowed: { en: 'allowed', de: 'erlaubt' },
  refused: { en: 'refused', de: 'abgewiesen' },
  reported: { en: 'reported', de: 'gemeldet' },
  noDate: {
    en: '“{value}” is no date. Write one like {day}, or with a time like {time}.',
    de: '„{value}“ ist kein Datum. Schreiben Sie eines wie {day} oder mit Uhrzeit wie {time}.',
  },
});

/** What an event was that concerns no agent; those of agents are `AGENT_EVENTS`. */
export const PERSON_EVENTS = words({
  'person.signed_in': { en: 'signed in', de: 'meldete sich an' },
  'person.sign_in_refused': { en: 'could not sign in', de: 'konnte sich nicht anmelden' },
  'person.signed_out': { en: 'signed out', de: 'meldete sich ab' },
  'person.enrolled': { en: 'chose a password', de: 'wählte ein Passwort' },
  'person.roles_changed': { en: 'got other roles', de: 'bekam andere Rollen' },
  'person.alarm': { en: 'raised an alarm', de: 'schlug Alarm' },
  'passkey.added': { en: 'added a passkey', de: 'fügte einen Passkey hinzu' },
  'passkey.renamed': { en: 'renamed a passkey', de: 'benannte einen Passkey um' },
  'passkey.removed': { en: 'removed a passkey', de: 'entfernte einen Passkey' },
  'passkey.recovery_asked': {
    en: 'asked to end the passkeys of somebody who lost them',
    de: 'wollte die Passkeys von jemandem beenden, der sie verloren hat',
  },
  'passkey.recovered': {
    en: 'ended the passkeys of somebody who lost them',
    de: 'beendete die Passkeys von jemandem, der sie verloren hat',
  },
  'passkey.recovery_ended': {
    en: 'ended a recovery before it happened',
    de: 'brach eine Wiederherstellung ab, bevor sie geschah',
  },
  'passkey.recovery_codes_made': { en: 'made recovery codes', de: 'erstellte Wiederherstellungscodes' },
});

/** What somebody did to an agent, a person or a system: the one who did it is named beside. */
export const DONE_TO = words({
  'authority.stopped': { en: 'stopped {whom}', de: 'stoppte {whom}' },
  'authority.resumed': { en: 'resumed {whom}', de: 'gab {whom} wieder frei' },
  'agent.changed': { en: 'changed {whom}', de: 'änderte {whom}' },
  'agent.introduced': { en: 'changed whom {whom} may notify', de: 'änderte, wen {whom} benachrichtigen darf' },
});
export const WHOLE = { en: 'the whole organization', de: 'die ganze Organisation' } as const;

/** What administrators do, by the reason that stands in the evidence. */
export const ADMIN_ACTS = words({
  'agents.ruled': { en: 'changed the rules for agents', de: 'änderte die Regeln für Agenten' },
  'backchannel.changed': {
    en: 'changed how agents ask from behind',
    de: 'änderte, wie Agenten von hinten fragen',
  },
  'blueprint.put': { en: 'saved a blueprint', de: 'speicherte eine Vorlage' },
  'blueprint.removed': { en: 'removed a blueprint', de: 'entfernte eine Vorlage' },
  'catalogue.drafted': { en: 'saved a draft of an action', de: 'speicherte den Entwurf einer Aktion' },
  'catalogue.draft_removed': { en: 'removed a draft of an action', de: 'entfernte den Entwurf einer Aktion' },
  'catalogue.proposed': { en: 'proposed an action', de: 'schlug eine Aktion vor' },
  'catalogue.published': { en: 'published an action', de: 'veröffentlichte eine Aktion' },
  'client.added': { en: 'added a client', de: 'fügte einen Client hinzu' },
  'client_secret.ended': { en: 'ended a client secret', de: 'beendete ein Client-Geheimnis' },
  'client_secret.made': { en: 'made a client secret', de: 'erzeugte ein Client-Geheimnis' },
  'document.allowed': { en: 'let an agent from the web in', de: 'ließ einen Agenten aus dem Netz zu' },
  'document_policy.put': { en: 'changed who comes in from the web', de: 'änderte, wer aus dem Netz hereinkommt' },
  'document_policy.removed': {
    en: 'removed a rule about who comes in from the web',
    de: 'entfernte eine Regel dazu, wer aus dem Netz hereinkommt',
  },
  'enrolment.offered': { en: 'made a one-time sign-in link', de: 'erzeugte einen einmaligen Anmeldelink' },
  'group.changed': { en: 'changed a group', de: 'änderte eine Gruppe' },
  'group.confirmed': { en: 'confirmed a group', de: 'bestätigte eine Gruppe' },
  'group.made': { en: 'made a group', de: 'legte eine Gruppe an' },
  'group.removed': { en: 'removed a group', de: 'entfernte eine Gruppe' },
  'initial_access_token.ended': { en: 'ended an initial access token', de: 'beendete ein Token zum Registrieren' },
  'initial_access_token.made': { en: 'made an initial access token', de: 'erzeugte ein Token zum Registrieren' },
  'issuer.trusted': { en: 'trusted an issuer', de: 'vertraute einem Aussteller' },
  'organization.added': { en: 'added an organization', de: 'legte eine Organisation an' },
  'organization.changed': { en: 'changed the organization', de: 'änderte die Organisation' },
  'passkeys.ruled': { en: 'changed the rules for passkeys', de: 'änderte die Regeln für Passkeys' },
  'passwords.ruled': { en: 'changed the rules for passwords', de: 'änderte die Regeln für Passwörter' },
  'person.added': { en: 'added a person', de: 'fügte eine Person hinzu' },
  'person.disabled': { en: 'disabled a person', de: 'sperrte eine Person' },
  'person.enabled': { en: 'enabled a person again', de: 'gab eine Person wieder frei' },
  'person.roles_asked': { en: 'asked for more roles for a person', de: 'bat um mehr Rollen für eine Person' },
  'person.linked': {
    en: 'linked a person to an issuer’s subject',
    de: 'verknüpfte eine Person mit dem Subjekt eines Ausstellers',
  },
  'policies.drafted': { en: 'saved a draft of the policies', de: 'speicherte einen Entwurf der Richtlinien' },
  'policies.proposal_removed': {
    en: 'removed a proposal for the policies',
    de: 'entfernte einen Vorschlag zu den Richtlinien',
  },
  'policies.proposed': { en: 'proposed policies', de: 'schlug Richtlinien vor' },
  'policies.published': { en: 'published the policies', de: 'veröffentlichte die Richtlinien' },
  'prompts.limited': { en: 'changed how often people are asked', de: 'änderte, wie oft Menschen gefragt werden' },
  'resource.claimed': { en: 'claimed a system', de: 'beanspruchte ein System' },
  'resource.proven': { en: 'proved that a system is theirs', de: 'wies nach, dass ein System ihnen gehört' },
  'review.closed': { en: 'closed a review', de: 'schloss eine Prüfung ab' },
  'review.started': { en: 'started a review', de: 'begann eine Prüfung' },
  'sign_in_provider.added': { en: 'added a sign-in provider', de: 'fügte einen Anmeldedienst hinzu' },
  'sign_in_provider.confirms': {
    en: 'changed whether a sign-in provider may confirm',
    de: 'änderte, ob ein Anmeldedienst bestätigen darf',
  },
  'sign_in_provider.roles': {
    en: 'changed which groups of a sign-in provider give roles',
    de: 'änderte, welche Gruppen eines Anmeldedienstes Rollen geben',
  },
  'sign_in_provider.removed': { en: 'removed a sign-in provider', de: 'entfernte einen Anmeldedienst' },
  'webhook.added': { en: 'added a webhook', de: 'fügte einen Webhook hinzu' },
  'webhook.removed': { en: 'removed a webhook', de: 'entfernte einen Webhook' },
  resume_asked: { en: 'asked for an end of a stop', de: 'bat darum, einen Stopp aufzuheben' },
  screen_read: { en: 'looked at a screen as it was shown', de: 'sah eine Seite an, wie sie gezeigt wurde' },
  evidence_read: { en: 'looked for evidence', de: 'suchte in den Nachweisen' },
  story_read: { en: 'read the story of a task', de: 'las den Hergang einer Aufgabe' },
  evidence_taken: { en: 'took evidence away as a file', de: 'nahm Nachweise als Datei mit' },
});

/** The seven parts of a story, and what is missing from them. */
export const STORY = words({
  title: { en: '{agent} for {person}', de: '{agent} für {person}' },
  withoutAgent: { en: '{person} at an application', de: '{person} in einer Anwendung' },
  lives: { en: 'valid until {time}', de: 'gilt bis {time}' },
  over: { en: 'over', de: 'vorbei' },
  seven: { en: 'From question to outcome', de: 'Von der Frage zum Ergebnis' },
  asked: { en: 'Asked', de: 'Gefragt' },
  agent: { en: 'Agent', de: 'Agent' },
  shown: { en: 'Shown', de: 'Gezeigt' },
  decided: { en: 'Decided', de: 'Entschieden' },
  issued: { en: 'Issued', de: 'Vergeben' },
  used: { en: 'Used', de: 'Genutzt' },
  outcome: { en: 'Outcome', de: 'Ergebnis' },
  askedIn: { en: '{person}, through {application}', de: '{person}, über {application}' },
  fromBehind: {
    en: 'the agent asked while the person was elsewhere',
    de: 'der Agent fragte, während die Person woanders war',
  },
  inBrowser: { en: 'in the browser', de: 'im Browser' },
  byExchange: { en: 'by exchanging a token', de: 'durch Tausch eines Tokens' },
  askedAnother: {
    en: 'The question came before the evidence that is kept.',
    de: 'Die Frage ist älter als die aufbewahrten Nachweise.',
  },
  requested: { en: '{agent} requested {action}, version {version}', de: '{agent} wollte {action}, Fassung {version}' },
  bound: { en: 'with the key {key}', de: 'mit dem Schlüssel {key}' },
  screen: { en: '{language}, template {template}, page', de: '{language}, Vorlage {template}, Seite' },
  asShown: { en: 'See the screen as shown', de: 'Die Seite ansehen, wie sie gezeigt wurde' },
  noScreen: {
    en: 'Nobody was shown a page: it was covered, or a policy decided.',
    de: 'Niemand bekam eine Seite zu sehen: Es war schon erlaubt, oder eine Richtlinie entschied.',
  },
  erased: {
    en: 'The page was erased; its proof remains.',
    de: 'Die Seite wurde gelöscht; ihr Nachweis bleibt.',
  },
  allowedBy: { en: 'Allowed by {person}: {duration}', de: 'Erlaubt von {person}: {duration}' },
  signedBy: { en: 'Approved by {person}', de: 'Freigegeben von {person}' },
  once: { en: 'once', de: 'einmal' },
  until: { en: 'until {time}', de: 'bis {time}' },
  byPolicy: { en: 'by the policy “{policy}”', de: 'durch die Richtlinie „{policy}“' },
  seconds: {
    en: { one: 'after {count} second', other: 'after {count} seconds' },
    de: { one: 'nach {count} Sekunde', other: 'nach {count} Sekunden' },
  },
  token: { en: '{token} for {system}, until {time}', de: '{token} für {system}, bis {time}' },
  handOff: { en: '{token}, a hand-off to {agent}, until {time}', de: '{token}, eine Übergabe an {agent}, bis {time}' },
  root: { en: '{token}, for exchange, until {time}', de: '{token}, zum Tauschen, bis {time}' },
  noToken: { en: 'No token was issued.', de: 'Es wurde kein Token vergeben.' },
  usedAt: { en: '{action} at {system}, by {agent}', de: '{action} bei {system}, durch {agent}' },
  notUsed: { en: 'Not used.', de: 'Nicht genutzt.' },
  notUsedYet: { en: 'Not used yet.', de: 'Noch nicht genutzt.' },
  outcomeOf: { en: '{action}: {outcome}', de: '{action}: {outcome}' },
  reference: { en: 'reference {reference}', de: 'Kennung {reference}' },
  affected: {
    en: { one: '{count} affected', other: '{count} affected' },
    de: { one: '{count} betroffen', other: '{count} betroffen' },
  },
  saidBy: { en: 'as {system} says', de: 'wie {system} meldet' },
  noOutcome: { en: '{system} reported no outcome.', de: '{system} meldete kein Ergebnis.' },
  noOutcomeYet: { en: '{system} has reported no outcome yet.', de: '{system} hat noch kein Ergebnis gemeldet.' },
  noneWithoutUse: { en: 'None without a use.', de: 'Keines ohne Nutzung.' },
  beside: { en: 'Refused, and stopped', de: 'Abgewiesen und gestoppt' },
  hashes: { en: 'Hashes', de: 'Prüfsummen' },
  task: { en: 'Task', de: 'Aufgabe' },
  request: { en: 'Request', de: 'Anfrage' },
  decision: { en: 'Decision', de: 'Entscheidung' },
  page: { en: 'Page as shown (SHA-256)', de: 'Seite, wie gezeigt (SHA-256)' },
  everyEvent: {
    en: { one: 'The one event of this story', other: 'All {count} events of this story' },
    de: { one: 'Das eine Ereignis dieses Hergangs', other: 'Alle {count} Ereignisse dieses Hergangs' },
  },
  download: { en: 'Download this story (JSON)', de: 'Diesen Hergang herunterladen (JSON)' },
  back: { en: 'All evidence', de: 'Alle Nachweise' },
});

/** How a token or a task ended, where it is over. */
export const ENDED = words({
  alive: { en: 'alive', de: 'gültig' },
  expired: { en: 'expired', de: 'abgelaufen' },
  ended: { en: 'ended early', de: 'vorzeitig beendet' },
});
