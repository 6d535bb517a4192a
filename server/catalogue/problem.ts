import { LINT } from '../../views/words/console-lint.ts';
import { type Saying, saying } from '../../views/words/saying.ts';

/** What is wrong, behind the place where it is. */
export const at = (place: string | Saying, problem: Saying): Saying => saying(LINT.at, { place, problem });
