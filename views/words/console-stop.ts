import { words } from './words.ts';

/** A8: the stop, what stands, and the way back. */
export const STOP = words({
  title: { en: 'Stop', de: 'Stoppen' },
  heading: { en: 'Stop what?', de: 'Was stoppen?' },
  find: { en: 'An agent, a person or a system', de: 'Ein Agent, ein Mensch oder ein System' },
  findHint: {
    en: 'An agent, a person’s e-mail address, a system',
    de: 'Ein Agent, eine E-Mail-Adresse, ein System',
  },
  findButton: { en: 'Find', de: 'Finden' },
  notFound: { en: 'Nothing here is called {name}.', de: 'Hier heißt nichts {name}.' },
  submit: { en: 'Stop now', de: 'Jetzt stoppen' },
  until: {
    en: 'At once, and until somebody resumes it',
    de: 'Sofort, und bis jemand es wieder zulässt',
  },
  newTokens: { en: 'New tokens', de: 'Neue Tokens' },
  refusedAtOnce: { en: 'refused at once', de: 'werden sofort verweigert' },
  asking: { en: 'APIs that ask here', de: 'APIs, die hier nachfragen' },
  atOnce: { en: 'at once', de: 'sofort' },
  trusting: { en: 'APIs that trust a token', de: 'APIs, die einem Token vertrauen' },
  noneLives: { en: 'no such token lives', de: 'kein solches Token ist gültig' },
  atTheLatest: { en: 'at the latest at {time}', de: 'spätestens um {time}' },
  waiting: { en: 'Waiting approvals', de: 'Wartende Freigaben' },
  endAtOnce: { en: 'end at once', de: 'enden sofort' },
  why: { en: 'Why', de: 'Warum' },
  note: { en: 'Note', de: 'Notiz' },
  noteLimit: {
    en: 'A note has at most {limit} characters.',
    de: 'Eine Notiz hat höchstens {limit} Zeichen.',
  },
  security: { en: 'This is a security stop', de: 'Das ist ein Sicherheitsstopp' },
  securityMeans: {
    en: 'Two administrators are needed to resume it.',
    de: 'Um ihn aufzuheben, braucht es zwei Personen aus der Administration.',
  },
  stoppedNow: { en: 'Stopped now', de: 'Zurzeit gestoppt' },
  nothing: { en: 'Nothing is stopped.', de: 'Nichts ist gestoppt.' },
  what: { en: 'What', de: 'Was' },
  by: { en: 'By', de: 'Durch' },
  since: { en: 'Since', de: 'Seit' },
  resuming: { en: 'Resuming', de: 'Aufheben' },
  oneMore: {
    en: 'one administrator resumed it, another has to',
    de: 'eine Person hat ihn aufgehoben, eine zweite muss noch',
  },
  takesTwo: { en: 'takes two', de: 'braucht zwei' },
  takesOne: { en: 'takes one', de: 'braucht eine Person' },
  choose: { en: 'Choose what to stop.', de: 'Wählen Sie, was gestoppt werden soll.' },
  allOf: { en: 'All agents of {name}', de: 'Alle Agenten von {name}' },
  allUsing: { en: 'Everything that uses {name}', de: 'Alles, was {name} nutzt' },
  tooMany: {
    en: 'Too many to count in a moment. Stopping takes no longer.',
    de: 'Zu viele, um sie im Moment zu zählen. Das Stoppen dauert dadurch nicht länger.',
  },
  nothingGoesOn: { en: 'Nothing is going on under it now.', de: 'Darunter läuft zurzeit nichts.' },
});

