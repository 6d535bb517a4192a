import { Csrf } from './layout.tsx';
import { useSpeaker } from './words/context.tsx';
import { DENY_REASONS, RESULT } from './words/result.ts';

/** Asks why, once the denial has happened: one tap, or none. Posts `reason`. */
export function DenyReasons({ action, csrf }: { action: string; csrf: string }) {
  const { say } = useSpeaker();
  return (
    <form class="form" method="post" action={action}>
      <Csrf value={csrf} />
      <h2>{say(RESULT.why)}</h2>
      <div class="chips">
        {Object.entries(DENY_REASONS).map(([value, label]) => (
          <button type="submit" name="reason" value={value} class="button chip">
            {say(label)}
          </button>
        ))}
      </div>
    </form>
  );
}
