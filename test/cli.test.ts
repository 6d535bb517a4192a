import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { parse } from 'yaml';

import { EXAMPLES } from '../server/cli/examples.ts';
import { shop } from './catalogue/shop.ts';
import { CALENDAR, type Json, newKey, READ, readDetails, registerAgent, type TestClient } from './support/agent.ts';
import { cli } from './support/cli.ts';
import { databaseOf } from './support/delegation.ts';
import { browserOf, detailsParameter, signIn, tokenInBrowser } from './support/person.ts';
import { startServer, type TestServer } from './support/server.ts';

// Each command is a process of its own, and a busy machine starts few of them a second.
jest.setTimeout(300_000);

let server: TestServer;
let agent: TestClient;
let home: string;
beforeAll(async () => {
  server = await startServer();
  agent = await registerAgent(server, { client_name: 'Meeting Helper' });
  home = mkdtempSync(join(tmpdir(), 'countersign-login-'));
});
afterAll(async () => {
  rmSync(home, { recursive: true, force: true });
  await server?.close();
});

const run = (...args: string[]) => cli(server, args);

describe('with the key of this host, without signing in', () => {
  test('evidence list works right after the start', async () => {
    const { code, stdout } = await run('evidence', 'list');
    expect([code, stdout]).toEqual([0, expect.stringContaining('Meeting Helper')]);
  });

  test.each([
    { args: ['agents', 'list'], code: 0, says: /Meeting Helper/ },
    { args: ['people', 'list', '--organization', 'globex'], code: 0, says: /person@globex\.example/ },
    { args: ['organizations', 'list'], code: 0, says: /acme/ },
    {
      args: ['organizations', 'change', 'acme', '--time-zone', 'Europe/Berlin', '--language', 'en', '-o', 'json'],
      code: 0,
      says: /"time_zone": "Europe\/Berlin"/,
    },
    { args: ['catalogue', 'list'], code: 0, says: /calendar\.events\.read/ },
    {
      args: ['agents', 'get', 'agt_00000000000000000000000000000000', '--organization', 'acme'],
      code: 3,
      says: /agt_0000/,
    },
    { args: ['agents', 'fly'], code: 2, says: /fly|unknown/ },
    { args: ['bootstrap'], code: 2, says: /DATABASE_URL|database|embedded/i, env: { DATABASE_URL: 'nonsense' } },
  ])('$args.0 $args.1 ends with $code', async ({ args, code, says, env = {} }) => {
    const result = await cli(server, args, env);
    expect([result.code, `${result.stdout}${result.stderr}`]).toEqual([code, expect.stringMatching(says)]);
  });

  test('tokens create makes an initial access token that registers an agent', async () => {
    const made = await run(
      'tokens',
      'create',
      '--organization',
      'acme',
      '--owner',
      'owner@acme.example',
      '--deputy',
      'admin@acme.example',
      '-o',
      'json',
    );
    expect(made.code).toBe(0);
    const { initial_access_token: initialAccessToken } = JSON.parse(made.stdout);
    const registered = await registerAgent({ ...server, demo: { ...server.demo, initialAccessToken } });
    expect(registered.registration.agent_id).toMatch(/^agt_/);
  });

  test('agents suspend ends everything at once, and evidence chain tells the story', async () => {
    const person = await signIn(server);
    const read = await tokenInBrowser(agent, person, {
      authorization_details: detailsParameter(readDetails()),
      resource: CALENDAR,
    });
    const id = agent.registration.agent_id;
    expect((await run('agents', 'suspend', id, '--organization', 'acme', '--reason', 'odd')).code).toBe(0);
    expect(await agent.token({ grant_type: 'refresh_token', refresh_token: read.body.refresh_token })).toMatchObject({
      status: 401,
    });
    const chain = await run('evidence', 'chain', read.body.task_id);
    expect([chain.code, chain.stdout]).toEqual([0, expect.stringContaining('Meeting Helper')]);
    expect((await run('agents', 'resume', id, '--organization', 'acme', '--reason', 'fine')).code).toBe(0);
  });
});

