import { words } from './words.ts';

/** Agents that describe themselves at an address of their own: by domain, whose are let in, and on which terms. */
export const LET_IN = words({
  title: { en: 'Agents from the web', de: 'Agenten aus dem Netz' },
  lead: {
    en: 'Software that is registered nowhere describes itself at an address of its own. By domain, you say whose becomes an agent here.',
    de: 'Software, die nirgends registriert ist, beschreibt sich unter einer eigenen Adresse. Sie legen nach Domain fest, wessen Software hier zum Agenten wird.',
  },

  waiting: { en: 'Waiting for you', de: 'Wartet auf Sie' },
  nobodyWaits: { en: 'Nothing waits.', de: 'Nichts wartet.' },
  address: { en: 'Address', de: 'Adresse' },
  wantedBy: { en: 'First asked for by', de: 'Zuerst gewünscht von' },
  asked: { en: 'Asked for', de: 'Gewünscht' },
  times: {
    en: { one: '{count} time', other: '{count} times' },
    de: { one: '{count} Mal', other: '{count} Mal' },
  },
  since: { en: 'Since', de: 'Seit' },
  look: { en: 'Look at it', de: 'Ansehen' },
  lookAt: { en: 'Look at it: {address}', de: 'Ansehen: {address}' },
  another: { en: 'Allow another address', de: 'Eine andere Adresse zulassen' },

  domains: { en: 'By domain', de: 'Nach Domain' },
  domain: { en: 'Domain', de: 'Domain' },
  everyOther: { en: 'every other', de: 'jede andere' },
  verdict: { en: 'Its agents', de: 'Deren Agenten' },
  allow: { en: 'are let in', de: 'kommen herein' },
  ask: { en: 'ask first', de: 'fragen erst' },
  deny: { en: 'stay out', de: 'bleiben draußen' },
  otherwise: {
    en: 'Of every other domain they ask first: each waits for an administrator.',
    de: 'Von jeder anderen Domain fragen sie erst: Jeder wartet auf die Administration.',
  },
  answers: { en: 'Who answers for them', de: 'Wer für sie einsteht' },
  ownerAndDeputy: { en: '{owner}, and {deputy} as deputy', de: '{owner}, in Vertretung {deputy}' },
  nobody: { en: 'nobody yet', de: 'noch niemand' },
  limits: { en: 'Never more than', de: 'Nie mehr als' },
  noLimits: { en: 'no limit of their own', de: 'keine eigene Grenze' },
  change: { en: 'Change', de: 'Ändern' },
  changeFor: { en: 'Change what is said of {domain}', de: 'Ändern, was für {domain} gilt' },
  add: { en: 'Decide on a domain', de: 'Über eine Domain entscheiden' },

  saved: {
    en: 'Saved. It holds at once, also for those who are in.',
    de: 'Gespeichert. Es gilt sofort, auch für alle, die schon da sind.',
  },
  removed: {
    en: 'Removed. What holds for every other domain holds for it.',
    de: 'Entfernt. Für die Domain gilt, was für jede andere gilt.',
  },
  allowed: {
    en: 'Allowed. It begins once owner and deputy accepted it; both were told.',
    de: 'Zugelassen. Er fängt an, sobald Verantwortliche und Vertretung zustimmen; beide wurden benachrichtigt.',
  },
});

/** What an agent, or those of a domain, may never go beyond, a phrase each. */
export const LIMIT_WORDS = words({
  actions: { en: 'actions: {names}', de: 'Aktionen: {names}' },
  resources: { en: 'systems: {names}', de: 'Systeme: {names}' },
  scopes: { en: 'scopes: {names}', de: 'Scopes: {names}' },
  delegates: { en: 'hands on to: {names}', de: 'gibt weiter an: {names}' },
  none: { en: 'none', de: 'keine' },
  highest_impact: { en: 'up to {level} impact', de: 'Auswirkung höchstens {level}' },
  second_person_above: {
    en: 'a second person above {level} impact',
    de: 'eine zweite Person, wenn die Auswirkung höher ist als {level}',
  },
  chain_depth: {
    en: { one: 'a chain of {count} agent', other: 'a chain of {count} agents' },
    de: { one: 'eine Kette von {count} Agenten', other: 'eine Kette von {count} Agenten' },
  },
  requests_per_minute: {
    en: { one: '{count} request per minute', other: '{count} requests per minute' },
    de: { one: '{count} Anfrage pro Minute', other: '{count} Anfragen pro Minute' },
  },
  token_seconds: {
    en: { one: 'tokens of {count} second', other: 'tokens of {count} seconds' },
    de: { one: 'Tokens von {count} Sekunde', other: 'Tokens von {count} Sekunden' },
  },
});

