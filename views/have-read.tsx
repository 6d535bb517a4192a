import { useSpeaker } from './words/context.tsx';
import { DECISION } from './words/decision.ts';

interface HaveReadProps {
  /** The form came without it. */
  missing?: boolean | undefined;
  required?: boolean;
}

/**
 * Says that it was read, in every form that allows something: without it the server takes no yes. decide.js, which knows
 * better than a box whether anybody can have read the page, takes the box away before it is seen (U2-9); it stays where no
 * script runs, where that one did not arrive, and where its word was `missing`.
 */
export function HaveRead({ missing = false, required = true }: HaveReadProps) {
  const { say } = useSpeaker();
  return (
    <>
      <label class="check have-read" data-unguarded={missing ? undefined : true}>
        <input
          class="check-input"
          type="checkbox"
          id="read"
          name="read"
          value="1"
          required={required}
          aria-invalid={missing ? 'true' : undefined}
          aria-describedby={missing ? 'read-problem' : undefined}
        />{' '}
        {say(DECISION.haveRead)}
      </label>
      {missing ? (
        <p class="problem" id="read-problem">
          {say(DECISION.readMissing)}
        </p>
      ) : null}
    </>
  );
}

/** The way there from the summary of what is wrong (WCAG 3.3.1). */
export function ToHaveRead() {
  const { say } = useSpeaker();
  return (
    <li>
      <a class="small-link" href="#read">
        {say(DECISION.haveRead)}
      </a>
    </li>
  );
}
