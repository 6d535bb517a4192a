import { words } from './words.ts';

/** Who decides, where it is not the person alone. */
export const DECIDERS = words({
  only: { en: 'Only {group} may allow this.', de: 'Nur {group} darf das erlauben.' },
  /** The names of those who may. */
  willBeAsked: {
    en: {
      one: 'If you ask for approval, one of these has to give it: {people}',
      other: 'If you ask for approval, {count} of these have to give it: {people}',
    },
    de: {
      one: 'Wenn Sie um Freigabe bitten, entscheidet jemand von diesen: {people}',
      other: 'Wenn Sie um Freigabe bitten, müssen {count} von diesen zustimmen: {people}',
    },
  },
  andMore: { en: 'and {count} more', de: 'und {count} weitere' },
  byPolicy: {
    en: 'A policy of your organization says so: {policy}.',
    de: 'So sagt es eine Regel Ihrer Organisation: {policy}.',
  },
  passes: { en: 'What would pass without them: {what}.', de: 'Ohne sie ginge: {what}.' },
  ask: { en: 'Ask for approval', de: 'Um Freigabe bitten' },
  theyChoose: { en: 'As they choose who approve it', de: 'So lange, wie es freigegeben wird' },
  waiting: { en: 'Waiting for {group}.', de: 'Wartet auf {group}.' },
  askedMeans: {
    en: 'They were asked for you, and decide until {time}. Nothing is allowed yet.',
    de: 'Sie wurden für Sie gefragt und entscheiden bis {time}. Noch ist nichts erlaubt.',
  },
  givenMeans: {
    en: 'You approved it. Others have to approve it as well, until {time}. Nothing is allowed yet.',
    de: 'Sie haben es freigegeben. Bis {time} müssen es noch andere freigeben. Noch ist nichts erlaubt.',
  },
  soFar: { en: '{given} of {needed} approved so far.', de: 'Bisher {given} von {needed} Freigaben.' },
  leftMeans: { en: 'The request still waits for {group}.', de: 'Die Anfrage wartet weiter auf {group}.' },
  withdraw: { en: 'I do not want this any more', de: 'Ich möchte das nicht mehr' },
  asOne: {
    en: {
      one: 'You decide this for {person}, as one of {group}.',
      other: 'You decide this for {person}, as one of {group}. {count} of them have to approve it.',
    },
    de: {
      one: 'Sie entscheiden das für {person}, weil Sie zu {group} gehören.',
      other: 'Sie entscheiden das für {person}, weil Sie zu {group} gehören. {count} davon müssen es freigeben.',
    },
  },
  escalated: {
    en: 'Nobody decided this in time. You are asked as well, for {person}.',
    de: 'Niemand hat das rechtzeitig entschieden. Für {person} werden nun auch Sie gefragt.',
  },
  afterYou: {
    en: {
      one: 'After you, one of {group} is asked as well.',
      other: 'After you, {count} of {group} are asked as well.',
    },
    de: {
      one: 'Nach Ihnen wird noch jemand von {group} gefragt.',
      other: 'Nach Ihnen werden noch {count} von {group} gefragt.',
    },
  },
  approvals: { en: 'Approvals so far: {people}', de: 'Bisherige Freigaben: {people}' },
  approval: { en: '{person} (passkey) {time}', de: '{person} (Passkey) {time}' },
  meanwhile: {
    en: 'Somebody else approved it first. Read what they approved, and decide about that.',
    de: 'Jemand anderes hat es zuerst freigegeben. Lesen Sie, was freigegeben wurde, und entscheiden Sie darüber.',
  },
  askedFor: { en: '{agent} asked for {person} at {time}.', de: '{agent} hat um {time} für {person} gefragt.' },
  tooFew: {
    en: 'Only {group} may allow this, and too few of them can. An administrator looks after the group.',
    de: 'Nur {group} darf das erlauben, und zu wenige davon können es. Um die Gruppe kümmert sich die Administration.',
  },
  /** In the inbox. */
  waitsFor: { en: 'waits for {group}', de: 'wartet auf {group}' },
  forOne: { en: 'for {person}, as one of {group}', de: 'für {person}, als Teil von {group}' },
  escalatedFor: {
    en: 'for {person}, because nobody decided in time',
    de: 'für {person}, weil niemand rechtzeitig entschieden hat',
  },
});
