import { words } from './words.ts';

/** What a decision led to (U5, U6, U8). */
export const RESULT = words({
  denied: { en: 'Denied. {agent} was told no.', de: 'Abgelehnt. {agent} hat ein Nein bekommen.' },
  deniedMeans: {
    en: 'Nothing was changed and nothing was shared.',
    de: 'Es wurde nichts geändert und nichts weitergegeben.',
  },
  cannotAskThis: {
    en: '{agent} cannot ask again for this until {time}.',
    de: '{agent} kann dasselbe erst ab {time} wieder fragen.',
  },
  cannotAsk: {
    en: 'You denied or ignored too many of its questions: {agent} cannot ask you until {time}. You can let it ask again under Your agents.',
    de: 'Sie haben zu viele seiner Fragen abgelehnt oder nicht beantwortet: {agent} kann Sie erst ab {time} wieder fragen. Unter „Ihre Agenten“ können Sie das ändern.',
  },
  toldInstead: {
    en: '{agent} was told that it may ask for this instead: {task}. That allows nothing yet.',
    de: '{agent} weiß jetzt, worum er stattdessen bitten kann: {task}. Erlaubt ist damit noch nichts.',
  },
  deniedByNumber: {
    en: 'Denied. The number was wrong twice.',
    de: 'Abgelehnt. Die Zahl war zweimal falsch.',
  },
  deniedByNumberMeans: {
    en: 'Nothing was allowed. If you did start this task, ask the agent to try again.',
    de: 'Es wurde nichts erlaubt. Wenn Sie diese Aufgabe gestartet haben, bitten Sie den Agenten, es noch einmal zu versuchen.',
  },
  manage: { en: 'Manage this agent', de: 'Diesen Agenten verwalten' },
  why: { en: 'Why? (optional)', de: 'Warum? (freiwillig)' },
  allowedOnce: { en: 'Allowed once.', de: 'Einmal erlaubt.' },
  allowedForNow: { en: 'Allowed for now.', de: 'Vorerst erlaubt.' },
  mayUntil: { en: '{agent} may {task} until {time}.', de: '{agent} darf {task}, gültig bis {time}.' },
  repeatWords: {
    en: {
      one: 'You allowed exactly this once this week. You can stop it any time.',
      other: 'You allowed exactly this {count} times this week. You can stop it any time.',
    },
    de: {
      one: 'Sie haben genau das diese Woche einmal erlaubt. Sie können es jederzeit stoppen.',
      other: 'Sie haben genau das diese Woche {count}-mal erlaubt. Sie können es jederzeit stoppen.',
    },
  },
  repeat: {
    en: {
      one: 'Allow exactly this for {days} days, at most {count} time and {daily} a day',
      other: 'Allow exactly this for {days} days, at most {count} times and {daily} a day',
    },
    de: {
      one: 'Genau das {days} Tage lang erlauben, höchstens {count}-mal und {daily}-mal am Tag',
      other: 'Genau das {days} Tage lang erlauben, höchstens {count}-mal und {daily}-mal am Tag',
    },
  },
  repeated: {
    en: {
      one: 'Allowed for {days} days, at most {count} time and {daily} a day.',
      other: 'Allowed for {days} days, at most {count} times and {daily} a day.',
    },
    de: {
      one: '{days} Tage lang erlaubt, höchstens {count}-mal und {daily}-mal am Tag.',
      other: '{days} Tage lang erlaubt, höchstens {count}-mal und {daily}-mal am Tag.',
    },
  },
  repeatedMeans: {
    en: 'It may {task} without asking you. It ends by itself when nobody uses it for 14 days, and stands under Your agents.',
    de: 'Er darf {task}, ohne Sie zu fragen. Es endet von selbst, wenn es 14 Tage lang niemand nutzt, und steht unter „Ihre Agenten“.',
  },
  repeatGone: { en: 'This is not offered any more.', de: 'Das wird nicht mehr angeboten.' },
  repeatGoneMeans: {
    en: 'Nothing was changed. What repeats without asking stands under Your agents.',
    de: 'Es wurde nichts geändert. Was ohne Frage wiederholt werden darf, steht unter „Ihre Agenten“.',
  },
  blocked: {
    en: 'Your organization does not allow this.',
    de: 'Ihre Organisation erlaubt das nicht.',
  },
  blockedBy: { en: 'Its policy: {policy}. Nothing was allowed.', de: 'Ihre Regel: {policy}. Es wurde nichts erlaubt.' },
  passes: { en: 'What would pass: {what}.', de: 'Das ginge: {what}.' },
  closeThis: { en: 'You can close this page.', de: 'Sie können diese Seite schließen.' },
  returnTo: { en: 'Return to {agent}', de: 'Zurück zu {agent}' },
  returnToAgent: { en: 'Return to the agent', de: 'Zurück zum Agenten' },
  stopNow: { en: 'Stop this now', de: 'Jetzt stoppen' },
  expired: { en: 'This request expired at {time}.', de: 'Diese Anfrage ist um {time} abgelaufen.' },
  askAgain: {
    en: 'Nothing was allowed. Ask the agent to try again.',
    de: 'Es wurde nichts erlaubt. Bitten Sie den Agenten, es noch einmal zu versuchen.',
  },
  stopped: { en: 'This agent was stopped.', de: 'Dieser Agent wurde gestoppt.' },
  endedAlone: { en: 'This request was ended.', de: 'Diese Anfrage wurde beendet.' },
  endedAloneMeans: {
    en: 'It ended before anybody decided it. Nothing was allowed.',
    de: 'Sie endete, bevor jemand entschied. Es wurde nichts erlaubt.',
  },
  stoppedBySecurity: { en: 'Stopped by security.', de: 'Von der Sicherheit gestoppt.' },
  stoppedMeans: {
    en: 'Its request ended with it. Nothing was allowed.',
    de: 'Seine Anfrage endete damit. Es wurde nichts erlaubt.',
  },
  changed: { en: 'This request has changed.', de: 'Diese Anfrage hat sich geändert.' },
  alreadyDecided: {
    en: 'Already decided by you at {time} ({outcome}).',
    de: 'Von Ihnen bereits um {time} entschieden ({outcome}).',
  },
  alreadyDecidedByOthers: {
    en: 'Already decided at {time} ({outcome}).',
    de: 'Bereits um {time} entschieden ({outcome}).',
  },
  decidedElsewhere: {
    en: 'Decided on another device at {time} ({outcome}).',
    de: 'Auf einem anderen Gerät um {time} entschieden ({outcome}).',
  },
  decidedOnce: {
    en: 'It is decided once. To take something back, open Your agents.',
    de: 'Es wird einmal entschieden. Um etwas zurückzunehmen, öffnen Sie „Ihre Agenten“.',
  },
  anotherSignIn: { en: 'This needs another sign-in.', de: 'Dafür ist eine andere Anmeldung nötig.' },
  anotherSignInMeans: {
    en: 'It asks for a sign-in at your organization’s own provider, or with a passkey. Sign out, sign in that way, and open it again. Nothing was allowed.',
    de: 'Verlangt wird eine Anmeldung beim Anbieter Ihrer Organisation oder mit einem Passkey. Melden Sie sich ab, melden Sie sich so an und öffnen Sie die Anfrage noch einmal. Es wurde nichts erlaubt.',
  },
  nothingHere: { en: 'Nothing to review here.', de: 'Hier gibt es nichts zu entscheiden.' },
  nothingHereMeans: {
    en: 'There is nothing at this address that waits for you.',
    de: 'Unter dieser Adresse wartet nichts auf Sie.',
  },
  notDescribable: { en: 'This request cannot be described.', de: 'Diese Anfrage lässt sich nicht beschreiben.' },
  notDescribableMeans: {
    en: 'What the agent asks for is no longer offered. Nothing was allowed.',
    de: 'Was der Agent möchte, wird nicht mehr angeboten. Es wurde nichts erlaubt.',
  },
  thanks: { en: 'Thank you.', de: 'Danke.' },
  reasonNoted: { en: 'Your reason was noted.', de: 'Ihr Grund wurde vermerkt.' },
  reported: { en: 'Thank you. This agent is paused for you.', de: 'Danke. Dieser Agent ist für Sie angehalten.' },
  reportedMeans: {
    en: 'It gets nothing and cannot ask you, and whoever looks after agents was told. You can let it ask again under Your agents.',
    de: 'Er bekommt nichts und kann Sie nicht fragen, und Ihre Administration weiß davon. Unter „Ihre Agenten“ können Sie ihn wieder fragen lassen.',
  },
  someoneElse: { en: 'This request is for someone else.', de: 'Diese Anfrage ist für jemand anderen.' },
  someoneElseMeans: {
    en: 'You are signed in to another organization than the agent that asks. Sign out, and sign in with the account it asks for.',
    de: 'Sie sind bei einer anderen Organisation angemeldet als der Agent, der fragt. Melden Sie sich ab und mit dem Konto an, nach dem er fragt.',
  },
});

