import { words } from './words.ts';

/** A3: one agent from every side. */
export const AGENT = words({
  summary: { en: 'Summary', de: 'Übersicht' },
  mayDo: { en: 'May do', de: 'Darf' },
  people: { en: 'People', de: 'Menschen' },
  subAgents: { en: 'Sub-agents', de: 'Unteragenten' },
  activity: { en: 'Activity', de: 'Aktivität' },
  changes: { en: 'Changes', de: 'Änderungen' },

  pause: { en: 'Pause', de: 'Anhalten' },
  stop: { en: 'Stop…', de: 'Stoppen…' },
  lacks: {
    en: 'It cannot begin yet. It lacks {lacks}.',
    de: 'Er kann noch nicht anfangen. Es fehlt: {lacks}.',
  },
  toLookAt: { en: 'To look at', de: 'Zu beachten' },
  owner: { en: 'Owner', de: 'Verantwortlich' },
  deputy: { en: 'Deputy', de: 'Vertretung' },
  notAccepted: { en: '{person} (has not accepted)', de: '{person} (hat nicht zugestimmt)' },
  askedOwner: { en: 'Asked to own it', de: 'Um Verantwortung gebeten' },
  askedDeputy: { en: 'Asked to stand in', de: 'Um Vertretung gebeten' },
  offer: { en: 'Ask somebody to answer for it…', de: 'Jemanden um die Verantwortung bitten…' },
  environmentChanged: { en: 'Environment: {before} → {after}', de: 'Umgebung: {before} → {after}' },
  howItRuns: { en: 'How it runs', de: 'Wie er läuft' },
  registered: { en: 'Registered', de: 'Registriert' },
  lastUsed: { en: 'Last used', de: 'Zuletzt genutzt' },
  never: { en: 'never', de: 'nie' },
  liveTasks: { en: 'Live tasks', de: 'Laufende Aufgaben' },
  reviewBy: { en: 'Review by', de: 'Prüfen bis' },
  ends: { en: 'Ends', de: 'Endet' },
  keysEnd: { en: 'Its keys end', de: 'Schlüssel enden' },
  noDate: { en: 'at no date', de: 'nie' },
  id: { en: 'Id', de: 'Kennung' },
  clients: { en: 'Clients', de: 'Clients' },
  noClient: {
    en: 'It has no client, so it cannot authenticate.',
    de: 'Er hat keinen Client und kann sich deshalb nicht ausweisen.',
  },
  name: { en: 'Name', de: 'Name' },
  client: { en: 'Client', de: 'Client' },
  provesBy: { en: 'Proves itself by', de: 'Weist sich aus durch' },
  rotateKey: { en: 'Rotate key…', de: 'Schlüssel wechseln…' },
  unnamed: { en: 'Without a name', de: 'Ohne Namen' },

  reachesNothing: { en: 'It reaches nothing now.', de: 'Er erreicht zurzeit nichts.' },
  action: { en: 'Action', de: 'Aktion' },
  system: { en: 'System', de: 'System' },
  level: { en: 'Level', de: 'Stufe' },
  byWhichRule: { en: 'By which rule', de: 'Nach welcher Regel' },
  usedIn: { en: 'Used in {days} days', de: 'Genutzt in {days} Tagen' },
  andMore: {
    en: { one: 'and {count} more', other: 'and {count} more' },
    de: { one: 'und {count} weitere', other: 'und {count} weitere' },
  },
  notUsed: { en: 'not used', de: 'nicht genutzt' },
  notYet: { en: 'not yet', de: 'noch nicht' },
  doesNotReach: {
    en: { one: '{count} it does not reach, and why', other: '{count} it does not reach, and why' },
    de: { one: '{count} erreicht er nicht, und warum', other: '{count} erreicht er nicht, und warum' },
  },
  notReached: { en: 'Does not reach', de: 'Erreicht er nicht' },
  whyNot: { en: 'Why not', de: 'Warum nicht' },
  reviewDue: { en: 'Review, due by {time}', de: 'Prüfung, fällig bis {time}' },
  narrowing: {
    en: 'Narrowing takes away {actions}. What is approved for these is refused from then on.',
    de: 'Engeres Fassen nimmt {actions} weg. Was dafür erlaubt ist, wird von da an abgewiesen.',
  },
  keep: { en: 'Keep it as it is', de: 'So lassen' },
  removeUnused: {
    en: { one: 'Remove {count} unused…', other: 'Remove {count} unused…' },
    de: { one: '{count} ungenutzte wegnehmen…', other: '{count} ungenutzte wegnehmen…' },
  },
  remove: { en: 'Remove{unseen}…', de: 'Wegnehmen{unseen}…' },

  askedNobody: { en: 'It has asked nobody yet.', de: 'Er hat noch niemanden gefragt.' },
  person: { en: 'Person', de: 'Mensch' },
  asked: { en: 'Asked', de: 'Gefragt' },
  allowed: { en: 'Allowed', de: 'Erlaubt' },
  denied: { en: 'Denied', de: 'Abgelehnt' },
  lastAsked: { en: 'Last asked', de: 'Zuletzt gefragt' },
  pausedByThem: { en: 'paused by them', de: 'von ihnen angehalten' },
  stopFor: { en: 'Stop{unseen}…', de: 'Stoppen{unseen}…' },
  /** After “Stop”, for whoever hears it. */
  stopForUnseen: { en: ' for {person}', de: ' für {person}' },

  mayHandOn: { en: 'May hand on to', de: 'Darf weitergeben an' },
  mayGet: { en: 'May get something from', de: 'Darf etwas bekommen von' },
  handsNothing: { en: 'It hands nothing on.', de: 'Er gibt nichts weiter.' },
  getsNothing: { en: 'No agent hands anything to it.', de: 'Kein Agent gibt ihm etwas weiter.' },
  from: { en: 'From', de: 'Von' },
  to: { en: 'To', de: 'An' },
  actions: { en: 'Actions', de: 'Aktionen' },
  depth: { en: 'Depth', de: 'Tiefe' },

  allEvidence: { en: 'All evidence of this agent', de: 'Alle Nachweise zu diesem Agenten' },
  nothingHappened: { en: 'Nothing happened yet.', de: 'Noch ist nichts geschehen.' },
  when: { en: 'When', de: 'Wann' },
  what: { en: 'What', de: 'Was' },
  forWhom: { en: 'For', de: 'Für' },
  outcome: { en: 'Outcome', de: 'Ergebnis' },
  refused: { en: 'refused', de: 'abgewiesen' },
  refusedBecause: { en: 'refused: {reason}', de: 'abgewiesen: {reason}' },

  nothingChanged: {
    en: 'Nothing was changed since it was registered.',
    de: 'Seit der Registrierung wurde nichts geändert.',
  },
  by: { en: 'By', de: 'Durch' },
  why: { en: 'Why', de: 'Warum' },
  changed: { en: 'changed', de: 'geändert' },
  byToken: { en: 'initial access token {token}', de: 'Erstzugangstoken {token}' },
  registeredAs: { en: 'registered as {status}', de: 'registriert als „{status}“' },

  type: { en: 'Type {agent}', de: 'Geben Sie {agent} ein' },
  typeExactly: { en: 'Type its name exactly: {agent}.', de: 'Geben Sie den Namen genau so ein: {agent}.' },
  sayWhy: {
    en: 'Say why, in at most {limit} characters.',
    de: 'Schreiben Sie, warum, in höchstens {limit} Zeichen.',
  },
  chooseVerdict: {
    en: 'Choose to keep it, to narrow it, or to end it.',
    de: 'Wählen Sie: so lassen, enger fassen oder beenden.',
  },
});

