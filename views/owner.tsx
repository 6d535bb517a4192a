import { Field } from './form.tsx';
import { Csrf, type Frame, Layout, Pair, page } from './layout.tsx';
import { Foreign, visible, visibleJson } from './text.tsx';
import { asItIs } from './words/words.ts';

interface Shell {
  frame: Frame;
  csrf: string;
}

/** Somebody is asked to answer for an agent. */
export interface Offer {
  id: string;
  role: 'owner' | 'deputy';
  agentName: string;
  purpose: string | null;
  mode: 'attended' | 'unattended' | 'sub_agent';
  madeBy: string;
  other: { name: string; accepted: boolean };
  /** Null: anything of the catalogue. */
  actions: readonly string[] | null;
  redirectHosts: readonly string[];
}

export interface OwnedAgentCard {
  id: string;
  name: string;
  purpose: string;
  role: 'owner' | 'deputy';
  status: string;
  owner: string;
  deputy: string;
  lastUsed?: string | undefined;
  reviewAt: string;
  /** What somebody should look at, in words. */
  flags: readonly string[];
  /** Steps of its life that this person may take now. */
  moves: readonly string[];
}

/** What a builder asks to change of an agent's client. */
export interface Change {
  id: string;
  agentName: string;
  proposed: Readonly<Record<string, unknown>>;
  before: Readonly<Record<string, unknown>>;
}

export interface OwnedPage extends Shell {
  offers: readonly (Offer & { href: string })[];
  changes: readonly (Change & { href: string })[];
  agents: readonly OwnedAgentCard[];
}

/** Agents that a person answers for, and those they are asked to. */
export const ownedPage = (props: OwnedPage): string => page(<Owned {...props} />, props.frame);

function Owned({ frame, csrf, offers, changes, agents }: OwnedPage) {
  return (
    <Layout frame={frame} title={asItIs('Agents you answer for')} current="agents" width="wide">
      <h1>Agents you answer for</h1>
      {offers.length + changes.length === 0 ? null : (
        <section class="panel" aria-labelledby="offers">
          <h2 id="offers">Waiting for your answer</h2>
          <ul class="tasks">
            {offers.map(({ href, madeBy, agentName, role }) => (
              <li class="task">
                <span class="words">
                  <Foreign text={madeBy} limit={80} /> asks you to answer for{' '}
                  <strong>
                    <Foreign text={agentName} limit={80} />
                  </strong>{' '}
                  as its {role}.
                </span>
                <a class="button small" href={href}>
                  Read and answer
                </a>
              </li>
            ))}
            {changes.map(({ href, agentName, proposed }) => (
              <li class="task">
                <span class="words">
                  The builder of{' '}
                  <strong>
                    <Foreign text={agentName} limit={80} />
                  </strong>{' '}
                  asks to change {Object.keys(proposed).join(', ')}.
                </span>
                <a class="button small" href={href}>
                  Compare and answer
                </a>
              </li>
            ))}
          </ul>
        </section>
      )}
      {agents.length === 0 ? <p class="quiet">You answer for no agent.</p> : null}
      {agents.map((agent) => (
        <OwnedEntry csrf={csrf} agent={agent} />
      ))}
    </Layout>
  );
}

function OwnedEntry({ csrf, agent }: { csrf: string; agent: OwnedAgentCard }) {
  const { id, name, purpose, role, status, owner, deputy, lastUsed, reviewAt, flags, moves } = agent;
  return (
    <article class="panel" aria-labelledby={`name-${id}`} data-agent={id}>
      <header class="panel-head">
        <div>
          <h2 class="agent-name" id={`name-${id}`}>
            <Foreign text={name} limit={80} />
          </h2>
          <p>
            <Foreign text={purpose} />
          </p>
          <p class="quiet">
            You are its {role} · {status} · {lastUsed === undefined ? 'never used' : `last used ${lastUsed}`} · review
            by {reviewAt}
          </p>
          <p class="quiet">
            Owner <Foreign text={owner} limit={80} />, deputy <Foreign text={deputy} limit={80} />
          </p>
        </div>
        {moves.includes('suspend') ? (
          <form method="post" action={`/owned/${id}/suspend`}>
            <Csrf value={csrf} />
            <button type="submit" class="button danger small" aria-label={`Suspend ${visible(name, 80)}`}>
              Suspend
            </button>
          </form>
        ) : null}
      </header>
      {flags.length === 0 ? null : (
        <div class="warning">
          <ul>
            {flags.map((flag) => (
              <li>{flag}</li>
            ))}
          </ul>
        </div>
      )}
      {role === 'owner' && status !== 'retired' && status !== 'expired' ? (
        <p>
          <a class="small-link" href={`/owned/${id}/review`}>
            Review what it may do
          </a>
        </p>
      ) : null}
      {moves
        .filter((move) => move !== 'suspend')
        .map((move) => (
          <TypedMove csrf={csrf} agent={agent} move={move} />
        ))}
    </article>
  );
}

