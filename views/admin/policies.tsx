import { Csrf, page } from '../layout.tsx';
import { Foreign } from '../text.tsx';
import { WHO_DECIDES } from '../words/console-deciders.ts';
import { useSpeaker } from '../words/context.tsx';
import type { Said } from '../words/words.ts';
import { WhoDecides } from './deciders.tsx';
import { Facts, Section } from './detail.tsx';
import { AdminForm, TextArea, TextInput } from './form.tsx';
import { Table } from './list.tsx';
import { type AdminFrame, AdminLayout } from './shell.tsx';

export interface Changes {
  changes: readonly { words: string; weakens: boolean }[];
}

export interface PoliciesPage {
  frame: AdminFrame;
  csrf: string;
  version: number;
  /** Since when, and by whom. */
  since?: string | undefined;
  rules: readonly { position: number; name: string; verdict: string; says: string }[];
  flow: string;
  /** What stands in the editor: the newest version, or what was typed. */
  yaml: string;
  /** Whether this person may change them. */
  mayChange: boolean;
  problems: readonly string[];
  /** What the text in the editor would change, and what it would have done. */
  effect?:
    | (Changes & {
        days: number;
        requests: number;
        verdicts: readonly { verdict: string; before: number; after: number }[];
        /** Requests that the same verdict meets, and other people. */
        otherPeople: number;
      })
    | undefined;
  proposal?: (Changes & { yaml: string; hash: string; by: string; since: string; mine: boolean }) | undefined;
  tried: { agent: string; person: string; action: string; parameters: string };
  actions: readonly string[];
  /** Of the text in the editor. */
  rulesByName: readonly string[];
  groups: readonly string[];
  decidersProblem?: Said | undefined;
  result?:
    | {
        problem?: string | undefined;
        verdict?: string | undefined;
        rule?: string | undefined;
        blocks?: string | undefined;
        headline?: string | undefined;
        impactLine?: string | undefined;
        askedOf?: readonly string[] | undefined;
        later?: readonly string[] | undefined;
        tooFew?: boolean | undefined;
      }
    | undefined;
  notice?: string | undefined;
}

/** A6: the rules in words and as YAML, what another text would do, and a place to try them. */
export const policiesPage = (props: PoliciesPage): string => page(<Policies {...props} />, props.frame);

function Policies(props: PoliciesPage) {
  const { frame, version, since, rules, flow, proposal, notice, problems } = props;
  return (
    <AdminLayout frame={frame} title="Policies" notice={notice} error={problems.length > 0}>
      <h1>Policies</h1>
      <p class="lead">
        {version === 0
          ? 'There are none: every question is asked.'
          : `Version ${version}, ${since}. The first rule that matches counts; without one, the person is asked.`}
      </p>
      {proposal === undefined ? null : <Proposal {...props} proposal={proposal} />}
      {rules.length === 0 ? null : (
        <Table
          label="Rules"
          columns={[{ label: '#', number: true }, { label: 'Name' }, { label: 'Rule' }]}
          rows={rules.map(({ position, name, says }) => ({
            key: String(position),
            cells: [position, <Foreign text={name} limit={80} />, <bdi>{says}</bdi>],
          }))}
        />
      )}
      <p class="quiet">{flow}</p>
      <Editor {...props} />
      {props.mayChange ? (
        <WhoDecides
          csrf={props.csrf}
          yaml={props.yaml}
          rules={props.rulesByName}
          groups={props.groups}
          problem={props.decidersProblem}
        />
      ) : null}
      <Try {...props} />
    </AdminLayout>
  );
}

/** Every difference in words; what lets more through than before is marked in words and by a sign. */
export function ChangeList({ changes }: Changes) {
  if (changes.length === 0) return <p class="quiet">Nothing changes.</p>;
  return (
    <ul class="changes">
      {changes.map(({ words, weakens }) => (
        <li data-weakens={weakens ? 'true' : undefined}>
          {weakens ? <strong>! allows more: </strong> : null}
          <bdi>{words}</bdi>
        </li>
      ))}
    </ul>
  );
}

