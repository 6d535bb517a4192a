import { Ask, type AskProps } from '../decision.tsx';
import { Csrf, page } from '../layout.tsx';
import { Foreign } from '../text.tsx';
import { In } from '../words/context.tsx';
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
    verb: string;
    impact: string;
    /** "shared", "yours". */
    owner: string;
    /** "proposed", "draft". */
    waits?: string | undefined;
  }[];
}

/** Every action that can be asked for in this organization. */
export const actionsPage = (props: ActionsPage): string => page(<Actions {...props} />, props.frame);

function Actions({ frame, actions }: ActionsPage) {
  return (
    <AdminLayout frame={frame} title="Actions">
      <h1>Actions</h1>
      <Table
        label="Actions"
        columns={[
          { label: 'Action' },
          { label: 'Version', number: true },
          { label: 'System' },
          { label: 'Does' },
          { label: 'Impact' },
          { label: 'Whose' },
          {},
        ]}
        rows={actions.map((one) => ({
          key: one.key,
          cells: [
            <a class="row-link" href={one.href}>
              {one.key}
            </a>,
            one.version,
            <Foreign text={one.system} limit={40} />,
            one.verb,
            one.impact,
            one.owner,
            one.waits ?? '',
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
  return (
    <AdminLayout
      frame={frame}
      title={key}
      above={[{ href: '/admin/actions', label: 'Actions' }]}
      notice={notice}
      error={problems.length > 0}
    >
      <h1>{key}</h1>
      <p class="lead">
        Version {version} of <Foreign text={system} limit={40} />
        {shared ? ', shared by the deployment: its operator writes it.' : '.'}
      </p>
      <nav class="tabs" aria-label="Versions">
        {versions.map((one) => (
          <a class="tab" href={one.href} aria-current={one.current ? 'page' : undefined}>
            Version {one.version}
          </a>
        ))}
      </nav>
      {draft === undefined ? null : <Draft {...props} draft={draft} />}
      <div class="side-by-side">
        <Editor {...props} />
        <Preview {...props} />
      </div>
      <Section title={`What changes after version ${version}`}>
        <ChangeList changes={changes} />
      </Section>
      <Effects {...props} />
    </AdminLayout>
  );
}

function Draft({ csrf, key, draft, mayChange }: ActionPage & { draft: NonNullable<ActionPage['draft']> }) {
  const { proposed, by, since, mine, hash } = draft;
  return (
    <section class="warning" aria-labelledby="draft">
      <h2 id="draft">{proposed ? 'A proposal waits for a second administrator' : 'A draft, not published'}</h2>
      <p>
        By <Foreign text={by} limit={80} />, since {since}.
      </p>
      {mayChange ? (
        <div class="actions">
          {proposed && mine ? (
            <p class="quiet">It is yours: somebody else confirms it.</p>
          ) : (
            <form method="post" action={`/admin/actions/${key}/publish`}>
              <Csrf value={csrf} />
              <input type="hidden" name="hash" value={hash} />
              <button type="submit" class="button primary" data-testid="publish">
                Publish it
              </button>
            </form>
          )}
          <form method="post" action={`/admin/actions/${key}/remove`}>
            <Csrf value={csrf} />
            <button type="submit" class="button">
              Remove it
            </button>
          </form>
        </div>
      ) : null}
    </section>
  );
}

function Editor({ csrf, key, yaml, mayChange, problems }: ActionPage) {
  if (!mayChange) {
    return (
      <Section title="As YAML">
        <pre class="yaml">{yaml}</pre>
      </Section>
    );
  }
  return (
    <Section title="Write it">
      <AdminForm
        action={`/admin/actions/${key}`}
        csrf={csrf}
        submit="Check, preview and keep as a draft"
        problems={problems.map((text) => ({ field: 'yaml', text }))}
      >
        <TextArea name="yaml" label="The action, as YAML" value={yaml} rows={28} maxLength={200_000} />
      </AdminForm>
    </Section>
  );
}

/** The very markup of the decision page, in the language chosen. */
function Preview({ preview }: ActionPage) {
  if (preview === undefined) {
    return (
      <Section title="Preview">
        <p class="quiet">There is nothing to preview until it can be read.</p>
      </Section>
    );
  }
  const { ask, speaker, samples, languages } = preview;
  return (
    <section class="part">
      <h2>Preview</h2>
      <nav class="tabs" aria-label="Samples and languages">
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
  if (effect.length === 0) return null;
  return (
    <Section title="What lives under it">
      <p class="quiet">It stays under its version until it ends; what repeats without asking is asked again.</p>
      <Table
        label="What lives under it"
        columns={[
          { label: 'Version', number: true },
          { label: 'Live tasks', number: true },
          { label: 'without asking', number: true },
          { label: 'People', number: true },
          { label: 'Waiting questions', number: true },
        ]}
        rows={effect.map(({ version, tasks, standing, people, questions }) => ({
          key: String(version),
          cells: [version, tasks, standing, people, questions],
        }))}
      />
    </Section>
  );
}
