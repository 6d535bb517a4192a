import { words } from './words.ts';

/** A5: the actions of the catalogue. */
export const ACTIONS = words({
  title: { en: 'Actions', de: 'Aktionen' },
  action: { en: 'Action', de: 'Aktion' },
  version: { en: 'Version', de: 'Version' },
  system: { en: 'System', de: 'System' },
  does: { en: 'Does', de: 'Was sie tut' },
  impact: { en: 'Impact', de: 'Auswirkung' },
  whose: { en: 'Whose', de: 'Wessen' },
  state: { en: 'State', de: 'Stand' },
  shared: { en: 'shared', de: 'gemeinsam' },
  yours: { en: 'yours', de: 'Ihre' },
  proposed: { en: 'proposed', de: 'vorgeschlagen' },
  draft: { en: 'draft', de: 'Entwurf' },
  levels: { en: '{least} to {most}', de: '{least} bis {most}' },
  leadYours: { en: 'Version {version} of {system}.', de: 'Version {version} bei {system}.' },
  leadShared: {
    en: 'Version {version} of {system}, shared by the deployment: its operator writes it.',
    de: 'Version {version} bei {system}, für alle gemeinsam: Der Betreiber schreibt sie.',
  },
  versions: { en: 'Versions', de: 'Versionen' },
  oneVersion: { en: 'Version {version}', de: 'Version {version}' },
  changesAfter: { en: 'What changes after version {version}', de: 'Was sich nach Version {version} ändert' },
  draftTitle: { en: 'A draft, not published', de: 'Ein Entwurf, nicht veröffentlicht' },
  yaml: { en: 'As YAML', de: 'Als YAML' },
  write: { en: 'Write it', de: 'Schreiben' },
  actionYaml: { en: 'The action, as YAML', de: 'Die Aktion, als YAML' },
  keep: { en: 'Check, preview and keep as a draft', de: 'Prüfen, ansehen und als Entwurf behalten' },
  preview: { en: 'Preview', de: 'Vorschau' },
  noPreview: {
    en: 'There is nothing to preview until it can be read.',
    de: 'Eine Vorschau gibt es erst, wenn es lesbar ist.',
  },
  samples: { en: 'Samples and languages', de: 'Beispiele und Sprachen' },
  sample: { en: 'Sample {number}', de: 'Beispiel {number}' },
  anAgent: { en: 'An agent', de: 'Ein Agent' },
  lives: { en: 'What lives under it', de: 'Was darunter läuft' },
  livesLead: {
    en: 'It stays under its version until it ends; what repeats without asking is asked again.',
    de: 'Es bleibt unter seiner Version, bis es endet; was sich ohne Frage wiederholt, wird neu gefragt.',
  },
  tasks: { en: 'Live tasks', de: 'Laufende Aufgaben' },
  standing: { en: 'without asking', de: 'ohne Frage' },
  people: { en: 'People', de: 'Personen' },
  questions: { en: 'Waiting questions', de: 'Wartende Fragen' },
  saved: { en: 'Kept as a draft. It is not published.', de: 'Als Entwurf behalten. Er ist nicht veröffentlicht.' },
  published: {
    en: 'Published. What lives stays under its version; the newest is asked.',
    de: 'Veröffentlicht. Was läuft, bleibt unter seiner Version; gefragt wird die neueste.',
  },
  removed: { en: 'The draft is removed.', de: 'Der Entwurf ist entfernt.' },
});

/** What an action does, in one word. */
export const VERBS = words({
  read: { en: 'read', de: 'lesen' },
  summarise: { en: 'summarise', de: 'zusammenfassen' },
  draft: { en: 'draft', de: 'entwerfen' },
  send: { en: 'send', de: 'senden' },
  update: { en: 'update', de: 'ändern' },
  delete: { en: 'delete', de: 'löschen' },
  approve: { en: 'approve', de: 'genehmigen' },
  export: { en: 'export', de: 'exportieren' },
  purchase: { en: 'purchase', de: 'kaufen' },
});
