import { words } from './words.ts';

/** What is wrong with a value that somebody sent or wrote; `at` is its place and a space, or nothing. */
export const VALUE = words({
  notAccepted: { en: '{at}not accepted', de: '{at}wird nicht angenommen' },
  misses: { en: '{at}misses {name}', de: '{at}fehlt {name}' },
  unknownMember: { en: '{at}has an unknown member {name}', de: '{at}hat ein unbekanntes Feld {name}' },
  type: { en: '{at}must be {type}', de: '{at}muss {type} sein' },
  oneOf: {
    en: '{at}must be equal to one of the allowed values',
    de: '{at}muss einer der erlaubten Werte sein',
  },
  constant: { en: '{at}must be equal to constant', de: '{at}hat genau einen erlaubten Wert' },
  pattern: { en: "{at}must match pattern '{pattern}'", de: '{at}muss dem Muster „{pattern}“ entsprechen' },
  format: { en: "{at}must match format '{format}'", de: '{at}muss das Format „{format}“ haben' },
  atLeast: { en: '{at}must be >= {limit}', de: '{at}muss >= {limit} sein' },
  atMost: { en: '{at}must be <= {limit}', de: '{at}muss <= {limit} sein' },
  charactersAtLeast: {
    en: '{at}must NOT have fewer than {limit} characters',
    de: '{at}darf NICHT weniger als {limit} Zeichen haben',
  },
  charactersAtMost: {
    en: '{at}must NOT have more than {limit} characters',
    de: '{at}darf NICHT mehr als {limit} Zeichen haben',
  },
  itemsAtLeast: {
    en: '{at}must NOT have fewer than {limit} items',
    de: '{at}darf NICHT weniger als {limit} Einträge haben',
  },
  itemsAtMost: {
    en: '{at}must NOT have more than {limit} items',
    de: '{at}darf NICHT mehr als {limit} Einträge haben',
  },
  propertiesAtLeast: {
    en: '{at}must NOT have fewer than {limit} properties',
    de: '{at}darf NICHT weniger als {limit} Felder haben',
  },
  propertiesAtMost: {
    en: '{at}must NOT have more than {limit} properties',
    de: '{at}darf NICHT mehr als {limit} Felder haben',
  },
  twice: {
    en: '{at}must NOT have duplicate items (items ## {first} and {second} are identical)',
    de: '{at}darf NICHTS doppelt haben (die Einträge {first} und {second} sind gleich)',
  },
  oneShape: {
    en: '{at}must match exactly one schema in oneOf',
    de: '{at}muss genau einer der erlaubten Formen entsprechen',
  },
  memberName: { en: '{at}property name must be valid', de: '{at}hat einen Feldnamen, der nicht erlaubt ist' },
  backwards: { en: '{from} is after {to}', de: '{from} liegt nach {to}' },
  reserved: { en: '{name} cannot be asked for', de: '{name} kann nicht angefragt werden' },
  onlyThere: { en: 'locations can only be {resource}', de: 'locations kann nur {resource} sein' },
  purposeText: { en: 'purpose must be a text', de: 'purpose muss ein Text sein' },
  purposeLong: { en: 'purpose has more than {count} characters', de: 'purpose hat mehr als {count} Zeichen' },
  // Limits of an action.
  daysGiven: {
    en: { one: '{name} must be given, at most {count} day', other: '{name} must be given, at most {count} days' },
    de: {
      one: '{name} muss angegeben sein, höchstens {count} Tag',
      other: '{name} muss angegeben sein, höchstens {count} Tage',
    },
  },
  daysAtMost: {
    en: { one: '{name} must be at most {count} day', other: '{name} must be at most {count} days' },
    de: { one: '{name} darf höchstens {count} Tag umfassen', other: '{name} darf höchstens {count} Tage umfassen' },
  },
  currencies: { en: '{name} must be in {currencies}', de: '{name} muss in {currencies} sein' },
  moneyAtMost: { en: '{name} must be at most {most}', de: '{name} darf höchstens {most} sein' },
});

/** What a value may be, by the names of JSON Schema. */
export const TYPES = words({
  object: { en: 'an object', de: 'ein Objekt' },
  array: { en: 'a list', de: 'eine Liste' },
  string: { en: 'a text', de: 'ein Text' },
  number: { en: 'a number', de: 'eine Zahl' },
  integer: { en: 'a whole number', de: 'eine ganze Zahl' },
  boolean: { en: 'true or false', de: 'true oder false' },
  null: { en: 'nothing (null)', de: 'nichts (null)' },
});

/** What makes a text one that nobody is shown. The names are those of `checkText`. */
export const HOSTILE = words({
  'half a character': { en: 'half a character', de: 'ein halbes Zeichen' },
  'a bidirectional control character': {
    en: 'a bidirectional control character',
    de: 'ein Steuerzeichen für die Schreibrichtung',
  },
  'a control character': { en: 'a control character', de: 'ein Steuerzeichen' },
  'a zero-width or invisible character': {
    en: 'a zero-width or invisible character',
    de: 'ein unsichtbares Zeichen oder eines ohne Breite',
  },
  'a character without a meaning': { en: 'a character without a meaning', de: 'ein Zeichen ohne Bedeutung' },
  'too many combining marks': { en: 'too many combining marks', de: 'zu viele Zeichen übereinander' },
  'a mark that strikes out, underlines or encloses': {
    en: 'a mark that strikes out, underlines or encloses',
    de: 'ein Zeichen, das durchstreicht, unterstreicht oder umrandet',
  },
  'not in Unicode normal form C': { en: 'not in Unicode normal form C', de: 'nicht in der Unicode-Normalform C' },
  'white space other than single spaces between words': {
    en: 'white space other than single spaces between words',
    de: 'andere Leerzeichen als einzelne zwischen Wörtern',
  },
});