describe('output', () => {
  const acme = ['--organization', 'acme'];

  test('one list in six forms; words never stand among the data', async () => {
    const list = (format: string) => run('agents', 'list', ...acme, '-o', format);
    const [json, jsonl, yaml, name, wide, table] = await Promise.all(
      ['json', 'jsonl', 'yaml', 'name', 'wide', 'table'].map(list),
    );
    const agents: Json[] = JSON.parse(json?.stdout ?? '');
    const [first] = agents;
    const { agent_id } = agent.registration; // another of the same name may stand before it
    expect(agents.find(({ id }) => id === agent_id)).toMatchObject({ name: 'Meeting Helper', status: 'active' });
    expect(JSON.parse(jsonl?.stdout.split('\n')[0] ?? '')).toEqual(first);
    expect(parse(yaml?.stdout ?? '')).toEqual(JSON.parse(json?.stdout ?? ''));
    expect(name?.stdout.split('\n')[0]).toBe(first?.id);
    expect(wide?.stdout).toContain('ALLOWED 7 D');
    expect(table?.stdout).not.toContain('ALLOWED 7 D');
    const none = await run('agents', 'list', ...acme, '--filter', 'status:expired', '-o', 'json');
    expect([none.stdout, none.stderr]).toEqual(['[]\n', 'No agents.\n']);
    expect((await run('agents', 'list', '-o', 'xml')).code).toBe(2);
    expect((await run('agents', 'list', ...acme, '--filter', 'colour:red')).code).toBe(2);
  });

  test('A5-2 catalogue preview prints the page of a file, in the sample and language asked for, lint or not', async () => {
    const demonstration = join(import.meta.dirname, '../server/catalogue/demonstration.yaml');
    const german = ['--action', READ, '--sample', '2', '--language', 'de'];
    expect(await run('catalogue', 'preview', demonstration, ...german)).toMatchObject({
      code: 0,
      stdout: `${READ} v1, sample 2 of 3
Ein Agent möchte Ihren Kalender lesen („Team“), 24. Nov.
○ Liest nur · Geringe Auswirkung
Was         Titel, Zeiten und Teilnehmer von Terminen lesen
System      Acme Calendar, anna@acme.example
Daten       Kalender „Team“, nur 24. Nov. 2026
Änderungen  Nichts. Kein Anlegen, Ändern oder Senden
Auswirkung  Sichtbar wird, wen Sie wann treffen
Wie lange   Ihre Wahl unten
[Ablehnen] [Lesen erlauben]
`,
      stderr: '',
    });
    const deletion = ['--action', 'repos.repository.delete', '--language', 'de'];
    expect((await run('catalogue', 'preview', demonstration, ...deletion)).stdout).toMatch(
      /\[Ablehnen\] \[Löschen freigeben\]\nSicherer: das Repository acme\/billing archivieren · Sperrt ein Repository · Mittlere Auswirkung · Kann rückgängig gemacht werden\n$/,
    );
    const file = join(home, 'shop.yaml');
    const draft = 'draft: { source: scratch }\n      verb: update';
    writeFileSync(
      file,
      shop.replace('verb: update', draft).replace("'It arrives", `'${'Sooner or later, '.repeat(4)}it arrives`),
    );
    const seen = await run('catalogue', 'preview', file);
    expect([seen.code, seen.stdout]).toEqual([0, expect.stringContaining('An agent wants to order chair\n')]);
    expect(seen.stderr).toMatch(/shop\.orders\.place: impact has \d\d\/70 characters/);
    expect(await run('catalogue', 'preview', file, '--action', 'shop.orders.none')).toMatchObject({ code: 3 });
    expect((await run('catalogue', 'list')).stdout).not.toContain('shop.orders.place');
  });

  test('completions name every command', async () => {
    for (const shell of ['zsh', 'fish']) expect((await run('completion', shell)).stdout).toMatch(/rotate-key/);
    expect((await run('completion', 'csh')).code).toBe(2);
    const { stdout: script } = await run('completion', 'bash');
    const completed = (...typed: string[]) => {
      const words = ['countersign', ...typed].map((word) => `'${word}'`).join(' ');
      const asked = `COMP_WORDS=(${words}); COMP_CWORD=${typed.length}; _countersign; echo "\${COMPREPLY[*]}"`;
      return spawnSync('bash', ['-c', `${script}\n${asked}`], { encoding: 'utf8' }).stdout.trim();
    };
    expect(completed('agents', 'rot')).toBe('rotate-key');
    // A value and a name are no commands, and after an option comes its value.
    expect(completed('agents', '--organization', 'acme', 'exp')).toBe('explain');
    expect(completed('agents', 'pause', 'Travel Helper', '--rea')).toBe('--reason');
    expect(completed('agents', 'list', '-o', 'js')).toBe('json jsonl');
    expect(completed('audit', 'ch')).toBe('chain');
  });

  test('help begins with examples, each of a command that there is, by the names that it has', async () => {
    const { stdout: script } = await run('completion', 'bash');
    for (const [path, examples] of Object.entries(EXAMPLES)) {
      expect([path, path === '' || script.includes(`'${path}')`)]).toEqual([path, true]);
      for (const option of examples.join(' ').match(/ --[a-z-]+/g) ?? []) expect(script).toContain(option.trim());
    }
    const help = await run('agents', '--help');
    expect([help.code, help.stdout.indexOf('agents explain') < help.stdout.indexOf('Usage:')]).toEqual([0, true]);
    expect(await run('approvals', 'list', '--organization', 'acme', '-o', 'json')).toMatchObject({
      code: 0,
      stdout: '[]\n',
    });
    expect(await run('approvals', 'show', 'apr_0', '--organization', 'acme')).toMatchObject({ code: 3 });
    expect(await run('context', 'use', 'https://nowhere.example')).toMatchObject({ code: 3, stdout: '' });
  });

  test('doctor finds what is wrong, and nothing where nothing is', async () => {
    const good = await run('doctor', '-o', 'json');
    expect([good.code, JSON.parse(good.stdout).map(({ ok }: { ok: boolean }) => ok)]).toEqual([0, Array(6).fill(true)]);
    const bad = await run('doctor', '--issuer', 'http://localhost:1');
    expect([bad.code, bad.stdout]).toEqual([7, expect.stringMatching(/BAD {2}issuer/)]);
  });
});

