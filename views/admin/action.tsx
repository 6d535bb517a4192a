import { Ask, type AskProps, type FactName, Instead, type Offered } from '../decision.tsx';
import { Csrf, page, part } from '../layout.tsx';
import { Foreign, Names, visible } from '../text.tsx';
import { ACTIONS, NEW_ACTION, VERBS } from '../words/console-actions.ts';
import { PROPOSAL } from '../words/console-policies.ts';
import { LEVEL } from '../words/console-shell.ts';
import { In, useSpeaker } from '../words/context.tsx';
import { DECISION } from '../words/decision.ts';
import type { Speaker } from '../words/speaker.ts';
import type { Said } from '../words/words.ts';
import { Section } from './detail.tsx';
import { AdminForm, TextArea } from './form.tsx';
import { Table } from './list.tsx';
import { ChangeList, type Changes } from './policies.tsx';
import { type AdminFrame, AdminLayout } from './shell.tsx';

export interface ActionsPage {
  frame: AdminFrame;
  actions: readonly {
    key: string;
    href: string;
    system: string;
    /** Left out of what was never published. */
    published?:
      | {
          version: number;
          verb: keyof typeof VERBS;
          least: keyof typeof LEVEL;
          /** Left out where it is always the least. */
          most?: keyof typeof LEVEL | undefined;
        }
      | undefined;
    owner: 'shared' | 'yours';
    waits?: 'proposed' | 'draft' | undefined;
  }[];
  /** Where a new one begins; left out for whoever may not. */
  begin?: string | undefined;
  notice?: Said | undefined;
}

/** Every action that can be asked for in this organization. */
export const actionsPage = (props: ActionsPage): string => page(<Actions {...props} />, props.frame);

function Actions({ frame, actions, begin, notice }: ActionsPage) {
  const { say } = useSpeaker();
  const levels = ({ least, most }: NonNullable<ActionsPage['actions'][number]['published']>) =>
    most === undefined ? say(LEVEL[least]) : say(ACTIONS.levels, { least: say(LEVEL[least]), most: say(LEVEL[most]) });
  return (
    <AdminLayout frame={frame} title={say(ACTIONS.title)} notice={notice}>
      <div class="heading">
        <h1>{say(ACTIONS.title)}</h1>
        {begin === undefined ? null : (
          <a class="button" href={begin}>
            {say(NEW_ACTION.title)}
          </a>
        )}
      </div>
      <Table
        label={say(ACTIONS.title)}
        columns={[
          { label: say(ACTIONS.action) },
          { label: say(ACTIONS.version), number: true },
          { label: say(ACTIONS.system) },
          { label: say(ACTIONS.does) },
          { label: say(ACTIONS.impact) },
          { label: say(ACTIONS.whose) },
          { label: say(ACTIONS.state) },
        ]}
        rows={actions.map((one) => ({
          key: one.key,
          cells: [
            <a class="row-link" href={one.href}>
              {one.key}
            </a>,
            one.published?.version ?? '–',
            <Foreign text={one.system} limit={40} />,
            one.published ? say(VERBS[one.published.verb]) : '–',
            one.published ? levels(one.published) : '–',
            say(ACTIONS[one.owner]),
            one.waits === undefined ? '–' : say(ACTIONS[one.waits]),
          ],
        }))}
      />
    </AdminLayout>
  );
}