/** The form for one domain, and for one address. */
export const LETTING_IN = words({
  newDomain: { en: 'Decide on a domain', de: 'Über eine Domain entscheiden' },
  oneDomain: { en: 'Agents from {domain}', de: 'Agenten von {domain}' },
  everyOther: { en: 'Agents from every other domain', de: 'Agenten von jeder anderen Domain' },
  domain: { en: 'Domain', de: 'Domain' },
  domainHint: {
    en: 'It covers the hosts below it, but not where strangers get names of their own: github.io covers nothing but itself. * is every other domain.',
    de: 'Sie umfasst die Hosts darunter, außer wo Fremde eigene Namen bekommen: github.io umfasst nur sich selbst. * steht für jede andere Domain.',
  },
  verdict: { en: 'Its agents', de: 'Agenten dieser Domain' },
  allow: { en: 'Let them in', de: 'Hereinlassen' },
  allowMeans: {
    en: 'They are agents at once, under their own name. Owner and deputy answer for all of them.',
    de: 'Sie sind sofort Agenten, unter eigenem Namen. Verantwortliche und Vertretung stehen für alle ein.',
  },
  ask: { en: 'Ask an administrator', de: 'Die Administration fragen' },
  askMeans: {
    en: 'Each waits until you allow it. People are told that they have to come back.',
    de: 'Jeder wartet, bis Sie ihn zulassen. Wer ihn nutzen will, wird gebeten, später wiederzukommen.',
  },
  deny: { en: 'Keep them out', de: 'Draußen halten' },
  denyMeans: {
    en: 'None comes in, and whatever those hold that were in ends now.',
    de: 'Keiner kommt herein, und was schon zugelassene besitzen, endet sofort.',
  },
  owner: { en: 'Owner', de: 'Verantwortlich' },
  ownerHint: { en: 'Needed to let them in.', de: 'Zum Hereinlassen nötig.' },
  deputy: { en: 'Deputy', de: 'Vertretung' },
  deputyHint: { en: 'Somebody else than the owner.', de: 'Jemand anderes als die verantwortliche Person.' },
  accepts: {
    en: 'It begins once both accepted it.',
    de: 'Er fängt an, sobald beide zugestimmt haben.',
  },
  actions: { en: 'What they may ask for', de: 'Wonach sie fragen dürfen' },
  itsActions: { en: 'What it may ask for', de: 'Wonach er fragen darf' },
  actionsHint: {
    en: 'An action a line, calendar.events.read for example. Left empty: anything. A person is still asked every time.',
    de: 'Eine Aktion je Zeile, etwa calendar.events.read. Leer: alles. Ein Mensch wird trotzdem jedes Mal gefragt.',
  },
  kept: {
    en: 'Set at the command line, and kept: {limits}.',
    de: 'Auf der Kommandozeile festgelegt und bleibt: {limits}.',
  },
  save: { en: 'Save', de: 'Speichern' },
  remove: { en: 'Remove what is said here', de: 'Diese Festlegung entfernen' },
  removeMeans: {
    en: 'What you say of every other domain then holds for it too, at once.',
    de: 'Dann gilt für sie sofort auch, was für jede andere Domain gilt.',
  },

  oneAddress: { en: 'Allow one agent', de: 'Einen Agenten zulassen' },
  addressLead: {
    en: 'It becomes an agent of yours under what its address says now. When that changes, its owner has to agree.',
    de: 'Er wird mit dem, was jetzt unter seiner Adresse steht, ein Agent bei Ihnen. Ändert sich das, muss die verantwortliche Person zustimmen.',
  },
  address: { en: 'Address of its description', de: 'Adresse seiner Beschreibung' },
  host: { en: 'Its host is {host}.', de: 'Sein Host ist {host}.' },
  name: { en: 'Name', de: 'Name' },
  nameHint: { en: 'Left empty: the one it gives itself.', de: 'Leer: der, den er sich selbst gibt.' },
  allowIt: { en: 'Allow it', de: 'Zulassen' },

  notDomain: {
    en: 'A domain looks like claude.ai, in small letters, or is *.',
    de: 'Eine Domain sieht aus wie claude.ai, kleingeschrieben, oder ist *.',
  },
  notVerdict: { en: 'Choose what becomes of its agents.', de: 'Wählen Sie, was aus ihren Agenten wird.' },
  notPerson: {
    en: 'There is nobody here with the e-mail address {person}.',
    de: 'Hier gibt es niemanden mit der E-Mail-Adresse {person}.',
  },
  notActive: { en: '{person} is not active.', de: '{person} ist nicht aktiv.' },
  notNumber: { en: 'A number from 1 to 100,000, or nothing.', de: 'Eine Zahl von 1 bis 100.000, oder nichts.' },
  unknownLimit: { en: 'There is no action {names}.', de: 'Es gibt keine Aktion {names}.' },
  nobodyAnswers: {
    en: 'Name owner and deputy: somebody answers for whatever is let in.',
    de: 'Nennen Sie Verantwortliche und Vertretung: Für alles Zugelassene steht jemand ein.',
  },
  samePerson: {
    en: 'Owner and deputy are two people.',
    de: 'Verantwortliche Person und Vertretung sind zwei Menschen.',
  },
  incomplete: {
    en: 'An address, an owner and a deputy are needed.',
    de: 'Adresse, Verantwortliche und Vertretung sind nötig.',
  },
  taken: { en: 'It is an agent here already.', de: 'Er ist hier bereits ein Agent.' },
  notDone: { en: 'Nothing was changed.', de: 'Es wurde nichts geändert.' },
});

/** What an agent never goes beyond, in a form. */
export const LIMIT_FIELDS = words({
  neverAbove: { en: 'Never above', de: 'Nie über' },
  secondAbove: {
    en: 'A second person decides as well above',
    de: 'Eine zweite Person entscheidet mit, wenn höher als',
  },
  noLimit: { en: 'no limit', de: 'keine Grenze' },
  perMinute: { en: 'Requests per minute, at most', de: 'Anfragen pro Minute, höchstens' },
});