describe('agents and their stop', () => {
  const acme = ['--organization', 'acme'];

  test('create, explain, rotate-key, review, pause, stop and resume', async () => {
    const out = join(home, 'agent.json');
    const people = ['--owner', 'owner@acme.example', '--deputy', 'admin@acme.example'];
    const create = ['agents', 'create', 'Room Finder', ...people, '--purpose', 'Finds rooms', '--out', out, ...acme];
    const made = await run(...create, '--actions', READ, '--status', 'active', '-o', 'json');
    expect(made.code).toBe(0);
    const { agent_id: id } = JSON.parse(made.stdout);
    expect(statSync(out).mode & 0o777).toBe(0o600);
    expect((await run(...create)).code).toBe(6); // the key that is there is not overwritten
    const file = () => JSON.parse(readFileSync(out, 'utf8'));
    const { d } = file().jwk;
    expect(d).toMatch(/^[\w-]{43}$/);
    const stored = await Promise.all((await tablesOf(server)).map((table) => countText(server, table, d)));
    expect(stored.filter((count) => count > 0)).toEqual([]); // A4-4 the private key is nowhere but here

    expect((await run('agents', 'explain', id, ...acme)).stdout).toContain(READ);
    const rotated = await run('agents', 'rotate-key', out);
    expect([rotated.code, rotated.stdout]).toEqual([0, expect.stringContaining('keys')]);
    expect(file().jwk.d).not.toBe(d);
    const review = ['agents', 'review', id, '--reason', 'x', ...acme, '--verdict'];
    expect((await run(...review, 'confirm')).code).toBe(0);
    expect((await run(...review, 'retire', '--no-input')).code).toBe(2); // asks, and nobody is there
    expect((await run('agents', 'pause', id, '--reason', 'x', ...acme)).code).toBe(0);
    expect((await run('agents', 'resume', id, '--reason', 'x', ...acme)).code).toBe(0);

    const stopped = await run('stop', 'agent', id, '--reason', 'odd', '--routine', '-o', 'json');
    expect(stopped.code).toBe(0);
    const { id: stop } = JSON.parse(stopped.stdout);
    expect((await run('stops', 'list', ...acme)).stdout).toContain('Room Finder');
    const resume = ['stops', 'resume', stop, '--reason', 'mended', ...acme];
    expect((await run(...resume)).code).toBe(2);
    expect((await run(...resume, '--confirm', 'room finder')).code).toBe(1);
    expect((await run(...resume, '--confirm', 'Room Finder')).code).toBe(0);
    expect((await run(...resume, '--confirm', 'Room Finder')).code).toBe(6);
  });

  test('groups: set, listed, applied from a file; the operator needs nobody to confirm', async () => {
    const set = await run('groups', 'set', 'Privacy', '--members', 'owner@acme.example', ...acme);
    expect([set.code, set.stdout]).toEqual([0, expect.stringContaining('owner@acme.example')]);
    const file = join(home, 'groups.yaml');
    writeFileSync(file, 'kind: Group\nname: Privacy\nmembers: [owner@acme.example, approver@acme.example]\n');
    expect(JSON.parse((await run('diff', '-f', file, ...acme, '-o', 'json')).stdout)).toMatchObject([
      { change: 'change', what: 'group Privacy' },
    ]);
    expect((await run('apply', '-f', file, ...acme, '--yes')).code).toBe(0);
    expect(JSON.parse((await run('diff', '-f', file, ...acme, '-o', 'json')).stdout)).toEqual([]);
    expect((await run('export', ...acme)).stdout).toMatch(/kind: Group\nname: Privacy\nmembers:\n( +- \S+\n){2}/);
    expect((await run('groups', 'confirm', 'Privacy', ...acme)).code).toBe(3); // nobody waits
    for (const what of [
      ['policies', 'withdraw'],
      ['catalogue', 'withdraw', 'shop.orders.place'],
    ]) {
      expect((await run(...what, ...acme)).code).toBe(3); // nor anything
    }
    expect((await run('groups', 'list', ...acme)).stdout).toContain('approver@acme.example');
    expect((await run('groups', 'remove', 'Privacy', ...acme)).code).toBe(0);
    expect((await run('groups', 'remove', 'Privacy', ...acme)).code).toBe(3);
  });

  test('A4-2 export, diff and apply: what was exported is what there is, and elsewhere becomes the same', async () => {
    const file = join(home, 'acme.yaml');
    const exported = await run('export', ...acme);
    expect(exported.code).toBe(0);
    expect(exported.stdout).not.toMatch(/"d"|\bd: /);
    writeFileSync(file, exported.stdout);
    const same = await run('diff', '-f', file, ...acme, '-o', 'json');
    expect([same.code, JSON.parse(same.stdout)]).toEqual([0, []]);

    const wanted = exported.stdout.replaceAll('Room Finder', 'Desk Finder');
    writeFileSync(file, `${wanted}---\nkind: Blueprint\nname: Readers\nlimits: { highest_impact: low }\n`);
    const diff = JSON.parse((await run('diff', '-f', file, ...acme, '-o', 'json')).stdout);
    expect(diff).toMatchObject([
      { change: 'create', what: 'blueprint Readers' },
      { change: 'create', what: 'agent Desk Finder' },
    ]);
    expect((await run('apply', '-f', file, ...acme)).code).toBe(2); // asks, and nobody is there
    const applied = await run('apply', '-f', file, ...acme, '--yes');
    expect([applied.code, applied.stdout]).toEqual([0, expect.stringContaining('Desk Finder')]);
    expect((await run('agents', 'get', 'Desk Finder', ...acme)).stdout).toContain('pending');
    expect(JSON.parse((await run('diff', '-f', file, ...acme, '-o', 'json')).stdout)).toEqual([]);

    // Where it runs is an administrator's to say: by command, and in the file.
    const desk = ['Desk Finder', ...acme];
    expect((await run('agents', 'environment', 'Desk Finder', 'prod', '--reason', 'moved', ...acme)).code).not.toBe(0);
    expect((await run('agents', 'environment', 'Desk Finder', 'test', '--reason', 'moved', ...acme)).code).toBe(0);
    expect((await run('agents', 'get', ...desk)).stdout).toMatch(/environment\s+test/);
    writeFileSync(file, wanted.replace(/(name: Desk Finder\n)/, '$1environment: production\n'));
    expect(JSON.parse((await run('diff', '-f', file, ...acme, '-o', 'json')).stdout)).toMatchObject([
      { change: 'change', what: 'agent Desk Finder', says: 'environment: "test" → "production"' },
    ]);
    expect((await run('apply', '-f', file, ...acme, '--yes')).code).toBe(0);
    const found = ['agents', 'list', ...acme, '--filter', 'environment:production', '-o', 'json'];
    expect(JSON.parse((await run(...found)).stdout)).toMatchObject([
      { name: 'Desk Finder', environment: 'production' },
    ]);
    expect((await run('export', ...acme)).stdout).toContain('environment: production');

    // What only its builder may change is said, and the rest is done.
    const changed = wanted
      .replace('Finds rooms', 'Finds desks')
      .replace(/(name: Desk Finder\n)/, '$1limits: { chain_depth: 2 }\n');
    writeFileSync(file, changed);
    expect((await run('apply', '-f', file, ...acme, '--yes')).code).toBe(7);
    writeFileSync(file, 'kind: Agent\nnmae: X\n');
    expect((await run('apply', '-f', file, ...acme, '--yes')).code).toBe(2);
  });
});

