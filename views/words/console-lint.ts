import { words } from './words.ts';

/** Where something stands in the YAML of an action. Names of its members stand as they are. */
export const PLACE = words({
  parameter: { en: 'parameter {name}', de: 'Parameter {name}' },
  fact: { en: 'fact {name}', de: 'Tatsache {name}' },
  sample: { en: 'sample {number}', de: 'Beispiel {number}' },
  sampleUnchecked: { en: 'sample {number} unchecked', de: 'Beispiel {number} ungeprüft' },
  ofRule: { en: '{part} of rule {number}', de: '{part} von Regel {number}' },
  resourceName: { en: 'name of the resource', de: 'Name der Ressource' },
});

/** What keeps an action from being published. Each stands behind its place where it has one. */
export const LINT = words({
  at: { en: '{place}: {problem}', de: '{place}: {problem}' },
  draft: {
    en: 'is a draft from {source}: write its texts yourself, then remove "draft"',
    de: 'ist ein Entwurf nach {source}: Schreiben Sie die Texte selbst, dann entfernen Sie „draft“',
  },
  begun: {
    en: 'is a draft from scratch: write its texts yourself, then remove "draft"',
    de: 'ist ein ganz neuer Entwurf: Schreiben Sie die Texte selbst, dann entfernen Sie „draft“',
  },
  notAParameter: { en: '{name} is not a parameter', de: '{name} ist kein Parameter' },
  notARange: { en: '{names} is not a range of dates', de: '{names} ist kein Zeitraum zwischen zwei Daten' },
  doesNotFit: { en: '{name} does not fit here', de: '{name} passt hier nicht' },
  mayBeAbsent: { en: '{names} may be absent, put it in []', de: '{names} kann fehlen, setzen Sie es in []' },
  criticalMissing: { en: 'critical {name} is missing', de: '{name} ist kritisch und fehlt' },
  criticalOptional: {
    en: 'critical {name} stands only in an optional stretch',
    de: '{name} ist kritisch und steht nur in einem Stück, das wegfallen kann',
  },
  criticalNone: {
    en: 'at high impact a person types or ticks a value: name one of {names}',
    de: 'bei hoher Auswirkung wird ein Wert eingegeben oder angehakt: Nennen Sie eins von {names}',
  },
  criticalLong: {
    en: 'critical {name} can be longer than {count} characters: bound it or raise the level',
    de: '{name} ist kritisch und kann länger als {count} Zeichen sein: Begrenzen Sie es oder heben Sie die Stufe an',
  },
  hiddenBeside: {
    en: '{place} is hidden where another value in its [] is left out: give it [] of its own',
    de: '{place} ist nicht zu sehen, wo ein anderer Wert in seinem [] fehlt: Setzen Sie es in ein eigenes []',
  },
  neverShown: { en: '{place} is never shown', de: '{place} wird nie gezeigt' },
  neverWithYear: {
    en: '{place} is never shown with its year, use {placeholder}',
    de: '{place} wird nie mit dem Jahr gezeigt, nehmen Sie {placeholder}',
  },
  changesNothing: {
    en: 'verb {verb} changes nothing, begin with "{word}"',
    de: 'verb {verb} ändert nichts, beginnen Sie mit „{word}“',
  },
  changesSomething: {
    en: 'verb {verb} changes something, begin with "{word}"',
    de: 'verb {verb} ändert etwas, beginnen Sie mit „{word}“',
  },
  undoMissing: { en: 'undo is missing', de: 'undo fehlt' },
  undoReversible: { en: 'does not fit reversible {value}', de: 'passt nicht zu reversible {value}' },
  // Levels and what follows from them.
  neverBelowHigh: { en: '{class} is never below high', de: '{class} ist nie unter high' },
  raisesNothing: { en: 'a rule to {then} does not raise {level}', de: 'eine Regel auf {then} hebt {level} nicht an' },
  outsideBelowHigh: {
    en: 'a message to the outside is never below high',
    de: 'eine Nachricht nach außen ist nie unter high',
  },
  sending: {
    en: 'sending needs impactClass external_message or a rule outside_domains',
    de: 'Senden braucht impactClass external_message oder eine Regel outside_domains',
  },
  tooLasting: {
    en: 'durations.max is longer than {level} impact allows',
    de: 'durations.max ist länger, als die Auswirkung {level} erlaubt',
  },
  noDuration: { en: 'durations.max {duration} is no duration', de: 'durations.max {duration} ist keine Dauer' },
  standing: { en: '{level} impact is asked each time', de: 'bei der Auswirkung {level} wird jedes Mal gefragt' },
  carriesOut: {
    en: 'verb {verb} always carries something out',
    de: 'verb {verb} trägt immer etwas nach außen',
  },
  // What the resource is asked.
  askedElsewhere: { en: 'must be at {origin}', de: 'muss bei {origin} liegen' },
  noFacts: { en: 'there are none', de: 'es gibt keine' },
  uncheckedRaises: {
    en: '{unchecked} does not raise {level}, say "refuse"',
    de: '{unchecked} hebt {level} nicht an, schreiben Sie „refuse“',
  },
  ownResolve: {
    en: 'what an agent does by itself nobody reads, so nothing is asked about it',
    de: 'was ein Agent von sich aus tut, liest niemand, also wird auch nichts dazu gefragt',
  },
  scope: { en: '{names} cannot be said in a scope', de: '{names} lässt sich in einem Scope nicht sagen' },
  ownImpact: {
    en: 'an agent does nothing of high impact by itself',
    de: 'ein Agent tut von sich aus nichts mit hoher Auswirkung',
  },
  // How parameters are compared, and how a person may narrow them.
  notFor: { en: '{comparator} does not fit {name}', de: '{comparator} passt nicht zu {name}' },
  spentTwice: {
    en: 'only one amount is spent in all: {names} cannot both be money-max',
    de: 'nur ein Betrag wird insgesamt ausgegeben: {names} können nicht zusammen money-max sein',
  },
  notALimit: { en: '{name} is not compared as a limit', de: '{name} wird nicht als Grenze verglichen' },
  // What is pointed to instead.
  insteadElsewhere: {
    en: '{key} is no other action of this resource',
    de: '{key} ist keine andere Aktion dieser Ressource',
  },
  insteadNoLess: {
    en: '{key} has to weigh less than this action, or as much and be reversible where this one is not',
    de: '{key} muss weniger wiegen als diese Aktion, oder gleich viel und umkehrbar sein, wo diese es nicht ist',
  },
  insteadWrites: {
    en: '{key} changes something, and this action only reads',
    de: '{key} ändert etwas, und diese Aktion liest nur',
  },
  insteadCarriesOut: {
    en: '{key} carries something out, and this action does not',
    de: '{key} trägt etwas nach außen, und diese Aktion nicht',
  },
  insteadAsks: {
    en: '{key} asks its API about each request: what it weighs is not known beforehand',
    de: '{key} fragt zu jeder Anfrage ihre API: Was sie wiegt, ist vorher nicht bekannt',
  },
  insteadTakes: {
    en: '{key} takes {name}, which this action does not have in the same form',
    de: '{key} verlangt {name}, was diese Aktion nicht in derselben Form hat',
  },
  insteadLoses: {
    en: '{key} does not say {name}: it could be about more than this action',
    de: '{key} nennt {name} nicht: Es könnte um mehr gehen als bei dieser Aktion',
  },
  // Words and lengths.
  forbiddenWord: {
    en: 'the word "{word}" is not for a person',
    de: 'das Wort „{word}“ ist nichts für einen Menschen',
  },
  onlyDescribed: {
    en: '"{value}" is only described, show it from a parameter or a fact',
    de: '„{value}“ ist nur beschrieben, zeigen Sie es aus einem Parameter oder einer Tatsache',
  },
  emptyButton: { en: 'say what is allowed or approved', de: 'sagen Sie, was erlaubt oder genehmigt wird' },
  longButton: { en: 'more than 3 words', de: 'mehr als 3 Wörter' },
  empty: { en: '{place} is empty', de: '{place} ist leer' },
  words: { en: '{place} has {is}/{most} words', de: '{place} hat {is}/{most} Wörter' },
  characters: { en: '{place} has {is}/{most} characters', de: '{place} hat {is}/{most} Zeichen' },
  headlineWords: {
    en: '{place} and impact line have {is}/{most} words',
    de: '{place} und Auswirkungszeile haben {is}/{most} Wörter',
  },
  languageMissing: { en: '{language} is missing', de: '{language} fehlt' },
  // Sentences that cannot be read.
  alternatives: { en: 'more than one alternative in "{piece}"', de: 'mehr als eine Alternative in „{piece}“' },
  noCondition: { en: '"{piece}" depends on no parameter', de: '„{piece}“ hängt von keinem Parameter ab' },
  parameterWhenAbsent: {
    en: '"{piece}" has a parameter in what stands when it is absent',
    de: '„{piece}“ hat einen Parameter in dem, was ohne ihn steht',
  },
  bracket: { en: 'unbalanced bracket in "{piece}"', de: 'eine Klammer ohne Gegenstück in „{piece}“' },
  unknownWord: { en: 'unknown word "{piece}"', de: 'unbekanntes Wort „{piece}“' },
  namesNothing: { en: '"{piece}" names no parameter', de: '„{piece}“ nennt keinen Parameter' },
  unknownFilter: { en: 'unknown filter "{piece}"', de: 'unbekannter Filter „{piece}“' },
});