/** What a stop concerns, each with its count. */
export const EFFECT = words({
  agents: {
    en: { one: '{count} agent', other: '{count} agents' },
    de: { one: '{count} Agent', other: '{count} Agenten' },
  },
  people: {
    en: { one: '{count} person', other: '{count} people' },
    de: { one: '{count} Mensch', other: '{count} Menschen' },
  },
  tasks: {
    en: { one: '{count} live task', other: '{count} live tasks' },
    de: { one: '{count} laufende Aufgabe', other: '{count} laufende Aufgaben' },
  },
  tokens: {
    en: { one: '{count} live token', other: '{count} live tokens' },
    de: { one: '{count} gültiges Token', other: '{count} gültige Tokens' },
  },
  waiting: {
    en: { one: '{count} waiting request', other: '{count} waiting requests' },
    de: { one: '{count} wartende Anfrage', other: '{count} wartende Anfragen' },
  },
  sub_agents: {
    en: { one: '{count} sub-agent', other: '{count} sub-agents' },
    de: { one: '{count} Unteragent', other: '{count} Unteragenten' },
  },
});

/** Why something is stopped, to choose from; what was chosen stands in the evidence in English. */
export const STOP_REASONS = words({
  injection: { en: 'Suspected prompt injection', de: 'Verdacht auf untergeschobene Anweisungen' },
  stolen: { en: 'A key or token may be stolen', de: 'Ein Schlüssel oder Token könnte gestohlen sein' },
  beyond: { en: 'It does what nobody allowed', de: 'Er tut, was niemand erlaubt hat' },
  reported: { en: 'A person reported it', de: 'Ein Mensch hat ihn gemeldet' },
  other: { en: 'Something else', de: 'Etwas anderes' },
});

export const STOP_KINDS = words({
  agent: { en: 'agent', de: 'Agent' },
  pair: { en: 'one person’s use of an agent', de: 'Nutzung eines Agenten durch einen Menschen' },
  owner: { en: 'all agents of a person', de: 'alle Agenten eines Menschen' },
  resource: { en: 'system', de: 'System' },
  organization: { en: 'every agent of the organization', de: 'alle Agenten der Organisation' },
});

