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
  leadNew: { en: 'Not published yet. It is for {system}.', de: 'Noch nicht veröffentlicht. Für {system}.' },
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
  newVersion: { en: 'New version', de: 'Neue Version' },
  /** Behind what version it is. */
  live: {
    en: { one: '{count} agent is allowed it right now.', other: '{count} agents are allowed it right now.' },
    de: {
      one: '{count} Agent hat gerade eine Erlaubnis dafür.',
      other: '{count} Agenten haben gerade eine Erlaubnis dafür.',
    },
  },
  save: { en: 'Save draft', de: 'Entwurf speichern' },
  publish: { en: 'Publish v{version}', de: 'v{version} veröffentlichen' },
  propose: {
    en: 'Propose v{version} to a second administrator',
    de: 'v{version} einer zweiten Person aus der Administration vorschlagen',
  },
  preview: { en: 'Preview', de: 'Vorschau' },
  look: { en: 'Preview what is written', de: 'Geschriebenes ansehen' },
  nothingWrong: {
    en: 'Nothing keeps it from being published.',
    de: 'Nichts steht der Veröffentlichung entgegen.',
  },
  wrong: {
    en: { one: '{count} thing keeps it from being published:', other: '{count} things keep it from being published:' },
    de: {
      one: '{count} Mangel steht der Veröffentlichung entgegen:',
      other: '{count} Mängel stehen der Veröffentlichung entgegen:',
    },
  },
  more: { en: { other: 'And {count} more.' }, de: { other: 'Und {count} weitere.' } },
  keptSo: {
    en: 'It is saved as a draft. What keeps it from being published stands beside the preview.',
    de: 'Es ist als Entwurf gespeichert. Was der Veröffentlichung entgegensteht, steht bei der Vorschau.',
  },
  lengths: { en: 'Lengths, in this language', de: 'Längen, in dieser Sprache' },
  headline: { en: 'Headline and impact line', de: 'Überschrift und Auswirkungszeile' },
  /** Before what is too long, with the sign that marks it. */
  tooLong: { en: '! too long: ', de: '! zu lang: ' },
  characters: { en: '{place} {is}/{most} characters', de: '{place} {is}/{most} Zeichen' },
  words: { en: '{place} {is}/{most} words', de: '{place} {is}/{most} Wörter' },
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
  standing: { en: 'Without asking', de: 'Ohne Frage' },
  people: { en: 'People', de: 'Personen' },
  agents: { en: 'Agents', de: 'Agenten' },
  questions: { en: 'Waiting questions', de: 'Wartende Fragen' },
  saved: { en: 'Saved as a draft. It is not published.', de: 'Als Entwurf gespeichert. Er ist nicht veröffentlicht.' },
  published: {
    en: 'Published. What lives stays under its version; the newest is asked.',
    de: 'Veröffentlicht. Was läuft, bleibt unter seiner Version; gefragt wird die neueste.',
  },
  drafted: { en: 'Drafted from {source}', de: 'Entworfen nach {source}' },
  writeYourself: {
    en: 'Write its texts yourself, then remove “draft”: before that it cannot be published.',
    de: 'Schreiben Sie die Texte selbst und entfernen Sie dann „draft“: Vorher lässt es sich nicht veröffentlichen.',
  },
  untrusted: {
    en: 'What its author says. Nobody checked it; it decides nothing, and nobody who is asked reads it:',
    de: 'Was von dort dazu gesagt wird. Niemand hat es geprüft; es entscheidet nichts, und niemand, der gefragt wird, liest es:',
  },
  lacks: { en: 'Parameters that could not be taken over: {names}.', de: 'Nicht übernommene Parameter: {names}.' },
  removed: { en: 'The draft is removed.', de: 'Der Entwurf ist entfernt.' },
  notYours: {
    en: 'Only whoever owns this resource writes its actions.',
    de: 'Die Aktionen einer Ressource schreibt nur, wem sie gehört.',
  },
  length: { en: 'An action has up to {most} characters.', de: 'Eine Aktion hat bis zu {most} Zeichen.' },
});