/** What a rule about parameters does not fit. */
export const UNFIT = words({
  notMoney: { en: '{name} is not money', de: '{name} ist kein Geldbetrag' },
  notCounted: { en: '{name} cannot be counted', de: '{name} lässt sich nicht zählen' },
  notADate: { en: '{name} is not a date', de: '{name} ist kein Datum' },
  noText: { en: '{name} is no single text', de: '{name} ist kein einzelner Text' },
  noChanges: { en: '{name} holds no changes', de: '{name} enthält keine Änderungen' },
  noAddresses: { en: '{name} holds no addresses', de: '{name} enthält keine Adressen' },
  neverAbsent: { en: '{name} is never absent', de: '{name} fehlt nie' },
  required: {
    en: '{name} must be required of the resource',
    de: '{name} muss von der Ressource verlangt sein',
  },
  mustBeRequired: { en: '{name} must be required', de: '{name} muss verlangt sein' },
});

/** What a schema of parameters may not be. */
export const SCHEMA = words({
  none: { en: 'is no JSON Schema: {detail}', de: 'ist kein JSON-Schema: {detail}' },
  unusable: { en: 'it cannot be used', de: 'es ist nicht zu gebrauchen' },
  requiredUnknown: {
    en: 'required names {name}, which is not there',
    de: 'required nennt {name}, und das gibt es nicht',
  },
  keyword: { en: 'keyword {keyword} is not accepted', de: 'das Schlüsselwort {keyword} wird nicht angenommen' },
  typeObject: { en: 'type must be object', de: 'type muss object sein' },
  closed: { en: 'additionalProperties must be false', de: 'additionalProperties muss false sein' },
  object: { en: 'must be an object', de: 'muss ein Objekt sein' },
  name: {
    en: 'name must be a word of letters, digits and _',
    de: 'der Name muss ein Wort aus Buchstaben, Ziffern und _ sein',
  },
  reserved: { en: 'name is reserved', de: 'der Name ist vergeben' },
  noLabel: { en: 'x-label is missing', de: 'x-label fehlt' },
  formats: { en: 'x-format must be one of {formats}', de: 'x-format muss eines von diesen sein: {formats}' },
  emailFormat: { en: 'must have format email', de: 'muss das Format email haben' },
  exactly: { en: 'must be exactly {schema}', de: 'muss genau {schema} sein' },
  count: {
    en: 'must be an integer with minimum and maximum',
    de: 'muss integer mit minimum und maximum sein',
  },
  date: { en: 'must be a string of format date', de: 'muss string im Format date sein' },
  instant: { en: 'must be a string of format date-time', de: 'muss string im Format date-time sein' },
  flag: { en: 'must be a boolean', de: 'muss boolean sein' },
  array: {
    en: 'must be an array with items, minItems, maxItems and uniqueItems',
    de: 'muss array mit items, minItems, maxItems und uniqueItems sein',
  },
  arrayBounds: {
    en: 'must have minItems of at least 1, maxItems and uniqueItems',
    de: 'muss minItems von mindestens 1, maxItems und uniqueItems haben',
  },
  items: { en: 'must have items', de: 'muss items haben' },
  keywords: { en: 'has keywords that are not accepted', de: 'hat Schlüsselwörter, die nicht angenommen werden' },
  changes: {
    en: 'must be an object with minProperties of at least 1 and maxProperties',
    de: 'muss object mit minProperties von mindestens 1 und maxProperties sein',
  },
  propertyNames: {
    en: 'must have propertyNames with pattern and maxLength',
    de: 'muss propertyNames mit pattern und maxLength haben',
  },
  values: {
    en: 'must have additionalProperties with type and maxLength',
    de: 'muss additionalProperties mit type und maxLength haben',
  },
  valueTypes: {
    en: 'may only have texts, numbers, booleans and null as values',
    de: 'darf nur Texte, Zahlen, boolean und null als Werte haben',
  },
  string: { en: 'must be a string', de: 'muss string sein' },
  only: { en: 'may only have {keywords}', de: 'darf nur {keywords} haben' },
  maxLength: { en: 'must have maxLength', de: 'muss maxLength haben' },
  tooLong: { en: 'maxLength must be at most 500', de: 'maxLength darf höchstens 500 sein' },
  repeatsGroup: { en: 'pattern {pattern} repeats a group', de: 'pattern {pattern} wiederholt eine Gruppe' },
  looks: {
    en: 'pattern {pattern} looks ahead, behind or back',
    de: 'pattern {pattern} sieht voraus oder zurück',
  },
  repetitions: {
    en: 'pattern {pattern} can match in too many ways: bound what repeats',
    de: 'pattern {pattern} kann auf zu viele Arten passen: Begrenzen Sie, was sich wiederholt',
  },
  anchors: {
    en: 'pattern {pattern} must begin with ^ and end with $, with choices in ()',
    de: 'pattern {pattern} muss mit ^ beginnen und mit $ enden, eine Auswahl steht in ()',
  },
});