describe('how people and systems hear of requests', () => {
  const acme = ['--organization', 'acme'];
  const json = async (...args: string[]) => JSON.parse((await run(...args, ...acme, '-o', 'json')).stdout);

  test('prompts limits: what is set keeps what was set before, and says when it is nothing of the kind', async () => {
    const limits = async (...set: string[]) => {
      const { code, stdout } = await run(
        ...['prompts', 'limits', '--organization', 'globex', '-o', 'json'],
        ...set.flatMap((one) => ['--set', one]),
      );
      return [code, JSON.parse(stdout || '{}')];
    };
    const [, before] = await limits();
    const mine = { ...before, cool_off_minutes: 30, batch: false, pushes: { ...before.pushes, day: 5 } };
    expect(await limits('cool_off_minutes=30', 'pushes.day=5', 'batch=off')).toEqual([0, mine]);
    expect(await limits('mute_days=3')).toEqual([0, { ...mine, mute_days: 3 }]);
    expect((await limits('batch=maybe'))[0]).toBe(2);
    expect((await limits('batch=3'))[0]).not.toBe(0);
    expect(await limits()).toEqual([0, { ...mine, mute_days: 3 }]);
  });

  test('webhooks, introductions and what agents are told: by command, and the last two as a file', async () => {
    const added = await json('webhooks', 'add', 'https://hooks.acme.example/countersign');
    expect(added.secret).toMatch(/^whsec_/);
    expect(await json('webhooks', 'list')).toMatchObject([{ id: added.id, host: 'hooks.acme.example' }]);
    expect((await run('webhooks', 'add', 'http://hooks.acme.example/', ...acme)).code).toBe(1);
    expect((await run('webhooks', 'remove', added.id, ...acme)).code).toBe(0);
    expect((await run('webhooks', 'remove', added.id, ...acme)).code).toBe(3);

    const pair = [agent.registration.agent_id, 'person@acme.example'];
    expect((await run('introductions', 'add', ...pair, ...acme)).code).toBe(0);
    expect((await run('introductions', 'list', '--person', 'person@acme.example', ...acme)).stdout).toContain(
      'Meeting',
    );
    expect(await json('backchannel', '--tells-reason', 'yes')).toEqual({ tells_reason: true, notification_hosts: [] });
    expect((await run('backchannel', '--tells-reason', 'maybe', ...acme)).code).toBe(2);

    const file = join(home, 'reach.yaml');
    writeFileSync(file, (await run('export', ...acme)).stdout);
    const read = readFileSync(file, 'utf8');
    expect(read).toMatch(/kind: Introduction\nagent: Meeting Helper\nperson: person@acme.example/);
    expect(read).toMatch(/kind: Backchannel\ntells_reason: true/);
    expect((await run('introductions', 'remove', ...pair, ...acme)).code).toBe(0);
    expect((await run('introductions', 'remove', ...pair, ...acme)).code).toBe(3);
    await json('backchannel', '--tells-reason', 'no');
    expect(await json('diff', '-f', file)).toMatchObject([
      { change: 'change', what: 'backchannel' },
      { change: 'create', what: 'introduction Meeting Helper → person@acme.example' },
    ]);
    writeFileSync(
      file,
      `kind: Introduction\nagent: ${pair[0]}\nperson: ${pair[1]}\n---\nkind: Backchannel\ntells_reason: true\n`,
    );
    expect((await run('apply', '-f', file, '--yes', ...acme)).code).toBe(0);
    expect(await json('diff', '-f', file)).toEqual([]);
  });

  test('a list that is watched says what changes, and nothing else', async () => {
    const child = spawn(
      process.execPath,
      [
        '--disable-warning=ExperimentalWarning',
        'server/cli/main.ts',
        'agents',
        'list',
        '--watch',
        ...acme,
        '-o',
        'json',
      ],
      { env: { PATH: process.env.PATH, HOME: home, ISSUER: server.issuer, DATA_DIR: server.dataDir } },
    );
    const said: Json[] = [];
    const until = (fits: (row: Json) => boolean) =>
      new Promise<void>((resolve) => {
        const look = () => said.some(fits) && resolve();
        child.stdout.on('data', look);
        look();
      });
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => {
      const lines = (text + chunk).split('\n');
      text = lines.pop() ?? '';
      said.push(...lines.map((line) => JSON.parse(line)));
    });
    const ended = new Promise((resolve) => child.once('close', resolve));
    await until(({ id }) => id === agent.registration.agent_id);
    const newcomer = await registerAgent(server, { client_name: 'Newcomer' });
    await until(({ id }) => id === newcomer.registration.agent_id);
    expect(said.filter(({ id }) => id === newcomer.registration.agent_id)).toHaveLength(1);
    child.kill('SIGINT');
    await ended;
  });
});

