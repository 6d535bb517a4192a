import { page } from '../layout.tsx';
import { Foreign, visible } from '../text.tsx';
import { Facts, Section } from './detail.tsx';
import { AdminForm, RadioList, Select, TextInput } from './form.tsx';
import { Pill, Table } from './list.tsx';
import { type AdminFrame, AdminLayout } from './shell.tsx';

export interface StopPage {
  frame: AdminFrame;
  csrf: string;
  /** What was looked for. */
  find: string;
  /** Nothing has this name. */
  notFound: boolean;
  targets: readonly { value: string; label: string; effect: string; checked: boolean }[];
  /** "New tokens: refused at once", …: what a stop reaches, and when. */
  reasons: readonly string[];
  /** The last instant at which an API that asks nobody may still accept a token. */
  until: string | undefined;
  problems: readonly { field?: string | undefined; text: string }[];
  standing: readonly StandingRow[];
}

export interface StandingRow {
  id: string;
  href: string;
  name: string;
  kind: string;
  security: boolean;
  reason: string;
  by: string;
  at: string;
  state: 'standing' | 'waiting' | 'resumed';
}

/** A8: stopping is one step, without typing, and says before and after what it does and when. */
export const stopPage = (props: StopPage): string => page(<Stop {...props} />, props.frame);

function Stop({ frame, csrf, find, notFound, targets, reasons, until, problems, standing }: StopPage) {
  return (
    <AdminLayout frame={frame} title="Stop" error={problems.length > 0}>
      <h1>Stop what?</h1>
      <search class="narrow">
        <form class="search" method="get" action="/admin/stop">
          <label class="unseen" for="find">
            An agent, a person or a system
          </label>
          <input
            class="input"
            type="search"
            id="find"
            name="find"
            value={find}
            placeholder="An agent, a person’s e-mail address, a system"
            autocomplete="off"
            autocapitalize="none"
            spellcheck={false}
            maxLength={320}
            aria-describedby={notFound ? 'find-problem' : undefined}
          />
          <button type="submit" class="button">
            Find
          </button>
        </form>
        {notFound ? (
          <p class="problem" id="find-problem" role="alert">
            Nothing here is called {visible(find, 80)}.
          </p>
        ) : null}
      </search>
      <div class="narrow">
        <AdminForm action="/admin/stop" csrf={csrf} problems={problems} submit="Stop now" danger cancel="/admin">
          <RadioList
            name="target"
            legend="At once, and until somebody resumes it"
            options={targets.map(({ value, label, effect, checked }) => ({
              value,
              label: <Foreign text={label} limit={100} />,
              detail: effect,
              checked,
            }))}
          />
          <Facts
            facts={[
              ['New tokens', 'refused at once'],
              ['APIs that ask here', 'at once'],
              ['APIs that trust a token', until === undefined ? 'no such token lives' : `at the latest at ${until}`],
              ['Waiting approvals', 'end at once'],
            ]}
          />
          <Select
            name="reason"
            label="Why"
            value={reasons[0]}
            options={reasons.map((reason) => ({ value: reason, label: reason }))}
          />
          <TextInput name="note" label="Note" optional maxLength={140} />
          <label class="option">
            <input type="checkbox" class="check-input" name="security" value="1" checked />
            <span>
              <span class="option-label">This is a security stop</span>
              <span class="quiet option-detail">Two administrators are needed to resume it.</span>
            </span>
          </label>
        </AdminForm>
      </div>
      <Section title="Stopped now">
        {standing.length === 0 ? (
          <p class="quiet">Nothing is stopped.</p>
        ) : (
          <Table
            label="Stopped now"
            columns={[{ label: 'What' }, { label: 'Why' }, { label: 'By' }, { label: 'Since' }, { label: 'Resuming' }]}
            rows={standing.map((stop) => ({
              key: stop.id,
              cells: [
                <>
                  <a class="row-link" href={stop.href}>
                    <Foreign text={stop.name} limit={80} />
                  </a>{' '}
                  <span class="quiet">{stop.kind}</span>
                </>,
                <Foreign text={stop.reason} limit={200} />,
                <Foreign text={stop.by} limit={60} />,
                stop.at,
                stop.state === 'waiting'
                  ? 'one administrator resumed it, another has to'
                  : stop.security
                    ? 'takes two'
                    : 'takes one',
              ],
            }))}
          />
        )}
      </Section>
    </AdminLayout>
  );
}