/** What several actions and resources cannot be together, and what was published cannot become. */
export const CATALOGUE = words({
  noIssuer: { en: 'authorization_server is no issuer', de: 'authorization_server ist kein Aussteller' },
  declaredTwice: { en: 'declared twice', de: 'zweimal angegeben' },
  noIdentifier: {
    en: 'not an absolute URI without fragment (RFC 8707 §2)',
    de: 'keine absolute URI ohne Fragment (RFC 8707 §2)',
  },
  versionTwice: { en: 'the same version twice', de: 'dieselbe Version zweimal' },
  twoResources: { en: 'declared by two resources', de: 'von zwei Ressourcen angegeben' },
  downstream: { en: 'downstream action {key} is unknown', de: 'die Folgeaktion {key} ist unbekannt' },
  scopeTaken: { en: 'scope {scope} is taken', de: 'der Scope {scope} ist vergeben' },
  otherOwner: { en: '{resource} has another owner', de: '{resource} gehört jemand anderem' },
  record: {
    en: '{key} version {version} is published and differs: give it a new version',
    de: '{key} Version {version} ist veröffentlicht und lautet anders: Geben Sie eine neue Version an',
  },
  older: {
    en: '{key} version {version} is older than the published {newest}',
    de: '{key} Version {version} ist älter als die veröffentlichte {newest}',
  },
  notDeclared: { en: '{resource} is not declared', de: '{resource} ist nicht angegeben' },
  keyStays: { en: 'the key must stay {key}', de: 'key muss {key} bleiben' },
  sampleDoesNotFit: {
    en: 'sample {sample} does not fit its parameters',
    de: 'Beispiel {sample} passt nicht zu den Parametern',
  },
});