export interface ActionPage extends Look {
  frame: AdminFrame;
  csrf: string;
  key: string;
  /** The one that is looked at; undefined where none is published. */
  version?: number | undefined;
  versions: readonly { version: number; href: string; current: boolean }[];
  system: string;
  shared: boolean;
  yaml: string;
  /** Why what was asked was not done. */
  problems: readonly Said[];
  changes: Changes['changes'];
  /** The version that it changes; left out where there is none before it. */
  after?: number | undefined;
  /** What lives under each version. */
  effect: readonly {
    version: number;
    tasks: number;
    standing: number;
    people: number;
    agents: number;
    questions: number;
  }[];
  draft?:
    | {
        proposed: boolean;
        by: string;
        since: string;
        mine: boolean;
        hash: string;
        /** As which it would be published; left out where something keeps it from that. */
        version?: number | undefined;
      }
    | undefined;
  /** Where the next version is written; left out where nobody may, and where one is begun already. */
  begin?: string | undefined;
  /** Agents that may do it now under the newest version; left out for an older one. */
  live?: number | undefined;
  /** What somebody else says about it, from whose description it was drafted. */
  described?: { source: string; says?: string | undefined; lacks?: readonly string[] | undefined } | undefined;
  notice?: Said | undefined;
}

/** What is drawn anew while somebody types: what the text lacks, and what a person would read. */
export interface Look {
  /** Whether this organization owns it, and this person may change it. */
  mayChange: boolean;
  /** What keeps the text from being published; undefined where it is published already. */
  lint?: readonly Said[] | undefined;
  /** The version that the text would be published as, and whether a second administrator has to agree; left out where it cannot be. */
  publish?: { version: number; alone: boolean } | undefined;
  /** The sample and the language that are looked at. */
  shown: string;
  preview?:
    | {
        ask: AskProps;
        /** What a person is pointed to beside it. */
        instead?: Offered | undefined;
        speaker: Speaker;
        measures: readonly { place: 'headline' | FactName; unit: 'words' | 'characters'; is: number; most: number }[];
        samples: readonly Shown[];
        languages: readonly Shown[];
      }
    | undefined;
}

/** One of several that the preview can show: what is typed is sent along, or a link, where nothing can be typed. */
interface Shown {
  label: string;
  shown: string;
  href: string;
  current: boolean;
}

/** A5: one action as it is written, beside what a person would read. */
export const actionPage = (props: ActionPage): string => page(<Action {...props} />, props.frame);

/** The part of the page that is drawn anew. */
export const actionLook = (props: Look & Pick<ActionPage, 'frame'>): string =>
  part(<Preview {...props} />, props.frame);

function Action(props: ActionPage) {
  const {
    frame,
    key,
    version,
    versions,
    system,
    shared,
    problems,
    changes,
    notice,
    draft,
    described,
    mayChange,
    begin,
    after,
    live,
  } = props;
  const { say, markup } = useSpeaker();
  const place = <Foreign text={system} limit={40} />;
  return (
    <AdminLayout
      frame={frame}
      title={key}
      above={[{ href: '/admin/actions', label: say(ACTIONS.title) }]}
      notice={notice}
      error={problems.length > 0}
      script={mayChange ? 'preview.js' : undefined}
    >
      <div class="heading">
        <h1 class="action-key">{key}</h1>
        {begin === undefined ? null : (
          <a class="button" href={begin} data-testid="new-version">
            {say(ACTIONS.newVersion)}
          </a>
        )}
      </div>
      <p class="lead">
        {version === undefined
          ? markup(ACTIONS.leadNew, { system: place })
          : markup(shared ? ACTIONS.leadShared : ACTIONS.leadYours, { version, system: place })}{' '}
        {live === undefined ? null : say(ACTIONS.live, { count: live })}
      </p>
      {versions.length === 0 ? null : (
        <nav class="tabs" aria-label={say(ACTIONS.versions)}>
          {versions.map((one) => (
            <a class="tab" href={one.href} aria-current={one.current ? 'page' : undefined}>
              {say(ACTIONS.oneVersion, { version: one.version })}
            </a>
          ))}
        </nav>
      )}
      {draft === undefined ? null : <Draft {...props} draft={draft} />}
      {described === undefined ? null : <Described {...described} />}
      <div class="side-by-side">
        <Editor {...props} />
        <div class="beside">
          <p class="unseen" id="preview-news" role="status" />
          <Preview {...props} />
        </div>
      </div>
      {after === undefined ? null : (
        <Section title={say(ACTIONS.changesAfter, { version: after })}>
          <ChangeList changes={changes} />
        </Section>
      )}
      <Effects {...props} />
    </AdminLayout>
  );
}

