import { words } from './words.ts';

/** What a newer version of an action, or of what a resource says of itself, changes: for whoever reviews it. */
export const ACTION_CHANGE = words({
  none: { en: 'none', de: 'keine' },
  any: { en: 'any', de: 'beliebig' },
  // A resource.
  name: { en: 'people read “{after}”, not “{before}”', de: 'Menschen lesen „{after}“ statt „{before}“' },
  redeemsNoMore: {
    en: 'it no longer redeems each use: “once” and other limits are not counted there',
    de: 'sie löst nicht mehr jede Nutzung ein: „Einmal“ und andere Grenzen werden dort nicht gezählt',
  },
  redeems: {
    en: 'it redeems each use: high impact may be asked for',
    de: 'sie löst jede Nutzung ein: Hohe Auswirkung darf angefragt werden',
  },
  jwt: {
    en: 'it takes tokens at their word: a stop reaches it when they expire',
    de: 'sie glaubt Tokens: Ein Stopp erreicht sie, wenn diese ablaufen',
  },
  opaque: {
    en: 'it asks about each token: a stop reaches it at once',
    de: 'sie fragt nach jedem Token: Ein Stopp erreicht sie sofort',
  },
  assertionNames: {
    en: 'an identity assertion has to name it',
    de: 'eine Identitätszusicherung muss sie nennen',
  },
  assertionNamesNoMore: {
    en: 'an identity assertion no longer has to name it',
    de: 'eine Identitätszusicherung muss sie nicht mehr nennen',
  },
  thisServer: { en: 'this server', de: 'diesem Server' },
  tokensFrom: {
    en: 'its tokens come from {after}, not from {before}',
    de: 'ihre Tokens kommen von {after}, nicht von {before}',
  },
  // An action.
  verb: { en: 'it is to {after}, not to {before}', de: 'sie dient zum {after}, nicht zum {before}' },
  verbWrites: {
    en: 'it is to {after}, not to {before}: it begins to write',
    de: 'sie dient zum {after}, nicht zum {before}: Sie beginnt zu schreiben',
  },
  impactClass: {
    en: 'impact class {before} becomes {after}',
    de: 'Art der Auswirkung: bisher {before}, jetzt {after}',
  },
  scope: { en: 'scope {before} becomes {after}', de: 'Scope: bisher {before}, jetzt {after}' },
  own: { en: 'an agent may do it by itself', de: 'ein Agent darf es von sich aus' },
  ownNoMore: { en: 'an agent no longer does it by itself', de: 'ein Agent darf es nicht mehr von sich aus' },
  reversible: { en: 'it can be undone', de: 'es lässt sich rückgängig machen' },
  irreversible: { en: 'it can no longer be undone', de: 'es lässt sich nicht mehr rückgängig machen' },
  leadsTo: { en: 'it leads to {action}', de: 'sie führt zu {action}' },
  leadsNoMoreTo: { en: 'it no longer leads to {action}', de: 'sie führt nicht mehr zu {action}' },
  instead: {
    en: 'a person is pointed to {action} instead',
    de: 'eine Person wird stattdessen auf {action} hingewiesen',
  },
  insteadNoMore: {
    en: 'a person is no longer pointed to {action} instead',
    de: 'eine Person wird nicht mehr stattdessen auf {action} hingewiesen',
  },
  data: { en: 'its data is {data}', de: 'Art ihrer Daten: {data}' },
  dataNoMore: { en: 'its data is no longer {data}', de: 'Art ihrer Daten: nicht mehr {data}' },
  egress: { en: 'it carries data out', de: 'sie trägt Daten nach außen' },
  egressNoMore: {
    en: 'it no longer counts as carrying data out',
    de: 'sie zählt nicht mehr als etwas, das Daten nach außen trägt',
  },
  impact: { en: 'impact {before} becomes {after}', de: 'Auswirkung: bisher {before}, jetzt {after}' },
  level: { en: 'impact is {level} with {condition}', de: 'Auswirkung ist {level} mit {condition}' },
  levelNoMore: {
    en: 'impact is no longer {level} with {condition}',
    de: 'Auswirkung ist nicht mehr {level} mit {condition}',
  },
  standing: {
    en: 'a person may let it repeat without asking',
    de: 'eine Person darf es ohne neue Frage wiederholen lassen',
  },
  standingNoMore: { en: 'it is asked each time', de: 'es wird jedes Mal gefragt' },
  signIn: { en: 'sign-in {before} becomes {after}', de: 'Anmeldung: bisher {before}, jetzt {after}' },
  duration: { en: 'longest duration {before} becomes {after}', de: 'längste Dauer: bisher {before}, jetzt {after}' },
  limit: { en: 'limit of {name}: {before} becomes {after}', de: 'Grenze von {name}: bisher {before}, jetzt {after}' },
  narrows: { en: 'a person may narrow {name}', de: 'eine Person darf {name} enger fassen' },
  narrowsNoMore: {
    en: 'a person can no longer narrow {name}',
    de: 'eine Person kann {name} nicht mehr enger fassen',
  },
  parameterRequired: { en: 'new parameter {name}, required', de: 'neuer Parameter {name}, verlangt' },
  parameterOptional: { en: 'new parameter {name}, optional', de: 'neuer Parameter {name}, freiwillig' },
  parameterGone: { en: 'parameter {name} is gone', de: 'Parameter {name} ist entfernt' },
  requiredNow: { en: 'parameter {name} is required now', de: 'Parameter {name} ist jetzt verlangt' },
  optionalNow: { en: 'parameter {name} is optional now', de: 'Parameter {name} ist jetzt freiwillig' },
  otherValues: { en: 'parameter {name} takes other values', de: 'Parameter {name} nimmt andere Werte' },
  compared: {
    en: 'parameter {name} is compared by {after}, not {before}',
    de: 'Parameter {name} wird nach {after} verglichen, nicht nach {before}',
  },
  critical: { en: '{name} is critical now', de: '{name} ist jetzt kritisch' },
  touched: {
    en: 'at high impact a person types or ticks {after}, not {before}',
    de: 'bei hoher Auswirkung wird {after} eingegeben oder angehakt, nicht {before}',
  },
  criticalNoMore: { en: '{name} is no longer critical', de: '{name} ist nicht mehr kritisch' },
  together: { en: 'parameters hang together otherwise', de: 'Parameter hängen anders zusammen' },
  asks: {
    en: 'the resource is asked at {at} when a request comes in',
    de: 'die Ressource wird bei jeder Anfrage unter {at} gefragt',
  },
  asksNoMore: {
    en: 'the resource is no longer asked when a request comes in',
    de: 'die Ressource wird bei einer Anfrage nicht mehr gefragt',
  },
  asksElsewhere: {
    en: 'the resource is asked at {after}, not at {before}',
    de: 'die Ressource wird unter {after} gefragt, nicht unter {before}',
  },
  uncheckedRefused: {
    en: 'a request that cannot be checked is refused, it is {before} until now',
    de: 'eine Anfrage, die sich nicht prüfen lässt, wird abgelehnt, bisher ist ihre Auswirkung {before}',
  },
  uncheckedAsked: {
    en: 'a request that cannot be checked is {after}, it is refused until now',
    de: 'die Auswirkung einer Anfrage, die sich nicht prüfen lässt, ist {after}, bisher wird sie abgelehnt',
  },
  unchecked: {
    en: 'a request that cannot be checked is {after}, it is {before} until now',
    de: 'die Auswirkung einer Anfrage, die sich nicht prüfen lässt, ist {after}, bisher {before}',
  },
  otherFacts: { en: 'the resource states other facts', de: 'die Ressource nennt andere Tatsachen' },
  // Texts: where they stand in the YAML, and what they say.
  textCame: { en: '{place}: “{to}”', de: '{place}: „{to}“' },
  textGone: { en: '{place}: gone', de: '{place}: entfernt' },
  textBecomes: { en: '{place}: “{from}” becomes “{to}”', de: '{place}: bisher „{from}“, jetzt „{to}“' },
  readAtHigh: {
    en: '{change}; people read this at high impact',
    de: '{change}; das wird bei hoher Auswirkung gelesen',
  },
  labelOf: { en: 'label of {name}', de: 'Beschriftung von {name}' },
  inLanguage: { en: '{place} ({language})', de: '{place} ({language})' },
});