export interface StoppedPage {
  frame: AdminFrame;
  stop: StandingRow;
  facts: readonly (readonly [label: string, value: string])[];
  /** APIs that may still accept a token without asking here. */
  systems: readonly { name: string; count: number; until: string }[];
  /** Now, in the reader's zone: the list is as of this instant. */
  now: string;
  resume: string | undefined;
  notice?: string | undefined;
}

/** After STOP: what was stopped, what nobody can take back and until when, and the slow way back. */
export const stoppedPage = (props: StoppedPage): string => page(<Stopped {...props} />, props.frame);

function Stopped({ frame, stop, facts, systems, now, resume, notice }: StoppedPage) {
  const name = visible(stop.name, 80);
  return (
    <AdminLayout
      frame={frame}
      title={stop.state === 'resumed' ? `${name} was resumed` : `${name} is stopped`}
      above={[{ href: '/admin/stop', label: 'Stop' }]}
      notice={notice}
    >
      <div class="heading">
        <div class="title">
          <h1>
            <bdi>{name}</bdi>
          </h1>
          {stop.state === 'resumed' ? <Pill tone="good">resumed</Pill> : <Pill tone="bad">stopped</Pill>}
        </div>
        {resume === undefined ? null : (
          <a class="button" href={resume}>
            Resume…
          </a>
        )}
      </div>
      <Facts facts={facts.map(([label, value]) => [label, <Foreign text={value} limit={200} />] as const)} />
      {stop.state === 'resumed' ? null : (
        <Section title="What may still accept a token">
          {systems.length === 0 ? (
            <p class="quiet">Nothing: no token that an API could take at its word lives any more.</p>
          ) : (
            <>
              <p class="quiet">
                These validate tokens by themselves. As of {now}; nothing new is issued. Ask their owners to ask here
                (introspection) if this is too long.
              </p>
              <Table
                label="What may still accept a token"
                columns={[{ label: 'System' }, { label: 'Tokens', number: true }, { label: 'At the latest until' }]}
                rows={systems.map(({ name, count, until }) => ({
                  key: name,
                  cells: [<Foreign text={name} limit={80} />, count.toLocaleString('en'), until],
                }))}
              />
              <p>
                <a class="small-link" href={stop.href}>
                  Look again
                </a>
              </p>
            </>
          )}
        </Section>
      )}
      <p class="quiet">
        A stop cannot be undone: what it ended stays over. Resuming lets it be asked for again. Tell the owner, and the
        people whose tasks ended.
      </p>
    </AdminLayout>
  );
}

export interface ResumePage {
  frame: AdminFrame;
  csrf: string;
  stop: StandingRow;
  /** Another administrator has resumed it already: this is the second word. */
  second: string | undefined;
  problems: readonly { field?: string | undefined; text: string }[];
}

/** Resuming is slow and typed (D12). */
export const resumePage = ({ frame, csrf, stop, second, problems }: ResumePage): string =>
  page(
    <AdminLayout
      frame={frame}
      title={`Resume ${visible(stop.name, 80)}`}
      error={problems.length > 0}
      narrow
      above={[
        { href: '/admin/stop', label: 'Stop' },
        { href: stop.href, label: stop.name },
      ]}
    >
      <h1>
        Resume <bdi>{visible(stop.name, 80)}</bdi>
      </h1>
      <p class="lead">It may be asked for again. What it could do before does not come back: people are asked anew.</p>
      {stop.security ? (
        <p class="warning">
          {second === undefined
            ? 'This was stopped for security. After you, a second administrator has to resume it as well, within a day.'
            : `${visible(second, 60)} has resumed it already. With you it comes back.`}
        </p>
      ) : null}
      <AdminForm action={`${stop.href}/resume`} csrf={csrf} problems={problems} submit="Resume" cancel={stop.href}>
        <TextInput
          name="confirmation"
          label={`Type ${visible(stop.name, 80)}`}
          hint="Exactly as it stands here."
          verbatim
          maxLength={200}
          invalid={problems.some(({ field }) => field === 'confirmation')}
        />
        <TextInput name="reason" label="Why it may go on" maxLength={200} />
      </AdminForm>
    </AdminLayout>,
    frame,
  );
