import { words } from './words.ts';

/** Why an administrator's step was not taken, said without a full stop. */
export const REFUSED = words({
  /** For what has no words of its own: the reason as machines get it. */
  because: { en: 'this was refused ({reason})', de: 'das wurde abgelehnt ({reason})' },
  notWaiting: {
    en: 'nobody waits for an answer to it any more',
    de: 'auf eine Antwort wartet hier niemand mehr',
  },
  unknown: { en: '{what} is unknown', de: '{what} ist unbekannt' },
  agent: { en: 'agent {name}', de: 'Agent {name}' },
  theAgent: { en: 'the agent', de: 'der Agent' },
  person: { en: 'person {name} of {organization}', de: 'Person {name} von {organization}' },
  group: { en: 'group {name}', de: 'Gruppe {name}' },
  blueprint: { en: 'blueprint {name}', de: 'Vorlage {name}' },
  draft: { en: 'draft of {key}', de: 'Entwurf von {key}' },
  proposal: { en: 'a proposal of policies', de: 'ein Vorschlag zu den Richtlinien' },
  ambiguousAgent: {
    en: 'several agents are called {name}: name its id',
    de: 'mehrere Agenten heißen {name}: Nennen Sie seine Kennung',
  },
  otherOrganization: {
    en: 'you are an administrator of {organization} only',
    de: 'Sie sind nur in der Administration von {organization}',
  },
  noAgents: {
    en: 'no agent that is active or suspended fits this filter',
    de: 'kein aktiver oder gesperrter Agent passt zu diesem Filter',
  },
  campaignRuns: {
    en: 'a campaign called “{name}” runs already: give this one another name, or close that one first',
    de: 'eine Kampagne namens „{name}“ läuft schon: Geben Sie dieser einen anderen Namen, oder schließen Sie erst jene',
  },
  closedBefore: { en: 'it is closed already', de: 'sie ist schon geschlossen' },
  notActive: { en: '{person} is not active', de: '{person} ist nicht aktiv' },
  samePerson: {
    en: 'owner and deputy are two people',
    de: 'Verantwortung und Vertretung liegen bei zwei Personen',
  },
  ownOffer: {
    en: 'another administrator offers it to you: nobody takes an agent by themselves',
    de: 'das bietet Ihnen jemand anderes aus der Administration an: Niemand nimmt sich einen Agenten selbst',
  },
  agentIsOver: {
    en: '{agent} is over: nobody has to answer for it',
    de: '{agent} ist zu Ende: Niemand muss dafür einstehen',
  },
  unknownNames: { en: 'unknown: {names}', de: 'unbekannt: {names}' },
  // Catalogue and policies.
  draftChanged: {
    en: 'the draft was changed since you looked at it',
    de: 'der Entwurf wurde geändert, seit Sie ihn angesehen haben',
  },
  proposalChanged: {
    en: 'the proposal was changed since you looked at it',
    de: 'der Vorschlag wurde geändert, seit Sie ihn angesehen haben',
  },
  published: {
    en: 'somebody published other policies meanwhile: look at them first',
    de: 'inzwischen wurden andere Richtlinien veröffentlicht: Sehen Sie sie zuerst an',
  },
  allowsMore: {
    en: 'this allows more than before, or says otherwise what is high impact: another administrator has to confirm {key}',
    de: 'das erlaubt mehr als vorher oder nennt anders, was hohe Auswirkung hat: {key} braucht die Bestätigung einer zweiten Person aus der Administration',
  },
  letsMore: {
    en: 'this lets through more than before: another administrator has to confirm it',
    de: 'das lässt mehr durch als vorher: Es braucht die Bestätigung einer zweiten Person aus der Administration',
  },
  catalogue: {
    en: { one: 'the catalogue has {count} problem', other: 'the catalogue has {count} problems' },
    de: { one: 'der Katalog hat {count} Mangel', other: 'der Katalog hat {count} Mängel' },
  },
  policies: {
    en: { one: 'the policies have {count} problem', other: 'the policies have {count} problems' },
    de: { one: 'die Richtlinien haben {count} Mangel', other: 'die Richtlinien haben {count} Mängel' },
  },
  // A description that actions are drafted from.
  noDescription: {
    en: 'this is neither an OpenAPI 3 document nor a list of MCP tools',
    de: 'das ist weder ein OpenAPI-3-Dokument noch eine Liste von MCP-Werkzeugen',
  },
  noOperation: { en: 'it describes no operation', de: 'es beschreibt keine Operation' },
  manyOperations: {
    en: { other: 'it describes more than {count} operations: draft them in parts' },
    de: { other: 'es beschreibt mehr als {count} Operationen: Entwerfen Sie sie in Teilen' },
  },
  manyReferences: {
    en: 'what it refers to is too much: draft it in parts',
    de: 'es verweist auf zu vieles: Entwerfen Sie es in Teilen',
  },
  // Groups.
  groupName: {
    en: 'a group has a name of 1 to 80 characters of plain text',
    de: 'eine Gruppe hat einen Namen aus 1 bis 80 einfachen Zeichen',
  },
  groupFull: {
    en: { other: 'a group has {count} members at most' },
    de: { other: 'eine Gruppe hat höchstens {count} Mitglieder' },
  },
  nobodyWaits: {
    en: 'nobody waits to belong to {group}',
    de: 'niemand wartet darauf, zu {group} zu gehören',
  },
  groupChanged: {
    en: 'the group was changed since you looked at it',
    de: 'die Gruppe wurde geändert, seit Sie sie angesehen haben',
  },
  addedByYou: {
    en: 'another administrator than the one who added them has to confirm them',
    de: 'bestätigen muss sie jemand anderes aus der Administration als die Person, die sie eingetragen hat',
  },
  groupAsked: {
    en: 'the policy {policy} asks {group}: publish policies that do not',
    de: 'die Regel {policy} fragt {group}: Veröffentlichen Sie Richtlinien, die das nicht tun',
  },
  noAction: { en: 'there is no such action', de: 'eine solche Aktion gibt es nicht' },
});