/** The slow steps of its life: on the button, above the form, and what it means. */
export const MOVE = words({
  activate: { en: 'Activate', de: 'Aktivieren' },
  resume: { en: 'Resume', de: 'Fortfahren' },
  retire: { en: 'Retire', de: 'Stilllegen' },
  activateAgent: { en: 'Activate {agent}', de: '{agent} aktivieren' },
  resumeAgent: { en: 'Resume {agent}', de: '{agent} fortfahren lassen' },
  retireAgent: { en: 'Retire {agent}', de: '{agent} stilllegen' },
  activateLink: { en: 'Activate…', de: 'Aktivieren…' },
  resumeLink: { en: 'Resume…', de: 'Fortfahren…' },
  retireLink: { en: 'Retire…', de: 'Stilllegen…' },
  activateMeans: {
    en: 'From then on it may ask people. It gets nothing that nobody approves.',
    de: 'Von da an darf er Menschen fragen. Er bekommt nichts, was niemand erlaubt.',
  },
  resumeMeans: {
    en: 'It may ask again. What it could do before does not come back.',
    de: 'Er darf wieder fragen. Was er vorher durfte, kommt nicht zurück.',
  },
  retireMeans: {
    en: 'It loses access now, and never comes back.',
    de: 'Er verliert jetzt jeden Zugang und kommt nie zurück.',
  },
});

/** What was done a moment ago. */
export const AGENT_NOTICES = words({
  rotated: { en: 'The new key counts now.', de: 'Der neue Schlüssel gilt jetzt.' },
  waits: {
    en: 'The new key waits for its owner. Until then the old one counts.',
    de: 'Der neue Schlüssel wartet auf die verantwortliche Person. Bis dahin gilt der alte.',
  },
  offered: {
    en: 'Asked. They were told; until they accept, whoever answered for it before does.',
    de: 'Gefragt. Die Person wurde benachrichtigt; bis sie zustimmt, bleibt die Verantwortung, wo sie war.',
  },
  removed: {
    en: 'Removed. It can no longer ask for this, and what was shown has ended.',
    de: 'Weggenommen. Danach kann er nicht mehr fragen, und was gezeigt wurde, ist zu Ende.',
  },
  activated: { en: 'Active. It may ask people from now on.', de: 'Aktiv. Er darf von jetzt an Menschen fragen.' },
  resumed: {
    en: 'Active again. What it held before is over: it asks anew.',
    de: 'Wieder aktiv. Was er vorher hatte, gilt nicht mehr: Er fragt neu.',
  },
  retired: { en: 'Retired. It never comes back.', de: 'Stillgelegt. Er kommt nie zurück.' },
  confirm: {
    en: 'Kept as it is, until its next review.',
    de: 'Bleibt, wie er ist, bis zur nächsten Prüfung.',
  },
  narrow: {
    en: 'Narrowed to what it used, until its next review.',
    de: 'Auf das begrenzt, was er genutzt hat, bis zur nächsten Prüfung.',
  },
  retire: { en: 'Retired. It never comes back.', de: 'Stillgelegt. Er kommt nie zurück.' },
});