describe('other issuers', () => {
  const acme = ['--organization', 'acme'];
  const issuer = 'https://login.acme.example';
  const json = async (...args: string[]) => JSON.parse((await run(...args, ...acme, '-o', 'json')).stdout);

  test('issuers add, list, show and remove; each says what it did', async () => {
    const file = join(home, 'keys.json');
    const { publicJwk } = await newKey();
    writeFileSync(file, JSON.stringify({ keys: [publicJwk] }));
    const id = agent.registration.agent_id;
    const add = ['issuers', 'add', issuer, '--name', 'Acme sign-in', '--jwks', file, ...acme];
    const options = ['--profiles', 'identity,id-jag', '--audience', `there=${id}`, '--agents', id, '--acr', 'mfa=phr'];
    const added = await run(...add, ...options, '--actions', READ, '--longest', '600', '--tenant', 't1');
    expect([added.code, added.stdout]).toEqual([0, expect.stringContaining('identity, id-jag')]);
    expect((await run(...add)).code).toBe(6);
    expect(await json('issuers', 'list')).toMatchObject([
      {
        issuer,
        organization: 'acme',
        tenant: 't1',
        profiles: ['identity', 'id-jag'],
        audiences: [{ audience: 'there', agent: id }],
        agents: [id],
        actions: [READ],
        longest_seconds: 600,
        acr: { mfa: 'phr' },
      },
    ]);
    expect((await run('issuers', 'show', issuer, ...acme)).stdout).toContain('600 seconds');
    expect((await run('issuers', 'show', 'https://unknown.example', ...acme)).code).toBe(3);
    const { code, stderr } = await run('issuers', 'remove', issuer, '--reason', 'over', ...acme);
    expect([code, stderr]).toEqual([0, expect.stringContaining('is trusted no longer')]);
    expect((await run('issuers', 'remove', issuer, '--reason', 'over', ...acme)).code).toBe(3);
    expect(await json('issuers', 'list')).toEqual([]);
  });

  test.each([
    [['--jwks', '/nowhere.json'], 2],
    [['--jwks-uri', 'https://10.0.0.1/jwks'], 1],
    [[], 2],
  ])('issuers add with %j ends with %i', async (options, code) => {
    const result = await run('issuers', 'add', issuer, '--name', 'X', ...options, ...acme);
    expect([result.code, result.stderr]).toEqual([code, expect.stringMatching(/jwk/i)]);
  });

  test('people roles, disable and enable', async () => {
    const gus = ['person@globex.example', '--organization', 'globex'];
    expect((await run('people', 'roles', ...gus, '--set', 'auditor,approver')).stdout).toMatch(
      /roles +auditor, approver/,
    );
    expect((await run('people', 'disable', ...gus, '--reason', 'left')).stdout).toMatch(/status +disabled/);
    expect((await run('people', 'disable', ...gus, '--reason', 'left')).code).toBe(6);
    expect((await run('people', 'enable', ...gus)).stdout).toMatch(/status +active/);
    expect((await run('people', 'roles', ...gus, '--set', 'none')).stdout).toMatch(/roles +-/);
  });

  test('people link, links and unlink', async () => {
    const link = ['--at', issuer, '--subject', 'a1'];
    expect((await run('people', 'link', 'owner@acme.example', ...link, ...acme)).code).toBe(0);
    expect((await run('people', 'link', 'person@acme.example', ...link, ...acme)).code).toBe(6);
    expect(await json('people', 'links', '--person', 'owner@acme.example')).toMatchObject([{ issuer, subject: 'a1' }]);
    expect((await run('people', 'unlink', ...link, '--reason', 'left', ...acme)).code).toBe(0);
    expect(await json('people', 'links')).toEqual([]);
  });

  test('elsewhere add, list and remove', async () => {
    const id = agent.registration.agent_id;
    const there = ['--authorization-server', 'https://as.example'];
    const add = ['elsewhere', 'add', id, ...there, '--client-id', 'us', '--tell', 'email', '--aud-tenant', 't2'];
    expect((await run(...add, ...acme)).code).toBe(0);
    expect(await json('elsewhere', 'list')).toMatchObject([
      { authorization_server: 'https://as.example', client_id: 'us', tells: ['email'], aud_tenant: 't2' },
    ]);
    expect((await run('elsewhere', 'remove', id, ...there, ...acme)).code).toBe(0);
    expect((await run('elsewhere', 'remove', id, ...there, ...acme)).code).toBe(3);
  });
});

