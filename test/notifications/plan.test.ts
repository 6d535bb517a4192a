import { describe, expect, test } from '@jest/globals';
import { isTargetAddress, signature, targets } from '../../adapters/channels/targets.ts';
import { pushServices } from '../../adapters/channels/web-push.ts';
import { PROMPT_LIMITS } from '../../server/approvals/budget.ts';
import { CHANNELS, type ChannelName, type Notice, type TargetKind } from '../../server/notifications/notice.ts';
import { type PlanFacts, planNotification } from '../../server/notifications/plan.ts';
import { type Preferences, quietUntil, USUAL } from '../../server/notifications/preferences.ts';
import { subscriptionIn } from '../../server/notifications/routes.ts';

const NOW = new Date('2026-11-25T14:00:00Z');
const minutes = (count: number) => new Date(NOW.getTime() + count * 60_000);

const facts = ({ approval, preferences, ...more }: Record<string, unknown> = {}): PlanFacts => ({
  approval: {
    status: 'pending',
    stopped: false,
    shownAt: null,
    askedAt: NOW,
    expiresAt: minutes(60),
    impact: 'medium',
    ...(approval as object),
  },
  preferences: { ...USUAL, ...(preferences as object) },
  timeZone: 'UTC',
  introduced: true,
  muted: false,
  reachable: new Set<ChannelName>(CHANNELS),
  pushes: { openOfAgent: 0, lastTenMinutes: 0, lastDay: 0 },
  caps: PROMPT_LIMITS.pushes,
  tried: [],
  ...more,
});
const quiet = { quiet: { from: 13 * 60, to: 15 * 60 } };

describe('whether and where a request rings', () => {
  test.each([
    ['the first channel, and the next if nobody looks', {}, { tell: 'push', next: minutes(5) }],
    ['the second channel, after which there is none', { tried: ['push'] }, { tell: 'email', next: undefined }],
    [
      'the next, where the one before is gone',
      { tried: ['push'], reachable: new Set(['email']) },
      { tell: 'email', next: undefined },
    ],
    ['nothing more after the last', { tried: ['push', 'email'] }, { over: true }],
    ['sooner where it ends soon', { approval: { expiresAt: minutes(4) } }, { tell: 'push', next: minutes(2) }],
    ['the first of those that lead anywhere', { reachable: new Set(['email']) }, { tell: 'email', next: undefined }],
    ['nowhere', { reachable: new Set() }, { suppressed: 'nowhere' }],
    ['nowhere, as the person chose', { preferences: { channels: [] } }, { suppressed: 'nowhere' }],
    [
      'relationship first: an agent nobody introduced waits in the inbox',
      { introduced: false },
      { suppressed: 'first_contact' },
    ],
    ['a group that they muted asks: it waits in the inbox', { muted: true }, { suppressed: 'muted' }],
    ['muted after the first channel: nothing more', { muted: true, tried: ['push'] }, { over: true }],
    ['decided meanwhile', { approval: { status: 'denied' } }, { over: true }],
    ['stopped meanwhile', { approval: { stopped: true } }, { over: true }],
    ['expired meanwhile', { approval: { expiresAt: NOW } }, { over: true }],
    ['looked at meanwhile', { approval: { shownAt: NOW }, tried: ['push'] }, { over: true }],
    [
      'U3-10: one of this agent is open already',
      { pushes: { openOfAgent: 1, lastTenMinutes: 1, lastDay: 1 } },
      { suppressed: 'open_push' },
    ],
    [
      'U3-10: the fourth within ten minutes',
      { pushes: { openOfAgent: 0, lastTenMinutes: 3, lastDay: 3 } },
      { suppressed: 'ten_minutes' },
    ],
    [
      'U3-10: the twenty-first of the day',
      { pushes: { openOfAgent: 0, lastTenMinutes: 0, lastDay: 20 } },
      { suppressed: 'day' },
    ],
    [
      'as often as the organization lets it: more',
      {
        caps: { open_of_agent: 2, ten_minutes: 5, day: 20 },
        pushes: { openOfAgent: 1, lastTenMinutes: 4, lastDay: 4 },
      },
      { tell: 'push', next: minutes(5) },
    ],
    [
      'as often as the organization lets it: never',
      { caps: { open_of_agent: 0, ten_minutes: 0, day: 0 } },
      { suppressed: 'open_push' },
    ],
    [
      'the caps count requests, not channels',
      { tried: ['push'], pushes: { openOfAgent: 0, lastTenMinutes: 3, lastDay: 3 } },
      { tell: 'email', next: undefined },
    ],
    [
      'quiet hours: when they are over',
      { preferences: quiet, approval: { expiresAt: minutes(90) } },
      { later: minutes(60) },
    ],
    [
      'quiet hours that outlast the request',
      { preferences: quiet, approval: { expiresAt: minutes(30) } },
      { over: true },
    ],
    [
      'quiet hours, which high impact breaks',
      { preferences: quiet, approval: { impact: 'high' } },
      { tell: 'push', next: minutes(5) },
    ],
    [
      'quiet hours, which high impact breaks only if the person likes',
      { preferences: { ...quiet, highBreaksQuiet: false }, approval: { impact: 'critical', expiresAt: minutes(90) } },
      { later: minutes(60) },
    ],
  ] as [string, Record<string, unknown>, unknown][])('%s', (_name, given, expected) => {
    expect(planNotification(facts(given), NOW)).toEqual(expected);
  });
});