/** Whose words a draft was made from: quoted, labelled, and apart from everything that is ours. */
function Described({ source, says, lacks = [] }: NonNullable<ActionPage['described']>) {
  const { say, markup } = useSpeaker();
  return (
    <section class="warning" aria-labelledby="described" data-testid="described">
      <h2 id="described">{markup(ACTIONS.drafted, { source: <Foreign text={source} limit={80} /> })}</h2>
      <p>{say(ACTIONS.writeYourself)}</p>
      {says === undefined ? null : (
        <figure class="agent-words">
          <figcaption>{say(ACTIONS.untrusted)}</figcaption>
          <blockquote dir="auto">{say(DECISION.quoted, { words: visible(says, 2000) })}</blockquote>
        </figure>
      )}
      {lacks.length === 0 ? null : <p>{markup(ACTIONS.lacks, { names: <Names names={lacks} /> })}</p>}
    </section>
  );
}

function Draft({ csrf, key, draft, mayChange }: ActionPage & { draft: NonNullable<ActionPage['draft']> }) {
  const { proposed, by, since, mine, hash } = draft;
  const { say, markup } = useSpeaker();
  return (
    <section class="warning" aria-labelledby="draft">
      <h2 id="draft">{say(proposed ? PROPOSAL.title : ACTIONS.draftTitle)}</h2>
      <p>{markup(PROPOSAL.by, { person: <Foreign text={by} limit={80} />, time: since })}</p>
      {mayChange ? (
        <div class="actions">
          {proposed && mine ? (
            <p class="quiet">{say(PROPOSAL.yours)}</p>
          ) : draft.version === undefined ? null : (
            <form method="post" action={`/admin/actions/${key}/publish`}>
              <Csrf value={csrf} />
              <input type="hidden" name="hash" value={hash} />
              <button type="submit" class="button primary" data-testid="publish">
                {say(ACTIONS.publish, { version: draft.version })}
              </button>
            </form>
          )}
          <form method="post" action={`/admin/actions/${key}/remove`}>
            <Csrf value={csrf} />
            <button type="submit" class="button">
              {say(PROPOSAL.remove)}
            </button>
          </form>
        </div>
      ) : null}
    </section>
  );
}

function Editor({ csrf, key, yaml, mayChange, problems }: ActionPage) {
  const { say } = useSpeaker();
  if (!mayChange) {
    return (
      <Section title={say(ACTIONS.yaml)}>
        <pre class="yaml">{yaml}</pre>
      </Section>
    );
  }
  return (
    <Section title={say(ACTIONS.write)}>
      <AdminForm
        id="editor"
        action={`/admin/actions/${key}`}
        csrf={csrf}
        submit={say(ACTIONS.save)}
        quiet
        problems={problems.map((text) => ({ field: 'yaml', text }))}
      >
        <TextArea name="yaml" label={say(ACTIONS.actionYaml)} value={yaml} rows={28} maxLength={200_000} />
      </AdminForm>
    </Section>
  );
}

/** What the text lacks, and the very markup of the decision page, in the language chosen. */
function Preview({ mayChange, lint, publish, shown, preview }: Look) {
  const { say } = useSpeaker();
  return (
    <section class="part" id="preview" data-shown={shown}>
      <div class="heading">
        <h2>{say(ACTIONS.preview)}</h2>
        {mayChange ? (
          <button type="submit" class="button" form="editor" name="show" value={shown} data-testid="look">
            {say(ACTIONS.look)}
          </button>
        ) : null}
      </div>
      {lint === undefined ? null : <Lint lint={lint} />}
      {publish === undefined ? null : (
        <div class="actions">
          <button
            type="submit"
            class="button primary"
            form="editor"
            name="publish"
            value="1"
            data-testid="publish-this"
          >
            {say(publish.alone ? ACTIONS.propose : ACTIONS.publish, { version: publish.version })}
          </button>
        </div>
      )}
      {preview === undefined ? (
        <p class="quiet" id="no-preview">
          {say(ACTIONS.noPreview)}
        </p>
      ) : (
        <Phone {...preview} mayChange={mayChange} />
      )}
    </section>
  );
}