test('an administrator signs the command line in by browser, and sees their own organization alone', async () => {
  const as = { XDG_CONFIG_HOME: home };
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', 'server/cli/main.ts', 'login', '--no-browser'],
    { env: { PATH: process.env.PATH, HOME: home, ISSUER: server.issuer, DATA_DIR: server.dataDir, ...as } },
  );
  const ended = new Promise((resolve) => child.once('close', resolve));
  const url = await new Promise<string>((resolve) => {
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk;
      const address = /http:\S+\/auth\S+/.exec(said)?.[0];
      if (address !== undefined) resolve(address);
    });
  });
  const browser = browserOf(server.issuer);
  const back = await browser.submit(await browser.get(url), {
    email: 'admin@acme.example',
    password: server.demo.password,
  });
  expect(back.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/callback\?/);
  expect((await fetch(back.url)).status).toBe(200);
  expect(await ended).toBe(0);

  // The token is good with its key alone: who copies it out of the file has nothing.
  const { issuers } = JSON.parse(readFileSync(join(home, 'countersign', 'sign-in.json'), 'utf8'));
  const { access_token: stolen } = issuers[server.issuer];
  for (const scheme of ['Bearer', 'DPoP']) {
    const copied = await fetch(`${server.issuer}/admin/api/whoami`, {
      headers: { authorization: `${scheme} ${stolen}` },
    });
    expect(copied.status).toBe(401);
  }

  const whoami = await cli(server, ['whoami'], as);
  expect([whoami.code, whoami.stdout]).toEqual([0, expect.stringContaining('admin@acme.example')]);
  expect((await cli(server, ['people', 'list'], as)).stdout).toContain('owner@acme.example');
  expect((await cli(server, ['people', 'list', '--organization', 'globex'], as)).code).toBe(5);
  expect((await cli(server, ['organizations', 'create', 'initech', '--name', 'Initech'], as)).code).toBe(5);
  expect((await cli(server, ['logout'], as)).code).toBe(0);
});

async function tablesOf(server: TestServer): Promise<string[]> {
  const database = databaseOf(server);
  const rows = await database.rows<{ name: string }>(
    `select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`,
  );
  await database.close();
  return rows.map(({ name }) => name);
}

async function countText(server: TestServer, table: string, text: string): Promise<number> {
  const database = databaseOf(server);
  const row = await database.first<{ n: string }>(
    `select count(*) as n from "${table}" t where position($1 in t::text) > 0`,
    [text],
  );
  await database.close();
  return Number(row?.n);
}
