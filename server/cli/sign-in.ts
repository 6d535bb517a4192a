import type { Command } from 'commander';

import { call } from './client.ts';
import { contexts, dropSignIn, issuerOf, useContext } from './credentials.ts';
import { shared } from './options.ts';
import { moment, printOne, printRows, say } from './output.ts';
import { showQr } from './qr.ts';

interface WhoAmI {
  kind: 'operator' | 'administrator' | 'owner';
  roles?: string[];
  client_id?: string;
  person?: { email: string; name: string };
  organization?: { slug: string };
}

const MAY: Readonly<Record<WhoAmI['kind'], (organization: string) => string>> = {
  operator: () => 'administer every organization',
  administrator: (organization) => `administer ${organization}, as far as their roles go`,
  owner: (organization) => `see, review and stop the agents they answer for in ${organization}`,
};

export function signInCommands(program: Command): void {
  program
    .command('login')
    .description('signs an administrator in by browser')
    .option('--no-browser', 'print the address instead of opening it')
    .action(async ({ browser }: { browser: boolean }, command: Command) => {
      const { logIn } = await import('./login.ts');
      const { place, format } = shared(command);
      const signedIn = await logIn(issuerOf(place), { openBrowser: browser });
      printOne(signedIn, format, { 'signed in as': signedIn.email, at: signedIn.issuer, until: signedIn.expires_at });
    });
  program
    .command('logout')
    .description('forgets the sign-in at this issuer')
    .action((_options: object, command: Command) => {
      const issuer = issuerOf(shared(command).place);
      say(dropSignIn(issuer) ? `Signed out at ${issuer}.` : `Nobody was signed in at ${issuer}.`);
    });
  const context = program.command('context').description('which server commands are for, where none is named');
  context
    .command('list')
    .description('where somebody is signed in on this machine')
    .action((_options: object, command: Command) => {
      const { place, format } = shared(command);
      const current = issuerOf(place);
      printRows(
        contexts().map((one) => ({ ...one, current: one.issuer === current })),
        format,
        {
          CURRENT: ({ current }) => (current ? '*' : ''),
          ISSUER: ({ issuer }) => issuer,
          'SIGNED IN AS': ({ email }) => email,
          UNTIL: ({ expires_at }) => moment(expires_at),
        },
        'Nobody is signed in. Run: countersign login',
      );
    });
  context
    .command('use <issuer>')
    .description('of those, for every command from now on')
    .action((issuer: string, _options: object, command: Command) => {
      useContext(issuer);
      const { place, format } = shared(command);
      printOne({ issuer }, format, { issuer });
      // What is nearer says otherwise: an option, the environment, the key of this host.
      const current = issuerOf(place);
      if (current !== issuer)
        say(`Here commands go to ${current} all the same: by --issuer, ISSUER or the key of this host.`);
    });
  program.command('whoami').action(async (_options: object, command: Command) => {
    const { place, format } = shared(command);
    const me = await call<WhoAmI>(place, '/whoami');
    printOne(me, format, {
      who: me.person ? `${me.person.name} <${me.person.email}>` : `the operator (${me.client_id})`,
      may: MAY[me.kind](me.organization?.slug ?? ''),
      roles: me.roles?.length ? me.roles : undefined,
      at: issuerOf(place),
    });
  });
  program
    .command('bootstrap')
    .description('on the host of an empty database: a link that makes the first organization and its administrator')
    .action(async (_options: object, command: Command) => {
      const { bootstrap } = await import('./bootstrap.ts');
      const { issuer, format } = {
        issuer: command.optsWithGlobals<{ issuer?: string }>().issuer,
        format: shared(command).format,
      };
      const link = await bootstrap(process.env, issuer);
      printOne(link, format, { link: link.enrolment_uri, 'works until': link.expires_at });
      await showQr(link.enrolment_uri);
    });
  program
    .command('operator-key')
    .description('on the host: writes the operator’s key to DATA_DIR/cli-key.json (mode 600)')
    .action(async (_options: object, command: Command) => {
      const { writeOperatorKey } = await import('./bootstrap.ts');
      const written = await writeOperatorKey(process.env, command.optsWithGlobals<{ issuer?: string }>().issuer);
      printOne(written, shared(command).format, { key: written.path, issuer: written.issuer });
    });
}