/** A text that is no YAML: where, and why. The names are those of the `yaml` package. */
export const YAML = words({
  at: { en: 'line {line}, column {column}: {problem}', de: 'Zeile {line}, Spalte {column}: {problem}' },
  noAnchor: { en: 'nothing is called &{name} before *{name}', de: 'vor *{name} heißt nichts &{name}' },
  tooLong: { en: 'this is too long: divide it', de: 'dies ist zu lang: Teilen Sie es auf' },
  tooManyAliases: { en: 'there are too many aliases', de: 'es gibt zu viele Verweise' },
  ALIAS_PROPS: { en: 'an alias has no tag or anchor', de: 'ein Verweis hat keinen Tag und keinen Anker' },
  BAD_ALIAS: { en: 'this alias names nothing', de: 'dieser Verweis nennt nichts' },
  BAD_COLLECTION_TYPE: {
    en: 'this tag does not fit a list or map',
    de: 'dieser Tag passt nicht zu Liste oder Feldern',
  },
  BAD_DIRECTIVE: { en: 'this directive is not known', de: 'diese Anweisung ist unbekannt' },
  BAD_DQ_ESCAPE: { en: 'this escape is not known', de: 'diese Maskierung ist unbekannt' },
  BAD_INDENT: {
    en: 'this is indented wrongly, or not closed',
    de: 'dies ist falsch eingerückt oder nicht geschlossen',
  },
  BAD_PROP_ORDER: { en: 'tag and anchor stand in the wrong place', de: 'Tag und Anker stehen an der falschen Stelle' },
  BAD_SCALAR_START: {
    en: 'a text cannot begin with this character: quote it',
    de: 'mit diesem Zeichen kann kein Text beginnen: Setzen Sie ihn in Anführungszeichen',
  },
  BLOCK_AS_IMPLICIT_KEY: {
    en: 'two names with a colon stand in one line: quote the text',
    de: 'zwei Namen mit Doppelpunkt stehen in einer Zeile: Setzen Sie den Text in Anführungszeichen',
  },
  BLOCK_IN_FLOW: {
    en: 'a block cannot stand within brackets',
    de: 'ein Block kann nicht in Klammern stehen',
  },
  DUPLICATE_KEY: { en: 'this name stands twice', de: 'dieser Name steht zweimal' },
  IMPOSSIBLE: { en: 'this cannot be read', de: 'dies ist nicht zu lesen' },
  KEY_OVER_1024_CHARS: { en: 'this name is too long', de: 'dieser Name ist zu lang' },
  MISSING_CHAR: {
    en: 'a character is missing, a quotation mark, colon or bracket',
    de: 'ein Zeichen fehlt, ein Anführungszeichen, ein Doppelpunkt oder eine Klammer',
  },
  MULTILINE_IMPLICIT_KEY: { en: 'a name goes over one line', de: 'ein Name reicht über eine Zeile' },
  MULTIPLE_ANCHORS: { en: 'there is more than one anchor', de: 'es gibt mehr als einen Anker' },
  MULTIPLE_DOCS: { en: 'there is more than one document', de: 'es gibt mehr als ein Dokument' },
  MULTIPLE_TAGS: { en: 'there is more than one tag', de: 'es gibt mehr als einen Tag' },
  NON_STRING_KEY: { en: 'a name has to be a text', de: 'ein Name muss ein Text sein' },
  RESOURCE_EXHAUSTION: { en: 'this is nested too deeply', de: 'dies ist zu tief verschachtelt' },
  TAB_AS_INDENT: {
    en: 'indent with spaces, not with tabs',
    de: 'rücken Sie mit Leerzeichen ein, nicht mit Tabulatoren',
  },
  TAG_RESOLVE_FAILED: { en: 'this tag is not known', de: 'dieser Tag ist unbekannt' },
  UNEXPECTED_TOKEN: { en: 'this is not expected here', de: 'dies ist hier nicht erwartet' },
});