const MOVE_WORDS: Readonly<Record<string, { summary: string; effect: string; button: string }>> = {
  activate: {
    summary: 'Let it begin',
    effect: 'From then on it may ask people. It gets nothing that nobody approves.',
    button: 'Activate',
  },
  resume: {
    summary: 'Let it ask again',
    effect: 'What it could do before does not come back: it has to ask again.',
    button: 'Resume',
  },
  retire: { summary: 'End it for good', effect: 'It loses access now, and never comes back.', button: 'Retire' },
};

/** Slow and typed (D12): the agent's name, posted as `confirmation`. */
function TypedMove({ csrf, agent: { id, name }, move }: { csrf: string; agent: OwnedAgentCard; move: string }) {
  const words = MOVE_WORDS[move];
  if (!words) return null;
  return (
    <details>
      <summary>{words.summary}</summary>
      <form class="form" method="post" action={`/owned/${id}/${move}`}>
        <Csrf value={csrf} />
        <p>{words.effect}</p>
        <Field
          name="confirmation"
          id={`${move}-${id}`}
          label={asItIs(`Type ${visible(name, 80)}`)}
          autocomplete="off"
          verbatim
        />
        <button type="submit" class={move === 'retire' ? 'button danger wide' : 'button wide'}>
          {words.button}
        </button>
      </form>
    </details>
  );
}

export interface OfferPage extends Shell {
  offer: Offer & { madeAt: string };
}

/** "Priya asks you to answer for Meeting Helper." */
export const offerPage = (props: OfferPage): string => page(<OfferDocument {...props} />, props.frame);

const MODES = {
  attended: 'With a person at the screen',
  unattended: 'By itself, also when nobody is there',
  sub_agent: 'For other agents, as their helper',
} as const;

const DUTIES = {
  owner: [
    'People read your name when it asks them.',
    'You confirm every 90 days what it may do, or narrow it, or end it. Otherwise it is suspended.',
    'Changes of its keys and addresses wait for you.',
    'You can suspend it at any moment, in one step.',
  ],
  deputy: [
    'You stand in for its owner, and become its owner when that person leaves.',
    'You can suspend it at any moment, in one step.',
  ],
} as const;

function OfferDocument({ frame, csrf, offer }: OfferPage) {
  const { id, role, agentName, purpose, mode, madeBy, madeAt, other, actions, redirectHosts } = offer;
  return (
    <Layout frame={frame} title={asItIs(`Answer for ${visible(agentName, 80)}`)} current="agents">
      <h1>
        <Foreign text={madeBy} limit={80} /> asks you to answer for <Foreign text={agentName} limit={80} />
      </h1>
      <p class="lead">
        As its {role}. It does not act before you and {role === 'owner' ? 'a deputy' : 'an owner'} accepted it.
      </p>
      <section class="panel" aria-labelledby="what">
        <h2 id="what">What it is</h2>
        <dl class="pairs">
          <Pair label={asItIs('Says of itself')}>{purpose === null ? 'nothing yet' : <Foreign text={purpose} />}</Pair>
          <Pair label={asItIs('Runs')}>{MODES[mode]}</Pair>
          <Pair label={asItIs('May ask for')}>
            {actions === null
              ? 'Anything of the catalogue, one question at a time'
              : actions.length === 0
                ? 'Nothing yet'
                : actions.join(', ')}
          </Pair>
          <Pair label={asItIs('Sends people back to')}>
            {redirectHosts.length === 0 ? 'nowhere' : redirectHosts.join(', ')}
          </Pair>
          <Pair label={asItIs(role === 'owner' ? 'Deputy' : 'Owner')}>
            <Foreign text={other.name} limit={80} /> {other.accepted ? '(accepted)' : '(asked)'}
          </Pair>
          <Pair label={asItIs('Asked')}>{madeAt}</Pair>
        </dl>
      </section>
      <section class="panel" aria-labelledby="means">
        <h2 id="means">What answering for it means</h2>
        <ul>
          {DUTIES[role].map((duty) => (
            <li>{duty}</li>
          ))}
        </ul>
      </section>
      <form class="form" method="post" action={`/offers/${id}`}>
        <Csrf value={csrf} />
        <button type="submit" class="button wide" name="answer" value="decline" data-testid="decline">
          Decline
        </button>
        <button type="submit" class="button primary wide" name="answer" value="accept" data-testid="accept">
          Accept
        </button>
      </form>
    </Layout>
  );
}