/** "Report this request": before a person says that they did not start it. */
export const REPORT = words({
  denied: { en: 'The request is denied as well.', de: 'Die Anfrage wird damit auch abgelehnt.' },
  means: {
    en: 'If you did not start this, say so here. {agent} is paused for you: what it may do ends now, and it cannot ask you. Whoever looks after agents is told.',
    de: 'Wenn Sie das nicht gestartet haben, sagen Sie es hier. {agent} wird für Sie angehalten: Was er darf, endet jetzt, und er kann Sie nicht fragen. Ihre Administration erfährt davon.',
  },
  otherwise: {
    en: 'Is something else wrong? Choose Deny and say why, or tell your administrator this reference: {id}',
    de: 'Stimmt etwas anderes nicht? Wählen Sie „Ablehnen“ und sagen Sie warum, oder nennen Sie Ihrer Administration diese Referenz: {id}',
  },
});

/** Why the agent was told no: one tap, coarse, what a policy may pass on. */
export const DENY_REASONS = words({
  details_wrong: { en: 'Details are wrong', de: 'Angaben stimmen nicht' },
  too_much: { en: 'Too much access', de: 'Zu viel Zugriff' },
  not_now: { en: 'Not now', de: 'Nicht jetzt' },
  not_me: { en: 'I did not start this', de: 'Das habe ich nicht gestartet' },
});

/** How a request ended, inside a line of a list. */
export const OUTCOMES = words({
  allowedOnce: { en: 'allowed once', de: 'einmal erlaubt' },
  allowed: { en: 'allowed', de: 'erlaubt' },
  denied: { en: 'denied', de: 'abgelehnt' },
  expired: { en: 'expired', de: 'abgelaufen' },
  refused: { en: 'refused', de: 'verweigert' },
  waiting: { en: 'waiting', de: 'offen' },
  silent: {
    en: 'without asking: you or your organization had allowed it',
    de: 'ohne Frage: Sie oder Ihre Organisation hatten es erlaubt',
  },
  stopped: { en: 'stopped', de: 'gestoppt' },
  resumed: { en: 'may ask again', de: 'darf wieder fragen' },
  succeeded: { en: 'done', de: 'erledigt' },
  failed: { en: 'failed', de: 'fehlgeschlagen' },
  released: { en: 'not done', de: 'nicht ausgeführt' },
});
