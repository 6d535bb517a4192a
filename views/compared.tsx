import { Pair } from './layout.tsx';
import { Foreign, Told, visible } from './text.tsx';
import { COMPARED } from './words/compared.ts';
import { useSpeaker } from './words/context.tsx';
import type { Language } from './words/language.ts';
import { asItIs, type Said } from './words/words.ts';

/** What differs between two requests. */
export interface Differences {
  /** `about`: of which action, where there are several. Undefined where it was not given. */
  values: readonly {
    label: string;
    about?: string | undefined;
    before: string | undefined;
    after: string | undefined;
  }[];
  /** Actions that are only in the later one, and only in the earlier one. */
  added: readonly string[];
  left: readonly string[];
}

/** For whoever decides for somebody else. */
export interface Compared {
  /** For whom it is. */
  person: string;
  /** The latest decision about the same; undefined where there was none. */
  last?:
    | {
        outcome: Said;
        time: Said;
        wasAllowed: boolean;
        /** Undefined where the catalogue can no longer say what it was. */
        differences: Differences | undefined;
      }
    | undefined;
  /** Who signed first allowed less than was asked. */
  narrowed?: { person: string; differences: Differences } | undefined;
}

/** What changed since this was last decided, and since it was asked (A6). */
export function ComparedWithBefore(props: Compared & { agentName: string; taskLanguage: Language | undefined }) {
  const { person, agentName, last, narrowed, taskLanguage } = props;
  const { say, markup } = useSpeaker();
  const whose = <Foreign text={person} limit={80} />;
  return (
    <section class="compared" data-compared>
      {narrowed === undefined ? null : (
        <div class="compared-first" data-narrowed>
          <p>{markup(COMPARED.narrowed, { person: <Foreign text={narrowed.person} limit={80} /> })}</p>
          <DifferenceList differences={narrowed.differences} language={taskLanguage} />
        </div>
      )}
      <h2>{say(COMPARED.title)}</h2>
      {last === undefined ? (
        <p>{markup(COMPARED.never, { agent: <Foreign text={agentName} limit={80} />, person: whose })}</p>
      ) : (
        <>
          <p>{markup(COMPARED.last, { person: whose, outcome: last.outcome, time: last.time })}</p>
          <Since {...last} language={taskLanguage} />
        </>
      )}
    </section>
  );
}

function Since(props: NonNullable<Compared['last']> & { language: Language | undefined }) {
  const { differences, wasAllowed, language } = props;
  const { say } = useSpeaker();
  if (differences === undefined) return <p class="quiet">{say(COMPARED.gone)}</p>;
  const { values, added, left } = differences;
  if (values.length + added.length + left.length === 0) return <p>{say(COMPARED.same)}</p>;
  return (
    <>
      <p class="quiet">{say(wasAllowed ? COMPARED.fromAllowed : COMPARED.fromAsked)}</p>
      <DifferenceList differences={differences} language={language} />
    </>
  );
}

function DifferenceList({ differences, language }: { differences: Differences; language: Language | undefined }) {
  const { say, markup } = useSpeaker();
  const { values, added, left } = differences;
  const value = (text: string | undefined) =>
    text === undefined ? say(COMPARED.notGiven) : <bdi lang={language}>{visible(text, SHOWN)}</bdi>;
  return (
    <>
      {values.length === 0 ? null : (
        <dl class="pairs">
          {values.map(({ label, about, before, after }) => {
            const [then, now] = apart(before, after);
            return (
              <Pair label={asItIs(label)} language={language}>
                {about === undefined ? null : (
                  <p class="quiet">
                    <Told text={about} limit={80} />
                  </p>
                )}
                {markup(COMPARED.became, { before: value(then), after: value(now) })}
              </Pair>
            );
          })}
        </dl>
      )}
      {added.map((what) => (
        <p>{markup(COMPARED.notPartThen, { what: <Told text={what} limit={SHOWN} /> })}</p>
      ))}
      {left.map((what) => (
        <p>{markup(COMPARED.leftOut, { what: <Told text={what} limit={SHOWN} /> })}</p>
      ))}
    </>
  );
}

/** Characters of one value; all of it stands further down the page. */
const SHOWN = 160;

/** Two long texts are cut where they begin to differ, or both would read the same. */
function apart(before: string | undefined, after: string | undefined): [string | undefined, string | undefined] {
  if (before === undefined || after === undefined) return [before, after];
  const [then, now] = [Array.from(before), Array.from(after)];
  const same = then.findIndex((point, index) => point !== now[index]);
  const alike = same < 0 ? then.length : same;
  if (Math.max(then.length, now.length) <= SHOWN || alike < SHOWN / 2) return [before, after];
  const cut = (points: readonly string[]) => `…${points.slice(alike - 40).join('')}`;
  return [cut(then), cut(now)];
}