function Proposal({ csrf, proposal, mayChange }: PoliciesPage & { proposal: NonNullable<PoliciesPage['proposal']> }) {
  return (
    <section class="warning" aria-labelledby="proposal">
      <h2 id="proposal">A proposal waits for a second administrator</h2>
      <p>
        By <Foreign text={proposal.by} limit={80} />, since {proposal.since}.
      </p>
      <ChangeList changes={proposal.changes} />
      <details>
        <summary>Its text</summary>
        <pre class="yaml">{proposal.yaml}</pre>
      </details>
      {mayChange ? (
        <div class="actions">
          {proposal.mine ? (
            <p class="quiet">It is yours: somebody else confirms it.</p>
          ) : (
            <form method="post" action="/admin/policies/confirm">
              <Csrf value={csrf} />
              <input type="hidden" name="hash" value={proposal.hash} />
              <button type="submit" class="button primary" data-testid="confirm">
                Publish it
              </button>
            </form>
          )}
          <form method="post" action="/admin/policies/withdraw">
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

function Editor({ csrf, yaml, mayChange, problems, effect }: PoliciesPage) {
  const { say } = useSpeaker();
  if (!mayChange) {
    return (
      <Section title="As YAML">
        <pre class="yaml">{yaml}</pre>
      </Section>
    );
  }
  return (
    <Section title="Write them">
      <AdminForm
        action="/admin/policies"
        csrf={csrf}
        submit="See what it would do"
        problems={problems.map((text) => ({ field: 'yaml', text }))}
      >
        <TextArea name="yaml" label="Rules, as YAML" value={yaml} rows={18} maxLength={200_000} />
      </AdminForm>
      {effect === undefined ? null : (
        <div class="effect" data-testid="effect">
          <h3>What it would change</h3>
          <ChangeList changes={effect.changes} />
          <Table
            label={`Of ${effect.requests} requests in the last ${effect.days} days`}
            columns={[
              { label: 'Requests' },
              { label: 'by these rules', number: true },
              { label: 'by the new', number: true },
            ]}
            rows={effect.verdicts.map(({ verdict, before, after }) => ({
              key: verdict,
              cells: [verdict, before, after],
            }))}
          />
          {effect.otherPeople === 0 ? null : <p>{say(WHO_DECIDES.otherPeople, { count: effect.otherPeople })}</p>}
          <form class="form" method="post" action="/admin/policies/publish">
            <Csrf value={csrf} />
            <input type="hidden" name="yaml" value={yaml} />
            <div class="form-end">
              <button type="submit" class="button primary" data-testid="publish">
                {effect.changes.some(({ weakens }) => weakens) ? 'Propose to a second administrator' : 'Publish'}
              </button>
            </div>
          </form>
        </div>
      )}
    </Section>
  );
}

function Try({ tried, actions, result }: PoliciesPage) {
  const { agent, person, action, parameters } = tried;
  const { say, list } = useSpeaker();
  const names = (people: readonly string[]) =>
    list(people)
      .map(({ text }) => text)
      .join('');
  return (
    <Section title="Try them">
      <p class="quiet">Nobody is asked.</p>
      <form class="form" method="get" action="/admin/policies">
        <TextInput name="agent" label="Agent" value={agent} maxLength={80} verbatim />
        <TextInput name="person" label="Person" hint="E-mail address" value={person} maxLength={254} verbatim />
        <TextInput name="action" label="Action" value={action} maxLength={80} list="actions" verbatim />
        <datalist id="actions">
          {actions.map((key) => (
            <option value={key} />
          ))}
        </datalist>
        <TextArea name="parameters" label="Parameters, as JSON" value={parameters} rows={3} maxLength={5000} optional />
        <div class="form-end">
          <button type="submit" class="button">
            Try
          </button>
        </div>
      </form>
      {result === undefined ? null : result.problem !== undefined ? (
        <p class="problem" role="alert">
          {result.problem}
        </p>
      ) : (
        <div data-testid="result">
          <Facts
            facts={[
              ['Result', <strong>{result.verdict}</strong>],
              ['Rule', <bdi>{result.rule}</bdi>],
              ...(result.blocks === undefined ? [] : [['It says', <bdi>{result.blocks}</bdi>] as const]),
              ...(result.askedOf === undefined
                ? []
                : [
                    [
                      say(WHO_DECIDES.asked),
                      <bdi>{result.tooFew ? say(WHO_DECIDES.tooFew) : names(result.askedOf)}</bdi>,
                    ] as const,
                  ]),
              ...(result.later === undefined
                ? []
                : [[say(WHO_DECIDES.later), <bdi>{names(result.later)}</bdi>] as const]),
              ['Page', <bdi>{result.headline}</bdi>],
              ['Impact', <bdi>{result.impactLine}</bdi>],
            ]}
          />
        </div>
      )}
    </Section>
  );
}