test.each([
  ['during the day', { from: 780, to: 900 }, 'UTC', '15:00'],
  ['over midnight, in the evening', { from: 780, to: 360 }, 'UTC', '06:00'],
  ['over midnight, in the morning', { from: 900, to: 870 }, 'UTC', '14:30'],
  ['not now', { from: 900, to: 960 }, 'UTC', undefined],
  ['its end is no longer quiet', { from: 780, to: 840 }, 'UTC', undefined],
  ['the whole day is none', { from: 840, to: 840 }, 'UTC', undefined],
  ['in the zone of the person', { from: 22 * 60, to: 7 * 60 }, 'Asia/Tokyo', '22:00'],
] as [string, Preferences['quiet'], string, string | undefined][])('quiet hours: %s', (_name, hours, zone, until) => {
  expect(
    quietUntil({ ...USUAL, quiet: hours }, NOW, zone)
      ?.toISOString()
      .slice(11, 16),
  ).toBe(until);
});

describe('where a message may go', () => {
  const isService = pushServices(['push.acme.example', 'localhost:9999', '*.corp.example']);
  test.each([
    ['https://fcm.googleapis.com/fcm/send/x', true],
    ['https://updates.push.services.mozilla.com/wpush/v2/x', true],
    ['https://web.push.apple.com/x', true],
    ['https://db5p.notify.windows.com/w/?token=x', true],
    ['https://push.acme.example/x', true],
    ['https://a.corp.example/x', true],
    ['http://localhost:9999/x', true],
    ['http://fcm.googleapis.com/x', false],
    ['https://fcm.googleapis.com:8443/x', false],
    ['https://fcm.googleapis.com.evil.example/x', false],
    ['https://evilpush.apple.com/x', false],
    ['https://me@fcm.googleapis.com/x', false],
    ['https://127.0.0.1/x', false],
    ['http://localhost:9998/x', false],
    ['https://corp.example/x', false],
    ['file:///etc/passwd', false],
    ['nothing', false],
  ])('push: %s is %s', (endpoint, allowed) => {
    expect(isService(endpoint)).toBe(allowed);
  });

  test.each([
    ['slack', 'https://hooks.slack.com/services/T/B/x', true],
    ['slack', 'https://hooks.slack.com.evil.example/x', false],
    ['slack', 'https://example.com/x', false],
    ['teams', 'https://acme.webhook.office.com/webhookb2/x', true],
    ['teams', 'https://prod-1.westeurope.logic.azure.com/workflows/x', true],
    ['teams', 'https://example.com/x', false],
    ['ntfy', 'https://ntfy.sh/topic', true],
    ['ntfy', 'http://ntfy.sh/topic', false],
    ['ntfy', 'https://ntfy.sh/', false],
    ['ntfy', 'https://ntfy.sh/some/topic', false],
    ['ntfy', `https://ntfy.sh/${'t'.repeat(65)}`, false],
    ['webhook', 'https://hooks.acme.example/x', true],
    ['webhook', 'https://user:secret@hooks.acme.example/x', false],
    ['webhook', 'http://localhost:1234/x', true],
    ['webhook', 'javascript:alert(1)', false],
  ] as const)('%s: %s is %s', (kind, url, allowed) => {
    expect(isTargetAddress(kind, url, ['localhost:1234'])).toBe(allowed);
  });
});

test('a webhook is signed as Standard Webhooks says: its own example', () => {
  const signed = signature(
    'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    'msg_p5jXN8AQM9LWM0D4loKWxJek',
    '1614265330',
    '{"test": 2432232314}',
  );
  expect(signed['webhook-signature']).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
});

describe('a subscription is what a browser gives, or it is refused', () => {
  const p256dh = Buffer.concat([Buffer.from([4]), Buffer.alloc(64, 7)]).toString('base64url');
  const auth = Buffer.alloc(16, 7).toString('base64url');
  const whole = { endpoint: 'https://push.example/x', keys: { p256dh, auth }, expirationTime: null };
  test('as it comes', () => {
    expect(subscriptionIn(JSON.stringify(whole))).toEqual({ endpoint: 'https://push.example/x', p256dh, auth });
  });
  test.each([
    ['no JSON', '{'],
    ['null', 'null'],
    ['no keys', JSON.stringify({ ...whole, keys: undefined })],
    ['a short secret', JSON.stringify({ ...whole, keys: { p256dh, auth: 'AAAA' } })],
    [
      'a compressed point',
      JSON.stringify({ ...whole, keys: { p256dh: Buffer.alloc(33, 2).toString('base64url'), auth } }),
    ],
    ['no address', JSON.stringify({ ...whole, endpoint: 'here' })],
    ['a very long address', JSON.stringify({ ...whole, endpoint: `https://push.example/${'x'.repeat(2000)}` })],
  ])('%s', (_name, text) => {
    expect(subscriptionIn(text)).toBeUndefined();
  });
});

