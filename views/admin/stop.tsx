import { page } from '../layout.tsx';
import { Foreign, visible } from '../text.tsx';
import { STOP, STOP_REASONS, STOPPED } from '../words/console-stop.ts';
import { useSpeaker } from '../words/context.tsx';
import type { Said } from '../words/words.ts';
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
  targets: readonly { value: string; label: string; effect: Said; checked: boolean }[];
  /** The last instant at which an API that asks nobody may still accept a token. */
  until: Said | undefined;
  problems: readonly { field?: string | undefined; text: Said }[];
  standing: readonly StandingRow[];
}

export interface StandingRow {
  id: string;
  href: string;
  name: string;
  kind: Said;
  security: boolean;
  reason: string;
  by: string;
  at: Said;
  state: 'standing' | 'waiting' | 'resumed';
}

/** A8: stopping is one step, without typing, and says before and after what it does and when. */
export const stopPage = (props: StopPage): string => page(<Stop {...props} />, props.frame);

function Stop({ frame, csrf, find, notFound, targets, until, problems, standing }: StopPage) {
  const { say } = useSpeaker();
  return (
    <AdminLayout frame={frame} title={say(STOP.title)} error={problems.length > 0}>
      <h1>{say(STOP.heading)}</h1>
      <search class="narrow">
        <form class="search" method="get" action="/admin/stop">
          <label class="unseen" for="find">
            {say(STOP.find)}
          </label>
          <input
            class="input"
            type="search"
            id="find"
            name="find"
            value={find}
            placeholder={say(STOP.findHint)}
            autocomplete="off"
            autocapitalize="none"
            spellcheck={false}
            maxLength={320}
            aria-describedby={notFound ? 'find-problem' : undefined}
          />
          <button type="submit" class="button">
            {say(STOP.findButton)}
          </button>
        </form>
        {notFound ? (
          <p class="problem" id="find-problem" role="alert">
            {say(STOP.notFound, { name: visible(find, 80) })}
          </p>
        ) : null}
      </search>
      <div class="narrow">
        <AdminForm
          action="/admin/stop"
          csrf={csrf}
          problems={problems}
          submit={say(STOP.submit)}
          danger
          cancel="/admin"
        >
          <RadioList
            name="target"
            legend={say(STOP.until)}
            options={targets.map(({ value, label, effect, checked }) => ({
              value,
              label: <Foreign text={label} limit={100} />,
              detail: effect,
              checked,
            }))}
          />
          <Facts
            facts={[
              [say(STOP.newTokens), say(STOP.refusedAtOnce)],
              [say(STOP.asking), say(STOP.atOnce)],
              [say(STOP.trusting), until === undefined ? say(STOP.noneLives) : say(STOP.atTheLatest, { time: until })],
              [say(STOP.waiting), say(STOP.endAtOnce)],
            ]}
          />
          <Select
            name="reason"
            label={say(STOP.why)}
            value="injection"
            options={Object.entries(STOP_REASONS).map(([value, reason]) => ({ value, label: say(reason) }))}
          />
          <TextInput name="note" label={say(STOP.note)} optional maxLength={140} />
          <label class="option">
            <input type="checkbox" class="check-input" name="security" value="1" checked />
            <span>
              <span class="option-label">{say(STOP.security)}</span>
              <span class="quiet option-detail">{say(STOP.securityMeans)}</span>
            </span>
          </label>
        </AdminForm>
      </div>
      <Section title={say(STOP.stoppedNow)}>
        {standing.length === 0 ? (
          <p class="quiet">{say(STOP.nothing)}</p>
        ) : (
          <Table
            label={say(STOP.stoppedNow)}
            columns={[
              { label: say(STOP.what) },
              { label: say(STOP.why) },
              { label: say(STOP.by) },
              { label: say(STOP.since) },
              { label: say(STOP.resuming) },
            ]}
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
                say(stop.state === 'waiting' ? STOP.oneMore : stop.security ? STOP.takesTwo : STOP.takesOne),
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
  facts: readonly (readonly [label: Said, value: string])[];
  /** APIs that may still accept a token without asking here. */
  systems: readonly { name: string; count: number; until: Said }[];
  /** The servers that served when it was stopped, and when each heard of it. */
  instances: readonly { id: string; heard: Said | undefined; gone: boolean }[];
  /** Now, in the reader's zone: the list is as of this instant. */
  now: Said;
  resume: string | undefined;
  notice?: Said | undefined;
}

/** After STOP: what was stopped, what nobody can take back and until when, and the slow way back. */
export const stoppedPage = (props: StoppedPage): string => page(<Stopped {...props} />, props.frame);

function Stopped({ frame, stop, facts, systems, instances, now, resume, notice }: StoppedPage) {
  const { say, number } = useSpeaker();
  // Nobody waits for a server that is gone.
  const unheard = instances.filter(({ heard, gone }) => heard === undefined && !gone).length;
  const name = visible(stop.name, 80);
  return (
    <AdminLayout
      frame={frame}
      title={say(stop.state === 'resumed' ? STOPPED.wasResumed : STOPPED.isStopped, { name })}
      above={[{ href: '/admin/stop', label: say(STOP.title) }]}
      notice={notice}
      script={unheard > 0 ? 'hearings.js' : undefined}
    >
      <div class="heading">
        <div class="title">
          <h1>
            <bdi>{name}</bdi>
          </h1>
          {stop.state === 'resumed' ? (
            <Pill tone="good">{say(STOPPED.resumed)}</Pill>
          ) : (
            <Pill tone="bad">{say(STOPPED.stopped)}</Pill>
          )}
        </div>
        {resume === undefined ? null : (
          <a class="button" href={resume}>
            {say(STOPPED.resumeLink)}
          </a>
        )}
      </div>
      <Facts facts={facts.map(([label, value]) => [label, <Foreign text={value} limit={200} />] as const)} />
      {instances.length === 0 ? null : (
        <div id="hearings" data-unheard={unheard > 0 ? unheard : undefined} aria-live="polite">
          <Section title={say(STOPPED.whoHeard)}>
            <p class={unheard > 0 ? 'warning' : 'quiet'}>
              {unheard > 0 ? say(STOPPED.notAllHeard, { count: unheard }) : say(STOPPED.allHeard)}
            </p>
            <Table
              label={say(STOPPED.whoHeard)}
              columns={[{ label: say(STOPPED.instance) }, { label: say(STOPPED.heard) }]}
              rows={instances.map(({ id, heard, gone }) => ({
                key: id,
                cells: [<code>{id}</code>, heard ?? say(gone ? STOPPED.gone : STOPPED.notYet)],
              }))}
            />
            {unheard === 0 ? null : (
              <p>
                <a class="small-link" href={stop.href}>
                  {say(STOPPED.lookAgain)}
                </a>
              </p>
            )}
          </Section>
        </div>
      )}
      {stop.state === 'resumed' ? null : (
        <Section title={say(STOPPED.mayAccept)}>
          {systems.length === 0 ? (
            <p class="quiet">{say(STOPPED.nothingAccepts)}</p>
          ) : (
            <>
              <p class="quiet">{say(STOPPED.validateThemselves, { time: now })}</p>
              <Table
                label={say(STOPPED.mayAccept)}
                columns={[
                  { label: say(STOPPED.system) },
                  { label: say(STOPPED.tokens), number: true },
                  { label: say(STOPPED.latest) },
                ]}
                rows={systems.map(({ name, count, until }) => ({
                  key: name,
                  cells: [<Foreign text={name} limit={80} />, number(count), until],
                }))}
              />
              <p>
                <a class="small-link" href={stop.href}>
                  {say(STOPPED.lookAgain)}
                </a>
              </p>
            </>
          )}
        </Section>
      )}
      <p class="quiet">{say(STOPPED.noUndo)}</p>
    </AdminLayout>
  );
}

export interface ResumePage {
  frame: AdminFrame;
  csrf: string;
  stop: StandingRow;
  /** Another administrator has resumed it already: this is the second word. */
  second: string | undefined;
  /** What came back, with what is wrong with it. */
  typed?: ReadonlyMap<string, string> | undefined;
  problems: readonly { field?: string | undefined; text: Said }[];
}

/** Resuming is slow and typed (D12). */
export const resumePage = ({ frame, csrf, stop, second, typed, problems }: ResumePage): string => {
  const { say, markup } = frame.speaker;
  const name = visible(stop.name, 80);
  return page(
    <AdminLayout
      frame={frame}
      title={say(STOPPED.resumeName, { name })}
      error={problems.length > 0}
      narrow
      above={[
        { href: '/admin/stop', label: say(STOP.title) },
        { href: stop.href, label: stop.name },
      ]}
    >
      <h1>{markup(STOPPED.resumeName, { name: <bdi>{name}</bdi> })}</h1>
      <p class="lead">{say(STOPPED.resumeMeans)}</p>
      {stop.security ? (
        <p class="warning">
          {second === undefined ? say(STOPPED.firstOfTwo) : say(STOPPED.secondOfTwo, { person: visible(second, 60) })}
        </p>
      ) : null}
      <AdminForm
        action={`${stop.href}/resume`}
        csrf={csrf}
        problems={problems}
        submit={say(STOPPED.resume)}
        cancel={stop.href}
      >
        <TextInput
          name="confirmation"
          label={say(STOPPED.type, { name })}
          hint={say(STOPPED.exactly)}
          verbatim
          maxLength={200}
          value={typed?.get('confirmation')}
          invalid={problems.some(({ field }) => field === 'confirmation')}
        />
        <TextInput name="reason" label={say(STOPPED.whyGoOn)} maxLength={200} value={typed?.get('reason')} />
      </AdminForm>
    </AdminLayout>,
    frame,
  );
};
