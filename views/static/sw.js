/**
 * The service worker: shows that something waits, and opens the page. It decides nothing, has no buttons but "open", and
 * keeps no pages: what a page says has to be what the server says now.
 */
self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

self.addEventListener('push', (event) => {
  let notification = {};
  let over = false;
  try {
    ({ notification = {}, over = false } = event.data.json());
  } catch {
    // Nothing that was ours: still shown, or the browser takes the subscription away.
  }
  const { title = 'Countersign', body = '', tag = 'countersign', navigate = '/inbox' } = notification;
  if (over) {
    event.waitUntil(takeAway(tag));
    return;
  }
  const options = { body, tag, icon: '/static/favicon.svg', badge: '/static/favicon.svg', data: { navigate } };
  event.waitUntil(self.registration.showNotification(title, options));
});

/** It was answered elsewhere. Where nothing is shown of it there is nothing to say. */
async function takeAway(tag) {
  for (const shown of await self.registration.getNotifications({ tag })) shown.close();
}

self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data?.navigate ?? '/inbox'));
});

/** The tab that shows it already, or a new one (U3-9). Never another site, whatever the message said. */
async function open(navigate) {
  const url = new URL(navigate, self.location.origin);
  if (url.origin !== self.location.origin) return;
  const tabs = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  const tab = tabs.find((each) => new URL(each.url).pathname === url.pathname);
  if (tab) await tab.focus();
  else await self.clients.openWindow(url.href);
}
