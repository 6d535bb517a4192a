/**
 * Adds this browser to those that are notified. The browser is asked only when the person presses the button, never when
 * the page is opened; without an answer of its notification service within ten seconds the page says so.
 */
const LONGEST_MS = 10_000;

const form = document.getElementById('add-device');
if (form) offer(form);

function offer(form) {
  const note = form.querySelector('[data-note]');
  const possible = 'serviceWorker' in navigator && 'PushManager' in globalThis && 'Notification' in globalThis;
  if (!possible) {
    const apple =
      /iPhone|iPad/.test(navigator.userAgent) || (navigator.maxTouchPoints > 1 && /Mac/.test(navigator.userAgent));
    note.textContent = apple ? form.dataset.homeScreen : form.dataset.impossible;
    return;
  }
  form.elements.name.value ||= deviceName();
  form.querySelector('button').hidden = false;

  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (form.getAttribute('aria-busy') === 'true') return;
    form.setAttribute('aria-busy', 'true');
    note.textContent = '';
    try {
      if ((await Notification.requestPermission()) !== 'granted') throw new Error('refused');
      const registration = await navigator.serviceWorker.register('/sw.js');
      await navigator.serviceWorker.ready;
      const subscription = await withinTime(subscribe(registration.pushManager, form.dataset.key));
      form.elements.subscription.value = JSON.stringify(subscription);
      form.submit();
    } catch (error) {
      form.removeAttribute('aria-busy');
      note.textContent = error.message === 'refused' ? form.dataset.refused : form.dataset.noAnswer;
    }
  });
}

async function subscribe(manager, key) {
  const options = { userVisibleOnly: true, applicationServerKey: key };
  const before = await manager.getSubscription();
  // Made for other keys than the server has now: it would never be reached by it.
  if (before && base64url(before.options.applicationServerKey) !== key) await before.unsubscribe();
  return manager.subscribe(options);
}

const withinTime = (work) =>
  Promise.race([work, new Promise((_, reject) => setTimeout(() => reject(new Error('no answer')), LONGEST_MS))]);

const base64url = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '');

function deviceName() {
  const agent = navigator.userAgent;
  const browser = ['Edg', 'Firefox', 'Chrome', 'Safari'].find((name) => agent.includes(name)) ?? 'Browser';
  const system = ['Android', 'iPhone', 'iPad', 'Windows', 'Mac', 'Linux'].find((name) => agent.includes(name)) ?? '';
  return `${browser === 'Edg' ? 'Edge' : browser} ${system}`.trim();
}
