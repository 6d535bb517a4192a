/** Looks who has heard of a stop, until all have; what is shown is the server's. */
const LOOK_MS = 1000;

const timer = setInterval(async () => {
  if (document.visibilityState !== 'visible') return;
  const answer = await fetch(location.href, { headers: { accept: 'text/html' }, redirect: 'manual' }).catch(() => null);
  if (!answer?.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html').getElementById('hearings');
  const shown = document.getElementById('hearings');
  if (!fresh || !shown) return clearInterval(timer); // it was resumed
  if (fresh.outerHTML !== shown.outerHTML) shown.replaceWith(fresh);
  if (!fresh.dataset.unheard) clearInterval(timer);
}, LOOK_MS);
