/**
 * Turns the clock of the process that loads it (`NODE_OPTIONS=--import`), while it runs, by as many milliseconds as the
 * file at TURNED_CLOCK says. Timers and `performance.now()` go on, as they do where somebody sets the clock of a machine.
 */
import { readFileSync } from 'node:fs';

const Wall = Date;
let by = 0;
const now = () => Wall.now() + by;

setInterval(() => {
  try {
    by = Number(readFileSync(process.env.TURNED_CLOCK ?? '', 'utf8'));
  } catch {
    // being written
  }
}, 10).unref();

globalThis.Date = new Proxy(Wall, {
  apply: (wall) => new wall(now()).toString(),
  construct: (wall, given, target) => Reflect.construct(wall, given.length === 0 ? [now()] : given, target),
  get: (wall, name) => (name === 'now' ? now : Reflect.get(wall, name)),
});