export const MODES = words({
  attended: { en: 'with a person at its screen', de: 'mit einem Menschen am Bildschirm' },
  unattended: {
    en: 'by itself; it asks people who are elsewhere',
    de: 'von selbst; er fragt Menschen, die anderswo sind',
  },
  sub_agent: {
    en: 'as a sub-agent, with what other agents hand to it',
    de: 'als Unteragent, mit dem, was andere Agenten ihm weitergeben',
  },
});

/** How a client proves itself, by its registered method. */
export const METHODS = words({
  private_key_jwt: { en: 'a key (private_key_jwt)', de: 'einen Schlüssel (private_key_jwt)' },
  tls_client_auth: {
    en: 'a certificate of an authority (mTLS)',
    de: 'ein Zertifikat einer Zertifizierungsstelle (mTLS)',
  },
  self_signed_tls_client_auth: { en: 'its own certificate (mTLS)', de: 'ein eigenes Zertifikat (mTLS)' },
  client_secret_basic: { en: 'a secret (client_secret_basic)', de: 'ein Geheimnis (client_secret_basic)' },
  client_secret_post: { en: 'a secret (client_secret_post)', de: 'ein Geheimnis (client_secret_post)' },
  attest_jwt_client_auth: {
    en: 'what its attester says (attestation)',
    de: 'das, was sein Aussteller bescheinigt (Attestierung)',
  },
  none: { en: 'nothing (public client)', de: 'nichts (öffentlicher Client)' },
});

/** What an event of the evidence was, for whoever looks after an agent. */
export const AGENT_EVENTS = words({
  'request.received': { en: 'asked', de: 'hat gefragt' },
  'request.refused': { en: 'asked, and was refused', de: 'hat gefragt und wurde abgewiesen' },
  'task.approved': { en: 'was allowed', de: 'bekam die Erlaubnis' },
  'task.denied': { en: 'was denied', de: 'wurde abgelehnt' },
  'approval.asked': { en: 'others were asked', de: 'andere wurden gefragt' },
  'approval.given': { en: 'got one of several approvals', de: 'bekam eine von mehreren Freigaben' },
  'approval.escalated': { en: 'was not decided in time', de: 'wurde nicht rechtzeitig entschieden' },
  'approval.refused': { en: 'a yes was not taken', de: 'ein Ja wurde nicht angenommen' },
  'proof.refused': { en: 'a passkey answered something else', de: 'ein Passkey beantwortete etwas anderes' },
  'task.covered': { en: 'used what was allowed before', de: 'nutzte, was vorher erlaubt war' },
  'token.issued': { en: 'got a token', de: 'bekam ein Token' },
  'token.explained': { en: 'its token was explained', de: 'sein Token wurde erklärt' },
  'token.alarm': { en: 'a token that was never given', de: 'ein Token, das nie vergeben wurde' },
  'token.refused': { en: 'was refused a token', de: 'bekam kein Token' },
  'redemption.reserved': { en: 'used it', de: 'nutzte es' },
  'redemption.refused': { en: 'tried what was not allowed', de: 'versuchte, was nicht erlaubt war' },
  'redemption.alarm': {
    en: 'tried to use it for more than was allowed',
    de: 'wollte es für mehr nutzen, als erlaubt war',
  },
  'redemption.closed': { en: 'finished', de: 'wurde fertig' },
  'outcome.reported': { en: 'was seen by the system', de: 'wurde vom System gemeldet' },
  'authority.stopped': { en: 'was stopped', de: 'wurde gestoppt' },
  'authority.resumed': { en: 'was resumed', de: 'darf wieder fragen' },
  'agent.registered': { en: 'was registered', de: 'wurde registriert' },
  'delivery.sent': { en: 'a message about it went out', de: 'eine Nachricht dazu ging hinaus' },
  'delivery.failed': { en: 'a message about it did not arrive', de: 'eine Nachricht dazu kam nicht an' },
  'delivery.escalated': { en: 'the deputy was told', de: 'die Vertretung erfuhr davon' },
  'push.suppressed': {
    en: 'nobody was notified: too many questions',
    de: 'niemand wurde benachrichtigt: zu viele Fragen',
  },
  'agent.introduced': {
    en: 'whom it may notify was changed',
    de: 'wen er benachrichtigen darf, wurde geändert',
  },
  'admin.acted': { en: 'was administered', de: 'wurde verwaltet' },
  'agent.changed': { en: 'was changed', de: 'wurde geändert' },
});