export interface ChangePage extends Shell {
  change: Change & { askedAt: string };
}

/** What is, and what shall be: a stolen registration token would look just like this. */
export const changePage = (props: ChangePage): string => page(<ChangeDocument {...props} />, props.frame);

function ChangeDocument({ frame, csrf, change }: ChangePage) {
  const { id, agentName, proposed, before, askedAt } = change;
  return (
    <Layout frame={frame} title={asItIs(`Change of ${visible(agentName, 80)}`)} current="agents">
      <h1>
        The builder of <Foreign text={agentName} limit={80} /> asks to change it
      </h1>
      <p class="lead">
        Asked {askedAt}. If you do not know why, decline and ask them: whoever holds their registration token could ask
        this.
      </p>
      {Object.keys(proposed).map((member) => (
        <section class="panel" aria-label={member}>
          <h2>{member}</h2>
          <dl class="pairs">
            <Pair label={asItIs('Now')}>
              <Json value={before[member]} />
            </Pair>
            <Pair label={asItIs('After')}>
              <Json value={proposed[member]} />
            </Pair>
          </dl>
        </section>
      ))}
      <p>
        Until you approve, the old stays in force. Other keys or addresses end everything that people approved for it:
        it has to ask again.
      </p>
      <form class="form" method="post" action={`/owned/changes/${id}`}>
        <Csrf value={csrf} />
        <button type="submit" class="button wide" name="answer" value="decline" data-testid="decline">
          Decline
        </button>
        <button type="submit" class="button primary wide" name="answer" value="approve" data-testid="approve">
          Approve
        </button>
      </form>
    </Layout>
  );
}

/** A member in full: what is cut off could be what matters. */
function Json({ value }: { value: unknown }) {
  if (value === null || value === undefined) return <span class="quiet">nothing</span>;
  return <pre>{visibleJson(JSON.stringify(value, undefined, 1))}</pre>;
}

export interface ReviewPage extends Shell {
  agent: OwnedAgentCard;
  allowed: readonly { action: string; used: string | undefined }[];
  /** It may ask for anything of the catalogue. */
  anything: boolean;
  unused: readonly string[];
}

/** A9, one agent: keep, narrow to what was used, or end it. Nothing is preselected. */
export const reviewPage = (props: ReviewPage): string => page(<Review {...props} />, props.frame);

function Review({ frame, csrf, agent, allowed, anything, unused }: ReviewPage) {
  return (
    <Layout frame={frame} title={asItIs(`Review ${visible(agent.name, 80)}`)} current="agents">
      <h1>
        Review <Foreign text={agent.name} limit={80} />
      </h1>
      <p class="lead">
        <Foreign text={agent.purpose} />
      </p>
      <section class="panel" aria-labelledby="may">
        <h2 id="may">May ask for</h2>
        {anything ? (
          <p>Anything of the catalogue: it named no actions.</p>
        ) : (
          <dl class="pairs">
            {allowed.map(({ action, used }) => (
              <Pair label={asItIs(action)}>{used === undefined ? 'never used' : `last used ${used}`}</Pair>
            ))}
          </dl>
        )}
      </section>
      <form class="form" method="post" action={`/owned/${agent.id}/review`}>
        <Csrf value={csrf} />
        <button type="submit" class="button wide" name="verdict" value="confirm" data-testid="confirm">
          Keep it as it is
        </button>
        {unused.length === 0 ? null : (
          <button type="submit" class="button primary wide" name="verdict" value="narrow" data-testid="narrow">
            Narrow it: take away {unused.join(', ')}
          </button>
        )}
      </form>
    </Layout>
  );
}
