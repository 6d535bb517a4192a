import { page } from '../layout.tsx';
import { Foreign, Told, visible } from '../text.tsx';
import { APPROVALS, STANDING_WORDS } from '../words/console-approvals.ts';
import { useSpeaker } from '../words/context.tsx';
import type { Said } from '../words/words.ts';
import { LevelMark } from './agents.tsx';
import { type AdminList, AdminListing, Pill, type Tone } from './list.tsx';
import { type AdminFrame, AdminLayout } from './shell.tsx';

export interface ApprovalsPage {
  frame: AdminFrame;
  list: Omit<AdminList, 'label' | 'columns' | 'rows'>;
  columns: AdminList['columns'];
  approvals: readonly ApprovalRow[];
}

export interface ApprovalRow {
  id: string;
  level: 'low' | 'medium' | 'high' | 'critical';
  /** "delete repository acme/billing", in the words of the catalogue. */
  what: string;
  /** With a way to it for whoever sees it. */
  agent: { href: string | undefined; name: string };
  person: string;
  asked: Said;
  until: Said;
  standing: keyof typeof STANDING_WORDS;
  /** Why it was denied. */
  reason?: Said | undefined;
  /** Who signed, and what is missing; nothing where one person decides. */
  signatures: readonly Said[];
  /** Where this reader decides; left out for everybody else. */
  review?: string | undefined;
}

const TONES: Readonly<Record<ApprovalRow['standing'], Tone>> = {
  waiting: 'waiting',
  allowed: 'good',
  denied: 'bad',
  expired: 'over',
  stopped: 'bad',
};

/** A6: the queue. Nothing on it decides, and least of all several at once (A6-3). */
export const approvalsPage = (props: ApprovalsPage): string => page(<Approvals {...props} />, props.frame);

function Approvals({ frame, list, columns, approvals }: ApprovalsPage) {
  const { say, markup } = useSpeaker();
  const rows = approvals.map((one) => ({
    key: one.id,
    cells: [
      <strong dir="auto">
        <Told text={one.what} limit={160} />
      </strong>,
      <LevelMark level={one.level} />,
      one.agent.href === undefined ? (
        <Foreign text={one.agent.name} limit={60} />
      ) : (
        <a class="row-link" href={one.agent.href}>
          <Foreign text={one.agent.name} limit={60} />
        </a>
      ),
      <Foreign text={one.person} limit={60} />,
      one.asked,
      one.until,
      <div>
        <Pill tone={TONES[one.standing]}>{say(STANDING_WORDS[one.standing])}</Pill>
        {one.reason === undefined ? null : <span class="quiet"> {one.reason}</span>}
      </div>,
      one.signatures.length === 0 ? (
        '–'
      ) : (
        <div>
          {one.signatures.map((line) => (
            <div>{line}</div>
          ))}
        </div>
      ),
      one.review === undefined ? (
        ''
      ) : (
        <a class="button small" href={one.review} data-testid="review">
          {say(APPROVALS.review)}
          <span class="unseen">{markup(APPROVALS.reviewOf, { what: visible(one.what, 80) })}</span>
        </a>
      ),
    ],
  }));
  return (
    <AdminLayout frame={frame} title={say(APPROVALS.title)}>
      <h1>{say(APPROVALS.title)}</h1>
      <p class="lead">{say(APPROVALS.lead)}</p>
      <AdminListing {...list} label={say(APPROVALS.title)} columns={columns} rows={rows} />
    </AdminLayout>
  );
}