/** After a stop, and on the way back. */
export const STOPPED = words({
  wasResumed: { en: '{name} was resumed', de: '{name} ist wieder zugelassen' },
  isStopped: { en: '{name} is stopped', de: '{name} ist gestoppt' },
  resumed: { en: 'resumed', de: 'wieder zugelassen' },
  stopped: { en: 'stopped', de: 'gestoppt' },
  resumeLink: { en: 'Resume…', de: 'Wieder zulassen…' },
  stoppedAt: { en: 'Stopped', de: 'Gestoppt' },
  resumedAt: { en: 'Resumed', de: 'Wieder zugelassen' },
  operator: { en: 'the operator', de: 'Betrieb dieses Servers' },
  timeBy: { en: '{time} by {person}', de: '{time} durch {person}' },
  resumingTakes: { en: 'Resuming takes', de: 'Aufheben braucht' },
  two: { en: 'two administrators', de: 'zwei Personen aus der Administration' },
  one: { en: 'one administrator', de: 'eine Person aus der Administration' },
  concerned: { en: 'Concerned', de: 'Betroffen' },
  incident: { en: 'Incident', de: 'Vorfall' },
  mayAccept: { en: 'What may still accept a token', de: 'Was noch ein Token annehmen kann' },
  nothingAccepts: {
    en: 'Nothing: no token that an API could take at its word lives any more.',
    de: 'Nichts: Kein Token, dem eine API einfach vertrauen könnte, ist noch gültig.',
  },
  validateThemselves: {
    en: 'These validate tokens by themselves. As of {time}; nothing new is issued. Ask their owners to ask here (introspection) if this is too long.',
    de: 'Diese prüfen Tokens selbst. Stand {time}; neue werden nicht ausgestellt. Ist das zu lang, bitten Sie ihre Betreiber, hier nachzufragen (Introspection).',
  },
  whoHeard: { en: 'Servers that have heard of it', de: 'Server, die davon wissen' },
  instance: { en: 'Server', de: 'Server' },
  heard: { en: 'Heard at', de: 'Weiß es seit' },
  allHeard: {
    en: 'Every server that runs has heard of it.',
    de: 'Jeder Server, der läuft, weiß davon.',
  },
  notAllHeard: {
    en: {
      one: 'One server has not said yet that it heard. It issues nothing new even so: each token asks the database.',
      other:
        '{count} servers have not said yet that they heard. They issue nothing new even so: each token asks the database.',
    },
    de: {
      one: 'Ein Server hat noch nicht gemeldet, dass er davon weiß. Auch er stellt nichts Neues aus: Jedes Token fragt die Datenbank.',
      other:
        '{count} Server haben noch nicht gemeldet, dass sie davon wissen. Auch sie stellen nichts Neues aus: Jedes Token fragt die Datenbank.',
    },
  },
  notYet: { en: 'not yet', de: 'noch nicht' },
  gone: { en: 'gone: it gives no sign of life', de: 'weg: kein Lebenszeichen' },
  system: { en: 'System', de: 'System' },
  tokens: { en: 'Tokens', de: 'Tokens' },
  latest: { en: 'At the latest until', de: 'Spätestens bis' },
  lookAgain: { en: 'Look again', de: 'Noch einmal nachsehen' },
  noUndo: {
    en: 'A stop cannot be undone: what it ended stays over. Resuming lets it be asked for again. Tell the owner, and the people whose tasks ended.',
    de: 'Ein Stopp lässt sich nicht rückgängig machen: Was er beendet hat, bleibt beendet. Nach dem Aufheben darf wieder gefragt werden. Sagen Sie es den Verantwortlichen und den Menschen, deren Aufgaben geendet haben.',
  },
  noticeStopped: {
    en: '{name}: nothing new is issued, and what it held is over.',
    de: '{name}: Es wird nichts Neues ausgestellt, und was da war, gilt nicht mehr.',
  },
  noticeAsked: {
    en: 'You resumed it. A second administrator has to do so as well, within a day.',
    de: 'Sie haben den Stopp aufgehoben. Innerhalb eines Tages muss das noch eine zweite Person aus der Administration tun.',
  },
  noticeResumed: { en: '{name} may be asked for again.', de: 'Nach {name} darf wieder gefragt werden.' },
  resume: { en: 'Resume', de: 'Wieder zulassen' },
  resumeName: { en: 'Resume {name}', de: '{name} wieder zulassen' },
  resumeMeans: {
    en: 'It may be asked for again. What it could do before does not come back: people are asked anew.',
    de: 'Es darf wieder gefragt werden. Was vorher erlaubt war, kommt nicht zurück: Die Menschen werden neu gefragt.',
  },
  firstOfTwo: {
    en: 'This was stopped for security. After you, a second administrator has to resume it as well, within a day.',
    de: 'Das ist ein Sicherheitsstopp. Nach Ihnen muss ihn innerhalb eines Tages noch eine zweite Person aus der Administration aufheben.',
  },
  secondOfTwo: {
    en: '{person} has resumed it already. With you it comes back.',
    de: '{person} hat ihn schon aufgehoben. Mit Ihnen gilt es wieder.',
  },
  type: { en: 'Type {name}', de: 'Geben Sie {name} ein' },
  exactly: { en: 'Exactly as it stands here.', de: 'Genau wie es hier steht.' },
  whyGoOn: { en: 'Why it may go on', de: 'Warum es weitergehen darf' },
  sayWhy: { en: 'Say why it may go on.', de: 'Schreiben Sie, warum es weitergehen darf.' },
});

/** Why a stop cannot be lifted so, and what would pass. Ends without a full stop: machines read it too. */
export const RESUME_REFUSED = words({
  resumed_already: { en: '{name} was resumed already', de: '{name} ist schon wieder zugelassen' },
  name_not_typed: {
    en: 'To resume it, type its name exactly: {name}',
    de: 'Geben Sie zum Aufheben genau diesen Namen ein: {name}',
  },
  needs_another: {
    en: 'This was stopped for security: a second administrator has to resume it as well',
    de: 'Das ist ein Sicherheitsstopp: Eine zweite Person aus der Administration muss ihn auch aufheben',
  },
});
