import { words } from './words.ts';

/** A6: the rules of an organization. What each of them says is in `console-rules.ts`. */
export const POLICIES = words({
  title: { en: 'Policies', de: 'Richtlinien' },
  none: { en: 'There are none: every question is asked.', de: 'Es gibt keine: Jede Frage wird gestellt.' },
  lead: {
    en: 'Version {version}, since {time}, by {by}. The first rule that matches counts; without one, the person is asked.',
    de: 'Version {version}, seit {time}, von {by}. Es zählt die erste Regel, die passt; ohne eine wird die Person gefragt.',
  },
  firstMatch: {
    en: 'The first rule that matches counts; without one, the person is asked.',
    de: 'Es zählt die erste Regel, die passt; ohne eine wird die Person gefragt.',
  },
  rules: { en: 'Rules', de: 'Regeln' },
  position: { en: '#', de: 'Nr.' },
  name: { en: 'Name', de: 'Name' },
  rule: { en: 'Rule', de: 'Regel' },
  yaml: { en: 'As YAML', de: 'Als YAML' },
  write: { en: 'Write them', de: 'Schreiben' },
  rulesYaml: { en: 'Rules, as YAML', de: 'Regeln, als YAML' },
  see: { en: 'See what it would do', de: 'Ansehen, was es täte' },
  change: { en: 'What it would change', de: 'Was sich ändern würde' },
  ofRequests: {
    en: {
      one: 'Of {count} request in the last {days} days',
      other: 'Of {count} requests in the last {days} days',
    },
    de: {
      one: 'Von {count} Anfrage der letzten {days} Tage',
      other: 'Von {count} Anfragen der letzten {days} Tage',
    },
  },
  requests: { en: 'Requests', de: 'Anfragen' },
  byThese: { en: 'by these rules', de: 'nach diesen Regeln' },
  byTheNew: { en: 'by the new', de: 'nach den neuen' },
  propose: { en: 'Propose to a second administrator', de: 'Einer zweiten Person aus der Administration vorschlagen' },
  publish: { en: 'Publish', de: 'Veröffentlichen' },
  tryThem: { en: 'Try them', de: 'Ausprobieren' },
  asWritten: {
    en: 'By the rules as they are written above, published or not. Nobody is asked.',
    de: 'Nach den Regeln, wie sie oben stehen, veröffentlicht oder nicht. Niemand wird gefragt.',
  },
  nobodyAsked: { en: 'Nobody is asked.', de: 'Niemand wird gefragt.' },
  agent: { en: 'Agent', de: 'Agent' },
  person: { en: 'Person', de: 'Person' },
  address: { en: 'E-mail address', de: 'E-Mail-Adresse' },
  action: { en: 'Action', de: 'Aktion' },
  parameters: { en: 'Parameters, as JSON', de: 'Parameter, als JSON' },
  submit: { en: 'Try', de: 'Probieren' },
  result: { en: 'Result', de: 'Ergebnis' },
  noneMatches: { en: 'none matches', de: 'keine passt' },
  itSays: { en: 'It says', de: 'Sie sagt' },
  page: { en: 'What they read', de: 'Was sie lesen' },
  allowed: { en: 'What is allowed without asking', de: 'Was ohne Frage erlaubt wird' },
  refused: { en: 'What is refused', de: 'Was abgelehnt wird' },
  passes: { en: 'What would pass', de: 'Was ginge' },
  noJson: { en: 'The parameters are no JSON.', de: 'Die Parameter sind kein JSON.' },
  noObject: { en: 'The parameters are no JSON object.', de: 'Die Parameter sind kein JSON-Objekt.' },
  removed: { en: 'The proposal is removed.', de: 'Der Vorschlag ist entfernt.' },
  published: { en: 'Published.', de: 'Veröffentlicht.' },
});

/** How a request is met, as the table of the last days names it. */
export const MEETING = words({
  allow: { en: 'allowed without asking', de: 'ohne Frage erlaubt' },
  ask: { en: 'asked', de: 'gefragt' },
  others: { en: 'others decide', de: 'andere entscheiden' },
  two: { en: 'two have to approve', de: 'zwei müssen zustimmen' },
  never: { en: 'refused', de: 'abgelehnt' },
});

/** What waits for a second administrator, of rules and of actions. */
export const PROPOSAL = words({
  title: {
    en: 'A proposal waits for a second administrator',
    de: 'Ein Vorschlag wartet auf eine zweite Person aus der Administration',
  },
  by: { en: 'By {person}, since {time}.', de: 'Von {person}, seit {time}.' },
  text: { en: 'Its text', de: 'Der Text' },
  yours: { en: 'It is yours: somebody else confirms it.', de: 'Er ist von Ihnen: Jemand anders bestätigt ihn.' },
  publish: { en: 'Publish it', de: 'Veröffentlichen' },
  remove: { en: 'Remove it', de: 'Entfernen' },
  nothing: { en: 'Nothing changes.', de: 'Nichts ändert sich.' },
  /** Before a difference, with the sign that marks it. */
  weakens: { en: '! allows more: ', de: '! erlaubt mehr: ' },
  proposed: {
    en: 'It allows more than before: another administrator has to confirm it.',
    de: 'Es erlaubt mehr als vorher: Eine zweite Person aus der Administration muss es bestätigen.',
  },
});
