import { Csrf, type Frame, Layout, Pair, page } from './layout.tsx';
import { type HistoryEntry, Muted, type MyAgent, Pause, Resume, TaskList, Timeline } from './my-agents.tsx';
import { Foreign, Names, visible } from './text.tsx';
import { AGENTS } from './words/agents.ts';
import { useSpeaker } from './words/context.tsx';
import { asItIs, type Said } from './words/words.ts';

export interface AgentPage {
  frame: Frame;
  csrf: string;
  agent: Omit<MyAgent, 'recent'> & {
    /** "Registered by your organization". */
    registered: Said;
    mayHandTo: readonly string[];
  };
  /** Asked, decided, used and what came of it, latest first. */
  timeline: readonly HistoryEntry[];
}

/** U9, one agent: who it is, who answers for it, what it may do, what it did. */
export const agentPage = (props: AgentPage): string => page(<Agent {...props} />, props.frame);

function Agent({ frame, csrf, agent, timeline }: AgentPage) {
  const { say, markup } = useSpeaker();
  return (
    <Layout frame={frame} title={asItIs(visible(agent.name, 80))} current="agents" width="wide">
      <div class="heading">
        <h1>
          <Foreign text={agent.name} limit={80} />
        </h1>
        {agent.paused ? null : <Pause csrf={csrf} action={agent.pauseAction} name={agent.name} />}
      </div>
      <p class="lead">
        <Foreign text={agent.purpose} />
      </p>
      {agent.paused ? <Resume csrf={csrf} agent={agent} /> : <Muted csrf={csrf} agent={agent} />}
      <section class="panel" aria-labelledby="may">
        <h2 id="may">{say(AGENTS.mayDoNow)}</h2>
        <TaskList csrf={csrf} tasks={agent.tasks} />
        {agent.mayHandTo.length === 0 ? null : (
          <p>{markup(AGENTS.mayHandTo, { agents: <Names names={agent.mayHandTo} /> })}</p>
        )}
        {agent.tasks.length === 0 ? null : (
          <form class="form" method="post" action={agent.stopAction}>
            <Csrf value={csrf} />
            <button type="submit" class="button danger wide" data-testid="stop-agent">
              {say(AGENTS.stopAgent)}
            </button>
          </form>
        )}
        <p class="quiet">{say(AGENTS.stopMeans)}</p>
      </section>
      <section class="panel" aria-labelledby="who">
        <h2 id="who">{say(AGENTS.whoItIs)}</h2>
        <dl class="pairs">
          <Pair label={say(AGENTS.owner)}>
            <Foreign text={agent.owner} limit={80} />
          </Pair>
          <Pair label={say(AGENTS.checked)}>
            <Foreign text={agent.registered} limit={160} />
          </Pair>
          <Pair label={say(AGENTS.state)}>{agent.status}</Pair>
          <Pair label={say(AGENTS.lastUsedLabel)}>{agent.lastUsed ?? say(AGENTS.never)}</Pair>
          {agent.asked.count === 0 ? null : (
            <Pair label={say(AGENTS.questions)}>{say(AGENTS.askedYouOften, agent.asked)}</Pair>
          )}
          <Pair label={say(AGENTS.identifier)}>
            <code>{agent.id}</code>
          </Pair>
        </dl>
      </section>
      <section class="panel" aria-labelledby="history">
        <h2 id="history">{say(AGENTS.whatHappened)}</h2>
        {timeline.length === 0 ? <p class="quiet">{say(AGENTS.nothingYet)}</p> : <Timeline entries={timeline} />}
      </section>
    </Layout>
  );
}
