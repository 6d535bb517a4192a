import { words } from './words.ts';

/** What has to be there before an agent may act. */
export const REQUIRED = words({
  purpose: { en: 'a purpose', de: 'ein Zweck' },
  owner: {
    en: 'an active owner who accepted it',
    de: 'eine aktive verantwortliche Person, die zugestimmt hat',
  },
  deputy: { en: 'an active deputy who accepted it', de: 'eine aktive Vertretung, die zugestimmt hat' },
  key: { en: 'a key', de: 'ein Schlüssel' },
  action: { en: 'an action it may ask for', de: 'eine Aktion, nach der er fragen darf' },
  time: { en: 'an expiry that is still to come', de: 'ein Enddatum in der Zukunft' },
});

/** In what capacity somebody moves an agent. */
export const MOVER = words({
  owner: { en: 'owner', de: 'verantwortliche Person' },
  deputy: { en: 'deputy', de: 'Vertretung' },
  admin: { en: 'admin', de: 'Administration' },
  operator: { en: 'operator', de: 'Betrieb' },
  job: { en: 'job', de: 'Automatik' },
});

/** Why an agent cannot be moved so, and what would pass. Ends without a full stop: machines read it too. */
export const MOVE_REFUSED = words({
  wrong_status: {
    en: '{agent} is {status}, not {from}',
    de: '{agent} ist „{status}“, nicht „{from}“',
  },
  not_yours: { en: 'This is for {roles} of {agent}', de: 'Das tut bei {agent} nur: {roles}' },
  not_ready: {
    en: '{agent} cannot become active without {lacks}',
    de: '{agent} kann nicht aktiv werden, es fehlt: {lacks}',
  },
  not_expired: { en: '{agent} has not reached its date', de: '{agent} hat sein Enddatum nicht erreicht' },
  nothing_used: {
    en: '{agent} used nothing within {days} days: keep it as it is, or end it',
    de: '{agent} hat in {days} Tagen nichts genutzt: Lassen Sie ihn so, oder beenden Sie ihn',
  },
});

/** Which limit stands against something, and what would pass. */
export const BEYOND = words({
  actions: {
    en: '{action} is not an action of this agent',
    de: '{action} gehört nicht zu den Aktionen dieses Agenten',
  },
  resources: {
    en: '{resource} is not a resource of this agent',
    de: '{resource} gehört nicht zu den Ressourcen dieses Agenten',
  },
  scopes: {
    en: '{scope} is not a scope of this agent',
    de: '{scope} gehört nicht zu den Scopes dieses Agenten',
  },
  highest_impact: {
    en: '{action} has {impact} impact here, and this agent may ask for {highest} at most',
    de: 'Die Auswirkung von {action} ist hier {impact}, und dieser Agent darf höchstens nach „{highest}“ fragen',
  },
});

/** What an agent could reach, by which rule, for whom. */
export const REACH = words({
  itself: { en: 'itself', de: 'ihn selbst' },
  anybody: { en: 'anybody of the organization', de: 'alle in der Organisation' },
  someOf: {
    en: { other: '{count} of {people} people' },
    de: { other: '{count} von {people} Menschen' },
  },
  whoever: { en: 'whoever {agent} acts for', de: 'alle, für die {agent} handelt' },
  own: {
    en: 'an administrator marked it as its own: no person is asked',
    de: 'eine Administratorin oder ein Administrator hat sie ihm zugeteilt: Niemand wird gefragt',
  },
  task: {
    en: '{person} approved {task}, until {until}',
    de: '{person} hat {task} erlaubt, bis {until}',
  },
  policy: { en: 'the policy “{name}” allows it', de: 'die Richtlinie „{name}“ erlaubt es' },
  registered: {
    en: 'it registered this action: the person decides each time',
    de: 'er hat diese Aktion registriert: Der Mensch entscheidet jedes Mal',
  },
  scope: {
    en: 'anybody may ask for the scope {scope}: the person decides each time',
    de: 'nach dem Scope {scope} darf jeder fragen: Der Mensch entscheidet jedes Mal',
  },
  handed: { en: '{agent} may hand it on', de: '{agent} darf sie weitergeben' },
  itIs: { en: 'it is {status}', de: 'er ist „{status}“' },
  itLacks: { en: 'it is {status}, and lacks {lacks}', de: 'er ist „{status}“, es fehlt: {lacks}' },
  dateReached: { en: 'its date is reached', de: 'sein Enddatum ist erreicht' },
  nobody: {
    en: 'nobody can be asked, and nothing was approved',
    de: 'niemand kann gefragt werden, und nichts wurde erlaubt',
  },
});

/** Why something was done with an agent where nobody typed why. Evidence is in one language: it records the English. */
export const OWN_REASONS = words({
  dateReached: { en: 'its date is reached', de: 'sein Datum ist erreicht' },
  reviewOverdue: { en: 'its review is overdue', de: 'seine Prüfung ist überfällig' },
  ownerInactive: { en: 'the owner is not active', de: 'die verantwortliche Person ist nicht aktiv' },
  nobodyAnswers: { en: 'nobody answers for it', de: 'niemand steht für ihn ein' },
  byOwner: { en: 'by the owner', de: 'durch die verantwortliche Person' },
  reviewedInConsole: { en: 'reviewed in the console', de: 'in der Verwaltung geprüft' },
  inConsole: { en: 'removed in the console', de: 'in der Verwaltung entfernt' },
});