/** A line that cannot be read makes every line after it one: the first of them say enough. */
const SAID = 12;

function Lint({ lint }: { lint: readonly Said[] }) {
  const { say } = useSpeaker();
  return (
    <div id="lint">
      <h3>{lint.length === 0 ? say(ACTIONS.nothingWrong) : say(ACTIONS.wrong, { count: lint.length })}</h3>
      {lint.length === 0 ? null : (
        <ul class="lint">
          {lint.slice(0, SAID).map((problem) => (
            <li>
              <Foreign text={problem} limit={400} />
            </li>
          ))}
        </ul>
      )}
      {lint.length <= SAID ? null : <p class="quiet">{say(ACTIONS.more, { count: lint.length - SAID })}</p>}
    </div>
  );
}

function Phone({
  ask,
  instead,
  speaker,
  measures,
  samples,
  languages,
  mayChange,
}: NonNullable<Look['preview']> & { mayChange: boolean }) {
  const { say } = useSpeaker();
  return (
    <div id="shown">
      <fieldset class="tabs" aria-label={say(ACTIONS.samples)}>
        {[...samples, ...languages].map(({ label, shown, href, current }) =>
          mayChange ? (
            <button type="submit" class="tab" form="editor" name="show" value={shown} aria-pressed={current}>
              {label}
            </button>
          ) : (
            <a class="tab" href={href} aria-current={current ? 'true' : undefined}>
              {label}
            </a>
          ),
        )}
      </fieldset>
      <OnPhone {...{ ask, instead, speaker }} label={say(ACTIONS.preview)} />
      <ul class="measures" aria-label={say(ACTIONS.lengths)}>
        {measures
          .filter(({ place, unit, is, most }) => is > most || unit === (place === 'headline' ? 'words' : 'characters'))
          .map(({ place, unit, is, most }) => (
            <li data-over={is > most ? 'true' : undefined}>
              {is > most ? <strong>{say(ACTIONS.tooLong)}</strong> : null}
              {say(unit === 'words' ? ACTIONS.words : ACTIONS.characters, {
                place: say(place === 'headline' ? ACTIONS.headline : DECISION[place]),
                is,
                most,
              })}
            </li>
          ))}
      </ul>
    </div>
  );
}

/** The words of a decision page, as a phone shows them. */
export function OnPhone(props: { ask: AskProps; instead?: Offered | undefined; speaker: Speaker; label: Said }) {
  const { ask, instead, speaker, label } = props;
  return (
    <article class="phone" aria-label={label} lang={speaker.language} dir={speaker.direction} data-testid="preview">
      <In speaker={speaker}>
        <Ask {...ask} />
        {instead === undefined ? null : <Instead {...instead} />}
      </In>
    </article>
  );
}

function Effects({ effect }: ActionPage) {
  const { say } = useSpeaker();
  if (effect.length === 0) return null;
  return (
    <Section title={say(ACTIONS.lives)}>
      <p class="quiet">{say(ACTIONS.livesLead)}</p>
      <Table
        label={say(ACTIONS.lives)}
        columns={[
          { label: say(ACTIONS.version), number: true },
          { label: say(ACTIONS.tasks), number: true },
          { label: say(ACTIONS.standing), number: true },
          { label: say(ACTIONS.people), number: true },
          { label: say(ACTIONS.agents), number: true },
          { label: say(ACTIONS.questions), number: true },
        ]}
        rows={effect.map(({ version, tasks, standing, people, agents, questions }) => ({
          key: String(version),
          cells: [version, tasks, standing, people, agents, questions],
        }))}
      />
    </Section>
  );
}
