import { Csrf, ErrorSummary, page } from '../layout.tsx';
import { Foreign, visible } from '../text.tsx';
import { SYSTEMS } from '../words/console-systems.ts';
import { useSpeaker } from '../words/context.tsx';
import type { Said } from '../words/words.ts';
import { Facts } from './detail.tsx';
import { AdminForm, TextInput } from './form.tsx';
import { Command, Paging, Pill, type Tone } from './list.tsx';
import { type AdminFrame, AdminLayout } from './shell.tsx';

const PATH = '/admin/systems';

export interface SystemsPage {
  frame: AdminFrame;
  csrf: string;
  notice?: Said | undefined;
  /** What is wrong with a claim of the list; with what was typed, `problems`. */
  problem?: Said | undefined;
  problems: readonly { field?: string | undefined; text: Said }[];
  typed: { resource: string; name: string } | undefined;
  /** Whoever only looks gets no forms. */
  mayChange: boolean;
  claims: readonly {
    resource: string;
    name: string;
    state: 'byDocument' | 'byDns' | 'waits' | 'over';
    when: Said;
    /** What has to stand where, while it waits. */
    proof?: { url: string; member: string; record: string; value: string } | undefined;
  }[];
  first: string | undefined;
  next: string | undefined;
}

/** APIs of this organization: named, proven, described. */
export const systemsPage = (props: SystemsPage): string => page(<Systems {...props} />, props.frame);

const TONES: Readonly<Record<SystemsPage['claims'][number]['state'], Tone>> = {
  byDocument: 'good',
  byDns: 'good',
  waits: 'waiting',
  over: 'over',
};

function Systems(props: SystemsPage) {
  const { frame, csrf, notice, problem, problems, typed, mayChange, claims, first, next } = props;
  const { say } = useSpeaker();
  const wrong = (name: string) => problems.some(({ field }) => field === name);
  return (
    <AdminLayout
      frame={frame}
      title={say(SYSTEMS.title)}
      notice={notice}
      error={problem !== undefined || problems.length > 0}
    >
      <div class="heading">
        <h1>{say(SYSTEMS.title)}</h1>
      </div>
      <p class="lead">{say(SYSTEMS.lead)}</p>
      {problem === undefined ? null : (
        <ErrorSummary>
          <p>{problem}</p>
        </ErrorSummary>
      )}
      {claims.length === 0 ? <p class="quiet empty">{say(SYSTEMS.none)}</p> : null}
      {claims.map((claim) => (
        <System csrf={csrf} claim={claim} mayChange={mayChange} />
      ))}
      <Paging first={first} next={next} />
      <div class="take">
        <Command line="countersign resources claims" />
      </div>
      {mayChange ? (
        <section class="panel" aria-labelledby="add">
          <h2 id="add">{say(SYSTEMS.add)}</h2>
          <AdminForm action={PATH} csrf={csrf} problems={problems} submit={say(SYSTEMS.claim)}>
            <TextInput
              name="resource"
              label={say(SYSTEMS.resource)}
              hint={say(SYSTEMS.resourceHint)}
              type="url"
              verbatim
              value={typed?.resource}
              invalid={wrong('resource')}
            />
            <TextInput
              name="name"
              label={say(SYSTEMS.name)}
              maxLength={40}
              value={typed?.name}
              invalid={wrong('name')}
            />
          </AdminForm>
        </section>
      ) : null}
    </AdminLayout>
  );
}

function System({
  csrf,
  claim,
  mayChange,
}: {
  csrf: string;
  claim: SystemsPage['claims'][number];
  mayChange: boolean;
}) {
  const { say } = useSpeaker();
  const { resource, name, state, when, proof } = claim;
  const system = visible(name, 80);
  return (
    <article class="panel" aria-label={system} data-system={resource}>
      <div class="title">
        <h2>
          <Foreign text={name} limit={80} />
        </h2>
        <Pill tone={TONES[state]}>{say(SYSTEMS[state])}</Pill>
      </div>
      <p class="quiet">
        <code>{visible(resource, 500)}</code> · {when}
      </p>
      {proof === undefined ? null : (
        <Facts
          facts={[
            [say(SYSTEMS.document), <code>{visible(proof.url, 600)}</code>],
            [say(SYSTEMS.member), <code>{`"${proof.member}": "${proof.value}"`}</code>],
            [say(SYSTEMS.or), <code>{visible(proof.record, 300)}</code>],
            [say(SYSTEMS.record), <code>{proof.value}</code>],
          ]}
        />
      )}
      {state === 'byDocument' || state === 'byDns' ? (
        <p>
          <a class="small-link" href="/admin/actions/new">
            {say(SYSTEMS.describe)}
          </a>
        </p>
      ) : mayChange ? (
        <form class="form" method="post" action={state === 'waits' ? `${PATH}/prove` : PATH}>
          <Csrf value={csrf} />
          <input type="hidden" name="resource" value={resource} />
          {state === 'waits' ? null : <input type="hidden" name="name" value={name} />}
          <div class="form-end">
            <button
              type="submit"
              class="button"
              aria-label={say(state === 'waits' ? SYSTEMS.proveFor : SYSTEMS.againFor, { system })}
            >
              {say(state === 'waits' ? SYSTEMS.prove : SYSTEMS.again)}
            </button>
          </div>
        </form>
      ) : null}
    </article>
  );
}
