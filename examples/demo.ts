import path from 'node:path';
import { parseArgs } from 'node:util';
import { findBrowser } from '../server/setup/browser.js';
import { byForms, type Credentials, inBrowser, type Person, reader } from './demo/person.ts';
import { setStage, ToolError, Trouble } from './demo/processes.ts';
import { story } from './demo/story.ts';
import { NotSo, tellInJson, tellInWords } from './demo/tell.ts';

/**
 * The main story, played with real processes: an authorization server, an API, two agents and a person.
 *
 *     npm run demo                        the person is played by a browser, or by plain forms where there is none
 *     npm run demo -- --interactive       you are the person
 *     npm run demo -- --forms             no browser, even where there is one
 *     npm run demo -- --json              one JSON object per step
 *     npm run demo -- --pictures DIR      keeps pictures of the decision pages
 *
 * Exit codes: 0 everything did what it should, 1 something did not, 2 the story could not begin.
 */
const options = readOptions(process.argv.slice(2));
const teller = options.json ? tellInJson() : tellInWords();
const stage = setStage();
let person: Person | undefined;
let interrupted = false;

for (const [signal, code] of Object.entries({ SIGHUP: 129, SIGINT: 130, SIGTERM: 143 })) {
  process.once(signal, () => interrupt(code));
}
process.stdout.on('error', () => interrupt(1)); // nobody listens any more

try {
  const countersign = await stage.countersign();
  const credentials = { ...countersign.demo, email: 'person@acme.example' };
  person = await thePerson(credentials);
  await story(countersign, person, stage, teller);
} catch (error) {
  if (!interrupted) {
    process.exitCode = error instanceof Trouble ? 2 : 1;
    const known = error instanceof Trouble || error instanceof NotSo || error instanceof ToolError;
    console.error(known ? `\n${error.message}` : error, stage.complaints());
  }
} finally {
  if (!interrupted) await leave();
}

function interrupt(code: number): void {
  if (interrupted) return;
  interrupted = true;
  void leave().finally(() => process.exit(code));
}

async function leave(): Promise<void> {
  await person?.leave().catch(() => {});
  await stage.clear();
}

async function thePerson(credentials: Credentials): Promise<Person> {
  if (options.interactive) return reader(credentials, options.json ? console.error : teller.say);
  const browser = options.forms ? undefined : await findBrowser(path.join(import.meta.dirname, '..'));
  return browser ? inBrowser(credentials, browser, options.pictures) : byForms(credentials);
}

function readOptions(args: string[]): { interactive?: boolean; forms?: boolean; json?: boolean; pictures?: string } {
  try {
    const [yes, text] = [{ type: 'boolean' }, { type: 'string' }] as const;
    return parseArgs({ args, options: { interactive: yes, forms: yes, json: yes, pictures: text } }).values;
  } catch (error) {
    console.error((error as Error).message);
    process.exit(2);
  }
}
