import { Field } from './form.tsx';
import { Csrf, type Frame, Layout, Pair, page } from './layout.tsx';
import { Foreign, visible, visibleJson } from './text.tsx';
import { AGENT_STATES, AGENTS } from './words/agents.ts';
import { LIST } from './words/console-list.ts';
import { useSpeaker } from './words/context.tsx';
import { AGENT_FLAGS, OWNED } from './words/owned.ts';
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
  /** Null: an administrator by no name. */
  madeBy: string | null;
  other: { name: string; accepted: boolean };
  /** Null: anything of the catalogue. */
  actions: readonly string[] | null;
  redirectHosts: readonly string[];
  /** From one review to the next. */
  reviewDays: number;
}

export interface OwnedAgentCard {
  id: string;
  name: string;
  purpose: string;
  role: 'owner' | 'deputy';
  status: keyof typeof AGENT_STATES;
  owner: string;
  deputy: string;
  lastUsed?: string | undefined;
  reviewAt: string;
  /** What somebody should look at. */
  flags: readonly (keyof typeof AGENT_FLAGS)[];
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
  /** Where the list begins, if this is not its beginning; and where it goes on. */
  first?: string | undefined;
  next?: string | undefined;
}

/** Agents that a person answers for, and those they are asked to. */
export const ownedPage = (props: OwnedPage): string => page(<Owned {...props} />, props.frame);

function Owned({ frame, csrf, offers, changes, agents, first, next }: OwnedPage) {
  const { say, markup } = useSpeaker();
  return (
    <Layout frame={frame} title={say(OWNED.title)} current="agents" width="wide">
      <h1>{say(OWNED.title)}</h1>
      {offers.length + changes.length === 0 ? null : (
        <section class="panel" aria-labelledby="offers">
          <h2 id="offers">{say(OWNED.waiting)}</h2>
          <ul class="offers">
            {offers.map(({ href, madeBy, agentName, role }) => (
              <li class="offer">
                <p>
                  {markup(role === 'owner' ? OWNED.asksOwner : OWNED.asksDeputy, {
                    person: <Foreign text={madeBy ?? say(OWNED.anAdministrator)} limit={80} />,
                    agent: <Name text={agentName} />,
                  })}
                </p>
                <a class="button small" href={href}>
                  {say(OWNED.readAndAnswer)}
                </a>
              </li>
            ))}
            {changes.map(({ href, agentName, proposed }) => (
              <li class="offer">
                <p>
                  {markup('client_secret' in proposed ? OWNED.asksForSecret : OWNED.asksToChange, {
                    agent: <Name text={agentName} />,
                    members: <code>{Object.keys(proposed).join(', ')}</code>,
                  })}
                </p>
                <a class="button small" href={href}>
                  {say(OWNED.compareAndAnswer)}
                </a>
              </li>
            ))}
          </ul>
        </section>
      )}
      {agents.length === 0 ? <p class="quiet">{say(OWNED.none)}</p> : null}
      {agents.map((agent) => (
        <OwnedEntry csrf={csrf} agent={agent} />
      ))}
      {first === undefined && next === undefined ? null : (
        <nav class="paging" aria-label={say(LIST.pages)}>
          {first === undefined ? <span /> : <a href={first}>{say(LIST.first)}</a>}
          {next === undefined ? null : (
            <a class="button" href={next} rel="next">
              {say(LIST.next)}
            </a>
          )}
        </nav>
      )}
    </Layout>
  );
}

const Name = ({ text }: { text: string }) => (
  <strong>
    <Foreign text={text} limit={80} />
  </strong>
);

