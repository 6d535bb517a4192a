import { words } from './words.ts';

/** What keeps rules from being published. */
export const POLICY_LINT = words({
  rule: { en: 'rule {number} ({name})', de: 'Regel {number} ({name})' },
  flowWithin: {
    en: 'flow.within {duration} is no duration from a minute to 30 days',
    de: 'flow.within {duration} ist keine Dauer zwischen einer Minute und 30 Tagen',
  },
  sameName: { en: 'another rule has this name', de: 'eine andere Regel heißt auch so' },
  forWithAllow: { en: 'for stands with allow alone', de: 'for steht nur bei allow' },
  forDuration: {
    en: 'for {duration} is no duration from a minute to a day',
    de: 'for {duration} ist keine Dauer zwischen einer Minute und einem Tag',
  },
  sayWhere: {
    en: 'say is for never and two, and where others decide',
    de: 'say ist für never und two und dafür, dass andere entscheiden',
  },
  noImpact: { en: 'no impact is within these', de: 'keine Auswirkung liegt dazwischen' },
  allowAbove: {
    en: 'nothing above medium impact is allowed without asking',
    de: 'nichts über mittlerer Auswirkung wird ohne Frage erlaubt',
  },
  allowAll: {
    en: 'name the actions, or the impact, that are allowed without asking',
    de: 'nennen Sie die Aktionen oder die Auswirkung, die ohne Frage erlaubt sind',
  },
  decidersWhere: { en: 'deciders stand with ask and two', de: 'deciders steht bei ask und two' },
  decidersWho: {
    en: 'deciders names a group, or to whom to escalate',
    de: 'deciders nennt eine Gruppe oder unter escalate, wer später entscheidet',
  },
  ofGroup: {
    en: 'quorum and may_include are of a group: name it',
    de: 'quorum und may_include gehören zu einer Gruppe: Nennen Sie sie',
  },
  twoNeedsGroup: {
    en: 'two with deciders names the group that is asked second',
    de: 'two mit deciders nennt die Gruppe, die als zweite gefragt wird',
  },
  escalateWho: { en: 'escalate names a group or the deputy', de: 'escalate nennt eine Gruppe oder deputy' },
  escalateOther: { en: 'escalate names another group', de: 'escalate nennt eine andere Gruppe' },
  after: {
    en: 'after {duration} is no duration from a minute to 3 days',
    de: 'after {duration} ist keine Dauer zwischen einer Minute und 3 Tagen',
  },
  within: {
    en: 'within {duration} is no duration from a minute to 3 days',
    de: 'within {duration} ist keine Dauer zwischen einer Minute und 3 Tagen',
  },
  endsBefore: {
    en: 'it ends before others are asked',
    de: 'die Frist endet, bevor andere gefragt werden',
  },
  noAction: { en: 'there is no such action', de: 'eine solche Aktion gibt es nicht' },
  nameActions: {
    en: 'name the actions whose parameters it looks at',
    de: 'nennen Sie die Aktionen, deren Parameter sie ansieht',
  },
  ambiguousAgent: {
    en: 'several agents are called {name}: name its id',
    de: 'mehrere Agenten heißen {name}: Nennen Sie seine Kennung',
  },
  unknownAgent: { en: 'agent {name} is unknown', de: 'Agent {name} ist unbekannt' },
  unknownPerson: { en: 'person {name} is unknown', de: 'Person {name} ist unbekannt' },
  unknownGroup: { en: 'group {name} is unknown', de: 'Gruppe {name} ist unbekannt' },
});
