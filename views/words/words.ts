import type { ComponentChildren } from 'preact';

import type { Language } from './language.ts';

/** One sentence with `{slots}`, or one for each plural form that its language has (CLDR), chosen by the slot `count`. */
export type Sentence = string | Counted;
export type Counted = { readonly other: string } & { readonly [form in Intl.LDMLPluralRule]?: string };

/** The same said in every language. */
export type Message = Readonly<Record<Language, Sentence>>;

/** One that counts nothing, for tables of them. */
export type PlainMessage = Readonly<Record<Language, string>>;

/** The names in braces: `'{agent} wants to'` has `agent`. */
export type SlotsOf<S> = S extends `${string}{${infer Name}}${infer Rest}`
  ? Name | SlotsOf<Rest>
  : S extends Counted
    ? SlotsOf<S[keyof S]> | 'count'
    : never;

/** What fills them in; numbers are written as the language writes them. */
export type Slots<M extends Message, Value> = {
  readonly [Name in SlotsOf<M['en']>]: Name extends 'count' ? number : Value;
};

/** Nothing for a sentence without slots. */
export type SlotArguments<M extends Message, Value> = [SlotsOf<M['en']>] extends [never]
  ? []
  : [slots: Slots<M, Value>];

/**
 * Sentences of ours in every language. A language left out, and a slot that one language has and another has not, are
 * type errors. What the texts are for stands beside them where their reader could not know it.
 */
export function words<const Texts extends Record<string, Message>>(
  texts: Texts & { [Name in keyof Texts]: SameSlots<Texts[Name]> },
): Texts {
  return texts;
}

type SameSlots<M extends Message> = {
  [L in Language]: [SlotsOf<M[L]>, SlotsOf<M['en']>] extends [SlotsOf<M['en']>, SlotsOf<M[L]>]
    ? M[L]
    : `slots differ from English: ${Exclude<SlotsOf<M['en']>, SlotsOf<M[L]>> | Exclude<SlotsOf<M[L]>, SlotsOf<M['en']>>}`;
};

/** A text in the reader's language. Only {@link Speaker.say} and what names itself make one: a literal is a type error. */
export type Said = string & { readonly [SAID]: true };
declare const SAID: unique symbol;

/** Somebody else's words, or a number, where a text of ours is expected: they are the same in every language. */
export const asItIs = (text: string): Said => text as Said;

/** Whatever stands in a slot of a sentence with markup. */
export type SlotContent = ComponentChildren;