/** A5-5: an action that nobody has published. */
export const NEW_ACTION = words({
  title: { en: 'New action', de: 'Neue Aktion' },
  noSystem: {
    en: 'Actions belong to a system, and your organization has proven none as its own yet.',
    de: 'Aktionen gehören zu einem System, und Ihre Organisation hat noch keines als ihr eigenes belegt.',
  },
  toSystems: { en: 'Name a system of your own', de: 'Ein eigenes System eintragen' },
  system: { en: 'System', de: 'System' },
  scratch: { en: 'Write it yourself', de: 'Selbst schreiben' },
  scratchLead: {
    en: 'The action begins as a small text that can be previewed at once. Nothing is published before you say so.',
    de: 'Die Aktion beginnt als kurzer Text, der sich gleich ansehen lässt. Nichts wird veröffentlicht, bevor Sie es sagen.',
  },
  key: { en: 'Name', de: 'Name' },
  keyHint: {
    en: 'What agents ask for: words in lower case with dots between them, from the system to what is done.',
    de: 'Wonach Agenten fragen: kleingeschriebene Wörter mit Punkten dazwischen, vom System bis zu dem, was getan wird.',
  },
  begin: { en: 'Begin a draft', de: 'Entwurf beginnen' },
  from: { en: 'From a description', de: 'Nach einer Beschreibung' },
  fromLead: {
    en: 'An OpenAPI 3 document, or what an MCP server answers to tools/list. Each operation becomes a draft; none is published. What the description says of itself is not trusted: it decides no level and stands in no sentence.',
    de: 'Ein OpenAPI-3-Dokument oder die Antwort eines MCP-Servers auf tools/list. Jede Operation wird ein Entwurf; keiner wird veröffentlicht. Was die Beschreibung über sich sagt, gilt nicht als vertrauenswürdig: Es bestimmt keine Stufe und steht in keinem Satz.',
  },
  file: { en: 'File', de: 'Datei' },
  text: { en: 'Or its text, as JSON or YAML', de: 'Oder der Text, als JSON oder YAML' },
  source: { en: 'Where it is from', de: 'Woher sie stammt' },
  sourceHint: {
    en: 'A name or an address, for whoever writes the drafts anew.',
    de: 'Ein Name oder eine Adresse, für alle, die die Entwürfe neu schreiben.',
  },
  /** As the source of a draft, where nothing else is said. */
  pasted: { en: 'pasted text', de: 'eingefügter Text' },
  plainSource: {
    en: 'Where it is from is plain text with single spaces between words.',
    de: 'Woher sie stammt, ist einfacher Text mit einzelnen Leerzeichen zwischen den Wörtern.',
  },
  make: { en: 'Make drafts', de: 'Entwürfe anlegen' },
  chooseSystem: { en: 'Choose a system of your organization.', de: 'Wählen Sie ein System Ihrer Organisation.' },
  badKey: {
    en: 'The name has at least two words in lower case, with dots between them.',
    de: 'Der Name hat mindestens zwei kleingeschriebene Wörter mit Punkten dazwischen.',
  },
  taken: {
    en: 'There is an action or a draft of that name.',
    de: 'Es gibt eine Aktion oder einen Entwurf dieses Namens.',
  },
  fileOrText: { en: 'Send a file or its text, one of them.', de: 'Senden Sie eine Datei oder den Text, eines davon.' },
  drafted: {
    en: { one: '{count} draft made. Nothing is published.', other: '{count} drafts made. Nothing is published.' },
    de: {
      one: '{count} Entwurf angelegt. Nichts ist veröffentlicht.',
      other: '{count} Entwürfe angelegt. Nichts ist veröffentlicht.',
    },
  },
  leftAlone: {
    en: {
      one: '{count} was there already and is as it was.',
      other: '{count} were there already and are as they were.',
    },
    de: {
      one: '{count} gab es schon; daran ist nichts anders.',
      other: '{count} gab es schon; daran ist nichts anders.',
    },
  },
});

/** Comments in the text of an action that begins from scratch. */
export const STARTING = words({
  draft: {
    en: 'remove it when every text is yours: before that it cannot be published',
    de: 'entfernen, sobald jeder Text Ihrer ist: Vorher lässt es sich nicht veröffentlichen',
  },
  or: { en: 'or {others}', de: 'oder {others}' },
  critical: { en: 'has to stand in the headline', de: 'muss in der Überschrift stehen' },
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