function OwnedEntry({ csrf, agent }: { csrf: string; agent: OwnedAgentCard }) {
  const { say, markup } = useSpeaker();
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
            {say(role === 'owner' ? OWNED.asOwner : OWNED.asDeputy, {
              status: say(AGENT_STATES[status]),
              used: lastUsed === undefined ? say(AGENTS.neverUsed) : say(AGENTS.lastUsed, { time: lastUsed }),
              time: reviewAt,
            })}
          </p>
          <p class="quiet">
            {markup(OWNED.people, {
              owner: <Foreign text={owner} limit={80} />,
              deputy: <Foreign text={deputy} limit={80} />,
            })}
          </p>
        </div>
        {moves.includes('suspend') ? (
          <form method="post" action={`/owned/${id}/suspend`}>
            <Csrf value={csrf} />
            <button
              type="submit"
              class="button danger small"
              aria-label={say(OWNED.suspendThis, { agent: visible(name, 80) })}
            >
              {say(OWNED.suspend)}
            </button>
          </form>
        ) : null}
      </header>
      {flags.length === 0 ? null : (
        <ul class="warning">
          {flags.map((flag) => (
            <li>{say(AGENT_FLAGS[flag])}</li>
          ))}
        </ul>
      )}
      {role === 'owner' && status !== 'retired' && status !== 'expired' ? (
        <p>
          <a class="small-link" href={`/owned/${id}/review`}>
            {say(OWNED.reviewWhat)}
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

const MOVE_WORDS = {
  activate: { summary: OWNED.activateWhat, effect: OWNED.activateMeans, button: OWNED.activate },
  resume: { summary: OWNED.resumeWhat, effect: OWNED.resumeMeans, button: OWNED.resume },
  retire: { summary: OWNED.retireWhat, effect: OWNED.retireMeans, button: OWNED.retire },
} as const;
const MOVES: Readonly<Record<string, (typeof MOVE_WORDS)[keyof typeof MOVE_WORDS]>> = MOVE_WORDS;

/** Slow and typed (D12): the agent's name, posted as `confirmation`. */
function TypedMove({ csrf, agent: { id, name }, move }: { csrf: string; agent: OwnedAgentCard; move: string }) {
  const { say } = useSpeaker();
  const words = MOVES[move];
  if (!words) return null;
  return (
    <details>
      <summary>{say(words.summary)}</summary>
      <form class="form" method="post" action={`/owned/${id}/${move}`}>
        <Csrf value={csrf} />
        <p>{say(words.effect)}</p>
        <Field
          name="confirmation"
          id={`${move}-${id}`}
          label={say(OWNED.type, { agent: visible(name, 80) })}
          autocomplete="off"
          verbatim
        />
        <button type="submit" class={move === 'retire' ? 'button danger wide' : 'button wide'}>
          {say(words.button)}
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

function OfferDocument({ frame, csrf, offer }: OfferPage) {
  const { say, markup } = useSpeaker();
  const { id, role, agentName, purpose, mode, madeBy, madeAt, other, actions, redirectHosts, reviewDays } = offer;
  const duties = {
    owner: [
      say(OWNED.dutyName),
      say(OWNED.dutyReview, { days: reviewDays }),
      say(OWNED.dutyChanges),
      say(OWNED.dutySuspend),
    ],
    deputy: [say(OWNED.dutyStandIn), say(OWNED.dutySuspend)],
  };
  return (
    <Layout frame={frame} title={say(OWNED.answerFor, { agent: visible(agentName, 80) })} current="agents">
      <h1>
        {markup(OWNED.asksYou, {
          person: <Foreign text={madeBy ?? say(OWNED.anAdministrator)} limit={80} />,
          agent: <Foreign text={agentName} limit={80} />,
        })}
      </h1>
      <p class="lead">{say(role === 'owner' ? OWNED.leadOwner : OWNED.leadDeputy)}</p>
      <section class="panel" aria-labelledby="what">
        <h2 id="what">{say(OWNED.whatItIs)}</h2>
        <dl class="pairs">
          <Pair label={say(OWNED.saysOfItself)}>
            {purpose === null ? say(OWNED.nothingYet) : <Foreign text={purpose} />}
          </Pair>
          <Pair label={say(OWNED.runs)}>{say(OWNED[mode])}</Pair>
          <Pair label={say(OWNED.mayAskFor)}>
            {actions === null ? say(OWNED.anything) : actions.length === 0 ? say(OWNED.nothingYet) : actions.join(', ')}
          </Pair>
          <Pair label={say(OWNED.sendsBackTo)}>
            {redirectHosts.length === 0 ? say(OWNED.nowhere) : redirectHosts.join(', ')}
          </Pair>
          <Pair label={say(role === 'owner' ? OWNED.deputy : OWNED.owner)}>
            {markup(other.accepted ? OWNED.accepted : OWNED.stillAsked, {
              person: <Foreign text={other.name} limit={80} />,
            })}
          </Pair>
          <Pair label={say(OWNED.asked)}>{madeAt}</Pair>
        </dl>
      </section>
      <section class="panel" aria-labelledby="means">
        <h2 id="means">{say(OWNED.means)}</h2>
        <ul>
          {duties[role].map((duty) => (
            <li>{duty}</li>
          ))}
        </ul>
      </section>
      <form class="form" method="post" action={`/offers/${id}`}>
        <Csrf value={csrf} />
        <button type="submit" class="button wide" name="answer" value="decline" data-testid="decline">
          {say(OWNED.decline)}
        </button>
        <button type="submit" class="button primary wide" name="answer" value="accept" data-testid="accept">
          {say(OWNED.accept)}
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
  const { say, markup } = useSpeaker();
  // Made by an administrator; all else is asked by whoever builds the agent.
  const isSecret = 'client_secret' in proposed;
  return (
    <Layout frame={frame} title={say(OWNED.changeOf, { agent: visible(agentName, 80) })} current="agents">
      <h1>
        {markup(isSecret ? OWNED.secretAsked : OWNED.builderAsks, { agent: <Foreign text={agentName} limit={80} /> })}
      </h1>
      <p class="lead">{say(isSecret ? OWNED.secretLead : OWNED.changeLead, { time: askedAt })}</p>
      {Object.keys(proposed).map((member) => (
        <section class="panel" aria-label={member}>
          <h2>{member}</h2>
          <dl class="pairs">
            <Pair label={say(OWNED.now)}>
              <Json value={before[member]} />
            </Pair>
            <Pair label={say(OWNED.after)}>
              <Json value={proposed[member]} />
            </Pair>
          </dl>
        </section>
      ))}
      <p>{say(isSecret ? OWNED.secretMeans : OWNED.changeMeans)}</p>
      <form class="form" method="post" action={`/owned/changes/${id}`}>
        <Csrf value={csrf} />
        <button type="submit" class="button wide" name="answer" value="decline" data-testid="decline">
          {say(OWNED.decline)}
        </button>
        <button type="submit" class="button primary wide" name="answer" value="approve" data-testid="approve">
          {say(OWNED.approve)}
        </button>
      </form>
    </Layout>
  );
}

/** A member in full: what is cut off could be what matters. */
function Json({ value }: { value: unknown }) {
  const { say } = useSpeaker();
  if (value === null || value === undefined) return <span class="quiet">{say(OWNED.nothing)}</span>;
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
  const { say, markup } = useSpeaker();
  return (
    <Layout frame={frame} title={say(OWNED.review, { agent: visible(agent.name, 80) })} current="agents">
      <h1>{markup(OWNED.review, { agent: <Foreign text={agent.name} limit={80} /> })}</h1>
      <p class="lead">
        <Foreign text={agent.purpose} />
      </p>
      <section class="panel" aria-labelledby="may">
        <h2 id="may">{say(OWNED.mayAskFor)}</h2>
        {anything ? (
          <p>{say(OWNED.namedNone)}</p>
        ) : (
          <dl class="pairs">
            {allowed.map(({ action, used }) => (
              <Pair label={asItIs(action)}>
                {used === undefined ? say(AGENTS.neverUsed) : say(AGENTS.lastUsed, { time: used })}
              </Pair>
            ))}
          </dl>
        )}
      </section>
      <form class="form" method="post" action={`/owned/${agent.id}/review`}>
        <Csrf value={csrf} />
        <button type="submit" class="button wide" name="verdict" value="confirm" data-testid="confirm">
          {say(OWNED.keep)}
        </button>
        {unused.length === 0 ? null : (
          <button type="submit" class="button primary wide" name="verdict" value="narrow" data-testid="narrow">
            {say(OWNED.narrow, { actions: unused.join(', ') })}
          </button>
        )}
      </form>
    </Layout>
  );
}
