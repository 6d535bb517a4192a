import { Ask, type AskProps } from '../decision.tsx';
import { Csrf, page } from '../layout.tsx';
import { Foreign } from '../text.tsx';
import { WHO_DECIDES } from '../words/console-deciders.ts';
import { MEETING, POLICIES, PROPOSAL } from '../words/console-policies.ts';
import { useSpeaker } from '../words/context.tsx';
import type { Saying } from '../words/saying.ts';
import type { Said } from '../words/words.ts';
import { WhoDecides } from './deciders.tsx';
import { Facts, Section } from './detail.tsx';
import { AdminForm, Offered, OfferedPeople, TextArea, TextInput } from './form.tsx';
import { Table } from './list.tsx';
import { type AdminFrame, AdminLayout } from './shell.tsx';

export interface Changes {
  changes: readonly { said: Saying; weakens: boolean }[];
}

export interface PoliciesPage {
  frame: AdminFrame;
  csrf: string;
  version: number;
  /** Since when, and by whom; nothing before there is a version. */
  since?: { time: Said; by: string } | undefined;
  rules: readonly { position: number; name: string; verdict: string; said: Saying }[];
  flow: Saying;
  /** What stands in the editor: the newest version, or what was typed. */
  yaml: string;
  /** Whether this person may change them. */
  mayChange: boolean;
  problems: readonly Said[];
  /** What the text in the editor would change, and what it would have done. */
  effect?:
    | (Changes & {
        days: number;
        requests: number;
        verdicts: readonly { verdict: keyof typeof MEETING; before: number; after: number }[];
        /** Requests that the same verdict meets, and other people. */
        otherPeople: number;
      })
    | undefined;
  proposal?: (Changes & { yaml: string; hash: string; by: string; since: string; mine: boolean }) | undefined;
  tried: { agent: string; person: string; action: string; parameters: string };
  actions: readonly string[];
  /** Offered while somebody types. */
  agents: readonly string[];
  people: readonly { email: string; name: string }[];
  /** Of the text in the editor. */
  rulesByName: readonly string[];
  groups: readonly string[];
  /** What was chosen of who decides, and what is wrong with it. */
  deciders?: { typed: ReadonlyMap<string, string>; problem?: Said | undefined } | undefined;
  result?:
    | {
        problem?: Said | undefined;
        verdict?: Said | undefined;
        rule?: string | undefined;
        blocks?: string | undefined;
        /** What would pass, where it never does. */
        passes?: Said | undefined;
        /** What is asked, allowed or refused, as people read it. */
        ask?: { as: 'page' | 'allowed' | 'refused'; page: AskProps } | undefined;
        askedOf?: readonly string[] | undefined;
        later?: readonly string[] | undefined;
        tooFew?: boolean | undefined;
      }
    | undefined;
  notice?: Said | undefined;
}

/** A6: the rules in words and as YAML, what another text would do, and a place to try them. */
export const policiesPage = (props: PoliciesPage): string => page(<Policies {...props} />, props.frame);

function Policies(props: PoliciesPage) {
  const { frame, version, since, rules, flow, proposal, notice, problems } = props;
  const speaker = useSpeaker();
  const { say, markup } = speaker;
  return (
    <AdminLayout
      frame={frame}
      title={say(POLICIES.title)}
      notice={notice}
      error={problems.length > 0}
      script={props.mayChange ? 'policies.js' : undefined}
    >
      <h1>{say(POLICIES.title)}</h1>
      <p class="lead">
        {since === undefined
          ? say(POLICIES.none)
          : markup(POLICIES.lead, { version, time: since.time, by: <Foreign text={since.by} limit={80} /> })}
      </p>
      {proposal === undefined ? null : <Proposal {...props} proposal={proposal} />}
      <div class="side-by-side even">
        <Section title={say(POLICIES.rules)}>
          {rules.length === 0 ? null : (
            <Table
              label={say(POLICIES.rules)}
              columns={[
                { label: say(POLICIES.position), number: true },
                { label: say(POLICIES.name) },
                { label: say(POLICIES.rule) },
              ]}
              rows={rules.map(({ position, name, said }) => ({
                key: String(position),
                cells: [position, <Foreign text={name} limit={80} />, <bdi>{said(speaker)}</bdi>],
              }))}
            />
          )}
          <p class="quiet">{flow(speaker)}</p>
        </Section>
        <Editor {...props} />
      </div>
      {props.mayChange ? (
        <WhoDecides
          csrf={props.csrf}
          yaml={props.yaml}
          rules={props.rulesByName}
          groups={props.groups}
          {...props.deciders}
        />
      ) : null}
      <Try {...props} />
    </AdminLayout>
  );
}

/** Every difference in words; what lets more through than before is marked in words and by a sign. */
export function ChangeList({ changes }: Changes) {
  const speaker = useSpeaker();
  const { say } = speaker;
  if (changes.length === 0) return <p class="quiet">{say(PROPOSAL.nothing)}</p>;
  return (
    <ul class="changes">
      {changes.map(({ said, weakens }) => (
        <li data-weakens={weakens ? 'true' : undefined}>
          {weakens ? <strong>{say(PROPOSAL.weakens)}</strong> : null}
          <bdi>{said(speaker)}</bdi>
        </li>
      ))}
    </ul>
  );
}

