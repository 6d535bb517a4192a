import { Ask, type AskProps } from '../decision.tsx';
import { Csrf, page } from '../layout.tsx';
import { Foreign } from '../text.tsx';
import { ACTIONS, VERBS } from '../words/console-actions.ts';
import { PROPOSAL } from '../words/console-policies.ts';
import { LEVEL } from '../words/console-shell.ts';
import { In, useSpeaker } from '../words/context.tsx';
import type { Speaker } from '../words/speaker.ts';
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
    version: number;
    system: string;
    verb: keyof typeof VERBS;
    least: keyof typeof LEVEL;
    /** Left out where it is always the least. */
    most?: keyof typeof LEVEL | undefined;
    owner: 'shared' | 'yours';
    waits?: 'proposed' | 'draft' | undefined;
  }[];
}

/** Every action that can be asked for in this organization. */
export const actionsPage = (props: ActionsPage): string => page(<Actions {...props} />, props.frame);

function Actions({ frame, actions }: ActionsPage) {
  const { say } = useSpeaker();
  return (
    <AdminLayout frame={frame} title={say(ACTIONS.title)}>
      <h1>{say(ACTIONS.title)}</h1>
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
            one.version,
            <Foreign text={one.system} limit={40} />,
            say(VERBS[one.verb]),
            one.most === undefined
              ? say(LEVEL[one.least])
              : say(ACTIONS.levels, { least: say(LEVEL[one.least]), most: say(LEVEL[one.most]) }),
            say(ACTIONS[one.owner]),
            one.waits === undefined ? '–' : say(ACTIONS[one.waits]),
          ],
        }))}
      />
    </AdminLayout>
  );
}

export interface ActionPage {
  frame: AdminFrame;
  csrf: string;
  key: string;
  version: number;
  versions: readonly { version: number; href: string; current: boolean }[];
  system: string;
  /** Whether this organization owns it, and this person may change it. */
  mayChange: boolean;
  shared: boolean;
  yaml: string;
  problems: readonly string[];
  changes: Changes['changes'];
  /** What lives under each version. */
  effect: readonly { version: number; tasks: number; standing: number; people: number; questions: number }[];
  draft?: { proposed: boolean; by: string; since: string; mine: boolean; hash: string } | undefined;
  preview?:
    | {
        ask: AskProps;
        speaker: Speaker;
        samples: readonly { label: string; href: string; current: boolean }[];
        languages: readonly { label: string; href: string; current: boolean }[];
      }
    | undefined;
  notice?: string | undefined;
}

/** A5: one action as it is written, beside what a person would read. */
export const actionPage = (props: ActionPage): string => page(<Action {...props} />, props.frame);

function Action(props: ActionPage) {
  const { frame, key, version, versions, system, shared, problems, changes, notice, draft } = props;
  const { say, markup } = useSpeaker();
  const lead = shared ? ACTIONS.leadShared : ACTIONS.leadYours;
  return (
    <AdminLayout
      frame={frame}
      title={key}
      above={[{ href: '/admin/actions', label: say(ACTIONS.title) }]}
      notice={notice}
      error={problems.length > 0}
    >
      <h1>{key}</h1>
      <p class="lead">{markup(lead, { version, system: <Foreign text={system} limit={40} /> })}</p>
      <nav class="tabs" aria-label={say(ACTIONS.versions)}>
        {versions.map((one) => (
          <a class="tab" href={one.href} aria-current={one.current ? 'page' : undefined}>
            {say(ACTIONS.oneVersion, { version: one.version })}
          </a>
        ))}
      </nav>
      {draft === undefined ? null : <Draft {...props} draft={draft} />}
      <div class="side-by-side">
        <Editor {...props} />
        <Preview {...props} />
      </div>
      <Section title={say(ACTIONS.changesAfter, { version })}>
        <ChangeList changes={changes} />
      </Section>
      <Effects {...props} />
    </AdminLayout>
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
          ) : (
            <form method="post" action={`/admin/actions/${key}/publish`}>
              <Csrf value={csrf} />
              <input type="hidden" name="hash" value={hash} />
              <button type="submit" class="button primary" data-testid="publish">
                {say(PROPOSAL.publish)}
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
        action={`/admin/actions/${key}`}
        csrf={csrf}
        submit={say(ACTIONS.keep)}
        problems={problems.map((text) => ({ field: 'yaml', text }))}
      >
        <TextArea name="yaml" label={say(ACTIONS.actionYaml)} value={yaml} rows={28} maxLength={200_000} />
      </AdminForm>
    </Section>
  );
}

/** The very markup of the decision page, in the language chosen. */
function Preview({ preview }: ActionPage) {
  const { say } = useSpeaker();
  if (preview === undefined) {
    return (
      <Section title={say(ACTIONS.preview)}>
        <p class="quiet">{say(ACTIONS.noPreview)}</p>
      </Section>
    );
  }
  const { ask, speaker, samples, languages } = preview;
  return (
    <section class="part">
      <h2>{say(ACTIONS.preview)}</h2>
      <nav class="tabs" aria-label={say(ACTIONS.samples)}>
        {[...samples, ...languages].map(({ label, href, current }) => (
          <a class="tab" href={href} aria-current={current ? 'true' : undefined}>
            {label}
          </a>
        ))}
      </nav>
      <div class="phone" lang={speaker.language} dir={speaker.direction} data-testid="preview">
        <In speaker={speaker}>
          <Ask {...ask} />
        </In>
      </div>
    </section>
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
          { label: say(ACTIONS.questions), number: true },
        ]}
        rows={effect.map(({ version, tasks, standing, people, questions }) => ({
          key: String(version),
          cells: [version, tasks, standing, people, questions],
        }))}
      />
    </Section>
  );
}
