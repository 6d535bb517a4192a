/**
 * Tells the server at each sign-in where this browser is reached now: push services change addresses, and the event that
 * would say so often does not come. The server takes it only for a browser that this person added and did not remove.
 */
again().catch(() => {}); // the next sign-in tries again

async function again() {
  if (!('serviceWorker' in navigator) || globalThis.Notification?.permission !== 'granted') return;
  const csrf = document.querySelector('[name=csrf]')?.value;
  const registration = await navigator.serviceWorker.getRegistration('/sw.js');
  const subscription = await registration?.pushManager?.getSubscription();
  if (!csrf || !subscription) return;
  const before = JSON.parse(localStorage.getItem('push') ?? '{}');
  // The form token is another one after each sign-in.
  if (before.said === csrf && before.endpoint === subscription.endpoint) return;
  const body = new URLSearchParams({
    csrf,
    subscription: JSON.stringify(subscription),
    before: before.endpoint ?? subscription.endpoint,
  });
  const { ok } = await fetch('/settings/notifications/devices/again', { method: 'POST', body, redirect: 'manual' });
  if (ok) localStorage.setItem('push', JSON.stringify({ endpoint: subscription.endpoint, said: csrf }));
}