function Proposal({ csrf, proposal, mayChange }: PoliciesPage & { proposal: NonNullable<PoliciesPage['proposal']> }) {
  const { say, markup } = useSpeaker();
  return (
    <section class="warning" aria-labelledby="proposal">
      <h2 id="proposal">{say(PROPOSAL.title)}</h2>
      <p>{markup(PROPOSAL.by, { person: <Foreign text={proposal.by} limit={80} />, time: proposal.since })}</p>
      <ChangeList changes={proposal.changes} />
      <details>
        <summary>{say(PROPOSAL.text)}</summary>
        <pre class="yaml">{proposal.yaml}</pre>
      </details>
      {mayChange ? (
        <div class="actions">
          {proposal.mine ? (
            <p class="quiet">{say(PROPOSAL.yours)}</p>
          ) : (
            <form method="post" action="/admin/policies/confirm">
              <Csrf value={csrf} />
              <input type="hidden" name="hash" value={proposal.hash} />
              <button type="submit" class="button primary" data-testid="confirm">
                {say(PROPOSAL.publish)}
              </button>
            </form>
          )}
          <form method="post" action="/admin/policies/withdraw">
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

function Editor({ csrf, yaml, mayChange, problems, effect }: PoliciesPage) {
  const { say } = useSpeaker();
  if (!mayChange) {
    return (
      <Section title={say(POLICIES.yaml)}>
        <pre class="yaml">{yaml}</pre>
      </Section>
    );
  }
  return (
    <Section title={say(POLICIES.write)}>
      <AdminForm
        action="/admin/policies#effect"
        csrf={csrf}
        submit={say(POLICIES.see)}
        problems={problems.map((text) => ({ field: 'yaml', text }))}
      >
        <TextArea name="yaml" label={say(POLICIES.rulesYaml)} value={yaml} rows={18} maxLength={200_000} />
      </AdminForm>
      {effect === undefined ? null : (
        <div class="effect" id="effect" data-testid="effect">
          <h3>{say(POLICIES.change)}</h3>
          <ChangeList changes={effect.changes} />
          <Table
            label={say(POLICIES.ofRequests, { count: effect.requests, days: effect.days })}
            columns={[
              { label: say(POLICIES.requests) },
              { label: say(POLICIES.byThese), number: true },
              { label: say(POLICIES.byTheNew), number: true },
            ]}
            rows={effect.verdicts.map(({ verdict, before, after }) => ({
              key: verdict,
              cells: [say(MEETING[verdict]), before, after],
            }))}
          />
          {effect.otherPeople === 0 ? null : <p>{say(WHO_DECIDES.otherPeople, { count: effect.otherPeople })}</p>}
          <form class="form" method="post" action="/admin/policies/publish">
            <Csrf value={csrf} />
            <input type="hidden" name="yaml" value={yaml} />
            <div class="form-end">
              <button type="submit" class="button primary" data-testid="publish">
                {say(effect.changes.some(({ weakens }) => weakens) ? POLICIES.propose : POLICIES.publish)}
              </button>
            </div>
          </form>
        </div>
      )}
    </Section>
  );
}

function Try({ csrf, yaml, mayChange, tried, actions, agents, people, result }: PoliciesPage) {
  const { agent, person, action, parameters } = tried;
  const { say, list } = useSpeaker();
  const names = (people: readonly string[]) =>
    list(people)
      .map(({ text }) => text)
      .join('');
  return (
    <Section title={say(POLICIES.tryThem)}>
      <p class="quiet">{say(mayChange ? POLICIES.asWritten : POLICIES.nobodyAsked)}</p>
      <form
        class="form"
        method={mayChange ? 'post' : 'get'}
        action={mayChange ? '/admin/policies/try#result' : '/admin/policies'}
      >
        {mayChange ? (
          <>
            <Csrf value={csrf} />
            <input type="hidden" name="yaml" value={yaml} data-written />
          </>
        ) : null}
        <TextInput name="agent" label={say(POLICIES.agent)} value={agent} maxLength={80} list="agents" verbatim />
        <Offered id="agents" values={agents} />
        <TextInput
          name="person"
          label={say(POLICIES.person)}
          hint={say(POLICIES.address)}
          value={person}
          maxLength={254}
          list="people"
          verbatim
        />
        <OfferedPeople people={people} />
        <TextInput name="action" label={say(POLICIES.action)} value={action} maxLength={80} list="actions" verbatim />
        <Offered id="actions" values={actions} />
        <TextArea
          name="parameters"
          label={say(POLICIES.parameters)}
          value={parameters}
          rows={3}
          maxLength={5000}
          optional
        />
        <div class="form-end">
          <button type="submit" class="button">
            {say(POLICIES.submit)}
          </button>
        </div>
      </form>
      {result === undefined ? null : result.problem !== undefined ? (
        <p class="problem" id="result" role="alert">
          {result.problem}
        </p>
      ) : (
        <div id="result" data-testid="result">
          <Facts
            facts={[
              [say(POLICIES.result), <strong>{result.verdict}</strong>],
              [say(POLICIES.rule), <bdi>{result.rule}</bdi>],
              ...(result.blocks === undefined ? [] : [[say(POLICIES.itSays), <bdi>{result.blocks}</bdi>] as const]),
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
              ...(result.passes === undefined ? [] : [[say(POLICIES.passes), <bdi>{result.passes}</bdi>] as const]),
            ]}
          />
          {result.ask === undefined ? null : (
            <>
              <h3>{say(POLICIES[result.ask.as])}</h3>
              <article class="phone" aria-label={say(POLICIES[result.ask.as])} data-testid="tried">
                <Ask {...result.ask.page} />
              </article>
            </>
          )}
        </div>
      )}
    </Section>
  );
}
