import { useSpeaker } from './words/context.tsx';

/**
 * Text that somebody else wrote. Preact escapes markup; what is left to stop is text that changes how its neighbours
 * look: U+202E turning an amount around, zero-width characters hiding in a name, a stroke through a word that counts all the
 * same, a tower of accents painting over the line above, five thousand characters pushing the buttons off the page. Requests with such text are refused before
 * they get here; the pages do not rely on it.
 */
const UNSEEN =
  /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\u{2800}]|[\u{305}\u{332}-\u{338}\u{33f}\u{347}\u{35f}\u{20d2}\u{20d3}\u{20d8}-\u{20da}\u{20e5}-\u{20e8}\u{20ea}\u{20eb}]|[\u{488}\u{489}]|[\u{20dd}-\u{20e0}]|[\u{20e2}-\u{20e4}]|\p{M}{5,}/gu;
const REPLACEMENT = '\u{fffd}';

/** One line, without what cannot be seen, of at most `limit` code points. What was taken out leaves a visible mark. */
export function visible(text: string, limit = 120): string {
  const line = text.replace(/\s+/gu, ' ').trim().replace(UNSEEN, REPLACEMENT);
  const points = Array.from(line);
  return points.length > limit ? `${points.slice(0, limit - 1).join('')}…` : line;
}

/** The same JSON value, in which everything that cannot be seen is written as its escape (RFC 8259 §7). */
export function visibleJson(json: string): string {
  return json.replace(UNSEEN, (unseen) => (unseen === '\n' ? unseen : escaped(unseen)));
}

/** Somebody else's words, set apart so that their direction cannot leak into the sentence around them. */
export function Foreign({ text, limit }: { text: string; limit?: number }) {
  return <bdi>{visible(text, limit)}</bdi>;
}

/** A stretch of a sentence from the catalogue; `value` marks what came with the request. */
export interface Part {
  text: string;
  value?: boolean;
  /** Decides what happens: an amount, a payee. */
  critical?: boolean;
  /** Said by the system itself when it was asked, not by the request. */
  stated?: boolean;
}

/**
 * A sentence of ours as one text, as lists and mails keep it: the values in it are not marked any more. Where one runs
 * the other way, the figures after it would be read before it; so each stretch of such letters is set apart.
 */
export function Told({ text, limit }: { text: string; limit?: number }) {
  const { direction } = useSpeaker();
  const stretches = (limit === undefined ? text : visible(text, limit)).split(OTHER_WAY);
  if (stretches.length === 1) return stretches;
  return <span dir={direction}>{stretches.map((one, index) => (index % 2 === 1 ? <bdi>{one}</bdi> : one))}</span>;
}

/** Letters that are read from right to left, and what stands between two of them. */
const OTHER_WAY =
  /((?:(?=[\p{L}\p{M}])[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\u{10800}-\u{10fff}\u{1e800}-\u{1efff}][^\p{L}\p{N}“”„]*)*(?=[\p{L}\p{M}])[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\u{10800}-\u{10fff}\u{1e800}-\u{1efff}])/u;

/** A sentence of the catalogue, every value in it set apart; its text is exactly what was given. */
export function Sentence({ parts }: { parts: string | readonly Part[] }) {
  if (typeof parts === 'string') return <Told text={parts} />;
  const isShort = (part: Part | undefined) => part?.critical && !part.stated && part.text.length <= SHORT;
  const opening = (part: Part | undefined) => (isOurs(part) ? (/[“„(]+$/u.exec(part.text)?.[0] ?? '') : '');
  const closing = (part: Part | undefined) => (isOurs(part) ? (/^[”“),.]+/u.exec(part.text)?.[0] ?? '') : '');
  return parts.map((part, index) => {
    const { text, value, critical, stated } = part;
    const [before, after] = [parts[index - 1], parts[index + 1]];
    if (stated) return <bdi class="stated">{text}</bdi>;
    if (isShort(part)) {
      // With its quotation marks, or one of them would stand at the end of a line or the beginning of the next.
      return (
        <span class="held">
          {opening(before)}
          <bdi class="critical">{text}</bdi>
          {closing(after)}
        </span>
      );
    }
    if (critical) return <bdi class="critical">{text}</bdi>;
    if (value) return <bdi>{text}</bdi>;
    const rest = isShort(before) ? text.slice(closing(part).length) : text;
    return isShort(after) ? rest.slice(0, rest.length - opening({ ...part, text: rest }).length) : rest;
  });
}

const isOurs = (part: Part | undefined): part is Part => part !== undefined && !part.value && !part.critical;

/** Names in a sentence: "A", "A and B", "A, B and C". */
export function Names({ names }: { names: readonly string[] }) {
  return useSpeaker()
    .list(names)
    .map(({ text, item }) =>
      item === undefined ? (
        text
      ) : (
        <strong>
          <Foreign text={text} limit={60} />
        </strong>
      ),
    );
}

/** The address if a browser may follow it as a link, else undefined: agents bring redirect URIs of their own. */
export function followable(url: string): string | undefined {
  const scheme = /^([a-z][a-z0-9+.-]*):/iu.exec(url)?.[1]?.toLowerCase();
  if (scheme === undefined) return /^\/(?![/\\])/u.test(url) ? url : undefined;
  return IN_OUR_NAME.has(scheme) ? undefined : url;
}

/** Schemes that run or show content as if it were ours. Private-use schemes of native apps (RFC 8252 §7.1) are not. */
const IN_OUR_NAME = new Set(['javascript', 'data', 'vbscript', 'blob', 'filesystem', 'about', 'view-source', 'file']);

/** A critical value this long fits a line of the narrowest screen, spaced out too, so it is never broken in two. */
const SHORT = 16;

const escaped = (text: string): string =>
  Array.from({ length: text.length }, (_, index) => `\\u${text.charCodeAt(index).toString(16).padStart(4, '0')}`).join(
    '',
  );