describe('what each chat documents that it takes', () => {
  const URL_OF_PAGE = 'https://as.example/r/apr_1?a=1&b=2';
  const usual = { title: 'Finance Agent is waiting for you', body: 'High-impact task · expires 14:12' };
  const hostile = {
    title: 'A & <!channel> *b* _c_ ~d~ `e` [f](https://evil.example), "g"; h=i\nÄöü {{DATE(2026-01-01T00:00:00Z)}}',
    body: '<https://evil.example|Allow> <@U1> # heading\n- list ![x](https://evil.example/x.png)',
  };
  const long = { title: '<'.repeat(5000), body: '😀'.repeat(5000) };

  async function sent(kind: TargetKind, said: Pick<Notice, 'title' | 'body'>, address: string) {
    let request: { url: string; body: string } | undefined;
    const take = async (url: unknown, options?: RequestInit) => {
      request = { url: String(url), body: String(options?.body) };
      return new Response('ok');
    };
    const more = { open: 'Öffnen', tag: 'apr_1', impact: 'high', expiresAt: minutes(60), language: 'de' } as const;
    const notice: Notice = { ...said, ...more, url: URL_OF_PAGE };
    const signal = new AbortController().signal;
    await targets(take as typeof fetch).send({ kind, url: address }, notice, { id: '1', signal });
    return { url: request?.url, body: request?.body ?? '', json: JSON.parse(request?.body ?? '') };
  }
  const cases = [
    ['as usual', usual],
    ['with whatever an agent may be called', hostile],
    ['longer than anything', long],
  ] as const;

  test.each(cases)(
    'Slack, %s: text objects of 1 to 3,000 characters, &, < and > escaped, no markup but the one link',
    async (_, said) => {
      const { json } = await sent('slack', said, 'https://hooks.slack.com/services/T/B/x');
      const [section, link] = json.blocks;
      for (const { type, text } of json.blocks) {
        expect([type, text.text.length >= 1 && text.text.length <= 3000]).toEqual(['section', true]);
      }
      expect(section.text).toEqual({ type: 'plain_text', text: expect.any(String), emoji: false });
      expect(link.text).toEqual({
        type: 'mrkdwn',
        text: '<https://as.example/r/apr_1?a=1&amp;b=2|Öffnen>',
        verbatim: true,
      });
      expect(json.text).not.toMatch(/[<>*_~`]|&(?!amp;|lt;|gt;)/);
      expect(json.text.length).toBeLessThanOrEqual(4000);
      expect(Object.keys(json).toSorted()).toEqual(['blocks', 'text', 'unfurl_links', 'unfurl_media']);
    },
  );

  test.each(cases)(
    'Teams, %s: one Adaptive Card 1.4 of what has to stand in it, below 28 KB, with no markup',
    async (_, said) => {
      const { body, json } = await sent('teams', said, 'https://x.webhook.office.com/x');
      expect(Buffer.byteLength(body)).toBeLessThan(28 * 1024);
      expect(json).toMatchObject({
        type: 'message',
        attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null }],
      });
      const { $schema, type, version, body: texts, actions, ...others } = json.attachments[0].content;
      expect([$schema, type, version, others]).toEqual([
        'http://adaptivecards.io/schemas/adaptive-card.json',
        'AdaptiveCard',
        '1.4',
        {},
      ]);
      expect(actions).toEqual([{ type: 'Action.OpenUrl', title: 'Öffnen', url: URL_OF_PAGE }]);
      for (const { type: kind, text, wrap } of texts) {
        expect([kind, typeof text, wrap]).toEqual(['TextBlock', 'string', true]);
        // Every character that Markdown or a template reads is written as itself.
        expect(text.replace(/\\[\\`*_{}[\]()#+!|<>-]/g, '')).not.toMatch(/[`*_{}[\]()#+!|<>\\]/);
      }
    },
  );

  test.each(cases)(
    'ntfy, %s: JSON at the root with fields of its own, a message of at most 4,096 bytes',
    async (_, said) => {
      const { url, json } = await sent('ntfy', said, 'https://ntfy.example/topic_1?auth=x');
      expect(url).toBe('https://ntfy.example/?auth=x');
      const { topic, title, message, click, actions, priority, ...others } = json;
      expect([topic, click, priority, others]).toEqual(['topic_1', URL_OF_PAGE, 4, {}]);
      expect(actions).toEqual([{ action: 'view', label: 'Öffnen', url: URL_OF_PAGE }]);
      expect([title.length > 0, Buffer.byteLength(message) <= 4096]).toEqual([true, true]);
      expect(`${title}${message}`).not.toContain('https://');
    },
  );

  test('a webhook of one’s own gets it whole', async () => {
    const { json } = await sent('webhook', long, 'https://hooks.example/x');
    expect([json.data.title, json.data.body]).toEqual([long.title, long.body]);
  });
});
